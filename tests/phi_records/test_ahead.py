"""Records that stand, in one delivery, before the Patient who shows that an id is another's now."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import Plan
from phi_records.fhir.reader import Entry, lines, read
from phi_records.models import PatientLink
from portal.base import context
from tests.phi_records.bundles import bundle, observation
from tests.phi_records.test_two_people import ANA, OTHERS, alarms, owners, person

pytestmark = pytest.mark.promise("AL4")
BOB = OTHERS["someone else"]


def send(folder: Path, *args: str) -> str:
    out = StringIO()
    call_command(
        "import_fhir", str(folder), "--plan", "cedar", "--errors", str(folder) + ".errors", *args,
        stdout=out, stderr=StringIO(),
    )  # fmt: skip
    return out.getvalue()


def mixed_lines(folder: Path, *resources: dict[str, Any]) -> Path:
    folder.mkdir()
    text = "".join(f"{json.dumps(one)}\n" for one in resources)
    (folder / "all.ndjson").write_text(text)
    return folder


def one_bundle_each(folder: Path, *resources: dict[str, Any]) -> Path:
    folder.mkdir()
    for number, one in enumerate(resources):
        (folder / f"{number}.json").write_text(bundle(one))
    return folder


def reasons(folder: Path) -> list[str]:
    path = Path(f"{folder}.errors")
    return [json.loads(line)["reason"] for line in path.read_text().splitlines()]


@pytest.fixture(params=[mixed_lines, one_bundle_each])
def write(request: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    # As if thousands of lines stood between: each is a unit.
    monkeypatch.setattr(lines, "LINES_IN_UNIT", 1)
    return request.param


@pytest.mark.parametrize("other", ["someone else", "a twin", "spoiled"])
@pytest.mark.parametrize("strict", [[], ["--strict"]])
def test_records_before_somebody_else_are_in_nobodys_file(
    plan: Plan, privacy_officer: Any, tmp_path: Path, write: Any, other: str, strict: list[str]
) -> None:
    send(write(tmp_path / "one", ANA, observation("o1")), *strict)
    second = write(tmp_path / "two", observation("o2"), OTHERS[other], observation("o3"))
    send(second, *strict)
    assert owners() == {"o1": "Ana"}
    assert len(reasons(second)) == 3
    assert alarms() == {"mixed": 1}


def test_who_was_first_is_no_reason_to_take_what_stands_between(
    plan: Plan, tmp_path: Path, write: Any
) -> None:
    send(write(tmp_path / "one", ANA, observation("o1")))
    send(write(tmp_path / "two", {**ANA, "gender": "female"}, observation("o2"), BOB))
    assert owners() == {"o1": "Ana"}


def test_settling_takes_nothing_from_a_delivery_that_has_both(
    plan: Plan, tmp_path: Path, write: Any
) -> None:
    send(write(tmp_path / "one", ANA, observation("o1")))
    both = write(tmp_path / "two", ANA, observation("o2"), BOB)
    send(both)
    send(both, "--settle")
    assert owners() == {"o1": "Ana"}
    with context.system("test"):
        assert PatientLink.objects.exclude(held_at=None).count() == 1


def test_a_file_that_is_in_already_says_nothing_new(plan: Plan, tmp_path: Path, write: Any) -> None:
    first = write(tmp_path / "one", ANA, observation("o1"))
    send(first)
    send(write(tmp_path / "two", person("M1", "Ana", "Reyes", "1984-03-12")))
    send(write(tmp_path / "three", person("M1", "Ana", "Reyes", "1984-12-03")))
    assert "passed over" in send(first)
    send(write(tmp_path / "four", observation("o2")))
    assert owners() == {"o1": "Ana", "o2": "Ana"}


def test_what_is_read_for_its_people_is_the_same_units(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "LINES_IN_UNIT", 2)
    several = [observation(f"o{n}") for n in range(5)]
    odd = json.dumps({**BOB, "id": "p9"}).replace('"Patient"', '"\\u0050atient"')
    mixed_lines(tmp_path / "a", *several, ANA)
    with (tmp_path / "a" / "all.ndjson").open("a") as out:
        print(odd, "{", sep="\n", file=out)
    (tmp_path / "a" / "b.json").write_text(bundle(*several, ANA))
    (tmp_path / "a" / "c.json").write_text("{")
    everything = list(read([tmp_path]))
    people = list(read([tmp_path], people_only=True))
    assert [(one.source, one.sha256) for one in people] == [
        (one.source, one.sha256) for one in everything
    ]
    found = [one.type for unit in people for one in unit if isinstance(one, Entry)]
    # Of lines the first are read, to see whether there is anything to it.
    assert found == ["Observation"] * 2 + ["Patient"] * 3
