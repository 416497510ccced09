"""A real process, killed at moments of chance: what is in afterwards is what was sent."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from accounts.models import Member, Plan
from phi_records.models import ImportedUnit, RecordItem
from portal.base import context
from tests import factories
from tests.phi_records.bundles import bundle, observation, patient
from tests.phi_records.digests import digests

PEOPLE, EACH = 10, 900
KILLS = 4


def people() -> list[list[dict[str, Any]]]:
    """Each with their records."""
    return [
        [
            patient(f"M{number}", family=f"Diaz{number}", id=f"p{number}"),
            *(
                {
                    **observation(f"o{number}-{one}"),
                    "subject": {"reference": f"Patient/p{number}"},
                }
                for one in range(EACH)
            ),
        ]
        for number in range(PEOPLE)
    ]


def as_bundles(folder: Path) -> None:
    for number, resources in enumerate(people()):
        (folder / f"{number}.json").write_text(bundle(*resources))


def as_mixed_lines(folder: Path) -> None:
    lines = [json.dumps(one) for resources in people() for one in resources]
    random.Random(2).shuffle(lines)
    (folder / "a.ndjson").write_text("\n".join(lines))


def started(database: str, args: list[str]) -> subprocess.Popen[bytes]:
    before = settings.DATABASES["default"]
    url = f"postgres://{before['USER']}:{before['PASSWORD']}@{before['HOST']}:{before['PORT']}"
    return subprocess.Popen(
        [sys.executable, "manage.py", *args],
        env={**os.environ, "DATABASE_URL": f"{url}/{database}"},
        cwd=settings.BASE_DIR,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill_at_first_commit(database: str, args: list[str], plan: Plan) -> None:
    running = started(database, args)
    until = time.monotonic() + 60
    while not units(plan) and running.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    running.kill()
    assert running.wait() == -9


def kill_after(seconds: float, database: str, args: list[str]) -> None:
    running = started(database, args)
    time.sleep(seconds)
    running.kill()
    running.wait()


def units(plan: Plan) -> int:
    with context.system("test", plan.pk):
        return ImportedUnit.objects.filter(plan=plan).count()


def contents(plan: Plan) -> list[tuple[str, str, str, str, int]]:
    found = []
    with context.system("test", plan.pk):
        members = list(Member.objects.filter(plan=plan))
        for member in members:
            with context.about_member(member.pk):
                found += [
                    (member.member_number, row.source_key, row.content, row.file_name,
                     row.file_position)
                    for row in RecordItem.objects.all()
                ]  # fmt: skip
    return sorted(found)


@pytest.mark.parametrize("write", [as_bundles, as_mixed_lines])
def test_killed_many_times_it_ends_as_if_it_had_run_once(
    own_database: str, tmp_path: Path, write: Callable[[Path], None]
) -> None:
    plan, other = factories.plan("cedar"), factories.plan("harbor")
    folder = tmp_path / "in"
    folder.mkdir()
    write(folder)
    rest = ["--errors", str(tmp_path / "errors")]
    args = ["import_fhir", str(folder), "--plan", "cedar", *rest]
    kill_at_first_commit(own_database, args, plan)
    begun = units(plan)
    chance = random.Random()
    for _time in range(KILLS):
        kill_after(chance.uniform(0.6, 2.5), own_database, args)
    call_command(*args)
    call_command("import_fhir", str(folder), "--plan", "harbor", *rest)
    assert begun < units(plan) == units(other)
    found = contents(plan)
    assert len(found) == PEOPLE * (EACH + 1)
    assert found == contents(other)
    whole = digests(own_database)
    call_command(*args)
    assert digests(own_database) == whole
