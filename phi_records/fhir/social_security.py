"""Social Security numbers, found at any depth of a resource and left out of it."""

import re
from typing import Any

from phi_records.fhir import words

SYSTEMS = ("http://hl7.org/fhir/sid/us-ssn", "urn:oid:2.16.840.1.113883.4.1")
_NUMBER = re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])")
MASK = "***-**-****"


def left_out(value: Any) -> Any:
    """The same without identifiers that are one; a number that stands within a text is masked."""
    if isinstance(value, dict):
        return {name: left_out(one) for name, one in value.items() if not _is_one(one)}
    if isinstance(value, list):
        return [left_out(one) for one in value if not _is_one(one)]
    return _NUMBER.sub(MASK, value) if isinstance(value, str) else value


def _is_one(value: object) -> bool:
    if isinstance(value, str):
        # "Practitioner?identifier=system|value" names one as well.
        named = any(f"{system}|" in value for system in SYSTEMS)
        return named or _NUMBER.fullmatch(value.strip()) is not None
    found = words.fields(value)
    if found.get("system") in SYSTEMS or "SS" in words.codes(found.get("type")):
        return True
    number = found.get("value")
    return not found.get("system") and isinstance(number, str) and _is_one(number)
