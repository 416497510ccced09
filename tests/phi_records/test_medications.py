"""A medicine that a record points at tells what the record is about, whichever comes first."""

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Member
from consents.question import Tag
from phi_records.models import MedicineAwaited, RecordItem
from portal.base import context
from portal.base.audit.models import Event
from tests.factories import destroy_key
from tests.phi_records.bundles import bundle, load, patient
from tests.phi_records.test_tags import marked, officers_word, quiet

pytestmark = pytest.mark.promise("AL2")
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def medication(id: str = "m1", code: str = "1819", **more: Any) -> dict[str, Any]:
    coding = {"system": RXNORM, "code": code}
    return {"resourceType": "Medication", "id": id, "code": {"coding": [coding]}, **more}


def points(type: str, reference: Any, id: str = "r1") -> dict[str, Any]:
    return {
        "resourceType": type,
        "id": id,
        "status": "active",
        "subject": {"reference": "Patient/p1"},
        "medicationReference": reference
        if isinstance(reference, dict)
        else {"reference": reference},
    }


REQUEST = points("MedicationRequest", "Medication/m1")


def come(member: Member, folder: Path, *units: list[dict[str, Any]], feed: str = "lab") -> None:
    for number, unit in enumerate(units):
        path = folder / f"{number}.json"
        path.write_text(bundle(*unit))
        load(member.plan, path, feed)


@pytest.fixture
def ana(member: Member, tmp_path: Path) -> Member:
    with context.system("test"):
        number = Member.objects.get(pk=member.pk).member_number
    come(member, tmp_path, [patient(number)])
    return member


def tags(member: Member, type: str = "MedicationRequest") -> frozenset[Tag]:
    return marked(member, type)["r1"][1]


def waiting(member: Member) -> int:
    with context.system("test", member.plan_id):
        return MedicineAwaited.objects.count()


def said(member: Member) -> list[Event]:
    with context.system("test", member.plan_id):
        return list(Event.objects.filter(action="records.tagged", member_id=member.pk))


@pytest.mark.parametrize(
    "type",
    [
        "MedicationRequest", "MedicationStatement", "MedicationDispense",
        "MedicationAdministration",
    ],
)  # fmt: skip
def test_what_points_at_a_medicine_in_the_same_bundle_has_its_tags(
    ana: Member, tmp_path: Path, type: str
) -> None:
    come(ana, tmp_path, [points(type, "Medication/m1"), medication()])
    assert tags(ana, type) == {Tag.PART2}
    come(ana, tmp_path, [points(type, "Medication/m2"), medication("m2", "6809")])
    assert tags(ana, type) == set()


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_the_order_in_which_they_come_does_not_matter(
    ana: Member, tmp_path: Path, order: tuple[int, ...]
) -> None:
    other = points("MedicationRequest", "Medication/m2", "r2")
    units = [[REQUEST, other], [medication()], [medication("m2", "6809")]]
    come(ana, tmp_path, *(units[number] for number in order))
    found = marked(ana, "MedicationRequest")
    assert (found["r1"][1], found["r2"][1]) == ({Tag.PART2}, set())
    assert waiting(ana) == 0


def test_coming_twice_changes_nothing(ana: Member, tmp_path: Path) -> None:
    come(ana, tmp_path, [REQUEST], [medication()])
    first, lines = marked(ana, "MedicationRequest"), len(said(ana))
    assert lines == 1
    come(ana, tmp_path, [medication()], [REQUEST], [medication(), REQUEST], [REQUEST])
    assert marked(ana, "MedicationRequest") == first
    assert len(said(ana)) == lines


@pytest.mark.parametrize(
    ("reference", "more"),
    [
        ("https://feed.example/Medication/m1", {}),
        ("Medication/m1/_history/3", {}),
        ("Medication?identifier=https://shelf.example|77", {}),
        ("Medication?_id=m1", {}),
        ({"identifier": {"system": "https://shelf.example", "value": "77"}}, {}),
    ],
    ids=["url", "version", "conditional", "by-id", "identifier"],
)
@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
def test_a_medicine_is_found_by_each_way_of_naming_it(
    ana: Member, tmp_path: Path, reference: Any, more: dict[str, Any], first: bool
) -> None:
    shelf = {"identifier": [{"system": "https://shelf.example", "value": "77"}]}
    units = [[medication(**shelf, **more)], [points("MedicationRequest", reference)]]
    come(ana, tmp_path, *(units if first else units[::-1]))
    assert tags(ana) == {Tag.PART2}


