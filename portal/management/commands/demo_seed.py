import json
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.access import plans
from portal.demo import load


class Command(BaseCommand):
    help = (
        "Make the two demo plans with their made-up people. Does nothing to a plan that is there."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Demo people belong in a demo alone: set DEMO=1.")
        today = timezone.localdate()
        there = {plan.slug for plan in plans()}
        for slug in load.SLUGS:
            if slug in there:
                continue
            load.load_plan(slug, today, self.stdout.write)
            with tempfile.TemporaryDirectory() as folder:
                for number, bundle in enumerate(load.bundles(slug, today)):
                    path = Path(folder) / f"demo-{number:02}.json"
                    path.write_text(json.dumps(bundle))
                call_command(
                    "import_fhir",
                    folder,
                    plan=slug,
                    feed="demo",
                    errors=str(Path(folder) / "errors.ndjson"),
                )
