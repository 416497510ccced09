from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.base.health import checks


class Command(BaseCommand):
    help = "Say what is wrong here and what to do about it. Ends with 1 when something is."
    # It tells of them itself, with all the rest.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for found in checks.wrong():
            self.stdout.write(found.says)
            count += 1
        if count:
            raise CommandError(f"Found: {count}.")
        self.stdout.write("Everything looks well.")
