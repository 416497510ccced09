"""What the command says, and the file of what it set aside."""

import json
import os
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Plan
from phi_records.fhir.reader import Entry, read
from phi_records.fhir.strict import make_check
from tests.phi_records.bundles import bundle, observation, patient
from tests.phi_records.test_fhir_reader import REAL_DATA, needs_real_data


def run(folder: Path, *args: str) -> str:
    out = StringIO()
    errors = ["--errors", str(folder / "errors")]
    call_command(
        "import_fhir", str(folder / "in"), "--plan", "cedar", *errors, *args,
        stdout=out, stderr=StringIO(),
    )  # fmt: skip
    return out.getvalue()


def errors(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "errors").read_text().splitlines()]


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    odd = {**observation("o1"), "statuss": "final", "valueQuantity": {"value": "Canary six"}}
    text = bundle(patient("M1"), odd, observation("o2"))
    (tmp_path / "in" / "a.json").write_text(text)
    return tmp_path


def test_strict_sets_aside_what_breaks_a_rule_of_fhir(plan: Plan, sent: Path) -> None:
    said = run(sent, "--strict")
    assert "2 resources" in said
    assert "1 set aside" in said
    [one] = errors(sent)
    assert (one["file"], one["position"]) == ("in/a.json", 2)
    assert "statuss" in one["reason"]
    assert "Canary" not in one["reason"]


def test_without_strict_the_rest_of_the_same_file_goes_in(plan: Plan, sent: Path) -> None:
    run(sent, "--strict")
    said = run(sent)
    assert "Observation                         1        0          1" in said
    assert "passed over" in run(sent)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_an_errors_file_that_is_full_is_told_in_a_sentence(plan: Plan, sent: Path) -> None:
    (sent / "in" / "b.json").write_text("{")
    (sent / "errors").symlink_to("/dev/full")
    with pytest.raises(CommandError, match=r"errors file .* can’t be written"):
        run(sent)
    with pytest.raises(CommandError, match="errors file /dev/full can’t be written"):
        call_command("import_fhir", str(sent / "in"), "--plan", "cedar", "--errors", "/dev/full")


def test_strict_without_its_library_says_so(
    plan: Plan, sent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fhir.resources.R4B", None)
    with pytest.raises(CommandError, match="which is not installed"):
        run(sent, "--strict")


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ({"resourceType": "Observation", "id": "o"}, "“code” is missing"),
        ({**observation("o"), "valueString": "both"}, "exclude each other"),
        ({"resourceType": "Patient", "id": "p", "gender": 3}, "“gender” is not what FHIR allows"),
        ({"resourceType": "EffectEvidenceSynthesis", "id": "e"}, "not a resource type of FHIR R4B"),
        (observation("o"), ""),
    ],
)
def test_strict_names_fields_in_words(resource: dict[str, Any], expected: str) -> None:
    assert expected in make_check()(resource)
    assert bool(make_check()(resource)) is bool(expected)


@needs_real_data
def test_records_made_by_others_keep_all_of_fhirs_rules() -> None:
    check = make_check()
    for unit in list(read([REAL_DATA / "fhir"]))[::9]:
        reasons = {check(one.resource) for one in unit if isinstance(one, Entry)}
        assert reasons <= {""}


def test_a_device_that_is_named_as_the_errors_file_keeps_its_mode(
    plan: Plan, sent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As root, /dev/null would be shut to everyone else on the machine."""
    (sent / "in" / "b.json").write_text("{")
    changed: list[int] = []
    monkeypatch.setattr(os, "fchmod", lambda _handle, mode: changed.append(mode))
    run(sent)
    assert changed == [0o600]
    call_command("import_fhir", str(sent / "in"), "--plan", "cedar", "--errors", "/dev/null")
    assert changed == [0o600]


def test_the_errors_file_is_for_its_owner_alone(plan: Plan, sent: Path) -> None:
    (sent / "in" / "b.json").write_text("{")
    (sent / "errors").write_text('{"file": "old", "position": 1, "reason": "old"}\n')
    (sent / "errors").chmod(0o644)
    run(sent)
    assert (sent / "errors").stat().st_mode & 0o777 == 0o600
    assert [one["file"] for one in errors(sent)] == ["in/b.json"]


@pytest.mark.parametrize(
    ("errors", "there", "reason"),
    [
        ("in/a.json", None, "it is among what is to be imported"),
        ("in/../in/y.ndjson", '{"file": "a", "position": 1, "note": "old"}', "among what is to"),
        ("taxes.txt", "precious", "no errors file of an import"),
        ("other.ndjson", '{"resourceType": "Patient"}\n', "no errors file of an import"),
        ("list.json", "[1]", "no errors file of an import"),
    ],
)
def test_the_errors_file_takes_no_other_files_place(
    plan: Plan, sent: Path, errors: str, there: str | None, reason: str
) -> None:
    (sent / "in" / "b.json").write_text("{")
    path = sent / errors
    if there is not None:
        path.write_text(there)
    before = path.read_text()
    with pytest.raises(CommandError, match=reason):
        run(sent, "--errors", str(path))
    assert path.read_text() == before
    path.write_text("")
    if path.parent == sent:
        assert "1 set aside" in run(sent, "--errors", str(path))


def test_the_errors_file_is_not_written_through_a_link(plan: Plan, sent: Path) -> None:
    (sent / "in" / "b.json").write_text("{")
    (sent / "elsewhere").write_text("precious")
    (sent / "errors").symlink_to(sent / "elsewhere")
    with pytest.raises(CommandError, match="can’t be written"):
        run(sent)
    assert (sent / "elsewhere").read_text() == "precious"
