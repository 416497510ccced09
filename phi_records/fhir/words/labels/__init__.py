"""Everyday names for FHIR's fields, kinds of resources and codes that are words."""

import re

from phi_records.fhir.words.labels.codes import CODES
from phi_records.fhir.words.labels.fields import FIELDS
from phi_records.fhir.words.labels.kinds import KINDS
from phi_records.fhir.words.text import plain_code, text

# A choice of types bears its type in its name: occurrenceTiming, valueQuantity. Of any type there
# is "value" alone.
_CHOICE = re.compile(
    r"(?<=[a-z])(?:Address|Age|Annotation|Attachment|Boolean|CodeableConcept|Coding|Date|DateTime"
    r"|Decimal|Duration|Identifier|Instant|Integer|Money|Period|PositiveInt|Quantity|Range|Ratio"
    r"|Reference|SampledData|String|Time|Timing|UnsignedInt|Uri|Canonical)$"
    r"|(?<=^value)(?!Set$)[A-Z]\w*$"
)


def label(key: str, kind: str = "", parent: str = "") -> str:
    """What a field is called: "When" for occurrenceTiming."""
    return field_word(key, kind, parent) or plain_code(key)


def field_word(key: str, kind: str = "", parent: str = "") -> str:
    """Its everyday name, in a kind of resource and right within another field; or nothing."""
    bare, found = without_type(key), _CHOICE.search(parent)
    holder = found[0] if found else ""
    places = (f"{kind}.{parent}.", f"{kind}.", f"{parent}.", f"{holder}.", "")
    names = (place + one for place in places for one in (key, bare))
    return next((str(FIELDS[one]) for one in names if one in FIELDS), "")


def without_type(key: str) -> str:
    """occurrenceTiming -> occurrence"""
    return _CHOICE.sub("", key)


def type_name(named: object) -> str:
    """What a kind of resource is called: "Diet order" for NutritionOrder."""
    shown = text(named)
    return str(KINDS.get(shown) or plain_code(shown))


def code_word(code: str, key: str = "") -> str:
    """Of a code that is a word itself: "At once" for stat."""
    return known_code(code, key) or plain_code(code)


def known_code(code: str, key: str = "") -> str:
    """The everyday name of a code, in a field; or nothing."""
    return str(CODES.get(f"{key}.{code}") or CODES.get(code) or "")
