"""What a transaction sends as new (POST), and names that a bundle alone gives."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Member, Plan, User
from phi_records import actions
from phi_records.models import DirectoryEntry, RecordItem
from portal.base import context
from tests.phi_records.bundles import bundle, load, observation, patient
from tests.phi_records.test_two_people import owners, set_aside

URN = "urn:uuid:6f1c2c1e-0f7b-4b52-9a53-6a9d7f0c7a1"
MEDICINES = reverse("records:kind", args=["medicines"])


def transaction(*entries: tuple[str, str, dict[str, Any]]) -> str:
    """Of (method, fullUrl, resource)."""
    several = [
        {
            **({"fullUrl": url} if url else {}),
            "request": {"method": method, "url": resource["resourceType"]},
            "resource": resource,
        }
        for method, url, resource in entries
    ]
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": several})


def medicine(name: str, id: str = "med") -> dict[str, Any]:
    return {"resourceType": "Medication", "id": id, "code": {"text": name}}


def order(id: str, reference: str, about: str = "Patient/p1") -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": id,
        "status": "active",
        "intent": "order",
        "subject": {"reference": about},
        "medicationReference": {"reference": reference},
    }


def take(member: Member, folder: Path, *texts: str) -> list[actions.Outcome]:
    outcomes = []
    for number, text in enumerate(texts):
        path = folder / f"{number}.json"
        path.write_text(text)
        outcomes += load(member.plan, path)
    return outcomes


@pytest.fixture
def ana(member: Member, tmp_path: Path) -> Member:
    with context.system("test"):
        number = Member.objects.get(pk=member.pk).member_number
    take(member, tmp_path, bundle(patient(number)))
    return member


def medicines(plan: Plan) -> list[str]:
    with context.system("test", plan.pk):
        return sorted(DirectoryEntry.objects.filter(plan=plan).values_list("name", flat=True))


@pytest.mark.parametrize(("named", "url"), [("urn", "urn"), ("id", "urn"), ("id", "")])
def test_medicines_of_two_bundles_with_one_id_are_two(
    ana: Member, tmp_path: Path, client_for: Any, member_user: User, named: str, url: str
) -> None:
    texts = []
    for n, name in enumerate(("Aspirin", "Warfarin")):
        full_url = f"{URN}{n}" if url else ""
        pointer = full_url if named == "urn" else "Medication/med"
        sent = ("POST", full_url, medicine(name)), ("PUT", "", order(f"r{n}", pointer))
        texts.append(transaction(*sent))
    outcomes = take(ana, tmp_path, *texts)
    assert [set_aside([one]) for one in outcomes] == [[], []]
    assert medicines(ana.plan) == ["Aspirin", "Warfarin"]
    assert [one.changed.total() for one in outcomes] == [0, 0]
    page = client_for(member_user).get(MEDICINES).text
    assert "Aspirin" in page
    assert "Warfarin" in page
    assert all(one.passed_over for one in take(ana, tmp_path, *texts))


def test_what_is_put_keeps_its_id(ana: Member, tmp_path: Path) -> None:
    texts = [transaction(("PUT", "", medicine(name))) for name in ("Aspirin", "Warfarin")]
    take(ana, tmp_path, *texts)
    assert medicines(ana.plan) == ["Warfarin"]


def test_people_sent_as_new_are_known_by_their_bundle_alone(ana: Member, tmp_path: Path) -> None:
    bob = {**patient("M2", family="Second"), "name": [{"family": "Second", "given": ["Bob"]}]}
    sent = ("POST", "", observation("o1")), ("POST", "", bob)
    assert set_aside(take(ana, tmp_path, transaction(*sent))) == []
    take(ana, tmp_path, bundle(observation("o2")))
    assert {key.rpartition(".")[2]: name for key, name in owners().items()} == {
        "o1": "Bob",
        "o2": "Ana",
    }


def test_an_id_of_two_in_one_bundle_is_neithers(ana: Member, tmp_path: Path) -> None:
    bob, cid = (
        {**patient(number), "name": [{"family": number, "given": [number]}]}
        for number in ("M2", "M3")
    )
    text = transaction(
        ("POST", f"{URN}1", bob), ("POST", f"{URN}2", cid), ("POST", "", observation("o1"))
    )
    [outcome] = take(ana, tmp_path, text)
    assert len(set_aside([outcome])) == 1
    assert owners() == {}


@pytest.mark.parametrize("kind", ["transaction", "collection"])
def test_a_medicine_pointed_at_by_its_name_in_the_bundle_has_its_name(
    ana: Member, tmp_path: Path, client_for: Any, member_user: User, kind: str
) -> None:
    url = f"{URN}1"
    if kind == "transaction":
        text = transaction(("PUT", url, medicine("Aspirin")), ("PUT", "", order("r1", url)))
    else:
        entries = [{"fullUrl": url, "resource": medicine("Aspirin")}]
        entries += [{"fullUrl": f"{URN}2", "resource": order("r1", url)}]
        text = json.dumps({"resourceType": "Bundle", "type": kind, "entry": entries})
    [outcome] = take(ana, tmp_path, text)
    assert outcome.added["Medication"] == 1
    client: Client = client_for(member_user)
    assert "Aspirin" in client.get(MEDICINES).text
    with context.system("test", ana.plan_id), context.about_member(ana.pk):
        row = RecordItem.objects.get(resource_type="MedicationRequest")
    page = client.get(reverse("records:detail", args=[row.pk]))
    assert page.context["title"] == "Aspirin"
    assert outcome.taken == 2
