import json
import os
import subprocess
import sys
import time
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from accounts.models import Member
from phi_records.models import ImportedUnit, RecordItem
from portal.base import context
from tests import factories
from tests.phi_records.bundles import observation, patient

LINES = 4000


def finished() -> int:
    with context.system("test"):
        return ImportedUnit.objects.count()


def test_after_a_kill_the_next_run_goes_on(own_database: str, tmp_path: Path) -> None:
    plan = factories.plan("cedar")
    path = tmp_path / "a.ndjson"
    rows = [patient("M1"), *(observation(f"o{number}") for number in range(LINES))]
    path.write_text("\n".join(json.dumps(row) for row in rows))
    before = settings.DATABASES["default"]
    url = f"postgres://{before['USER']}:{before['PASSWORD']}@{before['HOST']}:{before['PORT']}"
    args = ["import_fhir", str(path), "--plan", "cedar", "--errors", str(tmp_path / "errors")]
    running = subprocess.Popen(
        [sys.executable, "manage.py", *args],
        env={**os.environ, "DATABASE_URL": f"{url}/{own_database}"},
        cwd=settings.BASE_DIR,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 60
    while not finished() and running.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    running.kill()
    assert running.wait() == -9
    assert 0 < finished() < 9
    call_command(*args)
    with context.system("test", plan.pk):
        member = Member.objects.get(plan=plan)
    with context.system("test", plan.pk), context.about_member(member.pk):
        assert RecordItem.objects.count() == LINES + 1
    assert finished() == 9
