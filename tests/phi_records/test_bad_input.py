"""Input made to hurt, or only broken: each case has its sentence, and the rest goes in."""

import gzip
import io
import json
import os
import subprocess
import sys
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Member, Plan
from phi_records.fhir import check as checking
from phi_records.fhir import exact, sources
from phi_records.fhir.plain import describe, summarise
from phi_records.fhir.reader import Entry, Problem, read
from phi_records.models import RecordItem
from portal.base import context
from tests.phi_records.bundles import bundle, load, observation, patient

NAMES = [
    "Robert'); DROP TABLE accounts_member;--",
    "<script>alert(1)</script>",
    "{{ 7*7 }}{% debug %}",
    "مُحَمَّد",
    "\u202eatad\u202c",
    "𝓐𝓷𝓪 👩‍⚕️",
    "=HYPERLINK(1)",
    "\r\nBcc: a@example.test",
    "a" * 10_000,
]


def write(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    if not isinstance(content, bytes):
        content = (content if isinstance(content, str) else json.dumps(content)).encode()
    path.write_bytes(content)
    return path


def problems(*paths: Path) -> list[Problem]:
    return [item for unit in read(paths) for item in unit if isinstance(item, Problem)]


def entries(*paths: Path) -> list[Entry]:
    return [item for unit in read(paths) for item in unit if isinstance(item, Entry)]


def people(plan: Plan) -> list[Member]:
    with context.system("test", plan.pk):
        return list(Member.objects.filter(plan=plan).order_by("pk"))


def rows(member: Member) -> list[RecordItem]:
    with context.system("test", member.plan_id), context.about_member(member.pk):
        return list(RecordItem.objects.filter(member=member).order_by("resource_type", "pk"))


# Files


def test_a_binary_file_and_an_empty_one_are_told_apart(tmp_path: Path) -> None:
    write(tmp_path, "a.json", bytes(range(256)))
    write(tmp_path, "b.json", b"")
    write(tmp_path, "c.ndjson", b"")
    write(tmp_path, "d.png", b"\x89PNG")
    said = {one.file.rpartition("/")[2]: one.reason for one in problems(tmp_path)}
    assert said["a.json"] == "It is not UTF-8 text."
    assert said["b.json"] == "It is empty."
    assert "Only .json" in said["d.png"]


def test_a_folder_that_holds_itself_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, "a.json", patient("M1"))
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    assert len(entries(tmp_path)) == 1
    assert [one.reason for one in problems(tmp_path)] == ["It is a link and not a file."]


@pytest.mark.parametrize("ending", ["zip", "gz"])
def test_what_is_not_what_it_is_called_is_told_so(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"a.{ending}").write_text("{}")
    assert f"It is named .{ending} and is not" in problems(tmp_path)[0].reason


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.json")
    assert "not a plain file" in problems(tmp_path)[0].reason


def test_a_file_that_may_not_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "a.json", patient("M1"))
    opened = Path.open

    def refuse(self: Path, *args: Any, **more: Any) -> Any:
        if self == path:
            raise PermissionError(13, "Permission denied")
        return opened(self, *args, **more)

    monkeypatch.setattr(Path, "open", refuse)
    assert "could not be opened: Permission denied" in problems(path)[0].reason


def test_a_file_that_goes_away_midway_stops_nothing(tmp_path: Path) -> None:
    write(tmp_path, "a.json", patient("M1"))
    gone = write(tmp_path, "b.json", patient("M2"))
    write(tmp_path, "c.json", patient("M3"))
    several = []
    for unit in read([tmp_path]):
        gone.unlink(missing_ok=True)
        several += list(unit)
    assert [type(one) for one in several] == [Entry, Problem, Entry]
    assert "could not be opened" in several[1].reason  # type: ignore[union-attr]


def test_the_same_name_twice_in_an_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.json", json.dumps(patient("M1")))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.json", json.dumps(patient("M2", id="p2")))
    assert [one.id for one in entries(tmp_path)] == ["p1"]
    assert "same name" in problems(tmp_path)[0].reason


def test_a_zip_in_a_gzip_is_not_opened(tmp_path: Path) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("a.json", "{}")
    path = write(tmp_path, "a.json.gz", gzip.compress(held.getvalue()))
    assert "inside an archive" in problems(path)[0].reason


def test_no_file_says_how_large_it_really_is(tmp_path: Path) -> None:
    """The progress bar believes the trailer of a gzip file; nothing else does."""
    data = bytearray(gzip.compress(json.dumps(patient("M1")).encode()))
    data[-4:] = (5).to_bytes(4, "little")
    path = write(tmp_path, "a.json.gz", bytes(data))
    [source] = [one for one in sources.walk([path]) if isinstance(one, sources.Source)]
    assert source.said_bytes < 1000
    assert "damaged" in problems(path)[0].reason


