"""A member's chart: FHIR R4 resources that hang together, written for reading."""

from base64 import b64encode
from datetime import date, timedelta
from random import Random

from portal.demo import claims, fhir, tables
from portal.demo.documents import add_summary
from portal.demo.fhir import Chart, at, clinic, concept, doctor, reference, status
from portal.demo.people import years_before
from portal.demo.shapes import Member, Resource
from portal.demo.vitals import add_panel, add_vitals

VISITS = 6
LAB_VISITS = 3
TESTED = frozenset({"a1c", "bmp", "cbc", "lipid", "tsh"})


def make_records(slug: str, member: Member, today: date, rng: Random) -> tuple[Resource, ...]:
    chart = Chart(slug, member, member.deceased_on or today, rng)
    _add_patient(chart)
    coverage = claims.add_coverage(chart)
    conditions = [_add_condition(chart, tables.CONDITIONS[key]) for key in member.profile]
    _add_care(chart, conditions)
    _add_allergy(chart)
    _add_vaccines(chart)
    _add_visits(chart, conditions, coverage)
    _add_procedures(chart)
    add_summary(chart)
    return tuple(chart.resources)


def _add_patient(chart: Chart) -> None:
    member = chart.member
    address = member.address
    body: Resource = {
        "identifier": [{"system": "https://demo.example.test/member-number",
                        "value": member.member_number}],
        "active": member.deceased_on is None,
        "name": [{"use": "official", "family": member.family, "given": [member.given]}],
        "telecom": [{"system": "phone", "value": member.phone, "use": "home"}],
        "gender": member.sex,
        "birthDate": member.birth_date.isoformat(),
        "address": [{"use": "home", "line": [address.line], "city": address.city,
                     "state": address.state, "postalCode": address.postal_code,
                     "country": "US"}],
        "communication": [
            {"language": {"coding": [fhir.coding("urn:ietf:bcp:47", member.language)]},
             "preferred": True},
        ],
    }  # fmt: skip
    if member.email:
        body["telecom"].append({"system": "email", "value": member.email})
    if member.deceased_on:
        body["deceasedDateTime"] = member.deceased_on.isoformat()
    # The member's id, so that every reference in and out of the chart holds.
    chart.add("Patient", body)["id"] = str(member.id)


def _began(chart: Chart, disease: tables.Disease) -> date:
    low, high = disease.years
    day = chart.days_ago(chart.rng.randint(low * 365 + 20, high * 365 + 200))
    return max(day, chart.member.birth_date + timedelta(days=90))


def _add_condition(chart: Chart, disease: tables.Disease) -> Resource:
    began = _began(chart, disease)
    condition = chart.add("Condition", {
        "clinicalStatus": status("condition-clinical", "active"),
        "verificationStatus": status("condition-ver-status", "confirmed"),
        "category": [status("condition-category", "problem-list-item")],
        "code": concept(fhir.ICD10, disease.icd10, disease.name),
        "subject": chart.patient,
        "onsetDateTime": began.isoformat(),
        "recordedDate": began.isoformat(),
        "recorder": doctor(chart.slug, 0),
    }, sensitivity=disease.sensitivity)  # fmt: skip
    for nth, drug in enumerate(disease.drugs):
        chart.add("MedicationRequest", {
            "status": "active" if not chart.member.deceased_on else "stopped",
            "intent": "order",
            "medicationCodeableConcept": concept(fhir.RXNORM, drug.rxnorm, drug.name),
            "subject": chart.patient,
            "authoredOn": min(began + timedelta(days=14 + 60 * nth), chart.today).isoformat(),
            "requester": doctor(chart.slug, 2 if disease.sensitivity else 0),
            "reasonReference": [reference(condition, disease.name)],
            "dosageInstruction": [{"text": drug.dose}],
            "dispenseRequest": {"numberOfRepeatsAllowed": chart.rng.choice((1, 2, 3, 5)),
                                "expectedSupplyDuration": {"value": 30, "unit": "days"}},
        }, sensitivity=disease.sensitivity)  # fmt: skip
    return condition


