from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.base.audit.owner import OwnerNeeded
from portal.base.backup import escrow, load
from portal.base.backup.problems import BackupProblem
from portal.base.management.asking import secret
from portal.base.standing import read_only


class Command(BaseCommand):
    help = (
        "Put a backup back onto an empty instance, as the owner: prove it, load it, begin a new "
        "epoch of the trail, count, verify, and open samples of what is sealed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="of one backup, with its manifest.json")
        parser.add_argument("--keys", type=Path, help="a file of escrow_keys to open it with")
        parser.add_argument("--passphrase-file", type=Path, help="of --keys; else it is asked for")

    def handle(self, *args: Any, folder: Path, keys: Path | None, **options: Any) -> None:
        try:
            other = bool(keys) and self._use(keys or Path(), options["passphrase_file"])
            found = load.restore(folder)
        except (BackupProblem, OwnerNeeded) as problem:
            raise CommandError(str(problem)) from problem
        self._tell(found)
        if other:
            self.stdout.write(
                "The settings here hold other keys than that file: put its keys into them before "
                "the portal starts (`python -m portal.base.backup.escrow FILE` prints them)."
            )

    def _use(self, path: Path, passphrase_file: Path | None) -> bool:
        """Whether the settings had other keys."""
        held = escrow.load(path, secret("Passphrase: ", passphrase_file))
        before = (settings.KEY_RING, settings.BLIND_KEY, settings.LOG_SIGNING_KEY)
        settings.KEY_RING = held["KEY_RING"].split(",")
        settings.BLIND_KEY = held["BLIND_KEY"]
        settings.LOG_SIGNING_KEY = held["LOG_SIGNING_KEY"]
        settings.LOG_PUBLIC_KEYS = [one for one in held["LOG_PUBLIC_KEY"].split(",") if one]
        return before != (settings.KEY_RING, settings.BLIND_KEY, settings.LOG_SIGNING_KEY)

    def _tell(self, found: load.Restored) -> None:
        known, opened, say = found.manifest, found.opened, self.stdout.write
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(opened.holders.items()))
        say(f"Restored the backup of {known.made_at}.")
        say(f"Counted: plans {known.plans:,}, rows {sum(known.rows.values()):,}, as written down.")
        say(f"Trail: whole, {found.trail.rows:,} rows under {found.trail.seals:,} seals.")
        say(f"Epoch {found.epoch} of the trail begins.")
        say(f"Opened as samples: keys ({kinds}), {opened.values} values, {opened.files} files.")
        for remark in found.remarks:
            say(remark)
        if found.mail_waiting:
            say(
                f"{found.mail_waiting:,} mails wait from that time. A worker sends them: for a "
                "practice run start none."
            )
        if read_only.state():
            say("It is in read-only mode, as it was then: `manage.py read_only off` ends that.")
