from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from phi_records.fhir import modifiers, words

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
_TEXT_FIELDS = frozenset({"description", "title", "name"})


def title_of(resource: Mapping[str, Any]) -> str:
    """An order not to do something says so in its name, wherever it stands."""
    named = _name_of(resource)
    if who := about_another(resource):
        named = _("%(title)s (about: %(who)s)") % {"title": named, "who": who}
    if not modifiers.forbids(resource):
        return named
    return (_("Do not take: %s") if modifiers.is_medicine(resource) else _("Do not do: %s")) % named


def about_another(resource: Mapping[str, Any]) -> str:
    """Whom or what was observed, where that is not the person whose record it is: a donor, an
    unborn child, a device (Observation.focus)."""
    if resource.get("resourceType") != "Observation":
        return ""
    subject = words.fields(resource.get("subject")).get("reference")
    several = [words.fields(one) for one in words.items(resource.get("focus"))]
    others = [one for one in several if not subject or one.get("reference") != subject]
    named = words.joined(words.text(one.get("display")) for one in others)
    return named or (_("someone else, or a thing") if others else "")


def _name_of(resource: Mapping[str, Any]) -> str:
    named = words.text(resource.get("resourceType"))
    made = _TITLES.get(named)
    found = made(resource) if made else ""
    return found or _first_words(resource) or words.type_name(named) or _("Record")


def _first_words(resource: Mapping[str, Any]) -> str:
    """The first that has words; else the first code."""
    code = ""
    for name in _CODE_FIELDS:
        for value in words.items(resource.get(name)):
            if isinstance(value, str) and name not in _TEXT_FIELDS:
                # A code of FHIR's own, such as "dna": the page says what it means.
                continue
            found = words.text(value) or words.concept_words(value) or words.person_name(value)
            if found and (len(found) > 2 or found not in words.codes(value)):
                return found
            if bare := words.concept(value):
                if known := words.known_code(bare, name):
                    return _kind_and(known, resource)
                code = code or bare
    return _numbered(words.type_name(resource.get("resourceType")), code) if code else ""


def _numbered(named: str, code: str) -> str:
    """What is known by a code alone: nobody can read that by itself."""
    return _("%(named)s (code %(code)s)") % {"named": named, "code": code} if code else named


def _benefits_title(resource: Mapping[str, Any]) -> str:
    if asked := _question(resource):
        return _("Answer: %s") % asked
    found = _billed_for(resource)
    return _("Explanation of benefits: %s") % found if found else _("Explanation of benefits")


def _bill_title(resource: Mapping[str, Any]) -> str:
    if asked := _question(resource):
        return asked
    found = _billed_for(resource)
    return _("Bill to your plan: %s") % found if found else _("Bill to your plan")


def _question(resource: Mapping[str, Any]) -> str:
    """What was asked of the plan before any care: no bill."""
    found = _billed_for(resource)
    asked = {
        "predetermination": _("Question of what your plan would pay"),
        "preauthorization": _("Request for approval before care"),
    }.get(words.text(resource.get("use")), "")
    return f"{asked}: {found}" if asked and found else asked


def _billed_for(resource: Mapping[str, Any]) -> str:
    kinds = words.codes(resource.get("type"))
    services = (_service(item) for item in words.items(resource.get("item")))
    if named := next((one for one in services if one), ""):
        return words.sentence(named)
    if "pharmacy" in kinds:
        return _("Medicine")
    return _("Hospital stay or visit") if "institutional" in kinds else ""


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
    several = (resource.get("medicationCodeableConcept"), inside.get("code"))
    return (
        words.concept_words(several[0])
        or words.text(reference.get("display"))
        or words.concept_words(several[1])
        or _numbered(_("Medicine"), words.concept(several[0]) or words.concept(several[1]))
    )


def _allergy_title(resource: Mapping[str, Any]) -> str:
    """Sources that know of reactions alone name there what they were to."""
    several = (words.fields(one) for one in words.items(resource.get("reaction")))
    to = words.joined(words.concept(one.get("substance")) for one in several)
    return words.concept(resource.get("code")) or to or _("Allergy")


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
    if named.casefold() in {"", "encounter"}:
        return where.get(code, "") or _("Visit")
    return named


def _team_title(resource: Mapping[str, Any]) -> str:
    reasons = words.concepts(resource.get("reasonCode"))
    named = words.text(resource.get("name"))
    return named or (_("Care team for %s") % reasons if reasons else _("Care team"))


def pictured_part(series: Mapping[str, Any]) -> str:
    """Of the body, with its side: Knee (left)"""
    part, side = words.concept(series.get("bodySite")), words.concept(series.get("laterality"))
    return f"{part} ({side.lower()})" if part and side else part or side


def _imaging_title(resource: Mapping[str, Any]) -> str:
    several = [words.fields(one) for one in words.items(resource.get("series"))]
    kinds = words.joined(words.concept(one.get("modality")) for one in several)
    parts = words.joined(pictured_part(one) for one in several)
    kinds = kinds or words.concepts(resource.get("modality")) or _("Picture test")
    return _("%(kind)s of %(part)s") % {"kind": kinds, "part": parts} if parts else kinds


def _person_title(resource: Mapping[str, Any]) -> str:
    names = (words.person_name(one) for one in words.names_in_order(resource))
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
    if "plan" in found.casefold():
        return found
    return _("Care plan: %s") % found if found else _("Care plan")