# Bundles


def entry(resource: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resource": resource, **more}


def packed(*several: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(several)}


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_conditional_entries_are_taken_by_their_ids(
    plan: Plan, tmp_path: Path, method: str
) -> None:
    asked = {"method": method, "url": "Patient", "ifNoneExist": "identifier=M1"}
    path = write(tmp_path, "a.json", packed(entry(patient("M1"), request=asked)))
    load(plan, path)
    load(plan, write(tmp_path, "b.json", packed(entry(patient("M1"), request=asked))))
    assert len(people(plan)) == 1


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "GET", 7])
def test_entries_that_ask_for_something_else_are_set_aside(tmp_path: Path, method: object) -> None:
    asked = entry(patient("M1"), request={"method": method, "url": "Patient/p1"})
    path = write(tmp_path, "a.json", packed(asked, entry(patient("M2", id="p2"))))
    assert [one.id for one in entries(path)] == ["p2"]
    assert "something else" in problems(path)[0].reason


def test_an_entry_without_an_address_keeps_its_own_id(plan: Plan, tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", packed(entry(patient("M1")), entry(observation("o1"))))
    [outcome] = load(plan, path)
    assert outcome.added == {"Patient": 1, "Observation": 1}


def test_what_is_contained_stays_inside(plan: Plan, tmp_path: Path) -> None:
    doctor = {"resourceType": "Practitioner", "id": "d", "name": [{"family": "Lee"}]}
    held = {**observation("o1"), "contained": [doctor], "performer": [{"reference": "#d"}]}
    [outcome] = load(plan, write(tmp_path, "a.json", packed(entry(patient("M1")), entry(held))))
    assert outcome.added == {"Patient": 1, "Observation": 1}
    facts = [fact for section in describe(held) for fact in section.facts]
    assert ("Done by", "Lee") in facts


def test_what_a_record_points_at_may_be_missing(plan: Plan, tmp_path: Path) -> None:
    lost = {**observation("o1"), "encounter": {"reference": "Encounter/nowhere"}}
    [outcome] = load(plan, write(tmp_path, "a.json", bundle(patient("M1"), lost)))
    assert outcome.problems == []
    assert all("nowhere" not in value for s in describe(lost) for _label, value in s.facts)


@pytest.mark.parametrize("value", ["1e300", "-1e300", "9" * 300, "1" + "0" * 30])
def test_huge_numbers_come_in_whole_and_are_shown_by_nobody(
    plan: Plan, tmp_path: Path, value: str
) -> None:
    text = bundle(patient("M1"), observation("o1")).replace("6.4", value)
    [outcome] = load(plan, write(tmp_path, "a.json", text))
    assert outcome.added["Observation"] == 1
    [row] = [one for one in rows(people(plan)[0]) if one.resource_type == "Observation"]
    found = exact.loads(row.content)
    assert Decimal(found["valueQuantity"]["value"]) == Decimal(value)
    assert summarise(found).subtitle == "A number too large to show"


# People


@pytest.mark.parametrize("name", NAMES)
def test_odd_names_are_kept_as_they_are(plan: Plan, tmp_path: Path, name: str) -> None:
    person = {**patient("M1"), "name": [{"family": name, "given": ["Ana"]}]}
    [outcome] = load(plan, write(tmp_path, "a.json", bundle(person, observation("o1", name))))
    assert outcome.problems == []
    [member] = people(plan)
    found = json.loads(next(one.content for one in rows(member) if one.resource_type == "Patient"))
    assert found["name"][0]["family"] == name
    assert "\u202e" not in member.family_name
    assert "\n" not in member.family_name


@pytest.mark.parametrize("born", [None, "1984", "1984-03", "1984-03-12T10:00:00Z"])
def test_nobody_comes_in_without_a_full_birth_date(
    plan: Plan, tmp_path: Path, born: str | None
) -> None:
    person = {**patient("M1"), "birthDate": born} if born else patient("M1")
    if born is None:
        del person["birthDate"]
    [outcome] = load(plan, write(tmp_path, "a.json", bundle(person, observation("o1"))))
    assert people(plan) == []
    assert any("birth" in one.reason for one in outcome.problems)
    assert len(outcome.problems) == 2


def test_members_who_swap_their_numbers_are_not_mixed(plan: Plan, tmp_path: Path) -> None:
    ana, bo = patient("M1", "Diaz", "p1"), {**patient("M2", "Cho", "p2"), "birthDate": "1990-01-02"}
    load(plan, write(tmp_path, "a.json", bundle(ana, bo)))
    swapped_ana = {**ana, "id": "p3", "identifier": bo["identifier"]}
    swapped_bo = {**bo, "id": "p4", "identifier": ana["identifier"]}
    about = {**observation("o1"), "subject": {"reference": "Patient/p3"}}
    [outcome] = load(plan, write(tmp_path, "b.json", bundle(swapped_ana, swapped_bo, about)))
    assert [one.position for one in outcome.problems] == [1, 2, 3]
    assert [len(rows(member)) for member in people(plan)] == [1, 1]


def test_an_id_in_two_files_with_other_content_is_the_newer_one(plan: Plan, tmp_path: Path) -> None:
    load(plan, write(tmp_path, "a.json", bundle(patient("M1"), observation("o1", "Old"))))
    load(plan, write(tmp_path, "b.json", bundle(patient("M1"), observation("o1", "New"))))
    contents = [one.content for one in rows(people(plan)[0])]
    assert len(contents) == 2
    assert any("New" in one for one in contents)


def test_ids_of_another_plans_patients_open_nothing(
    plan: Plan, other_plan: Plan, tmp_path: Path
) -> None:
    load(other_plan, write(tmp_path, "a.json", bundle(patient("M1"))))
    [outcome] = load(plan, write(tmp_path, "b.json", bundle(observation("o1"))))
    assert (outcome.waiting, outcome.taken) == (1, 0)
    assert [len(rows(member)) for member in people(other_plan)] == [1]


# Size


def read_apart(path: Path) -> tuple[int, int, str]:
    """In a process of its own: how much came of it, kilobytes it grew by, and the last reason."""
    code = (
        "import resource, sys\n"
        "from django.conf import settings; settings.configure(USE_I18N=False)\n"
        "from phi_records.fhir.reader import read\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "reasons = [getattr(one, 'reason', '') for unit in read([sys.argv[1]]) for one in unit]\n"
        "grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before\n"
        "print(len(reasons), grown, reasons[-1])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    count, grown, reason = done.stdout.rstrip("\n").split(" ", 2)
    # macOS counts bytes.
    return int(count), int(grown) // (1024 if sys.platform == "darwin" else 1), reason


def test_a_bundle_of_50_mb_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with path.open("w") as file:
        file.write('{"resourceType":"Bundle","type":"batch","entry":[')
        for number in range(12_500):
            file.write("," if number else "")
            note = {"resourceType": "Basic", "id": f"b{number}", "text": {"div": "x" * 4000}}
            file.write(json.dumps({"resource": note}))
        file.write("]}")
    assert path.stat().st_size > 50_000_000
    count, kilobytes, _reason = read_apart(path)
    assert count == 12_500
    assert kilobytes < 60_000


def test_what_follows_a_large_entry_is_not_counted_with_it(tmp_path: Path) -> None:
    large = {"resourceType": "Basic", "id": "l", "x": 'a\\",' * 2_900_000}
    small = [{"resourceType": "Basic", "id": f"b{n}", "x": [1] * 60} for n in range(9_000)]
    entries = [{"resource": one} for one in [small[0], large, *small[1:]]]
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries}))
    count, _kilobytes, _reason = read_apart(path)
    assert count == 9_001


