"""A FHIR resource as one line of a list."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from phi_records.fhir import words
from phi_records.fhir.kinds import Kind, kind_of
from phi_records.fhir.money import amounts_of
from phi_records.fhir.statuses import Tone, status_of

_CODE_FIELDS = (
    "code",
    "vaccineCode",
    "medicationCodeableConcept",
    "type",
    "category",
    "description",
    "title",
    "name",
    "serviceType",
    "reasonCode",
)
_WHEN_FIELDS = (
    "effectiveDateTime",
    "effectivePeriod",
    "effectiveInstant",
    "occurrenceDateTime",
    "occurrencePeriod",
    "performedDateTime",
    "performedPeriod",
    "onsetDateTime",
    "onsetPeriod",
    "billablePeriod",
    "servicedDate",
    "period",
    "authoredOn",
    "whenHandedOver",
    "started",
    "start",
    "date",
    "recordedDate",
    "recorded",
    "issued",
    "created",
    "startDate",
    "sent",
)
_WHEN_FIRST = {"Goal": ("startDate", "statusDate"), "Coverage": ("period",)}


@dataclass(frozen=True, slots=True)
class Summary:
    kind: Kind
    title: str
    subtitle: str
    when: date | None
    when_text: str
    status_word: str
    status_tone: Tone
    code_text: str


def summarise(resource: Mapping[str, Any]) -> Summary:
    word, tone = status_of(resource)
    when = _when(resource)
    return Summary(
        kind=kind_of(resource),
        title=title_of(resource),
        subtitle=_subtitle(resource),
        when=words.moment(when),
        when_text=words.moment_text(when),
        status_word=word,
        status_tone=tone,
        code_text=_code(resource),
    )


def when_of(resource: Mapping[str, Any]) -> date | None:
    """The day that lists are sorted by."""
    return words.moment(_when(resource))


def title_of(resource: Mapping[str, Any]) -> str:
    named = words.text(resource.get("resourceType"))
    made = _TITLES.get(named)
    found = made(resource) if made else ""
    return found or _first_code(resource) or words.plain_code(named) or _("Record")


def _first_code(resource: Mapping[str, Any]) -> str:
    for name in _CODE_FIELDS:
        for value in words.items(resource.get(name)):
            found = words.text(value) or words.concept(value) or words.person_name(value)
            if found:
                return found
    return ""


def _code(resource: Mapping[str, Any]) -> str:
    for name in ("code", "vaccineCode", "medicationCodeableConcept", "type"):
        for value in words.items(resource.get(name)):
            if found := words.code_text(value):
                return found
    return ""


def _when(resource: Mapping[str, Any]) -> object:
    first = _WHEN_FIRST.get(words.text(resource.get("resourceType")), ())
    for name in (*first, *_WHEN_FIELDS):
        value = resource.get(name)
        if isinstance(value, dict):
            value = value.get("start") or value.get("end")
        if isinstance(value, str) and words.moment(value):
            return value
    return None


# Titles


def _claim_title(resource: Mapping[str, Any]) -> str:
    kinds = words.codes(resource.get("type"))
    services = (_service(item) for item in words.items(resource.get("item")))
    named = next((one for one in services if one), "")
    if named:
        return _("Claim: %s") % named
    if "pharmacy" in kinds:
        return _("Claim for a medicine")
    return _("Claim for a hospital stay or visit") if "institutional" in kinds else _("Claim")


def _service(item: object) -> str:
    return words.concept_words(words.fields(item).get("productOrService"))


def _coverage_title(resource: Mapping[str, Any]) -> str:
    payers = words.joined(
        words.text(words.fields(one).get("display")) for one in words.items(resource.get("payor"))
    )
    classes = (words.fields(one) for one in words.items(resource.get("class")))
    parts = [words.text(one.get("name")) or words.text(one.get("value")) for one in classes]
    named = words.concept_words(resource.get("type")) or " ".join(p for p in parts[:2] if p)
    return payers or named or _("Health coverage")


def _medicine_title(resource: Mapping[str, Any]) -> str:
    contained = {
        f"#{words.text(words.fields(one).get('id'))}": words.fields(one)
        for one in words.items(resource.get("contained"))
    }
    reference = words.fields(resource.get("medicationReference"))
    inside = contained.get(words.text(reference.get("reference")), {})
    return (
        words.concept(resource.get("medicationCodeableConcept"))
        or words.text(reference.get("display"))
        or words.concept(inside.get("code"))
        or _("Medicine")
    )


def _visit_title(resource: Mapping[str, Any]) -> str:
    where = {
        "AMB": _("Clinic visit"),
        "EMER": _("Emergency room visit"),
        "IMP": _("Hospital stay"),
        "ACUTE": _("Hospital stay"),
        "HH": _("Home visit"),
        "VR": _("Video or phone visit"),
        "OBSENC": _("Hospital visit for observation"),
    }
    named = words.concepts(resource.get("type"))
    code = words.text(words.fields(resource.get("class")).get("code"))
    return named or where.get(code, "") or _("Visit")


def _team_title(resource: Mapping[str, Any]) -> str:
    reasons = words.concepts(resource.get("reasonCode"))
    named = words.text(resource.get("name"))
    return named or (_("Care team for %s") % reasons if reasons else _("Care team"))


def _imaging_title(resource: Mapping[str, Any]) -> str:
    several = [words.fields(one) for one in words.items(resource.get("series"))]
    kinds = words.joined(words.concept(one.get("modality")) for one in several)
    parts = words.joined(words.concept(one.get("bodySite")) for one in several)
    kinds = kinds or words.concepts(resource.get("modality")) or _("Picture test")
    return _("%(kind)s of %(part)s") % {"kind": kinds, "part": parts} if parts else kinds


def _person_title(resource: Mapping[str, Any]) -> str:
    names = (words.person_name(one) for one in words.items(resource.get("name")))
    return next((one for one in names if one), "")


def _place_title(resource: Mapping[str, Any]) -> str:
    return words.text(resource.get("name"))


def _role_title(resource: Mapping[str, Any]) -> str:
    return words.text(words.fields(resource.get("practitioner")).get("display"))


def _plan_title(resource: Mapping[str, Any]) -> str:
    several = words.items(resource.get("category"))
    named = [words.concept(one) for one in several]
    shown = [one for one in named if one and not one.isdigit() and one != "assess-plan"]
    found = words.text(resource.get("title")) or ", ".join(shown)
    return _("Care plan: %s") % found if found else _("Care plan")


_TITLES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "ExplanationOfBenefit": _claim_title,
    "Claim": _claim_title,
    "ClaimResponse": lambda resource: _("Answer to a claim"),
    "Coverage": _coverage_title,
    "MedicationRequest": _medicine_title,
    "MedicationStatement": _medicine_title,
    "MedicationDispense": _medicine_title,
    "MedicationAdministration": _medicine_title,
    "Encounter": _visit_title,
    "CareTeam": _team_title,
    "CarePlan": _plan_title,
    "ImagingStudy": _imaging_title,
    "Patient": _person_title,
    "Practitioner": _person_title,
    "RelatedPerson": _person_title,
    "Organization": _place_title,
    "Location": _place_title,
    "HealthcareService": _place_title,
    "PractitionerRole": _role_title,
    "Provenance": lambda resource: _("Where a record came from"),
    "Consent": lambda resource: _("Consent to share"),
}


# Subtitles


def _subtitle(resource: Mapping[str, Any]) -> str:
    made = _SUBTITLES.get(words.text(resource.get("resourceType")))
    return made(resource) if made else ""


def result_text(resource: Mapping[str, Any]) -> str:
    """The value of an observation: 6.4 %, or 120/80 mmHg, or its parts."""
    kind, value = words.value_of(resource, "value")
    if value is not None:
        return words.any_text(kind, value)
    parts = [words.fields(one) for one in words.items(resource.get("component"))]
    return _blood_pressure(parts) or words.joined(_part(one) for one in parts)


def _part(component: Mapping[str, Any]) -> str:
    kind, value = words.value_of(component, "value")
    found = words.any_text(kind, value) if value is not None else ""
    named = words.concept(component.get("code"))
    return f"{named}: {found}" if found and named else found


def _blood_pressure(parts: list[Mapping[str, Any]]) -> str:
    found: dict[str, Mapping[str, Any]] = {}
    for one in parts:
        for code in words.codes(one.get("code")) & {"8480-6", "8462-4"}:
            found[code] = words.fields(one.get("valueQuantity"))
    if len(found) != 2:
        return ""
    upper = words.number_text(found["8480-6"].get("value"))
    lower = words.number_text(found["8462-4"].get("value"))
    return f"{upper}/{lower} mmHg" if upper and lower else ""


def _money_line(resource: Mapping[str, Any]) -> str:
    amounts = amounts_of(resource)
    owed, paid, billed = amounts.text("you_owe"), amounts.text("paid"), amounts.text("billed")
    spent = amounts.text("you_paid")
    parts = (
        _("You may owe %s.") % owed if owed else "",
        _("You paid %s.") % spent if spent and not owed else "",
        _("The plan paid %s.") % paid if paid else "",
        _("Billed: %s.") % billed if billed and not (owed or paid) else "",
    )
    return " ".join(part for part in parts if part)


def dose_text(instruction: Mapping[str, Any]) -> str:
    """Take 1, 2 times a day"""
    if written := words.text(instruction.get("text")):
        return written
    rates = [words.fields(one) for one in words.items(instruction.get("doseAndRate"))]
    doses = (words.any_text("", words.value_of(one, "dose")[1] or {}) for one in rates)
    dose = next((one for one in doses if one), "")
    often = _how_often(words.fields(words.fields(instruction.get("timing")).get("repeat")))
    if not dose:
        start = often[:1].upper() + often[1:]
    else:
        start = ", ".join(one for one in (_("Take %s") % dose, often) if one)
    needed = _("only when needed") if instruction.get("asNeededBoolean") is True else ""
    return ", ".join(one for one in (start, needed) if one)


def _how_often(repeat: Mapping[str, Any]) -> str:
    count, span = words.number(repeat.get("frequency")), words.number_text(repeat.get("period"))
    units = {
        "h": (_("an hour"), _("hours")),
        "d": (_("a day"), _("days")),
        "wk": (_("a week"), _("weeks")),
        "mo": (_("a month"), _("months")),
    }
    unit = units.get(words.text(repeat.get("periodUnit")))
    if count is None or not span or unit is None:
        return ""
    times = words.times(int(count))
    if span == "1":
        return f"{times} {unit[0]}"
    return _("%(times)s every %(span)s %(unit)s") % {"times": times, "span": span, "unit": unit[1]}


def _dose_line(resource: Mapping[str, Any]) -> str:
    several = resource.get("dosageInstruction") or resource.get("dosage")
    return words.joined(dose_text(words.fields(one)) for one in words.items(several))


def _place_line(resource: Mapping[str, Any]) -> str:
    who = (
        words.text(words.fields(words.fields(one).get("individual")).get("display"))
        for one in words.items(resource.get("participant"))
    )
    place = words.text(words.fields(resource.get("serviceProvider")).get("display"))
    return words.joined(iter([next((one for one in who if one), ""), place]))


def _members_line(resource: Mapping[str, Any]) -> str:
    return words.joined(
        words.text(words.fields(words.fields(one).get("member")).get("display"))
        for one in words.items(resource.get("participant"))
        if not is_the_patient(words.fields(one))
    )


def is_the_patient(participant: Mapping[str, Any]) -> bool:
    """Care teams list the member among those who care for them."""
    return any(
        words.codes(one) & {"116154003", "116153009"}
        for one in words.items(participant.get("role"))
    )


def _reactions_line(resource: Mapping[str, Any]) -> str:
    return words.joined(
        words.concepts(words.fields(one).get("manifestation"))
        for one in words.items(resource.get("reaction"))
    )


def _display(name: str) -> Callable[[Mapping[str, Any]], str]:
    def shown(resource: Mapping[str, Any]) -> str:
        return words.joined(
            words.text(words.fields(one).get("display")) for one in words.items(resource.get(name))
        )

    return shown


_SUBTITLES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "Observation": result_text,
    "DiagnosticReport": lambda resource: (
        words.text(resource.get("conclusion")) or _display("performer")(resource)
    ),
    "ExplanationOfBenefit": _money_line,
    "Claim": _money_line,
    "MedicationRequest": _dose_line,
    "MedicationStatement": _dose_line,
    "MedicationDispense": _dose_line,
    "Encounter": _place_line,
    "CareTeam": _members_line,
    "AllergyIntolerance": _reactions_line,
    "Immunization": _display("location"),
    "Procedure": lambda resource: (
        words.concepts(resource.get("reasonCode")) or _display("reasonReference")(resource)
    ),
    "DocumentReference": _display("author"),
    "Coverage": lambda resource: words.concept_words(resource.get("type")),
}