def form_name(resource: Mapping[str, Any]) -> str:
    """What its source calls the form: an extension of its address holds it, or one group that is
    all of it."""
    several = words.items(words.fields(resource.get("_questionnaire")).get("extension"))
    named = (words.text(words.fields(one).get("valueString")) for one in several)
    items = words.items(resource.get("item"))
    whole = words.fields(items[0]) if len(items) == 1 else {}
    group = words.text(whole.get("text")) if whole.get("item") and not whole.get("answer") else ""
    return next((one for one in named if one), "") or group


def _form_title(resource: Mapping[str, Any]) -> str:
    return form_name(resource) or _("Filled-in form")


def _device_title(resource: Mapping[str, Any]) -> str:
    several = [words.fields(one) for one in words.items(resource.get("deviceName"))]
    named = next((found for one in several if (found := words.text(one.get("name")))), "")
    return words.concept_words(resource.get("type")) or named


def _of(field: str, *more: str) -> Callable[[Mapping[str, Any]], str]:
    """What kind of record it is, and of what: Order for a device: wheelchair."""

    def titled(resource: Mapping[str, Any]) -> str:
        several = [value for name in (field, *more) for value in words.items(resource.get(name))]
        named = words.joined(words.concept_words(one) or _display(one) for one in several)
        return _kind_and(named, resource)

    return titled


def _kind_and(named: str, resource: Mapping[str, Any]) -> str:
    kind = words.type_name(resource.get("resourceType"))
    return _("%(kind)s: %(what)s") % {"kind": kind, "what": named} if named else kind


def _display(value: object) -> str:
    return words.text(words.fields(value).get("display"))


def _advice_title(resource: Mapping[str, Any]) -> str:
    several = map(words.fields, words.items(resource.get("recommendation")))
    return _kind_and(
        words.joined(words.concepts(one.get("vaccineCode")) for one in several), resource
    )


def _consent_title(resource: Mapping[str, Any]) -> str:
    """By what all of its rules say, where they say one thing and it was agreed to."""
    yes, no, open_ = _of_consents(words.codes(resource.get("scope")))
    said = set(_rules_of(resource))
    if resource.get("status") not in (None, "active", "inactive") or len(said) != 1:
        return open_
    return {"permit": yes, "deny": no}.get(said.pop(), open_)


def _of_consents(scopes: Collection[str]) -> tuple[str, str, str]:
    known = {
        "patient-privacy": (_("Consent to share"), _("No to sharing"), _("Choice about sharing")),
        "treatment": (
            _("Consent to treatment"), _("No to treatment"), _("Choice about treatment"),
        ),
        "research": (_("Consent to research"), _("No to research"), _("Choice about research")),
    }  # fmt: skip
    if not scopes:
        return known["patient-privacy"]
    only = next(iter(scopes)) if len(scopes) == 1 else ""
    return known.get(only, (_("Consent"), _("No consent"), _("Consent form")))


def policy_of(consent: Mapping[str, Any]) -> set[str]:
    """What holds where none of its rules says more."""
    opted = {"OPTIN": "permit", "OPTINR": "permit", "OPTOUT": "deny", "OPTOUTE": "deny"}
    return {opted[one] for one in words.codes(consent.get("policyRule")) if one in opted}


def _rules_of(resource: Mapping[str, Any]) -> Iterator[str]:
    yield from policy_of(resource)
    rules = words.items(resource.get("provision"))
    while rules:
        rule = words.fields(rules.pop())
        if kind := words.text(rule.get("type")):
            yield kind
        rules = [*rules, *words.items(rule.get("provision"))]


_TITLES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "AllergyIntolerance": _allergy_title,
    "ExplanationOfBenefit": _benefits_title,
    "Claim": _bill_title,
    "ClaimResponse": lambda resource: words.type_name("ClaimResponse"),
    "Coverage": _coverage_title,
    "MedicationRequest": _medicine_title,
    "MedicationStatement": _medicine_title,
    "MedicationDispense": _medicine_title,
    "MedicationAdministration": _medicine_title,
    "Account": _place_title,
    "AdverseEvent": _of("event"),
    "AppointmentResponse": _of("appointment"),
    "Device": _device_title,
    "DeviceRequest": _of("codeCodeableConcept", "codeReference"),
    "DeviceUseStatement": _of("device"),
    "FamilyMemberHistory": _of("relationship"),
    "GuidanceResponse": _of("moduleCodeableConcept"),
    "ImmunizationEvaluation": _of("targetDisease"),
    "ImmunizationRecommendation": _advice_title,
    "Specimen": _of("type"),
    "SupplyDelivery": _of("type"),
    "SupplyRequest": _of("itemCodeableConcept", "itemReference"),
    "Encounter": _visit_title,
    "CareTeam": _team_title,
    "CarePlan": _plan_title,
    "ImagingStudy": _imaging_title,
    "List": lambda resource: words.text(resource.get("title")),
    "Patient": _person_title,
    "Practitioner": _person_title,
    "RelatedPerson": _person_title,
    "Organization": _place_title,
    "Location": _place_title,
    "HealthcareService": _place_title,
    "PractitionerRole": _role_title,
    "Binary": lambda resource: words.file_kind(resource.get("contentType")),
    "Provenance": lambda resource: _("Where a record came from"),
    "Consent": _consent_title,
    "QuestionnaireResponse": _form_title,
}
