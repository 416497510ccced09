from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from phi_records.fhir import words


def dose_text(instruction: Mapping[str, Any]) -> str:
    """Take 1, 2 times a day"""
    if written := words.text(instruction.get("text")):
        return written
    rates = [words.fields(one) for one in words.items(instruction.get("doseAndRate"))]
    doses = (_dose(words.value_of(one, "dose")[1] or {}) for one in rates)
    dose = next((one for one in doses if one), "")
    often = _how_often(words.fields(words.fields(instruction.get("timing")).get("repeat")))
    if not dose:
        start = often[:1].upper() + often[1:]
    else:
        start = ", ".join(one for one in (_("Take %s") % dose, often) if one)
    needed = _("only when needed") if instruction.get("asNeededBoolean") is True else ""
    return ", ".join(one for one in (start, needed) if one)


def _dose(value: Any) -> str:
    single = "value" in words.fields(value)
    return words.plain_quantity(value) if single else words.any_text("", value)


def _how_often(repeat: Mapping[str, Any]) -> str:
    count = words.number(repeat.get("frequency"))
    span = words.plain_quantity({"value": repeat.get("period")})
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


def dose_line(resource: Mapping[str, Any]) -> str:
    several = resource.get("dosageInstruction") or resource.get("dosage")
    return words.joined(dose_text(words.fields(one)) for one in words.items(several))