def _add_care(chart: Chart, conditions: list[Resource]) -> None:
    chart.add("CareTeam", {
        "status": "active" if not chart.member.deceased_on else "inactive",
        "name": "My care team",
        "subject": chart.patient,
        "participant": [
            {"role": [{"text": "Primary care doctor"}], "member": doctor(chart.slug, 0)},
            {"role": [{"text": "Clinic"}], "member": clinic(chart.slug, 0)},
        ],
    })  # fmt: skip
    for key, condition in zip(chart.member.profile, conditions, strict=True):
        disease = tables.CONDITIONS[key]
        if not disease.goal:
            continue
        ended = chart.member.deceased_on is not None
        goal = chart.add("Goal", {
            "lifecycleStatus": "cancelled" if ended else "active",
            "description": {"text": disease.goal},
            "subject": chart.patient,
            "startDate": chart.days_ago(150).isoformat(),
            "addresses": [reference(condition)],
        }, sensitivity=disease.sensitivity)  # fmt: skip
        chart.add("CarePlan", {
            "status": "revoked" if ended else "active",
            "intent": "plan",
            "title": disease.name,
            "subject": chart.patient,
            "period": {"start": chart.days_ago(150).isoformat()},
            "addresses": [reference(condition)],
            "goal": [reference(goal)],
        }, sensitivity=disease.sensitivity)  # fmt: skip


def _add_allergy(chart: Chart) -> None:
    code, name, criticality, reaction = chart.rng.choice(tables.ALLERGIES)
    chart.add("AllergyIntolerance", {
        "clinicalStatus": status("allergyintolerance-clinical", "active"),
        "verificationStatus": status("allergyintolerance-verification", "confirmed"),
        "criticality": criticality,
        "code": concept(fhir.SNOMED, code, name),
        "patient": chart.patient,
        "recordedDate": chart.days_ago(chart.rng.randint(200, 700)).isoformat(),
        "reaction": [{"manifestation": [{"text": reaction}]}],
    })  # fmt: skip


def _add_vaccines(chart: Chart) -> None:
    born = chart.member.birth_date
    doses = [(born + timedelta(days=round(months * 30.44)), vaccine)
             for months, vaccine in tables.CHILD_VACCINES if chart.age < 22]  # fmt: skip
    doses += [(years_before(born, -years) + timedelta(days=chart.rng.randint(10, 300)), vaccine)
              for years, vaccine in tables.ADULT_VACCINES]  # fmt: skip
    doses += [(date(chart.today.year - back, 10, chart.rng.randint(1, 28)), tables.FLU)
              for back in range(3)]  # fmt: skip
    for day, vaccine in sorted(doses):
        if not born <= day <= chart.today:
            continue
        chart.add("Immunization", {
            "status": "completed",
            "vaccineCode": concept(fhir.CVX, vaccine.cvx, vaccine.name),
            "patient": chart.patient,
            "occurrenceDateTime": day.isoformat(),
            "primarySource": True,
            "performer": [{"actor": clinic(chart.slug, 0)}],
        })  # fmt: skip


