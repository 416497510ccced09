from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from phi_records.fhir.words.dates import clock_text, is_date_like, moment_text, period
from phi_records.fhir.words.numbers import money, number_text, quantity, ratio, span
from phi_records.fhir.words.text import address, concept, fields, person_name, text


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
        return number_text(value) or quantity({"value": value})
    if isinstance(value, str):
        if kind in ("Time", "") and (at := clock_text(value)):
            return at
        dated = kind in ("DateTime", "Date", "Instant") or (kind == "" and is_date_like(value))
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
    if "value" in found and (shown := quantity(found)):
        return shown
    if "family" in found or "given" in found:
        return person_name(found)
    if "line" in found or "city" in found:
        return address(found)
    return concept(found) or text(found.get("display")) or text(found.get("value"))
