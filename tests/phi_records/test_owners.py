"""Whose a record is that has no subject: who takes part in it, or what it tells of."""

from pathlib import Path
from typing import Any

import pytest

from accounts.models import Member, Plan
from phi_records.fhir.references import Index, subject_of
from phi_records.models import RecordItem
from portal.base import context
from tests.factories import destroy_key
from tests.phi_records.bundles import load, observation
from tests.phi_records.test_ahead import mixed_lines, send
from tests.phi_records.test_two_people import ANA, files, person, set_aside

pytestmark = pytest.mark.promise("AL4")
BOB = person("M2", "Bob", "Second", "1990-01-01", id="p2")
P1, P2 = {"reference": "Patient/p1"}, {"reference": "Patient/p2", "display": "Bob Second"}
DOCTOR = {"reference": "Practitioner/d1", "display": "Dr. Who"}


def of(type: str, **fields: Any) -> dict[str, Any]:
    return {"resourceType": type, "id": "x1", **fields}


def appointment(*actors: Any) -> dict[str, Any]:
    several = [{"actor": one, "status": "accepted"} for one in actors]
    return of("Appointment", status="booked", participant=several)


def provenance(*targets: str, agent: Any = DOCTOR) -> dict[str, Any]:
    several = [{"reference": one} for one in targets]
    return of("Provenance", target=several, recorded="2024-05-06T10:00:00Z", agent=[{"who": agent}])


@pytest.fixture
def two(plan: Plan, tmp_path: Path) -> Plan:
    second = {**observation("o2"), "subject": P2}
    load(plan, files(tmp_path / "one", ANA, BOB, observation("o1"), second))
    return plan


def holders(plan: Plan, type: str) -> list[str]:
    found = []
    with context.system("test", plan.pk):
        for member in Member.objects.filter(plan=plan).order_by("pk"):
            with context.about_member(member.pk):
                rows = RecordItem.objects.filter(member=member, resource_type=type)
                found += [member.given_name] * rows.count()
    return found


def come(plan: Plan, tmp_path: Path, record: dict[str, Any]) -> tuple[list[str], list[str]]:
    outcomes = load(plan, files(tmp_path / "two", record))
    return holders(plan, record["resourceType"]), set_aside(outcomes)


ONE_PERSONS = {
    "an answer to an appointment": of("AppointmentResponse", actor=P1),
    "supplies brought to them": of("SupplyRequest", deliverTo=P1),
    "an appointment": appointment(P1, DOCTOR),
    "an appointment that names them twice": appointment(P1, {**P1, "display": "Ana"}),
    "where a record came from": provenance("Observation/o1", "Organization/c1"),
    "what they told themselves": provenance("Observation/o1", agent=P1),
}


@pytest.mark.parametrize("record", ONE_PERSONS.values(), ids=ONE_PERSONS)
def test_what_is_plainly_one_persons_is_taken_in(
    two: Plan, tmp_path: Path, record: dict[str, Any]
) -> None:
    assert come(two, tmp_path, record) == (["Ana"], [])


NOBODYS = {
    "an appointment of two": appointment(P1, P2),
    "of one who is not here": appointment(P1, {"reference": "Patient/p9"}),
    "of another server's": appointment(P1, {"reference": "https://x.example/Patient/p7"}),
    "an answer that tells of another": of(
        "AppointmentResponse", actor=P1, extension=[{"valueReference": P2}]
    ),
    "records of two": provenance("Observation/o1", "Observation/o2"),
    "one's record told by another": provenance("Observation/o1", agent=P2),
    "by someone who is not here": provenance("Observation/o1", agent={"reference": "Patient/p9"}),
}


@pytest.mark.parametrize("record", NOBODYS.values(), ids=NOBODYS)
def test_what_tells_of_two_people_is_in_neithers_file(
    two: Plan, tmp_path: Path, record: dict[str, Any]
) -> None:
    found, [reason] = come(two, tmp_path, record)
    assert found == []
    assert "more than one patient" in reason


@pytest.mark.parametrize(
    "targets",
    [
        ["Observation/o1", "Observation/o9"],
        ["https://x.example/Observation/o1"],
        ["Organization/c1"],
        ["urn:uuid:6d3fbe1f-3b0a-4c0e-8a51-1f4be2d5a001"],
    ],
)
def test_what_tells_of_records_that_are_not_here_waits(
    two: Plan, tmp_path: Path, targets: list[str]
) -> None:
    found, [reason] = come(two, tmp_path, provenance(*targets))
    assert found == []
    assert "not all here" in reason


def test_a_provenance_may_come_before_what_it_tells_of(plan: Plan, tmp_path: Path) -> None:
    record = {**observation("z1"), "resourceType": "ServiceRequest"}
    said = send(mixed_lines(tmp_path / "in", provenance("ServiceRequest/z1"), record, ANA))
    assert "set aside" not in said
    assert holders(plan, "Provenance") == ["Ana"]


def test_a_provenance_waits_for_a_later_file(plan: Plan, tmp_path: Path) -> None:
    record = {**observation("z1"), "resourceType": "ServiceRequest"}
    said = send(files(tmp_path / "in", provenance("ServiceRequest/z1"), record, ANA))
    assert "set aside" not in said
    assert holders(plan, "Provenance") == ["Ana"]


def test_a_destroyed_record_takes_no_provenance(two: Plan, tmp_path: Path) -> None:
    with context.system("test", two.pk):
        holder = Member.objects.filter(plan=two).order_by("pk")[0].record_holder_id
    destroy_key(holder)
    [reason] = set_aside(load(two, files(tmp_path / "two", provenance("Observation/o1"))))
    assert "was destroyed" in reason


def test_a_subject_goes_before_who_takes_part() -> None:
    record = of("Encounter", subject=P1, participant=[{"actor": P2}])
    assert subject_of(record, Index(lambda name: name)) == "Patient/p1"