DENSE = {"resourceType": "Basic", "id": "d", "x": [1] * 310_000}
COMMAS = {"resourceType": "Basic", "id": "c", "x": "a," * 400_000}


def reasons_of(path: Path, text: str) -> list[str]:
    path.write_text(text)
    return [getattr(item, "reason", "") for unit in read([path]) for item in unit]


@pytest.mark.parametrize("before", [0, 200_000, 700_000, 5_000_000, 9_000_000])
@pytest.mark.parametrize("after", [0, 9_000_000])
def test_a_dense_entry_is_told_alike_wherever_it_stands(
    tmp_path: Path, before: int, after: int
) -> None:
    def told(resource: dict[str, Any]) -> list[str]:
        several = [{"resourceType": "Basic", "id": "b", "x": "x" * before}, resource,
                   {"resourceType": "Basic", "id": "a", "x": "x" * after}]  # fmt: skip
        entries = [{"resource": one} for one in several]
        document = {"resourceType": "Bundle", "type": "batch", "entry": entries}
        return reasons_of(tmp_path / "a.json", json.dumps(document))

    assert ["far more values" in one for one in told(DENSE)] == [True]
    limit = 5 * 1024 * 1024
    assert ["5 MB" in one for one in told(COMMAS)] == [before > limit, False, after > limit]


@pytest.mark.parametrize("name", ["a.json", "a.ndjson"])
def test_a_dense_resource_is_told_alike_in_every_file(tmp_path: Path, name: str) -> None:
    [reason] = reasons_of(tmp_path / name, json.dumps(DENSE))
    assert "far more values" in reason
    assert reasons_of(tmp_path / name, json.dumps(COMMAS)) == [""]