def test_a_name_of_the_bundle_alone_is_remembered(ana: Member, tmp_path: Path) -> None:
    urn = "urn:uuid:00000000-0000-4000-8000-00000000000a"
    path = tmp_path / "urn.json"
    text = bundle(points("MedicationRequest", urn), medication())
    path.write_text(text.replace("https://feed.example/Medication/m1", urn))
    load(ana.plan, path)
    assert tags(ana) == {Tag.PART2}
    quiet("tag_records", "--plan", ana.plan.slug)
    assert tags(ana) == {Tag.PART2}


def test_another_feeds_medicine_of_the_same_id_is_another(ana: Member, tmp_path: Path) -> None:
    come(ana, tmp_path, [REQUEST])
    come(ana, tmp_path, [medication()], feed="pharmacy")
    assert tags(ana) == set()
    assert waiting(ana) == 1


def test_a_medicine_that_is_put_right_puts_right_what_points_at_it(
    ana: Member, tmp_path: Path
) -> None:
    come(ana, tmp_path, [medication(code="6809")], [REQUEST], [medication()])
    assert tags(ana) == {Tag.PART2}
    # Not the file of the beginning again: that would be passed over.
    come(ana, tmp_path, [medication(code="6809", status="active")])
    assert tags(ana) == set()


def test_looking_again_finds_what_older_rows_point_at(ana: Member, tmp_path: Path) -> None:
    lost = points("MedicationRequest", "Medication/m9", "r9")
    come(ana, tmp_path, [medication()], [REQUEST, lost])
    with context.system("test", ana.plan_id), context.about_member(ana.pk):
        RecordItem.objects.filter(member=ana).update(tag_marks=[])
        MedicineAwaited.objects.all().delete()
    quiet("tag_records", "--plan", ana.plan.slug)
    assert tags(ana) == {Tag.PART2}
    assert waiting(ana) == 1
    come(ana, tmp_path, [medication("m9")])
    assert marked(ana, "MedicationRequest")["r9"][1] == {Tag.PART2}


def test_an_officers_word_holds_when_the_medicine_comes(
    ana: Member, tmp_path: Path, privacy_officer: Any
) -> None:
    come(ana, tmp_path, [REQUEST])
    pk = marked(ana, "MedicationRequest")["r1"][0]
    officers_word(pk, Tag.PART2, by=privacy_officer)
    officers_word(pk, Tag.PART2, "--lift", by=privacy_officer)
    come(ana, tmp_path, [medication()])
    assert tags(ana) == set()


def test_what_waits_says_nothing_without_the_key(
    ana: Member, stranger: Any, tmp_path: Path
) -> None:
    with context.system("test"):
        other = Member.objects.get(pk=stranger.member_id)
    person = {
        **patient(other.member_number, other.family_name, "p2"),
        "name": [{"family": other.family_name, "given": [other.given_name]}],
        "birthDate": other.birth_date.isoformat(),
    }
    theirs = points("MedicationRequest", "Medication/m1", "r2")
    theirs["subject"] = {"reference": "Patient/p2"}
    come(ana, tmp_path, [person], [REQUEST], [theirs])
    with context.system("test", ana.plan_id):
        marks = {bytes(mark) for mark in MedicineAwaited.objects.values_list("mark", flat=True)}
    assert len(marks) == 2
    come(ana, tmp_path, [medication()])
    assert waiting(ana) == 0


def test_what_waits_goes_with_the_key(ana: Member, tmp_path: Path) -> None:
    come(ana, tmp_path, [REQUEST])
    assert waiting(ana) == 1
    destroy_key(ana.record_holder_id)
    assert waiting(ana) == 0
    come(ana, tmp_path, [medication()])


def test_an_officer_is_told_that_a_medicine_tells(
    ana: Member, tmp_path: Path, client_for: Any, privacy_officer: Any
) -> None:
    come(ana, tmp_path, [REQUEST], [medication()])
    page = reverse("records:mark-detail", args=[marked(ana, "MedicationRequest")["r1"][0]])
    assert "A medicine in the record" in client_for(privacy_officer).get(page).text