def _add_visits(chart: Chart, conditions: list[Resource], coverage: Resource) -> None:
    used: dict[int, int] = {}
    diseases = [tables.CONDITIONS[key] for key in chart.member.profile]
    panels = sorted({panel for disease in diseases for panel in disease.panels})
    if not panels and chart.age >= 30:
        panels = ["lipid"]
    denied = chart.rng.randrange(VISITS) if chart.rng.random() < 0.4 else None
    for nth in range(VISITS):
        day = chart.days_ago(20 + (VISITS - 1 - nth) * 108 + chart.rng.randint(0, 60))
        begun = [pair for pair in zip(diseases, conditions, strict=True)
                 if pair[1]["onsetDateTime"] <= day.isoformat()]  # fmt: skip
        disease, condition = begun[nth % len(begun)] if begun else (tables.CHECKUP, None)
        sensitivity = disease.sensitivity
        visit = _add_encounter(chart, day, disease, condition)
        if visit["class"]["code"] == "AMB":
            add_vitals(chart, day, visit, nth / (VISITS - 1))
        code, name = (
            ("90834", "Therapy visit") if sensitivity == "PSY" else ("99213", "Office visit")
        )
        lines = [claims.Line(code, name, chart.rng.randrange(14500, 21000, 500))]
        for key in panels if nth >= VISITS - LAB_VISITS else ():
            panel = tables.PANELS[key]
            # A questionnaire's score is as telling as the diagnosis it belongs to.
            tag = "" if key in TESTED else "PSY"
            add_panel(chart, panel, day, visit, nth - LAB_VISITS, sensitivity=tag)
            lines.append(claims.Line(panel.cpt, panel.name, panel.cents))
        # A bill with a sensitive line is sensitive as a whole.
        if any(key not in TESTED for key in panels) and nth >= VISITS - LAB_VISITS:
            sensitivity = sensitivity or "PSY"
        claims.add_claim(chart, day=day, lines=lines, encounter=visit, coverage=coverage,
                         used=used, sensitivity=sensitivity, denied=nth == denied)  # fmt: skip


def _add_encounter(
    chart: Chart, day: date, disease: tables.Disease, condition: Resource | None
) -> Resource:
    hour = chart.rng.randint(15, 22)
    virtual = chart.rng.random() < 0.15
    seen_by = doctor(chart.slug, 2 if disease.sensitivity else chart.rng.choice((0, 1)))
    diagnosis = (
        {"diagnosis": [{"condition": reference(condition, disease.name)}]} if condition else {}
    )
    visit = chart.add("Encounter", {
        "status": "finished",
        "class": fhir.coding(f"{fhir.HL7}v3-ActCode", "VR" if virtual else "AMB"),
        "type": [{"text": "Video visit" if virtual else "Office visit"}],
        "subject": chart.patient,
        "participant": [{"individual": seen_by}],
        "period": {"start": at(day, hour), "end": at(day, hour, 30)},
        "reasonCode": [{"text": disease.name}],
        "serviceProvider": clinic(chart.slug, 0),
    } | diagnosis, sensitivity=disease.sensitivity)  # fmt: skip
    _add_note(chart, day, disease, visit, seen_by)
    return visit


def _add_note(
    chart: Chart, day: date, disease: tables.Disease, visit: Resource, seen_by: Resource
) -> None:
    note = (
        f"Visit note, {day:%B} {day.day}, {day.year}\n\n"
        f"We talked about: {disease.name}.\n"
        f"Plan: {disease.goal or 'Keep doing what you are doing'}. "
        "Send us a message if anything changes.\n"
        f"{seen_by['display']}\n"
    )
    chart.add("DocumentReference", {
        "status": "current",
        "type": concept(fhir.LOINC, "11506-3", "Visit note"),
        "subject": chart.patient,
        "date": at(day, 23),
        "author": [seen_by],
        "description": f"Visit note: {disease.name}",
        "content": [{"attachment": {
            "contentType": "text/plain; charset=utf-8",
            "language": "en",
            "title": "Visit note",
            "data": b64encode(note.encode()).decode(),
        }}],
        "context": {"encounter": [reference(visit)]},
    }, sensitivity=disease.sensitivity)  # fmt: skip


def _add_procedures(chart: Chart) -> None:
    fitting = [p for p in tables.PROCEDURES
               if chart.age >= p[2] and p[3] in ("", chart.member.sex)]  # fmt: skip
    for code, name, youngest, _sex in fitting[-4:]:
        back = min(400, max(10, (chart.age - youngest) * 365 + 5))
        day = chart.days_ago(chart.rng.randint(5, back))
        chart.add("Procedure", {
            "status": "completed",
            "code": concept(fhir.SNOMED, code, name),
            "subject": chart.patient,
            "performedDateTime": day.isoformat(),
            "performer": [{"actor": doctor(chart.slug, 1)}],
            "location": {"display": tables.CLINICS[chart.slug][1 if youngest > 12 else 0]},
        })  # fmt: skip
