import json
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import plans
from portal.demo import load


class Command(BaseCommand):
    help = "Make the demo plans with their made-up people. Run again, it adds what is missing."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(_("Demo people belong in a demo alone: set DEMO=1."))
        there = {plan.slug: plan for plan in plans()}
        for slug in load.SLUGS:
            plan = there.get(slug) or load.load_plan(slug, timezone.localdate(), self.stdout.write)
            # Of a run that was cut short the rest comes in; what is in already is passed over.
            with tempfile.TemporaryDirectory() as folder:
                # One by one: of a folder, members would read its name beside each record.
                call_command(
                    "import_fhir",
                    *_written(Path(folder), slug, load.bundles(slug, load.made_on(plan))),
                    plan=slug,
                    feed=f"{plan.name} records",
                    errors=str(Path(folder) / "errors.ndjson"),
                )


def _written(folder: Path, slug: str, bundles: list[dict[str, Any]]) -> list[str]:
    paths = [folder / f"{slug}-{number:02}.json" for number in range(len(bundles))]
    for path, bundle in zip(paths, bundles, strict=True):
        path.write_text(json.dumps(bundle))
    return [str(path) for path in paths]
