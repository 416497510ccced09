import math
import re
from collections.abc import Collection, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from phi_records.fhir.words.text import fields, text

_UNITS = {
    "Cel": "°C",
    "C": "°C",
    "[degF]": "°F",
    "kg/m2": "kg/m²",
    "mm[Hg]": "mmHg",
    "m[IU]/L": "mIU/L",
    "10*3/uL": "thousand/µL",
    "10*6/uL": "million/µL",
    "mL/min/{1.73_m2}": "mL/min/1.73 m²",
    "beats/minute": "beats a minute",
    "/min": "a minute",
    "/a": "a year",
    "[lb_av]": "lb",
    "[in_i]": "in",
    "1": "",
}
_COUNTED_TIME = re.compile(r"(?<=/)\(([0-9]+)\.([A-Za-z]+)\)")
# What is counted stands in braces where a unit would: {tablet}, mL/{dose}. Behind one, and in
# brackets after a space, it is a remark: mg/dL (calc). Other brackets are part of the unit.
_COUNTED = re.compile(r"(?:^|(?<=[/.]))\{([^}]*)\}")
_REMARK = re.compile(r"\{[^}]*\}|\s\([^)]*\)")
_BRACKETS = re.compile(r"[\[\]{}]")
MOST_DIGITS = 15
MOST_WRITTEN = 9
MOST_PLACES = 3
"""Nobody writes more digits than both: the rest is what a computer's own numbers trail."""
CENT = Decimal("0.01")
_TIMES = {
    **{"second": "s", "sec": "s", "minute": "min", "min": "min", "hour": "h", "hr": "h"},
    **{"day": "d", "week": "wk", "wk": "wk", "month": "mo", "mo": "mo", "year": "a", "yr": "a"},
}


def number(value: object) -> Decimal | None:
    """A number of a size that can be printed: 1e999999999 is none."""
    if type(value) is Decimal:
        return _printable(value)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and value.bit_length() > 60:
        return None
    return _printable(value if isinstance(value, Decimal) else Decimal(str(value)))


def _printable(exact: Decimal) -> Decimal | None:
    # abs() of 1e999999999 raises.
    if not exact.is_finite() or exact.adjusted() >= MOST_DIGITS:
        return None
    return exact if exact.adjusted() > -15 or not exact else Decimal(0)


def number_text(value: object, limits: Collection[Decimal] = ()) -> str:
    """As its source wrote it, without a computer's tail; on the same side of each limit."""
    exact = number(value)
    if exact is None:
        return ""
    if len(exact.as_tuple().digits) > MOST_WRITTEN and _places(exact) > MOST_PLACES:
        exact = _without_tail(exact, limits)
    return str(number_format(exact, decimal_pos=_places(exact), use_l10n=True, force_grouping=True))


def _places(exact: Decimal) -> int:
    exponent = exact.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def _without_tail(exact: Decimal, limits: Collection[Decimal]) -> Decimal:
    """Two places, or three digits below one: more where those would lie across a limit."""
    fewest = 2 if abs(exact) >= 1 else min(2 - exact.adjusted(), 12)
    for places in range(fewest, 13):
        short = round(exact, places)
        if all(short.compare(limit) == exact.compare(limit) for limit in limits):
            break
    return Decimal(f"{short.normalize():f}")


def unit_text(value: object) -> str:
    """With its remarks: ug/mL of one kind is not ug/mL of another."""
    unit = text(value)
    if unit in _UNITS:
        return _UNITS[unit]
    unit = _COUNTED.sub(r"\1", _COUNTED_TIME.sub(r"\1 \2", unit))
    remarks = [one.strip(" {}()") for one in _REMARK.findall(unit)]
    bare = _REMARK.sub("", unit).strip()
    bare = _UNITS.get(bare) or _BRACKETS.sub("", bare)
    return " ".join([bare, *(f"({one})" for one in remarks if one)]).strip()


def quantity(value: object, limits: Collection[Decimal] = ()) -> str:
    found = fields(value)
    value = found.get("value")
    amount = number_text(value, limits)
    if not amount:
        return _("A number too large to show") if _is_number(value) else ""
    unit = unit_text(found.get("unit") or found.get("code"))
    if timed := time_text(amount, number(value) == 1, unit):
        amount, unit = timed, ""
    sign = text(found.get("comparator"))
    words = {"<": _("less than"), ">": _("more than"), "<=": _("at most"), ">=": _("at least")}
    return " ".join(part for part in (words.get(sign, ""), amount, unit) if part)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def time_text(amount: str, one: bool, unit: str) -> str:
    """50 years, by the code of the unit or its English names; nothing in other units."""
    unit = _TIMES.get(unit.casefold().removesuffix("s"), unit)
    count = 1 if one else 2
    made = {
        "s": ngettext("%(amount)s second", "%(amount)s seconds", count),
        "min": ngettext("%(amount)s minute", "%(amount)s minutes", count),
        "h": ngettext("%(amount)s hour", "%(amount)s hours", count),
        "d": ngettext("%(amount)s day", "%(amount)s days", count),
        "wk": ngettext("%(amount)s week", "%(amount)s weeks", count),
        "mo": ngettext("%(amount)s month", "%(amount)s months", count),
        "a": ngettext("%(amount)s year", "%(amount)s years", count),
    }
    return made[unit] % {"amount": amount} if unit in made else ""


def plain_quantity(value: object) -> str:
    """Of what is counted: 60 tablets, where a laboratory's 60.0 keeps its last digit."""
    found = fields(value)
    amount = number(found.get("value"))
    if amount is None or amount != amount.to_integral_value():
        return quantity(found)
    return quantity({**found, "value": int(amount)})


def money(value: object) -> str:
    found = fields(value)
    amount = number(found.get("value"))
    return "" if amount is None else money_text(amount, text(found.get("currency")))


def to_the_cent(amount: Decimal) -> Decimal:
    """Half a cent counts as one, as with money everywhere."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def money_text(amount: Decimal, currency: str = "USD") -> str:
    rounded = to_the_cent(amount)
    shown = number_format(abs(rounded), decimal_pos=2, use_l10n=True, force_grouping=True)
    sign = "-" if rounded < 0 else ""
    return f"{sign}${shown}" if currency in ("", "USD") else f"{sign}{shown} {currency}"


def ratio(value: Mapping[str, Any]) -> str:
    above, below = quantity(value.get("numerator")), quantity(value.get("denominator"))
    if below and _is_plain(value.get("denominator")) and not _unit(value.get("numerator")):
        # A titer.
        return f"{above}:{below}"
    return _("%(above)s per %(below)s") % {"above": above, "below": below} if below else above


def _is_plain(value: object) -> bool:
    return not _unit(value) and not fields(value).get("comparator")


def _unit(value: object) -> str:
    found = fields(value)
    return unit_text(found.get("unit") or found.get("code"))


def span(value: Mapping[str, Any]) -> str:
    """A range in words: 70 to 99 mg/dL."""
    low, high = fields(value.get("low")), fields(value.get("high"))
    bottom, top = quantity(low), quantity(high)
    if bottom and top:
        same = _unit(low) in ("", _unit(high)) and not low.get("comparator")
        start = number_text(low.get("value")) if same else bottom
        return _("%(low)s to %(high)s") % {"low": start, "high": top}
    if bottom:
        return _("%s or higher") % bottom
    return _("%s or lower") % top if top else ""


def times(count: int) -> str:
    return _("once") if count == 1 else ngettext("%d time", "%d times", count) % count
