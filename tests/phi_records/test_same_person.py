"""One person with several names or numbers, and two with the same number."""

import json
from pathlib import Path
from typing import Any

import pytest

from accounts.models import MEMBER_NUMBER_LENGTH, Member, Plan
from disclosures.forms import DisclosureForm, TrailSearchForm
from disclosures.incident_forms import ReportForm
from messaging.forms import WhyForm
from phi_records.mark_forms import MarkSearchForm
from portal.base import context
from tests.factories import destroy_key
from tests.phi_records.bundles import load, observation
from tests.phi_records.test_ahead import send
from tests.phi_records.test_two_people import ANA, alarms, files, owners, person, set_aside

pytestmark = pytest.mark.promise("AL4")


def named(*names: dict[str, Any], number: str = "") -> dict[str, Any]:
    numbers = ANA["identifier"] if number else []
    return {**ANA, "identifier": numbers, "name": list(names)}


OFFICIAL = {"use": "official", "family": "Diaz", "given": ["Ana"]}
NICKNAME = {"use": "nickname", "family": "Diaz", "given": ["Chiqui"]}
PLAIN_NICKNAME = {"family": "Diaz", "given": ["Chiqui"]}
REYES = {"use": "official", "family": "Reyes", "given": ["Ana"]}
MAIDEN = {"use": "maiden", "family": "Diaz"}
OLD = {"use": "old", "family": "Lopez", "given": ["Ana"]}

WAYS = {
    "nickname first": ([OFFICIAL], [PLAIN_NICKNAME, OFFICIAL]),
    "nickname alone, then both": ([PLAIN_NICKNAME], [OFFICIAL, NICKNAME]),
    "both, then the nickname alone": ([NICKNAME, OFFICIAL], [NICKNAME]),
    "maiden name listed": ([OFFICIAL], [REYES, MAIDEN]),
    "maiden name alone later": ([REYES, {**OFFICIAL, "use": "maiden"}], [OFFICIAL]),
    "an old name first": ([{**OFFICIAL, "use": "usual"}], [OLD, {**OFFICIAL, "use": "usual"}]),
}


@pytest.mark.parametrize(("before", "after"), WAYS.values(), ids=WAYS)
def test_any_of_ones_names_is_ones_name(
    plan: Plan, tmp_path: Path, before: list[Any], after: list[Any]
) -> None:
    load(plan, files(tmp_path / "one", named(*before), observation("o1")))
    # A date put right beside it is no second thing that differs.
    later = {**named(*after), "birthDate": "1984-12-03"}
    outcomes = load(plan, files(tmp_path / "two", later, observation("o2")))
    assert set_aside(outcomes) == []
    assert (len(owners()), alarms()) == (2, {})


@pytest.mark.parametrize(("before", "after"), WAYS.values(), ids=WAYS)
def test_any_of_ones_names_goes_with_ones_number(
    plan: Plan, tmp_path: Path, before: list[Any], after: list[Any]
) -> None:
    load(plan, files(tmp_path / "one", named(*before, number="M1"), observation("o1")))
    later = {**named(*after, number="M1"), "id": "p2"}
    assert set_aside(load(plan, files(tmp_path / "two", later))) == []
    with context.system("test"):
        assert Member.objects.filter(plan=plan).count() == 1


def test_nobody_goes_by_an_old_name(plan: Plan, tmp_path: Path) -> None:
    load(plan, files(tmp_path / "one", named(OLD, MAIDEN, {**REYES, "use": "usual"})))
    with context.system("test"):
        assert Member.objects.get(plan=plan).family_name == "Reyes"


def test_a_twin_with_other_names_is_still_another(plan: Plan, tmp_path: Path) -> None:
    load(plan, files(tmp_path / "one", named(NICKNAME, OFFICIAL), observation("o1")))
    twin = named({**OFFICIAL, "given": ["Eva"]}, {**NICKNAME, "given": ["Chata"]})
    load(plan, files(tmp_path / "two", twin, observation("o2")))
    assert owners() == {"o1": "Ana"}


def of_hospital(id: str, given: str, number: str = "77", **giver: Any) -> dict[str, Any]:
    kind = {"coding": [{"code": "MR"}]}
    number_of_records = {"type": kind, "value": number, **giver}
    return person("", given, "Diaz", "1984-03-12", id=id) | {"identifier": [number_of_records]}


def about(id: str, patient_id: str) -> dict[str, Any]:
    return {**observation(id), "subject": {"reference": f"Patient/{patient_id}"}}


