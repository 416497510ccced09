import time
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from portal.base import context
from portal.base.audit import trail
from portal.base.crypto import keyring, reseal
from portal.base.files import sealed
from portal.base.files.models import SealedFile


class Command(BaseCommand):
    help = "Wrap every data key with the newest key of the ring. Safe to stop and run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch", type=int, default=250)
        parser.add_argument(
            "--reseal-data",
            action="store_true",
            help="after a key of the ring was compromised: make new data keys, and seal every "
            "field and file anew. Needs DATABASE_OWNER_URL",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.started, self.said_at = time.monotonic(), 0.0
        try:
            if options["reseal_data"]:
                self._reseal(options["batch"])
                self.started = time.monotonic()
            done = keyring.rewrap_all(batch=options["batch"], progress=self._progress)
        except ImproperlyConfigured as wrong:
            raise CommandError(str(wrong)) from wrong
        self.stdout.write(f"Rewrapped {done} keys.")
        if left := reseal.unfinished():
            self.stdout.write(
                f"{left} keys are being replaced still: run it with --reseal-data to the end "
                "before an older key leaves the ring."
            )
        else:
            self.stdout.write("Older keys may now leave the ring.")

    def _progress(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self.said_at < 1 and done < total:
            return
        self.said_at = now
        rate = done / max(now - self.started, 0.001)
        minutes, seconds = divmod(round((total - done) / rate), 60)
        left = f"{minutes} min {seconds:02} s left"
        self.stderr.write(f"{done} of {total} keys, {rate:.0f} per second, {left}")

    def _say(self, words: str) -> None:
        now = time.monotonic()
        if now - self.said_at >= 1:
            self.said_at = now
            self.stderr.write(f"{now - self.started:.0f} s: {words}")

    def _reseal(self, batch: int) -> None:
        done = reseal.run(say=self._say, also={SealedFile: sealed.renewed}, batch=batch)
        self.stdout.write(f"Made {done.keys} new data keys, sealed {done.values} values anew.")
        for label, pk in sorted(done.broken, key=str):
            self.stderr.write(f"{label} {pk} opens under no key. It was left as it is.")
        if done.keys or done.values:
            with context.system("command:rotate_keys"):
                trail.record("keys.replaced", object_kind="key", facts={"count": done.keys})
