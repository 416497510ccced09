from typing import Any

from django.core.management.base import BaseCommand

from portal.base import registry


class Command(BaseCommand):
    help = (
        "What apps have signed up for each other: a member's whole record, who takes incidents, "
        "what stops when a right ends, what forbids destroying a key, what needs a second person."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        names = [name for section in registry.SECTIONS for name in section]
        apps, parts = zip(*(name.split(".", 1) for name in names), strict=True)
        wide, wider = max(map(len, apps)), max(map(len, parts))
        for section in registry.SECTIONS:
            self.stdout.write(f"\n{section.title}")
            for name in sorted(section):
                app, part = name.split(".", 1)
                self.stdout.write(f"  {app:<{wide}}  {part:<{wider}}  {section.does[name]}")
            if not section:
                self.stdout.write("  Nothing yet.")