NORTH = {"system": "urn:north"}
SOUTH = {"system": "urn:south"}
HOSPITALS = [
    (NORTH, SOUTH),
    ({"assigner": {"display": "North"}}, {"assigner": {"display": "South"}}),
]


@pytest.mark.parametrize(("one", "other"), HOSPITALS, ids=["systems", "assigners"])
def test_two_hospitals_may_give_two_people_one_number(
    plan: Plan, tmp_path: Path, one: dict[str, Any], other: dict[str, Any]
) -> None:
    load(plan, files(tmp_path / "one", of_hospital("p1", "Ana", **one), about("o1", "p1")))
    second = files(tmp_path / "two", of_hospital("p2", "Bob", **other), about("o2", "p2"))
    assert set_aside(load(plan, second)) == []
    # And who that is, is known again from another source.
    third = files(tmp_path / "three", of_hospital("p9", "Bob", **other), about("o3", "p9"))
    assert set_aside(load(plan, third, feed="clinic")) == []
    assert owners() == {"o1": "Ana", "o2": "Bob", "o3": "Bob"}
    with context.system("test"):
        assert Member.objects.filter(plan=plan).count() == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [(NORTH, NORTH), ({}, SOUTH), (NORTH, {}), ({}, {})],
    ids=["one", "not said of the first", "not said of the second", "not said"],
)
def test_one_hospital_gives_a_number_to_one_person(
    plan: Plan, tmp_path: Path, one: dict[str, Any], other: dict[str, Any]
) -> None:
    load(plan, files(tmp_path / "one", of_hospital("p1", "Ana", **one), about("o1", "p1")))
    second = files(tmp_path / "two", of_hospital("p2", "Bob", **other), about("o2", "p2"))
    assert "has its member number" in set_aside(load(plan, second))[0]
    assert owners() == {"o1": "Ana"}


REPLACED = {**ANA, "link": [{"other": {"reference": "Patient/p2"}, "type": "replaced-by"}]}
RENUMBERED = person("M9", "Ana", "Diaz", "1984-03-12")


@pytest.mark.parametrize(
    ("later", "said"), [(REPLACED, "takes the place"), (RENUMBERED, "another member number")]
)
def test_what_an_import_does_not_follow_is_told(
    plan: Plan, tmp_path: Path, later: dict[str, Any], said: str
) -> None:
    assert "ask something" not in send(files(tmp_path / "one", ANA, observation("o1")))
    second = files(tmp_path / "two", later, observation("o2"))
    assert "1 taken in that ask something of you" in send(second)
    [note] = [json.loads(line) for line in Path(f"{second}.errors").read_text().splitlines()]
    assert said in note["note"]
    assert (note["file"], note["position"]) == ("two/Patient.ndjson", 1)
    assert owners() == {"o1": "Ana", "o2": "Ana"}
    # Once.
    assert "ask something" not in send(second)


def test_a_number_that_was_someones_is_not_the_next_ones(plan: Plan, tmp_path: Path) -> None:
    load(plan, files(tmp_path / "one", ANA, observation("o1")))
    load(plan, files(tmp_path / "two", RENUMBERED))
    bob = person("M1", "Bob", "Second", "1990-01-01", id="p2")
    outcomes = load(plan, files(tmp_path / "three", bob, about("o2", "p2")))
    assert len(set_aside(outcomes)) == 2
    assert owners() == {"o1": "Ana"}


@pytest.mark.parametrize(("length", "taken"), [(200, 1), (201, 0)])
def test_a_number_that_no_form_takes_is_not_taken(
    plan: Plan, tmp_path: Path, length: int, taken: int
) -> None:
    load(plan, files(tmp_path / "one", person("M" * length, "Ana", "Diaz", "1984-03-12")))
    with context.system("test"):
        assert Member.objects.filter(plan=plan).count() == taken


@pytest.mark.parametrize(
    "form", [MarkSearchForm, TrailSearchForm, DisclosureForm, ReportForm, WhyForm]
)
def test_every_form_takes_a_number_as_long_as_an_import_does(form: Any) -> None:
    assert form.base_fields["member_number"].max_length == MEMBER_NUMBER_LENGTH


def test_a_number_of_a_destroyed_record_is_still_someones(plan: Plan, tmp_path: Path) -> None:
    load(plan, files(tmp_path / "one", of_hospital("p1", "Ana", **NORTH)))
    with context.system("test"):
        holder = Member.objects.get(plan=plan).record_holder_id
    destroy_key(holder)
    [reason] = set_aside(load(plan, files(tmp_path / "two", of_hospital("p2", "Bob", **SOUTH))))
    assert "was destroyed" in reason
