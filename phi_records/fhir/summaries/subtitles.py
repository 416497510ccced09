from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from phi_records.fhir import modifiers, words
from phi_records.fhir.money import Amounts, is_bill, is_open, is_void
from phi_records.fhir.participants import is_a_patient, is_not_in_it, is_the_patient, with_answer
from phi_records.fhir.summaries.doses import dose_line
from phi_records.fhir.summaries.titles import title_of

MAX_PARTS = 4
"""More than these are counted in a list and told one by one on the page."""
POUNDS_IN_KG = Decimal("2.2046226")


def subtitle_of(resource: Mapping[str, Any], amounts: Amounts | None) -> str:
    """`amounts` are those of a claim."""
    if amounts is not None:
        if not is_bill(resource) or is_open(resource) or is_void(resource):
            # Nothing was paid, and nothing is owed so far.
            return ""
        return _money_line(amounts)
    if modifiers.forbids(resource) or modifiers.is_called_off(resource):
        # How to take it, below the name of what must not be taken, would say the contrary.
        return ""
    made = _SUBTITLES.get(words.text(resource.get("resourceType")))
    return made(resource) if made else ""


def result_text(resource: Mapping[str, Any]) -> str:
    """The value of an observation: 6.4 %, or 120/80 mmHg, or its parts."""
    if shown := value_text(resource):
        return _with_pounds(shown, resource.get("valueQuantity"))
    parts = [words.fields(one) for one in words.items(resource.get("component"))]
    if not parts:
        return _without_value(resource)
    if len(parts) > MAX_PARTS:
        return ngettext("%d answer", "%d answers", len(parts)) % len(parts)
    return _blood_pressure(parts) or words.joined(_part(one) for one in parts)


def value_text(resource: Mapping[str, Any]) -> str:
    """Of a result, or a part of one: on the same side of its range as in its source."""
    kind, value = words.value_of(resource, "value")
    if kind == "Quantity":
        return words.quantity(value, _limits(resource))
    if kind == "SampledData":
        return _("A recording, which this page can not show")
    return "" if value is None else words.any_text(kind, value)


def _limits(resource: Mapping[str, Any]) -> list[Decimal]:
    several = map(words.fields, words.items(resource.get("referenceRange")))
    sides = (words.fields(one.get(side)) for one in several for side in ("low", "high"))
    numbers = (words.number(one.get("value")) for one in sides)
    return [one for one in numbers if one is not None]


def _without_value(resource: Mapping[str, Any]) -> str:
    members = len(words.items(resource.get("hasMember")))
    if members:
        return ngettext("%d result", "%d results", members) % members
    return no_value_because(resource)


def no_value_because(resource: Mapping[str, Any]) -> str:
    reason = resource.get("dataAbsentReason")
    named = words.concept_words(reason) or words.plain_code(words.concept(reason))
    return _("No result: %s") % named if named else ""


def _with_pounds(shown: str, value: object) -> str:
    found = words.fields(value)
    amount = None if found.get("comparator") else words.number(found.get("value"))
    if amount is None or "kg" not in (found.get("unit"), found.get("code")):
        return shown
    pounds = words.number_text(round(amount * POUNDS_IN_KG, 1))
    return _("%(kilograms)s (%(pounds)s lb)") % {"kilograms": shown, "pounds": pounds}


def _part(component: Mapping[str, Any]) -> str:
    found = value_text(component) or no_value_because(component)
    named = words.concept(component.get("code"))
    return f"{named}: {found}" if found and named else found


def _blood_pressure(parts: list[Mapping[str, Any]]) -> str:
    found: dict[str, Mapping[str, Any]] = {}
    for one in parts:
        for code in words.codes(one.get("code")) & {"8480-6", "8462-4"}:
            found[code] = words.fields(one.get("valueQuantity"))
    if len(found) != 2 or any(one.get("comparator") for one in found.values()):
        return ""
    upper, lower = (words.number_text(found[one].get("value")) for one in ("8480-6", "8462-4"))
    units = {words.unit_text(one.get("unit") or one.get("code")) for one in found.values()}
    if not upper or not lower or len(units) > 1:
        return ""
    return f"{upper}/{lower} {units.pop()}".strip()


def _money_line(amounts: Amounts) -> str:
    if amounts.refused:
        return _refused_line(amounts)
    owed, paid = amounts.text("you_owe"), amounts.text("paid")
    spent = "" if owed else amounts.text("you_paid")
    billed = "" if owed or paid else amounts.text("billed")
    parts = (
        _("You may owe %s.") % owed if owed else "",
        _("You paid %s.") % spent if spent else "",
        _("The plan paid %s.") % paid if paid else "",
        _("Billed: %s.") % billed if billed else "",
    )
    return " ".join(part for part in parts if part)


def _refused_line(amounts: Amounts) -> str:
    owed = (
        _("You may owe %s.") % amounts.text("you_owe")
        if any(amounts.get("you_owe").values())
        else ""
    )
    return " ".join(one for one in (_("The plan did not pay this claim."), owed) if one)


def _place_line(resource: Mapping[str, Any]) -> str:
    who = (
        words.text(words.fields(words.fields(one).get("individual")).get("display"))
        for one in words.items(resource.get("participant"))
    )
    place = words.text(words.fields(resource.get("serviceProvider")).get("display"))
    return words.joined(iter([next((one for one in who if one), ""), place]))


def _members_line(resource: Mapping[str, Any]) -> str:
    return words.joined(
        words.text(words.fields(one.get("member")).get("display"))
        for one in map(words.fields, words.items(resource.get("participant")))
        if not (is_the_patient(one) or is_not_in_it(one))
    )


def _reactions_line(resource: Mapping[str, Any]) -> str:
    several = [words.fields(one) for one in words.items(resource.get("reaction"))]
    risk = _("High risk") if resource.get("criticality") == "high" else ""
    return words.joined(iter([*map(_reaction, several), risk]))


def _reaction(reaction: Mapping[str, Any]) -> str:
    what = words.concepts(reaction.get("manifestation"))
    how_bad = words.code_word(words.text(reaction.get("severity")))
    return f"{what} ({how_bad.lower()})" if what and how_bad else what or how_bad


def _appointment_line(resource: Mapping[str, Any]) -> str:
    several = map(words.fields, words.items(resource.get("participant")))
    with_whom = (
        with_answer(one, words.text(words.fields(one.get("actor")).get("display")))
        for one in several
        if not is_a_patient(words.fields(one.get("actor")))
    )
    return words.joined(iter([words.hour_text(resource.get("start")), *with_whom]))


def _coverage_line(resource: Mapping[str, Any]) -> str:
    named = words.concept_words(resource.get("type"))
    return words.joined(iter([words.sentence(named), words.period(resource.get("period"))]))


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
    "MedicationRequest": dose_line,
    "MedicationStatement": dose_line,
    "MedicationDispense": dose_line,
    "Encounter": _place_line,
    "CareTeam": _members_line,
    "AllergyIntolerance": _reactions_line,
    "Immunization": lambda resource: words.joined(
        iter([words.text(resource.get("occurrenceString")), _display("location")(resource)])
    ),
    "Procedure": lambda resource: (
        words.concepts(resource.get("reasonCode")) or _display("reasonReference")(resource)
    ),
    "Patient": title_of,
    "DocumentReference": _display("author"),
    "Coverage": _coverage_line,
    "Appointment": _appointment_line,
}
