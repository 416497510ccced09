"""Values of the wrong type: set aside with a reason, or shown as far as they can be."""

import copy
import hashlib
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest

from accounts.models import Member, Plan
from phi_records import charts, directory, identity, patients
from phi_records.fhir import exact, social_security
from phi_records.fhir.check import check
from phi_records.fhir.kinds import DIRECTORY_TYPES
from phi_records.fhir.plain import describe, summarise, when_of
from phi_records.fhir.reader import Entry, Problem, read
from phi_records.fhir.references import Index, names_a_patient, subject_of
from phi_records.fhir.trend import trend_of
from phi_records.models import DirectoryEntry, RecordItem
from portal.base import context
from portal.demo.generator import generate
from tests.phi_records.bundles import bundle, load, observation, patient

LONG = "9" * 400
ODD = [
    *(None, [], {}, "", 5, 1.5, True, -1, 0, [None], [[]], [{}], ["a"], [5]),
    *({"a": 1}, {"value": [1]}, {"coding": 5}, {"coding": [5]}, {"coding": [{"code": {}}]}),
    *("x" * 400, "1e999", LONG, "\u202e", 10**30, exact.loads("1e40"), exact.loads("1e-40")),
]
TRIES = 1500


def organization(id: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Organization", "id": id, "name": "Canary clinic", **more}


def real_shapes() -> list[dict[str, Any]]:
    """A few of each type, as the demo's own generator writes them."""
    plan = generate("cedar", date(2026, 11, 1))
    several = [*plan.shared_records, *(one for own in plan.records.values() for one in own)]
    by_type: dict[str, list[dict[str, Any]]] = {}
    for one in several:
        by_type.setdefault(one["resourceType"], []).append(one)
    return [one for own in by_type.values() for one in own[:: max(1, len(own) // 12)]]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every field and every item of a list, by what holds it and its name or number there."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(pairs):
        if key not in ("resourceType", "id"):
            yield value, key
        if isinstance(inner, dict | list):
            yield from places(inner)


def spoiled(resource: dict[str, Any], chance: Random) -> dict[str, Any]:
    found = copy.deepcopy(resource)
    for _time in range(chance.choice([1, 1, 2, 4])):
        holder, key = chance.choice(list(places(found)))
        holder[key] = copy.deepcopy(chance.choice(ODD))
    return found


def take_in(resource: dict[str, Any]) -> None:
    """What an import does to one resource before its row is written."""
    entry = Entry(1, "", resource)
    if entry.type in DIRECTORY_TYPES:
        content = social_security.left_out(resource)
        directory._identifier(content), directory._name(content)
    subject_of(resource, Index())
    names_a_patient(resource)
    when_of(resource)
    if entry.type == "Patient":
        list(identity._names(resource)), identity.plan_numbers(resource)
        identity.record_numbers(resource), patients._language(resource)


def show(resource: dict[str, Any]) -> None:
    """The line in a list, and the page."""
    assert summarise(resource).title
    describe(resource, lambda _reference: resource)
    if trend_of(resource, [], fewest=1):
        charts.chart_of("Canary", resource, [{**resource, "effectiveDateTime": "2020-01-01"}])


def test_a_wrong_type_anywhere_is_set_aside_or_shown() -> None:
    chance = Random(2026)
    shapes = real_shapes()
    refused = 0
    for _time in range(TRIES):
        resource = spoiled(chance.choice(shapes), chance)
        reasons = check(resource)
        refused += bool(reasons)
        if reasons:
            assert all(reasons)
            continue
        take_in(resource)
        show(exact.loads_ours(exact.dumps(resource)))
    assert TRIES / 20 < refused < TRIES / 2


# What is in already, from before a check knew better


@pytest.mark.parametrize("system", [["http://loinc.org"], {"a": 1}, 5])
def test_a_record_with_an_odd_code_still_opens(system: object) -> None:
    odd = {"coding": [{"system": system, "code": "8302-2"}]}
    show({**observation("o1"), "code": odd, "status": ["final"]})


# One of them costs no other its place


def taken(plan: Plan, path: Path) -> tuple[list[Problem], list[DirectoryEntry]]:
    [outcome] = load(plan, path)
    with context.system("test", plan.pk):
        return outcome.problems, list(DirectoryEntry.objects.order_by("source_key"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("identifier", [{"system": ["a"], "value": "1"}]),
        ("identifier", [{"system": {"a": 1}, "value": "1"}]),
        ("identifier", [{"value": {"a": 1}}]),
        ("type", [{"coding": [{"code": ["prov"]}]}]),
        ("meta", {"tag": [{"system": "urn:a", "code": {"a": 1}}]}),
        ("contact", [{"name": {"family": 5}}]),
    ],
)
def test_a_directory_entry_of_wrong_types_is_set_aside_alone(
    plan: Plan, tmp_path: Path, field: str, value: object
) -> None:
    path = tmp_path / "a.json"
    path.write_text(bundle(organization("a"), organization("b", **{field: value}), patient("M1")))
    problems, entries = taken(plan, path)
    assert [(one.file, one.position) for one in problems] == [("a.json", 2)]
    assert "is not text" in problems[0].reason
    assert [one.source_key for one in entries] == ["lab|a"]


@pytest.mark.parametrize(
    "number",
    ["1e400", "-1e400", "1e-400", "1e99999999999999999999", LONG, "9" * 5000, "1." + "0" * 20_000],
)
def test_a_number_out_of_range_sets_its_resource_aside_alone(
    plan: Plan, tmp_path: Path, number: str
) -> None:
    odd = bundle(organization("a"), organization("b", extension=[{"valueDecimal": 7.5}]))
    path = tmp_path / "a.json"
    path.write_text(odd.replace("7.5", number))
    problems, entries = taken(plan, path)
    assert [(one.position, one.reason) for one in problems] == [
        (2, "The number in “valueDecimal” is too large or too long.")
    ]
    assert [one.source_key for one in entries] == ["lab|a"]


def test_a_record_with_a_number_out_of_range_is_set_aside_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    odd = json.dumps(observation("o2")).replace("6.4", "1e400")
    path.write_text("\n".join([json.dumps(patient("M1")), odd, json.dumps(observation("o3"))]))
    several = [one for unit in read([path]) for one in unit]
    assert [type(one) for one in several] == [Entry, Problem, Entry]
    assert several[1].position == 2


def test_a_social_security_number_out_of_its_list_is_left_out_too(
    plan: Plan, tmp_path: Path
) -> None:
    number = {"system": "http://hl7.org/fhir/sid/us-ssn", "value": "999-00-1234"}
    path = tmp_path / "a.json"
    path.write_text(bundle(organization("a", identifier=number)))
    _problems, [entry] = taken(plan, path)
    assert "identifier" not in entry.content


def test_directory_numbers_keep_their_digits(plan: Plan, tmp_path: Path) -> None:
    place = organization("a", extension=[{"valueDecimal": 7.5}])
    path = tmp_path / "a.json"
    path.write_text(bundle(place).replace("7.5", "42.6361430000000041230"))
    _problems, [entry] = taken(plan, path)
    assert str(entry.content["extension"][0]["valueDecimal"]) == "42.6361430000000041230"


def test_a_directory_entry_tells_where_it_came_from(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "Ana Diaz.json"
    path.write_text(bundle(patient("M1"), organization("a")))
    _problems, [entry] = taken(plan, path)
    assert (entry.feed, entry.file_position) == ("lab", 2)
    assert entry.file_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    with context.system("test", plan.pk):
        [member] = Member.objects.all()
        with context.about_member(member.pk):
            assert entry.received_at == RecordItem.objects.get().received_at


def test_a_newer_word_on_a_directory_entry_tells_of_the_newer_file(
    plan: Plan, tmp_path: Path
) -> None:
    path = tmp_path / "a.json"
    path.write_text(bundle(organization("a")))
    _problems, [before] = taken(plan, path)
    path.write_text(bundle(organization("b"), organization("a", active=True)))
    _problems, [after, _other] = taken(plan, path)
    assert (after.pk, after.file_position) == (before.pk, 2)
    assert after.file_sha256 != before.file_sha256
