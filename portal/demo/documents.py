"""Documents with a file inside: what a clinic would send as a PDF."""

from base64 import b64encode
from collections.abc import Iterator

from portal.demo import fhir
from portal.demo.fhir import Chart, at, concept, doctor
from portal.demo.pdf import make_pdf
from portal.demo.shapes import Resource

HEADINGS = {
    "Condition": "Conditions",
    "MedicationRequest": "Medicines",
    "AllergyIntolerance": "Allergies",
    "Immunization": "Vaccines",
    "Encounter": "Visits",
    "Observation": "Test results and vitals",
    "Procedure": "Procedures",
}


def add_summary(chart: Chart) -> None:
    """All that the chart holds so far, but for what is marked sensitive."""
    title = f"Summary of care, {chart.today.year}"
    pdf = make_pdf(f"{title}: {chart.member.full_name}", list(_lines(chart)))
    chart.add("DocumentReference", {
        "status": "current",
        "type": concept(fhir.LOINC, "34133-9", "Summary of care"),
        "subject": chart.patient,
        "date": at(chart.today, 1),
        "author": [doctor(chart.slug, 0)],
        "description": title,
        "content": [{"attachment": {
            "contentType": "application/pdf",
            "language": "en",
            "title": title,
            "data": b64encode(pdf).decode(),
        }}],
    })  # fmt: skip


def _lines(chart: Chart) -> Iterator[str]:
    yield f"Born {chart.member.birth_date:%m/%d/%Y}. Member number {chart.member.member_number}."
    yield "This person and all that stands here is made up."
    for kind, heading in HEADINGS.items():
        rows = [one for one in chart.resources if one["resourceType"] == kind and "meta" not in one]
        if rows:
            yield ""
            yield f"# {heading}"
        yield from (_line(one) for one in sorted(rows, key=_day, reverse=True))


def _line(resource: Resource) -> str:
    named = resource.get("code") or resource.get("medicationCodeableConcept") or {}
    named = named or resource.get("vaccineCode") or (resource.get("type") or [{}])[0]
    words = [_day(resource), named.get("text", ""), _value(resource)]
    words += [dose.get("text", "") for dose in resource.get("dosageInstruction", [])]
    words += [reason.get("text", "") for reason in resource.get("reasonCode", [])]
    return "  ".join(word for word in words if word)


def _value(resource: Resource) -> str:
    parts = resource.get("component") or [resource]
    values = [part["valueQuantity"] for part in parts if "valueQuantity" in part]
    return ", ".join(f"{value['value']} {value.get('unit', '')}".strip() for value in values)


def _day(resource: Resource) -> str:
    names = ("onsetDateTime", "authoredOn", "recordedDate", "occurrenceDateTime",
             "effectiveDateTime", "performedDateTime")  # fmt: skip
    found = next((resource[name] for name in names if name in resource), "")
    return str(found or resource.get("period", {}).get("start", ""))[:10]
