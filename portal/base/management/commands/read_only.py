from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.base import context
from portal.base.standing import read_only

CLIENT = "command:read_only"


class Command(BaseCommand):
    help = (
        "Let people sign in and read, but write nothing, from their next request on. Mail that "
        "waits still goes out, and the trail is still sealed. Without on or off: what is now."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("turn", nargs="?", choices=["on", "off"])
        parser.add_argument(
            "--until", metavar="TIME", help="when it is planned to end: 2026-11-26T06:00-05:00"
        )
        parser.add_argument("--why", default="", help="one sentence for people, without names")
        parser.add_argument("--why-es", default="", help="the same in Spanish")

    def handle(self, *args: Any, turn: str | None, **options: Any) -> None:
        if turn == "on":
            why = {"en": options["why"].strip(), "es": options["why_es"].strip()}
            until = _time(options["until"]) if options["until"] else None
            read_only.begin(client=CLIENT, until=until, why=why)
        elif turn == "off" and not read_only.end(client=CLIENT):
            raise CommandError("The portal was not in read-only mode.")
        self._tell()

    def _tell(self) -> None:
        with context.system(CLIENT):
            now = read_only.state()
        if now is None:
            self.stdout.write("People can read and write.")
            return
        until = f", planned until {now.until:%Y-%m-%d %H:%M} UTC" if now.until else ""
        self.stdout.write(f"Read only since {now.since:%Y-%m-%d %H:%M} UTC{until}.")
        if now.until and now.until < timezone.now():
            self.stdout.write("That time is over: end it with `manage.py read_only off`.")


def _time(text: str) -> datetime:
    try:
        until = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is no time: write 2026-11-26T06:00-05:00.") from None
    if until.tzinfo is None:
        raise CommandError("Say how far the clock is from UTC, as in 2026-11-26T06:00-05:00.")
    if until < timezone.now():
        raise CommandError("That time is over already.")
    return until
