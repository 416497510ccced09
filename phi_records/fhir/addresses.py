"""Where mail reaches a Patient, from the addresses that the source tells of."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from phi_records.fhir import words

# Under the name, a window envelope takes this many lines.
MOST_LINES = 4
# A bill is not for everyone who opens it, and nobody lives at an old address.
NOT_FOR_MAIL = frozenset({"billing", "old"})
FIRST = ("home", "", "temp", "work")
_ZIP = re.compile(r"\b\d{5}(-\d{4})?$")
US = frozenset({"", "US", "USA", "UNITED STATES", "UNITED STATES OF AMERICA"})


def for_mail(patient: Mapping[str, Any], today: date) -> str | None:
    """Line by line, as it stands on an envelope. None where the source tells of none."""
    several = [words.fields(one) for one in words.items(patient.get("address"))]
    usable = [one for one in several if _usable(one, today)]
    # Of several at one place, the one that is for mail.
    usable.sort(key=lambda one: (_rank(one), one.get("type") != "postal"))
    for one in usable:
        if found := _lines(one):
            return "\n".join(found)
    return None


def _usable(address: Mapping[str, Any], today: date) -> bool:
    if words.text(address.get("use")) in NOT_FOR_MAIL or address.get("type") == "physical":
        return False
    period = words.fields(address.get("period"))
    start, end = words.text(period.get("start"))[:10], words.text(period.get("end"))[:10]
    # A year or month alone ends with its last day.
    return start <= today.isoformat() and (not end or f"{end}-99-99"[:10] >= today.isoformat())


def _rank(address: Mapping[str, Any]) -> int:
    use = words.text(address.get("use"))
    return FIRST.index(use) if use in FIRST else len(FIRST)


def _lines(address: Mapping[str, Any]) -> list[str]:
    streets = [words.text(one) for one in words.items(address.get("line"))]
    streets = [one for street in streets if (one := " ".join(street.split()))]
    city, state, code = (_part(address, name) for name in ("city", "state", "postalCode"))
    place = ", ".join(one for one in (city, f"{state} {code}".strip()) if one)
    country = _part(address, "country")
    ends = [place, "" if country.upper() in US else country.upper()]
    found = [*streets, *(one for one in ends if one)]
    if not streets or not place:
        # Half an address: what the source itself would put on an envelope, if it says so.
        text = address.get("text")
        lines = text.splitlines() if isinstance(text, str) else []
        found = [one for line in lines if (one := " ".join(line.split()))]
        if len(found) == 1:
            found = _in_two(found[0])
    # A street alone, or a town alone, is nowhere to bring a letter.
    return _fitted(found) if len(found) > 1 else []


def _in_two(line: str) -> list[str]:
    """Street and place of "1 Elm St, Raleigh, NC 27601"; without a ZIP code it is neither."""
    street, comma, place = (part.strip() for part in line.partition(","))
    return [street, place] if street and comma and _ZIP.search(place) else [line]


def _part(address: Mapping[str, Any], name: str) -> str:
    return " ".join(words.text(address.get(name)).split())


def _fitted(lines: list[str]) -> list[str]:
    """No more lines than the window has: the first ones share one."""
    surplus = len(lines) - MOST_LINES
    if surplus <= 0:
        return lines
    return [", ".join(lines[: surplus + 1]), *lines[surplus + 1 :]]
