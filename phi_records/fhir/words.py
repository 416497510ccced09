"""Codes, dates, money and quantities in the words of people.

Nothing here raises on odd input: a record whose one field is wrong must still open.
"""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MAX_TEXT = 2000
_TAG = re.compile(
    r"\s*\((?:finding|disorder|procedure|situation|qualifier value|regime/therapy|event|person"
    r"|observable entity|substance|product|medicinal product|clinical drug|physical object"
    r"|body structure|occupation|environment|record artifact|morphologic abnormality|organism"
    r"|social concept|life style|context-dependent category|assessment scale)\)\s*$"
)
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[-_]")
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
    "[lb_av]": "lb",
    "[in_i]": "in",
    "1": "",
}
_LARGEST = Decimal(10) ** 15


def fields(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """What should be a list; one thing alone is taken as a list of one."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def text(value: object) -> str:
    """One line of free text, without the tags that code systems hang on names."""
    if not isinstance(value, str):
        return ""
    return _TAG.sub("", " ".join(_printable(value).split()))[:MAX_TEXT].strip()


def lines(value: object, most: int = 50_000) -> str:
    """Free text of several lines."""
    return _printable(value)[:most].strip() if isinstance(value, str) else ""


def concept(value: object) -> str:
    """A CodeableConcept or Coding in words; its code only when there are no words."""
    found = fields(value)
    codings = [fields(one) for one in items(found.get("coding"))]
    named = concept_words(value)
    return named or next((text(c.get("code")) for c in codings if text(c.get("code"))), "")


def concept_words(value: object) -> str:
    """Its words, or nothing: for titles, where a bare code helps nobody."""
    found = fields(value)
    displays = (fields(one).get("display") for one in items(found.get("coding")))
    several = map(text, (found.get("text"), found.get("display"), *displays))
    return next((one for one in several if one), "")


def concepts(value: object) -> str:
    return joined(concept(one) for one in items(value))


def joined(several: Iterator[str]) -> str:
    return ", ".join(dict.fromkeys(one for one in several if one))


def code_text(value: object) -> str:
    """System and code, small print for those who want to look it up."""
    for one in items(fields(value).get("coding")):
        code = text(fields(one).get("code"))
        system = _system(fields(one).get("system"))
        if code and system:
            return f"{system} {code}"
    return ""


def codes(value: object) -> set[str]:
    found = (fields(one).get("code") for one in items(fields(value).get("coding")))
    return {one for one in found if isinstance(one, str)}


def plain_code(code: object) -> str:
    """in-progress -> In progress; billablePeriod -> Billable period"""
    words = " ".join(_CAMEL.sub(" ", text(code)).split())
    return words[:1].upper() + words[1:].lower() if words else ""


def number(value: object) -> Decimal | None:
    """A number of a size that can be printed: 1e999999999 is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and value.bit_length() > 60:
        return None
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    if not exact.is_finite() or abs(exact) >= _LARGEST:
        return None
    return exact if exact.adjusted() > -15 or not exact else Decimal(0)


def number_text(value: object) -> str:
    """As the laboratory wrote it, at most two places (or three digits below one)."""
    exact = number(value)
    if exact is None:
        return ""
    exponent = exact.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    most = 2 if abs(exact) >= 1 or not exact else min(2 - exact.adjusted(), 12)
    if places > most:
        exact = exact.quantize(Decimal(1).scaleb(-most)).normalize()
        exponent = exact.as_tuple().exponent
        places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return str(number_format(exact, decimal_pos=places, use_l10n=True, force_grouping=True))


def unit_text(value: object) -> str:
    unit = text(value)
    if unit in _UNITS:
        return _UNITS[unit]
    return re.sub(r"\{[^}]*\}|\([^)]*\)|[\[\]{}]", "", unit).strip()


def quantity(value: object) -> str:
    found = fields(value)
    amount = number_text(found.get("value"))
    if not amount:
        return ""
    unit = unit_text(found.get("unit") or found.get("code"))
    sign = text(found.get("comparator"))
    words = {"<": _("less than"), ">": _("more than"), "<=": _("at most"), ">=": _("at least")}
    return " ".join(part for part in (words.get(sign, ""), amount, unit) if part)


def money(value: object) -> str:
    found = fields(value)
    amount = number(found.get("value"))
    return "" if amount is None else money_text(amount, text(found.get("currency")))


def money_text(amount: Decimal, currency: str = "USD") -> str:
    shown = number_format(abs(amount), decimal_pos=2, use_l10n=True, force_grouping=True)
    sign = "-" if round(amount, 2) < 0 else ""
    return f"{sign}${shown}" if currency in ("", "USD") else f"{sign}{shown} {currency}"


def moment(value: object) -> date | None:
    """The day of a date or dateTime. A time in UTC is taken to the reader's zone first."""
    if not isinstance(value, str) or not value[:4].isdecimal():
        return None
    try:
        if len(value) <= 10:
            return date.fromisoformat(
                value + "-01-01"[len(value) - 10 :] if len(value) < 10 else value
            )
        return _local(datetime.fromisoformat(value)).date()
    except (ValueError, OverflowError):
        return None


def moment_text(value: object) -> str:
    """Jul 14, 2026; May 2019; 2019"""
    day = moment(value)
    if day is None or not isinstance(value, str):
        return ""
    form = {4: "Y", 7: "F Y"}.get(len(value), "M j, Y")
    return str(format_date(day, form))


def period(value: object) -> str:
    found = fields(value)
    start, end = moment_text(found.get("start")), moment_text(found.get("end"))
    if start and end and start != end:
        return _("%(start)s to %(end)s") % {"start": start, "end": end}
    if start:
        return start if end else _("Since %s") % start
    return _("Until %s") % end if end else ""


def value_of(resource: Mapping[str, Any], name: str) -> tuple[str, Any]:
    """The choice that a field like value[x] holds: ("Quantity", {...})."""
    for key, value in resource.items():
        if (
            isinstance(key, str)
            and key.startswith(name)
            and key[len(name) : len(name) + 1].isupper()
        ):
            return key[len(name) :], value
    return "", None


def any_text(kind: str, value: object) -> str:  # noqa: C901  a table of kinds
    """A value of any FHIR type in words; nothing rather than its raw form."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, int | float | Decimal):
        return number_text(value)
    if isinstance(value, str):
        dated = kind in ("DateTime", "Date", "Instant") or (kind == "" and _is_date_like(value))
        return (moment_text(value) if dated else "") or text(value)
    found = fields(value)
    if "start" in found or "end" in found:
        return period(found)
    if "numerator" in found:
        return ratio(found)
    if "low" in found or "high" in found:
        return span(found)
    if "currency" in found:
        return money(found)
    if "value" in found and number(found["value"]) is not None:
        return quantity(found)
    if "family" in found or "given" in found:
        return person_name(found)
    if "line" in found or "city" in found:
        return address(found)
    return concept(found) or text(found.get("display")) or text(found.get("value"))


def ratio(value: Mapping[str, Any]) -> str:
    above, below = quantity(value.get("numerator")), quantity(value.get("denominator"))
    return _("%(above)s per %(below)s") % {"above": above, "below": below} if below else above


def span(value: Mapping[str, Any]) -> str:
    """A range in words: 70 to 99 mg/dL."""
    low, high = fields(value.get("low")), fields(value.get("high"))
    bottom, top = quantity(low), quantity(high)
    if bottom and top:
        same = unit_text(low.get("unit")) == unit_text(high.get("unit"))
        start = number_text(low.get("value")) if same else bottom
        return _("%(low)s to %(high)s") % {"low": start, "high": top}
    if bottom:
        return _("%s or higher") % bottom
    return _("%s or lower") % top if top else ""


def person_name(value: object) -> str:
    found = fields(value)
    if words := text(found.get("text")):
        return words
    parts = [*items(found.get("prefix")), *items(found.get("given")), found.get("family")]
    return " ".join(part for part in map(text, parts) if part)


def address(value: object) -> str:
    found = fields(value)
    parts = [*items(found.get("line")), found.get("city"), found.get("state")]
    written = ", ".join(part for part in map(text, parts) if part)
    return f"{written} {text(found.get('postalCode'))}".strip()


def times(count: int) -> str:
    return _("once") if count == 1 else ngettext("%d time", "%d times", count) % count


def _printable(value: str) -> str:
    return _NOT_TEXT.sub(" ", value).encode("utf-8", "replace").decode()


def _is_date_like(value: str) -> bool:
    return len(value) >= 10 and value[4:5] == "-" and value[7:8] == "-" and value[:4].isdecimal()


def _local(value: datetime) -> datetime:
    if value.tzinfo is not None and value.utcoffset() == UTC.utcoffset(None):
        return value.astimezone(timezone.get_current_timezone())
    return value


_SYSTEMS = {
    "http://snomed.info/sct": "SNOMED CT",
    "http://loinc.org": "LOINC",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RxNorm",
    "http://hl7.org/fhir/sid/cvx": "CVX",
    "http://hl7.org/fhir/sid/ndc": "NDC",
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD-10",
    "http://hl7.org/fhir/sid/icd-10": "ICD-10",
    "http://hl7.org/fhir/sid/icd-9-cm": "ICD-9",
    "http://www.ama-assn.org/go/cpt": "CPT",
}


def _system(value: object) -> str:
    return _SYSTEMS.get(value, "") if isinstance(value, str) else ""
