import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from portal.base.crypto import keyring


class Command(BaseCommand):
    help = "Wrap every data key with the newest key of the ring. Safe to stop and run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch", type=int, default=250)

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()

        def progress(done: int, total: int) -> None:
            rate = done / max(time.monotonic() - started, 0.001)
            self.stderr.write(f"{done} of {total} keys, {rate:.0f} per second")

        done = keyring.rewrap_all(batch=options["batch"], progress=progress)
        self.stdout.write(f"Rewrapped {done} keys. Older keys may now leave the ring.")