OF_A_BUNDLE = b'{"resourceType":"Bundle","type":"collection"'
RECORD = b',"entry":[{"resource":{"resourceType":"Basic","id":"b","x":'
BOMBS = {
    "one string": ([RECORD + b'"', *[b"a" * 2**20] * 60], "one entry larger than 32 MB"),
    "one string of wide letters": (
        [RECORD + b'"', *["😀".encode() * 2**18] * 110, b'"}}]}'],
        "one entry larger than 32 MB",
    ),
    "small values": ([RECORD + b"[", *[b"{}," * 2**18] * 40], "far more values"),
    "small values in little": ([RECORD + b"[", *[b"{}," * 2**18] * 9, b"{}]}}]}"], "far more"),
    "other fields": (
        [b',"f%d":"%s"' % (number, b"a" * (25 * 2**20)) for number in range(6)]
        + [RECORD + b"1}}]}"],
        "",
    ),
    "fields of one record": (
        [RECORD + b"{", *[b'"k%d":"%d",' % (n, n) for n in range(1_400_000)], b'"z":1}}}]}'],
        "far more values",
    ),
    "fields of a field": (
        [b',"x":{', *[b'"k%d":"0",' % n for n in range(1_450_000)], b'"z":1},"entry":[]}'],
        "far more values",
    ),
    "long fields": (
        [RECORD + b"{", *[b'"k%040d":"%050d",' % (n, n) for n in range(290_000)], b'"z":1}}}]}'],
        "larger than 5 MB",
    ),
    "one number": ([RECORD, *[b"9" * 2**20] * 60, b"}}]}"], "one entry larger than 32 MB"),
    "many fields": ([b',"f%d":1' % number for number in range(2**20)], "more than 1000 fields"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_of_json_takes_a_bounded_memory(tmp_path: Path, bomb: str) -> None:
    parts, sentence = BOMBS[bomb]
    path = tmp_path / "a.json.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        # Random, so that it is packed no better than records are.
        for part in (OF_A_BUNDLE, b',"pad":"', os.urandom(600_000).hex().encode(), b'"', *parts):
            file.write(part)
    _count, kilobytes, reason = read_apart(path)
    assert sentence in reason
    assert kilobytes < 200_000


@pytest.mark.parametrize("field", sorted(checking._PLAIN))
def test_no_field_is_too_plain_to_be_looked_at(field: str) -> None:
    assert field not in checking._WATCHED
    for bad in ("a\x00b", "\ud800"):
        assert checking.check({"resourceType": "Basic", "extension": [{field: bad}]})


@pytest.mark.parametrize(
    "subject",
    [
        {"identifier": {"system": "http://h.example/mrn", "value": "MRN-OF-SOMEONE-ELSE"}},
        {"display": "Mr Other Person"},
        {"type": "Patient", "identifier": {"value": "OTHER"}},
        {"reference": 7},
        [{"reference": "Patient/other"}],
        5,
    ],
)
def test_who_is_named_without_a_reference_is_not_the_bundles_one_person(
    plan: Plan, tmp_path: Path, subject: Any
) -> None:
    theirs = {**observation("o1"), "subject": subject}
    [outcome] = load(plan, write(tmp_path, "a.json", bundle(patient("M1"), theirs)))
    [member] = people(plan)
    assert [row.resource_type for row in rows(member)] == ["Patient"]
    assert len(outcome.problems) == 1


@pytest.mark.parametrize("family", [" ", "\ufeff", "\u200b\u200d"])
def test_a_name_that_nobody_sees_is_none(plan: Plan, tmp_path: Path, family: str) -> None:
    nobody = {**patient("M1"), "name": [{"family": family}]}
    [outcome] = load(plan, write(tmp_path, "a.json", bundle(nobody)))
    assert people(plan) == []
    assert "no family name" in outcome.problems[0].reason


def test_who_is_not_born_yet_is_set_aside(plan: Plan, tmp_path: Path) -> None:
    nobody = {**patient("M1"), "birthDate": "2999-01-01"}
    [outcome] = load(plan, write(tmp_path, "a.json", bundle(nobody)))
    assert people(plan) == []
    assert "in the future" in outcome.problems[0].reason


def test_a_hidden_file_is_told_of(plan: Plan, tmp_path: Path) -> None:
    write(tmp_path, ".hidden.json", bundle(patient("M1")))
    outcomes = load(plan, tmp_path)
    assert people(plan) == []
    assert ["hidden" in one.reason for outcome in outcomes for one in outcome.problems] == [True]
