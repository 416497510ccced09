"""A source that goes back to an earlier delivery, identical to the byte."""

import json
from io import StringIO
from pathlib import Path

from django.core.management import call_command

from accounts.models import Member, Plan
from phi_records.access import resource_of
from phi_records.models import DirectoryEntry, ImportedUnit, RecordItem
from portal.base import context
from tests.phi_records.bundles import bundle, observation, patient


def take(path: Path, *args: str) -> str:
    out = StringIO()
    errors = ("--errors", str(path.parent / "errors"))
    call_command(
        "import_fhir", str(path), "--plan", "cedar", *errors, *args, stdout=out, stderr=StringIO()
    )
    return out.getvalue()


def delivery(folder: Path, name: str, *resources: dict[str, object]) -> Path:
    path = folder / name
    path.write_text(bundle(patient("M1"), *resources))
    return path


def words(plan: Plan) -> list[str]:
    with context.system("test", plan.pk):
        [member] = [one for one in Member.objects.all() if one.member_number == "M1"]
        with context.about_member(member.pk):
            found = RecordItem.objects.filter(resource_type="Observation")
            return sorted(resource_of(row)["code"]["text"] for row in found)


def test_an_earlier_delivery_comes_back_when_it_is_asked_for(plan: Plan, tmp_path: Path) -> None:
    clinic = {"resourceType": "Organization", "id": "c1", "name": "Old Clinic"}
    active = delivery(tmp_path, "a.json", observation("o1", "Active"), clinic)
    ended = delivery(tmp_path, "b.json", observation("o1", "Ended"), {**clinic, "name": "Clinic"})
    take(active)
    take(ended)
    said = take(active)
    assert "1 file or part was in already: passed over." in said
    assert "run again with --again." in said
    assert words(plan) == ["Ended"]

    said = take(active, "--again")
    assert "Observation                         0        1          0" in said
    assert "passed over" not in said
    assert words(plan) == ["Active"]
    with context.system("test", plan.pk):
        assert DirectoryEntry.objects.get().name == "Old Clinic"
        assert ImportedUnit.objects.count() == 2
    assert "passed over" in take(ended)


def test_taken_anew_twice_changes_nothing(plan: Plan, tmp_path: Path) -> None:
    path = delivery(tmp_path, "a.json", observation("o1"))
    take(path)
    said = take(path, "--again")
    assert "Observation                         0        0          1" in said
    with context.system("test", plan.pk):
        [unit] = ImportedUnit.objects.all()
    assert (unit.whole, unit.counts["added"]) == (True, 2)


def test_a_part_that_waits_is_not_taken_over_what_came_behind_it(
    plan: Plan, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    stray = {**observation("o9", "Stray"), "subject": {"reference": "Patient/p9"}}
    delivery(folder, "a.json", observation("o1", "Old"), stray)
    delivery(folder, "b.json", observation("o1", "New"))
    (folder / "c.ndjson").write_text(json.dumps(patient("M9", family="Lee", id="p9")))
    for _time in range(2):
        said = take(folder, "--again")
        assert words(plan) == ["New"]
        assert "set aside" not in said


def test_what_is_set_aside_anew_still_waits(plan: Plan, tmp_path: Path) -> None:
    """A unit that was whole may miss a part when it is taken anew."""
    other = {**observation("o9", "Moved"), "subject": {"reference": "Patient/p9"}}
    people = [patient("M1"), patient("M9", family="Lee", id="p9")]
    first = tmp_path / "a.json"
    first.write_text(bundle(*people, other))
    take(first)
    later = tmp_path / "b.json"
    later.write_text(bundle(*people, {**other, "subject": {"reference": "Patient/p1"}}))
    take(later, "--move")
    assert words(plan) == ["Moved"]

    said = take(first, "--again")
    assert "1 set aside" in said
    assert words(plan) == ["Moved"]
    take(first, "--again", "--move")
    assert words(plan) == []
    assert "passed over" in take(first)
