"""Two people whom a source mixes up: neither reads what is the other's."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Member, Plan
from disclosures.models import Incident
from phi_records import actions
from phi_records.fhir.reader import read
from phi_records.models import PatientLink, RecordItem
from portal.base import context
from tests.phi_records.bundles import bundle, load, observation, patient

pytestmark = pytest.mark.promise("AL4")


def person(number: str, given: str, family: str, born: str, **more: Any) -> dict[str, Any]:
    name = [{"family": family, "given": given.split()}]
    return {**patient(number), "name": name, "birthDate": born, **more}


ANA = person("M1", "Ana", "Diaz", "1984-03-12")


def files(folder: Path, *resources: dict[str, Any]) -> Path:
    """As in a bulk export: a file for each type, people by the name of theirs."""
    folder.mkdir()
    for one in resources:
        with (folder / f"{one['resourceType']}.ndjson").open("a") as out:
            print(json.dumps(one), file=out)
    return folder


def owners() -> dict[str, str]:
    """Of each observation the given name of whose file it is in."""
    with context.system("test"):
        people = list(Member.objects.all())
    found = {}
    for member in people:
        with context.system("test", member.plan_id), context.about_member(member.pk):
            rows = RecordItem.objects.filter(member=member, resource_type="Observation")
            found |= {row.source_key.rpartition("|")[2]: member.given_name for row in rows}
    return found


def set_aside(outcomes: list[actions.Outcome]) -> list[str]:
    return [problem.reason for one in outcomes for problem in one.problems]


def alarms() -> Counter[str]:
    with context.system("test"):
        return Counter(Incident.objects.values_list("kind", flat=True))


OTHERS = {
    "someone else": person("M2", "Bob", "Second", "1990-01-01"),
    "of the same family name": person("M2", "Zoe", "Diaz", "1999-09-09"),
    "a twin": person("M2", "Eva", "Diaz", "1984-03-12"),
    "a twin without a number": {**person("", "Eva", "Diaz", "1984-03-12"), "identifier": []},
    "a twin with a second name in common": person("M2", "Ana Eva", "Diaz", "1984-03-13"),
    "the same but in one text": {
        **{k: v for k, v in ANA.items() if k != "identifier"},
        "name": [{"text": "Eva Diaz"}],
    },
    "who agrees in nothing": {
        **patient(""),
        "identifier": [],
        "name": [{"family": "Second"}],
        "birthDate": None,
    },
    "of another date alone": {"resourceType": "Patient", "id": "p1", "birthDate": "1990-01-01"},
    "of another number alone": {
        k: v for k, v in patient("M7").items() if k not in {"name", "birthDate"}
    },
    "spoiled": person("M2", "Bob", "Second", "1985-02-31"),
    "spoiled, of one family": person("M2", "Ana", "Diaz", "1985-02-31"),
    "spoiled and says nothing": {"resourceType": "Patient", "id": "p1", "birthDate": "1985-02-31"},
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("bulk", [True, False])
def test_what_comes_under_an_id_for_somebody_else_is_in_nobodys_file(
    plan: Plan, privacy_officer: Any, tmp_path: Path, other: dict[str, Any], bulk: bool
) -> None:
    load(plan, files(tmp_path / "one", ANA, observation("o1")))
    if bulk:
        path = files(tmp_path / "two", other, observation("o2"))
    else:
        path = tmp_path / "two.json"
        path.write_text(bundle(other, observation("o2")))
    outcomes = load(plan, path)
    assert owners() == {"o1": "Ana"}
    assert len(set_aside(outcomes)) == 2
    assert alarms() == {"mixed": 1}


def test_officers_find_whose_id_it_is(
    plan: Plan, privacy_officer: Any, client_for: Any, tmp_path: Path
) -> None:
    load(plan, files(tmp_path / "one", ANA, observation("o1")))
    load(plan, files(tmp_path / "two", OTHERS["someone else"]))
    officer = client_for(privacy_officer)
    with context.system("test"):
        [incident] = Incident.objects.all()
    page = officer.get(reverse("disclosures:incident-detail", args=[incident.pk]))
    query = page.context["entries_query"]
    assert query in page.content.decode().replace("&amp;", "&")
    [entry] = officer.get(f"{reverse('disclosures:trail-search')}?{query}").context["events"]
    assert "Diaz" in entry["member"]


def test_the_id_stays_held_for_later_files(plan: Plan, tmp_path: Path) -> None:
    load(plan, files(tmp_path / "one", ANA, observation("o1")))
    load(plan, files(tmp_path / "two", OTHERS["someone else"]))
    outcomes = load(plan, files(tmp_path / "three", observation("o3")))
    assert "was set aside" in set_aside(outcomes)[0]
    [again] = set_aside(load(plan, files(tmp_path / "four", {**ANA, "gender": "female"})))
    assert "came for two people" in again
    assert owners() == {"o1": "Ana"}


def settled(plan: Plan, path: Path) -> list[actions.Outcome]:
    units = read([path])
    return [actions.import_unit(plan=plan, unit=one, feed="lab", settle=True) for one in units]


def test_an_operator_who_gave_the_other_a_feed_settles_it(plan: Plan, tmp_path: Path) -> None:
    first = files(tmp_path / "one", ANA, observation("o1"))
    second = files(tmp_path / "two", OTHERS["someone else"], observation("o2"))
    load(plan, first)
    load(plan, second)
    load(plan, second, feed="other lab")
    assert set_aside(settled(plan, first)) == []
    load(plan, files(tmp_path / "three", observation("o3")))
    assert owners() == {"o1": "Ana", "o2": "Bob", "o3": "Ana"}


def test_settling_lets_nobody_else_in(plan: Plan, tmp_path: Path) -> None:
    load(plan, files(tmp_path / "one", ANA, observation("o1")))
    second = files(tmp_path / "two", OTHERS["someone else"], observation("o2"))
    load(plan, second)
    assert len(set_aside(settled(plan, second))) == 2
    assert owners() == {"o1": "Ana"}
    with context.system("test"):
        assert PatientLink.objects.exclude(held_at=None).count() == 1


SAME = {
    "married": person("M1", "Ana", "Reyes", "1984-03-12"),
    "another date of birth": person("M1", "Ana", "Diaz", "1984-12-03"),
    "another number": person("M9", "Ana", "Diaz", "1984-03-12"),
    "another given name under the same number": person("M1", "Anton", "Diaz", "1984-03-12"),
    "a second name": person("M1", "Ana María", "Diaz", "1984-03-12"),
    "without an apostrophe": person("M1", "Ana", "D’iaz", "1984-03-12"),
    "an initial": person("M1", "A.", "Díaz", "1984-03-12"),
    "spoiled": person("M1", "Ana", "Diaz", "1984-02-31"),
}


@pytest.mark.parametrize("same", SAME.values(), ids=SAME)
def test_one_thing_put_right_is_the_same_person(
    plan: Plan, tmp_path: Path, same: dict[str, Any]
) -> None:
    load(plan, files(tmp_path / "one", ANA, observation("o1")))
    load(plan, files(tmp_path / "two", same, observation("o2")))
    with context.system("test"):
        assert Member.objects.filter(plan=plan).count() == 1
    assert len(owners()) == 2
    assert alarms() == {}


@pytest.mark.parametrize(
    ("other", "mixed"),
    [
        (person("M1", "Eva", "Diaz", "1984-03-12", id="p2"), False),
        (person("M1", "Ana", "Reyes", "1984-03-12", id="p2"), False),
        (person("M1", "Ana", "Diaz", "1984-03-13", id="p2"), False),
        (person("M1", "ANA M.", "Díaz", "1984-03-12", id="p2"), True),
    ],
    ids=["twins", "another family", "another date", "the same person"],
)
def test_people_of_one_number_are_one_only_if_nothing_says_otherwise(
    plan: Plan, tmp_path: Path, other: dict[str, Any], mixed: bool
) -> None:
    about = {**observation("o2"), "subject": {"reference": "Patient/p2"}}
    load(plan, files(tmp_path / "one", ANA, observation("o1")))
    outcomes = load(plan, files(tmp_path / "two", other, about))
    assert len(owners()) == (2 if mixed else 1)
    assert len(set_aside(outcomes)) == (0 if mixed else 2)


def test_files_of_people_go_first_however_they_are_named(tmp_path: Path) -> None:
    named = ["Condition.ndjson", "export.Patient.ndjson"]
    for name in named:
        (tmp_path / name).write_text("{}\n")
    for paths in ([tmp_path], [tmp_path / name for name in named]):
        assert [unit.source.rpartition("/")[2] for unit in read(paths)] == named[::-1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("मीना", "मोना"),
        ("সীতা", "সুতা"),
        ("கவிதா", "கவிதை"),
        ("文", "文华"),
        ("Maria Ana", "Maria Eva"),
    ],
)
def test_names_of_any_script_tell_twins_apart(
    plan: Plan, tmp_path: Path, one: str, other: str
) -> None:
    about = {**observation("o2"), "subject": {"reference": "Patient/p2"}}
    load(plan, files(tmp_path / "one", person("M1", one, "Diaz", "1984-03-12"), observation("o1")))
    load(plan, files(tmp_path / "two", person("M1", other, "Diaz", "1984-03-12", id="p2"), about))
    assert owners() == {"o1": one}


def test_capitals_tell_ids_and_feeds_apart(plan: Plan, tmp_path: Path) -> None:
    about = {**observation("o2"), "subject": {"reference": "Patient/P1"}}
    load(plan, files(tmp_path / "one", ANA, observation("o1")))
    load(plan, files(tmp_path / "two", about))
    assert owners() == {"o1": "Ana"}
    load(plan, files(tmp_path / "three", person("M2", "Bob", "Second", "1990-01-01", id="P1")))
    load(plan, files(tmp_path / "four", about))
    load(plan, files(tmp_path / "five", {**observation("o3")}), feed="LAB")
    assert owners() == {"o1": "Ana", "o2": "Bob"}


def nobodys(**fields: Any) -> dict[str, Any]:
    plain = {name: value for name, value in observation("o2").items() if name != "subject"}
    return plain | fields


BOB = {"display": "Bob Second"}
OF_OTHERS = {
    "a performer": nobodys(performer=[{"reference": "Patient/bob"}]),
    "a stranger's address": nobodys(performer=[{"reference": "https://x.example/Patient/p1"}]),
    "a name": nobodys(performer=[BOB]),
    "a number": nobodys(performer=[{"type": "Patient", "identifier": {"value": "7"}}]),
    "what nobody knows": nobodys(
        performer=[{"reference": "urn:uuid:6d3fbe1f-3b0a-4c0e-8a51-1f4be2d5a001"}]
    ),
    "someone inside": nobodys(contained=[{"resourceType": "Patient", "id": "c1"}]),
    "a relative": nobodys(performer=[{"reference": "RelatedPerson/r1"}]),
}


@pytest.mark.parametrize("record", OF_OTHERS.values(), ids=OF_OTHERS)
def test_what_may_be_of_someone_else_is_not_the_one_persons_of_its_bundle(
    plan: Plan, tmp_path: Path, record: dict[str, Any]
) -> None:
    path = tmp_path / "one.json"
    plain = nobodys(performer=[{"reference": "Practitioner/x"}]) | {"id": "o1"}
    path.write_text(bundle(ANA, plain, record))
    outcomes = load(plan, path)
    assert owners() == {"o1": "Ana"}
    assert len(set_aside(outcomes)) == 1


SECOND = {
    "spoiled": {**patient("M2", id="p2"), "birthDate": "1985-02-31"},
    "without an id": {"resourceType": "Patient", "birthDate": 7},
}


@pytest.mark.parametrize("second", SECOND.values(), ids=SECOND)
def test_of_a_bundle_with_another_patient_nothing_is_the_one_persons(
    plan: Plan, tmp_path: Path, second: dict[str, Any]
) -> None:
    path = tmp_path / "one.json"
    entries = [
        {"fullUrl": f"https://feed.example/{number}", "resource": one}
        for number, one in enumerate((ANA, second, nobodys(), observation("o1")))
    ]
    path.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}))
    load(plan, path)
    assert owners() == {"o1": "Ana"}


def test_a_number_of_two_people_is_neithers(plan: Plan, tmp_path: Path) -> None:
    shared = {"system": "urn:plan:subscriber", "value": "S1"}
    people = [
        {**one, "identifier": [*one["identifier"], shared]}
        for one in (ANA, person("M2", "Bob", "Diaz", "1990-01-01", id="p2"))
    ]
    about = nobodys(subject={"reference": "Patient?identifier=urn:plan:subscriber|S1"})
    path = tmp_path / "one.json"
    path.write_text(bundle(*people, about, observation("o1")))
    load(plan, path)
    assert owners() == {"o1": "Ana"}


@pytest.mark.parametrize("use", [["home"], {"a": 1}, 7])
def test_an_odd_address_stops_nothing(plan: Plan, tmp_path: Path, use: Any) -> None:
    odd = {**ANA, "address": [{"use": use, "line": ["1 Elm"]}]}
    load(plan, files(tmp_path / "one", odd, observation("o1")))
    with context.system("test"):
        assert Member.objects.filter(plan=plan).count() <= 1


@pytest.mark.parametrize("several", [False, True])
def test_a_list_of_one_subject_is_that_person(plan: Plan, tmp_path: Path, several: bool) -> None:
    subjects = [{"reference": "Patient/p1"}, {"reference": "Patient/p2"}]
    account = {
        "resourceType": "Account",
        "id": "a1",
        "status": "active",
        "subject": subjects[: 1 + several],
    }
    other = person("M2", "Bob", "Second", "1990-01-01", id="p2")
    load(plan, files(tmp_path / "one", ANA, other))
    outcomes = load(plan, files(tmp_path / "two", account))
    assert len(set_aside(outcomes)) == several
