"""How to take a medicine, in words: whole, or not at all. Half of a dose is another dose."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from phi_records.fhir import modifiers, words
from phi_records.fhir.summaries.timings import (
    Unsaid,
    length_text,
    only,
    parts_of_timing,
    timing_text,
)

ASK: Promise = gettext_lazy("Ask your pharmacist how to take it")
Fact = tuple[str, str]
_FORMS = {
    "tablet": ("tab", "tbl"),
    "capsule": ("cap",),
    "puff": (),
    "drop": ("drp", "gtt"),
    "spray": (),
    "patch": (),
    "unit": ("u", "iu", "international unit"),
    "teaspoon": ("tsp_us", "tsp"),
    "tablespoon": ("tbs_us", "tbsp"),
}
_SHORT = {one: name for name, several in _FORMS.items() for one in (name, *several)}
# Said here, by `limits`, or on the page of the medicine.
_KNOWN = (
    "additionalInstruction", "asNeededBoolean", "asNeededCodeableConcept", "doseAndRate",
    "maxDosePerAdministration", "maxDosePerLifetime", "maxDosePerPeriod", "method",
    "patientInstruction", "route", "sequence", "site", "text", "timing",
)  # fmt: skip
_BY_MOUTH = frozenset({"26643006", "PO", "po", "oral", "Oral"})


def dose_text(instruction: Mapping[str, Any]) -> str:
    """Take 1 to 2 tablets, every 4 to 6 hours, only when needed: pain"""
    if written := words.text(instruction.get("text")):
        return written
    if modifiers.has_unknown(instruction):
        return str(ASK)
    try:
        only(instruction, *_KNOWN)
        dose, often = _dose(instruction), timing_text(words.fields(instruction.get("timing")))
        needed = _needed(instruction)
    except Unsaid:
        return str(ASK)
    if dose:
        start = _("Take %s") if _is_by_mouth(instruction) else _("Use %s")
        dose = start % dose
    found = ", ".join(one for one in (dose, often, needed) if one)
    return found[:1].upper() + found[1:]


def dose_line(resource: Mapping[str, Any]) -> str:
    """All of them in a line, in their order, each with its limits."""
    told = [
        (step, "; ".join([dose_text(one), *(f"{label} {limit}" for label, limit in limits(one))]))
        for step, one in in_order(resource)
    ]
    # One that says nothing but its place is none.
    shown = [f"{step}: {text}" if step else text for step, text in told if text.strip("; ")]
    # Two that are alike are two.
    return "; ".join(one.strip("; ") for one in shown)


def in_order(resource: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Each instruction after its step, where some come after others."""
    several = resource.get("dosageInstruction") or resource.get("dosage")
    doses = [words.fields(one) for one in words.items(several)]
    numbered = [one for one in doses if _sequence(one) is not None]
    by_step = groupby(sorted(numbered, key=_sequence), key=_sequence)
    steps = [list(found) for _number, found in by_step]
    if len(steps) < 2:
        return [("", one) for one in doses]
    return [
        *(("", one) for one in doses if _sequence(one) is None),
        *(
            (_("Then") if number else _("First"), one)
            for number, found in enumerate(steps)
            for one in found
        ),
    ]


def _sequence(instruction: Mapping[str, Any]) -> Any:
    return words.number(instruction.get("sequence"))


def limits(instruction: Mapping[str, Any]) -> list[Fact]:
    """What must not be passed, however the rest is written."""
    found = []
    for value in words.items(instruction.get("maxDosePerPeriod")):
        ratio = words.fields(value)
        try:
            span = {
                "amount": amount_text(ratio.get("numerator")),
                "time": length_text(ratio.get("denominator")),
            }
            found.append(_("%(amount)s in %(time)s") % span)
        except Unsaid:
            found.append(str(ASK))
    for name, form in (
        ("maxDosePerAdministration", _("%s at one time")),
        ("maxDosePerLifetime", _("%s in a lifetime")),
    ):
        if name in instruction:
            try:
                found.append(form % amount_text(instruction[name]))
            except Unsaid:
                found.append(str(ASK))
    return [(_("No more than"), one) for one in found]


