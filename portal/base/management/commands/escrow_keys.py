from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from portal.base import context
from portal.base.audit import trail
from portal.base.backup import escrow
from portal.base.backup.problems import BackupProblem
from portal.base.crypto import ring
from portal.base.embedded.problems import sentence_for
from portal.base.management.asking import secret

WHERE = """{path} opens with the passphrase alone. The keys in it open each backup of this ring.
Keep it apart from the backups: on another medium, in another building, such as a safe.
Keep the passphrase apart from it: in an envelope with two people who do not run the servers.
Write a new file after each change of the ring, and keep the old ones as long as older backups.
On a new machine, `python -m portal.base.backup.escrow {name}` prints the lines for its settings."""


class Command(BaseCommand):
    help = "Write the keys (ring, blind key, signing key, SECRET_KEY) to a file under a passphrase."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a new file, not beside a backup")
        parser.add_argument("--passphrase-file", type=Path, help="instead of asking for it")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        if not settings.LOG_SIGNING_KEY:
            raise CommandError("LOG_SIGNING_KEY is not set here: run this where the worker runs.")
        keys = {
            "KEY_RING": ",".join(settings.KEY_RING),
            "BLIND_KEY": settings.BLIND_KEY,
            "LOG_SIGNING_KEY": settings.LOG_SIGNING_KEY,
            "LOG_PUBLIC_KEY": ",".join(settings.LOG_PUBLIC_KEYS),
            "SECRET_KEY": settings.SECRET_KEY,
        }
        try:
            escrow.refuse_data_near(file)
            escrow.save(file, keys, self._passphrase(options["passphrase_file"]))
        except BackupProblem as problem:
            raise CommandError(str(problem)) from problem
        except OSError as error:
            raise CommandError(sentence_for(error)) from error
        self._note()
        self.stdout.write(f"Keys of the ring: {', '.join(ring.keys())}.")
        self.stdout.write(WHERE.format(path=file, name=file.name))

    def _note(self) -> None:
        """Keys are saved where no database answers, too: they may be gone tomorrow."""
        try:
            with context.system("command:escrow_keys"):
                trail.record("keys.escrowed", object_kind="key", facts={"count": len(ring.keys())})
        except (OperationalError, trail.TrailUnavailable):
            self.stderr.write("The trail has no line of this, as it takes none: write it down.")

    def _passphrase(self, file: Path | None) -> str:
        first = secret("Passphrase (six words at random): ", file)
        if not file and secret("Again: ", None) != first:
            raise CommandError("These were two different passphrases. Nothing was written.")
        return first
