"""Patients whom a later file names by the full address on their own server."""

import json
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Plan
from phi_records import actions
from tests.phi_records.bundles import load, observation, patient
from tests.phi_records.test_two_people import ANA, OTHERS, owners, set_aside

pytestmark = pytest.mark.promise("AL4")
BASE = "https://ehr.example/fhir"
UUID = "6d3fbe1f-3b0a-4c0e-8a51-1f4be2d5a001"


def found(folder: Path, *resources: dict[str, Any], base: str = BASE) -> Path:
    """One page of what a search found."""
    entry = [
        {"fullUrl": f"{base}/{one['resourceType']}/{one['id']}", "resource": one}
        for one in resources
    ]
    path = folder / f"page{len(list(folder.iterdir()))}.json"
    path.write_text(json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": entry}))
    return path


def about(url: str, id: str = "o1") -> dict[str, Any]:
    return {**observation(id), "subject": {"reference": url}}


def come(plan: Plan, folder: Path, *resources: dict[str, Any], **more: Any) -> list[str]:
    feed = more.pop("feed", "lab")
    outcomes: list[actions.Outcome] = load(plan, found(folder, *resources, **more), feed)
    return set_aside(outcomes)


@pytest.mark.parametrize("id", ["p1", UUID])
@pytest.mark.parametrize("version", ["", "/_history/3"])
def test_a_later_page_finds_whom_an_earlier_one_brought(
    plan: Plan, tmp_path: Path, id: str, version: str
) -> None:
    come(plan, tmp_path, {**ANA, "id": id})
    assert come(plan, tmp_path, about(f"{BASE}/Patient/{id}{version}")) == []
    assert owners() == {"o1": "Ana"}


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example/fhir/Patient/p1",
        "http://ehr.example/fhir/Patient/p1",
        f"{BASE}/tenant/Patient/p1",
        f"{BASE}/Patient/p2",
    ],
)
def test_another_servers_patient_is_nobody_here(plan: Plan, tmp_path: Path, url: str) -> None:
    come(plan, tmp_path, ANA)
    [reason] = come(plan, tmp_path, about(url))
    assert "nobody came under that address in this feed" in reason
    assert owners() == {}


def test_an_address_holds_in_its_feed_alone(plan: Plan, tmp_path: Path) -> None:
    come(plan, tmp_path, ANA)
    [reason] = come(plan, tmp_path, about(f"{BASE}/Patient/p1"), feed="other")
    assert "in this feed" in reason
    assert come(plan, tmp_path, about(f"{BASE}/Patient/p1")) == []


def test_two_servers_with_the_same_id_in_one_feed_are_not_mixed(plan: Plan, tmp_path: Path) -> None:
    other = "https://other.example/fhir"
    come(plan, tmp_path, ANA)
    assert come(plan, tmp_path, OTHERS["someone else"], base=other)
    assert come(plan, tmp_path, about(f"{other}/Patient/p1"), base=other)
    assert owners() == {}


def test_who_is_named_beside_another_is_known_by_address_too(plan: Plan, tmp_path: Path) -> None:
    come(plan, tmp_path, ANA, patient("M2", id="p2") | {"birthDate": "1990-01-01"})
    target = [{"reference": "Observation/o1"}]
    told = {"resourceType": "Provenance", "id": "x", "target": target}
    own, others = ({"who": {"reference": f"{BASE}/Patient/{id}"}} for id in ("p1", "p2"))
    assert come(plan, tmp_path, about("Patient/p1"), {**told, "agent": [own]}) == []
    [reason] = come(plan, tmp_path, {**told, "id": "y", "agent": [others]})
    assert "more than one patient" in reason


def test_many_addresses_are_one_question(
    plan: Plan, tmp_path: Path, django_assert_max_num_queries: Any
) -> None:
    people = [patient(f"M{n}", id=f"p{n}") | {"birthDate": f"19{n}-01-01"} for n in range(30, 60)]
    come(plan, tmp_path, *people)
    several = [about(f"{BASE}/Patient/p{n}", f"o{n}") for n in range(30, 60)]
    with django_assert_max_num_queries(60):
        assert come(plan, tmp_path, *several) == []
    assert len(owners()) == 30