def parts_of_dose(instruction: Mapping[str, Any]) -> list[Fact]:
    """The single facts of a dose that is not said in a sentence."""
    if dose_text(instruction) != str(ASK):
        return []
    timing = words.fields(instruction.get("timing"))
    needed = instruction.get("asNeededBoolean") is True or "asNeededCodeableConcept" in instruction
    facts = parts_of_timing(timing)
    facts += [(_("Only when needed"), _("Yes") if needed else "")]
    for one in map(words.fields, words.items(instruction.get("doseAndRate"))):
        dose, rate = words.value_of(one, "dose")[1], words.value_of(one, "rate")[1]
        kind = words.concept(one.get("type"))
        facts += [(_typed(_("Amount each time"), kind), amount_words(dose))]
        facts += [(_typed(_("How fast"), kind), words.any_text("", rate or {}))]
    return facts


def _typed(label: str, kind: str) -> str:
    """Apart from another: as ordered, or as worked out from the weight."""
    return f"{label} ({kind.lower()})" if kind else label


def _is_by_mouth(instruction: Mapping[str, Any]) -> bool:
    route = instruction.get("route")
    return not route or bool(words.codes(route) & _BY_MOUTH)


def _dose(instruction: Mapping[str, Any]) -> str:
    rates = [words.fields(one) for one in words.items(instruction.get("doseAndRate"))]
    if any(words.value_of(one, "rate")[1] is not None for one in rates):
        raise Unsaid
    given = (words.value_of(one, "dose")[1] for one in rates)
    doses = {amount_text(one) for one in given if one is not None}
    if len(doses) > 1:
        raise Unsaid
    return doses.pop() if doses else ""


def amount_text(value: object) -> str:
    """1 tablet; 1 to 2 tablets; 5 mL. Raises Unsaid."""
    found = words.fields(value)
    ends = [words.fields(found.get(one)) for one in ("low", "high") if one in found] or [found]
    numbers = [words.number(one.get("value")) for one in ends]
    units = {_unit(one) for one in ends} - {""}
    if None in numbers or len(units) > 1 or ("low" in found) != ("high" in found):
        raise Unsaid
    if any(one.get("comparator") for one in ends):
        raise Unsaid
    shown = [words.plain_quantity({"value": one.get("value")}) for one in ends]
    amount = _("%(low)s to %(high)s") % {"low": shown[0], "high": shown[-1]}
    amount = amount if len(shown) > 1 else shown[0]
    unit = units.pop() if units else ""
    return _counted(unit, amount, 1 if 0 < (numbers[-1] or 0) <= 1 else 2)


def amount_words(value: object) -> str:
    """As it is written where it has no words."""
    try:
        return amount_text(value)
    except Unsaid:
        return words.plain_quantity(value) or words.any_text("", value or {})


def _unit(quantity: Mapping[str, Any]) -> str:
    """What is counted may be written as a remark: {tablet}."""
    return words.unit_text(words.text(quantity.get("unit") or quantity.get("code")).strip("{}"))


def _counted(unit: str, amount: str, number: int) -> str:
    named = unit.casefold()
    forms = {
        "tablet": ngettext("%s tablet", "%s tablets", number),
        "capsule": ngettext("%s capsule", "%s capsules", number),
        "puff": ngettext("%s puff", "%s puffs", number),
        "drop": ngettext("%s drop", "%s drops", number),
        "spray": ngettext("%s spray", "%s sprays", number),
        "patch": ngettext("%s patch", "%s patches", number),
        "unit": ngettext("%s unit", "%s units", number),
        "teaspoon": ngettext("%s teaspoon", "%s teaspoons", number),
        "tablespoon": ngettext("%s tablespoon", "%s tablespoons", number),
    }
    for name in (named, named.removesuffix("s"), named.removesuffix("es")):
        if known := _SHORT.get(name):
            return forms[known] % amount
    return f"{amount} {unit}".strip()


def _needed(instruction: Mapping[str, Any]) -> str:
    reason = instruction.get("asNeededCodeableConcept")
    if reason is None:
        return _("only when needed") if instruction.get("asNeededBoolean") is True else ""
    if not (named := words.concept_words(reason)):
        raise Unsaid
    return _("only when needed: %s") % (named[:1].lower() + named[1:])
