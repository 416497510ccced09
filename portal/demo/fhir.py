"""Small FHIR R4 pieces that every resource of the demo is put together from."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from uuid import UUID

from consents.states import age_on
from portal.demo import tables
from portal.demo.people import demo_id
from portal.demo.shapes import Member, Resource

HL7 = "http://terminology.hl7.org/CodeSystem/"
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
CVX = "http://hl7.org/fhir/sid/cvx"
CPT = "http://www.ama-assn.org/go/cpt"


@dataclass(frozen=True, slots=True)
class Chart:
    """One member's records while they are written, in the order they were."""

    slug: str
    member: Member
    today: date  # The day of death for a person who has died.
    rng: Random
    resources: list[Resource] = field(default_factory=list)

    @property
    def age(self) -> int:
        return age_on(self.member.birth_date, self.today)

    @property
    def patient(self) -> Resource:
        return {"reference": f"Patient/{self.member.id}", "display": self.member.full_name}

    def add(self, kind: str, body: Resource, *, sensitivity: str = "") -> Resource:
        nth = sum(1 for r in self.resources if r["resourceType"] == kind)
        resource: Resource = {
            "resourceType": kind,
            "id": str(demo_id(self.slug, self.member.id, kind, nth)),
        }
        if sensitivity:
            resource["meta"] = {"security": [coding(f"{HL7}v3-ActCode", sensitivity)]}
        resource |= body
        self.resources.append(resource)
        return resource

    def days_ago(self, days: int) -> date:
        return max(self.today - timedelta(days=days), self.member.birth_date)


def coding(system: str, code: str, display: str = "") -> Resource:
    return {"system": system, "code": code} | ({"display": display} if display else {})


def concept(system: str, code: str, text: str) -> Resource:
    # Our plain words aren't the code system's own, so they are no display of the code.
    return {"coding": [coding(system, code)], "text": text}


def status(name: str, code: str) -> Resource:
    return {"coding": [coding(f"{HL7}{name}", code)]}


def reference(resource: Resource, display: str = "") -> Resource:
    found = {"reference": f"{resource['resourceType']}/{resource['id']}"}
    return found | ({"display": display} if display else {})


def clinic(slug: str, nth: int) -> Resource:
    organization_id = demo_id(slug, "organization", nth)
    return {"reference": f"Organization/{organization_id}", "display": tables.CLINICS[slug][nth]}


def payer(slug: str) -> Resource:
    return {"reference": f"Organization/{payer_id(slug)}", "display": tables.PLAN_NAMES[slug]}


def payer_id(slug: str) -> UUID:
    return demo_id(slug, "organization", "payer")


def doctor(slug: str, nth: int) -> Resource:
    given, family = tables.DOCTORS[slug][nth]
    practitioner_id = demo_id(slug, "practitioner", nth)
    return {"reference": f"Practitioner/{practitioner_id}", "display": f"Dr. {given} {family}"}


def at(day: date, hour: int = 9, minute: int = 0) -> str:
    return f"{day.isoformat()}T{hour:02}:{minute:02}:00Z"


def money(cents: int) -> Resource:
    return {"value": round(cents / 100, 2), "currency": "USD"}


def shared_records(slug: str) -> tuple[Resource, ...]:
    found: list[Resource] = [
        {
            "resourceType": "Organization",
            "id": str(payer_id(slug)),
            "active": True,
            "type": [status("organization-type", "pay")],
            "name": tables.PLAN_NAMES[slug],
        }
    ]
    for nth, name in enumerate(tables.CLINICS[slug]):
        found.append({
            "resourceType": "Organization",
            "id": str(demo_id(slug, "organization", nth)),
            "active": True,
            "type": [status("organization-type", "prov")],
            "name": name,
            "telecom": [{"system": "phone", "value": f"(209) 555-019{nth}", "use": "work"}],
        })  # fmt: skip
    for nth, (given, family) in enumerate(tables.DOCTORS[slug]):
        found.append({
            "resourceType": "Practitioner",
            "id": str(demo_id(slug, "practitioner", nth)),
            "active": True,
            "name": [{"family": family, "given": [given], "prefix": ["Dr."]}],
        })  # fmt: skip
    return tuple(found)
