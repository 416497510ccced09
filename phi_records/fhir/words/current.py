"""Which of somebody's names and addresses hold now."""

from collections.abc import Mapping
from typing import Any

from phi_records.fhir.words.dates import is_over
from phi_records.fhir.words.text import fields, items

# Which of somebody's names they go by; what is not here stands between.
_FIRST, _OTHER, _LAST = 0, 1, 2
_USES = {"official": _FIRST, "nickname": _LAST, "anonymous": _LAST, "old": _LAST, "maiden": _LAST}


def is_former(value: object) -> bool:
    """Whether a name, address or number was theirs, and is no more."""
    found = fields(value)
    end = fields(found.get("period")).get("end")
    return is_over(end) or found.get("use") in ("old", "maiden")


def names_in_order(resource: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The one they go by first."""
    return sorted(map(fields, items(resource.get("name"))), key=_rank)


def _rank(name: Mapping[str, Any]) -> int:
    use = name.get("use")
    rank = _USES.get(use, _OTHER) if isinstance(use, str) else _OTHER
    return _LAST + 1 if is_former(name) else rank
