"""A medicine that is known by its number alone: nothing tells whether it is sensitive, so somebody
is told to look."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse

from accounts.models import Member, User
from phi_records.fhir import exact
from phi_records.fhir.tags import by_number_alone
from portal.base import context
from tests.phi_records.bundles import bundle, patient
from tests.phi_records.test_medications import points
from tests.phi_records.test_tags import HCPCS, PLAIN, RXNORM, about, marked, medicine

pytestmark = pytest.mark.promise("AL2")
NDC = "http://hl7.org/fhir/sid/ndc"
CHIP = "Medicine without a name"


def taken(system: str = NDC, code: str = "54458-872-10", **concept: Any) -> dict[str, Any]:
    coding = {"system": system, "code": code, **concept.pop("coding", {})}
    return about("MedicationRequest", medicationCodeableConcept={"coding": [coding], **concept})


def bill(**concept: Any) -> dict[str, Any]:
    coding = {"system": "urn:oid:2.16.840.1.113883.6.69", "code": "54458087210"}
    product = {"coding": [coding], **concept}
    return about("ExplanationOfBenefit", item=[{"sequence": 1, "productOrService": product}])


@pytest.mark.parametrize(
    ("resource", "alone"),
    [
        (taken(), True),
        (bill(), True),
        (taken(RXNORM, "999999"), True),
        # A number in the place of a name is none.
        (taken(text="54458-872-10"), True),
        (about("MedicationDispense", contained=[{"id": "m", "code": {"coding": [
            {"system": NDC, "code": "1"}]}}]), True),
        (taken(text="Lisinopril"), False),
        (taken(coding={"display": "Lisinopril 10 MG"}), False),
        (bill(text="lisinopril"), False),
        # On a list: it is known what it is.
        (taken(RXNORM, "1819"), False),
        (taken(HCPCS, "J0570"), False),
        (medicine("Lisinopril"), False),
        (about("Observation", code={"coding": [{"system": NDC, "code": "1"}]}), False),
        (about("MedicationRequest", medicationCodeableConcept={"coding": [{}, "x"]}), False),
    ],
)  # fmt: skip
def test_a_medicine_without_a_name_and_on_no_list_is_seen(
    resource: dict[str, Any], alone: bool
) -> None:
    assert by_number_alone(resource, exact.dumps(resource)) is alone


def came(member: Member, folder: Path) -> str:
    """What the import says of two medicines without a name, and of three other records."""
    with context.system("test"):
        number = Member.objects.get(pk=member.pk).member_number
    shared = {"resourceType": "Medication", "id": "m9", "code": {"coding": [
        {"system": NDC, "code": "54458-872-10"}]}}  # fmt: skip
    named = {**medicine("Canary lisinopril"), "id": "r3"}
    file = folder / "in.json"
    file.write_text(
        bundle(
            patient(number), shared, {**taken(), "id": "r1"},
            points("MedicationStatement", "Medication/m9", "r2"), named, PLAIN,
        )
    )  # fmt: skip
    out = StringIO()
    args = ("--plan", member.plan.slug, "--errors", str(folder / "errors"))
    call_command("import_fhir", str(file), *args, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_an_import_and_a_look_at_all_records_count_them(member: Member, tmp_path: Path) -> None:
    said = "2 records are of medicines that are known by their number alone"
    assert said in came(member, tmp_path)
    assert "number alone" not in came(member, tmp_path)
    out = StringIO()
    call_command("tag_records", "--plan", member.plan.slug, stdout=out, stderr=StringIO())
    assert said in out.getvalue()


def test_an_officer_finds_them(
    client_for: Any, privacy_officer: User, member: Member, tmp_path: Path
) -> None:
    came(member, tmp_path)
    office, search = client_for(privacy_officer), reverse("records:mark-search")
    form = {"member_number": member.member_number, "every": "unnamed"}
    found = office.get(office.post(search, form).url).text
    assert found.count(CHIP) == 2
    assert "Canary" not in found
    assert office.get(f"{search}?member={member.pk}&every=1").text.count(CHIP) == 2
    pk = marked(member, "MedicationRequest")["r1"][0]
    detail = office.get(reverse("records:mark-detail", args=[pk])).text
    assert "No name: nothing tells whether it is sensitive" in detail


def test_of_what_is_kept_from_officers_nothing_is_told(
    client_for: Any, privacy_officer: User, member: Member, tmp_path: Path
) -> None:
    label = {"meta": {"security": [{"code": "PSYTHPN"}]}}
    with context.system("test"):
        number = Member.objects.get(pk=member.pk).member_number
    (tmp_path / "in.json").write_text(bundle(patient(number), {**taken(), **label, "id": "r1"}))
    call_command(
        "import_fhir", str(tmp_path / "in.json"), "--plan", member.plan.slug,
        stdout=StringIO(), stderr=StringIO(),
    )  # fmt: skip
    page = f"{reverse('records:mark-search')}?member={member.pk}"
    office = client_for(privacy_officer)
    assert CHIP not in office.get(f"{page}&every=1").text
    assert CHIP not in office.get(f"{page}&every=unnamed").text
