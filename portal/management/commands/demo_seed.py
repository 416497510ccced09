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
    help = "Make the demo plans with their made-up people. Run again, it adds what is missing."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Demo people belong in a demo alone: set DEMO=1.")
        there = {plan.slug: plan for plan in plans()}
        for slug in load.SLUGS:
            plan = there.get(slug) or load.load_plan(slug, timezone.localdate(), self.stdout.write)
            # Of a run that was cut short the rest comes in; what is in already is passed over.
            with tempfile.TemporaryDirectory() as folder:
                for number, bundle in enumerate(load.bundles(slug, load.made_on(plan))):
                    path = Path(folder) / f"demo-{number:02}.json"
                    path.write_text(json.dumps(bundle))
                call_command(
                    "import_fhir",
                    folder,
                    plan=slug,
                    feed="demo",
                    errors=str(Path(folder) / "errors.ndjson"),
                )
