"""Which records may tell the same as another one: of one file, of one visit, or with one code."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from phi_records.access import outline_of
from phi_records.fhir.tags import codes_in
from phi_records.models import RecordItem
from phi_records.patients import key_in_references, key_of_reference


@dataclass(frozen=True)
class Traces:
    feed: str
    file_name: str
    # Of the visit, or visits, by the source's own key.
    visits: frozenset[str]
    codes: frozenset[tuple[str, str]]

    def shared_with(self, other: "Traces") -> bool:
        if self.feed == other.feed and self.file_name and self.file_name == other.file_name:
            return True
        return bool(self.visits & other.visits or self.codes & other.codes)


def traces(row: RecordItem, *, content: bool) -> Traces:
    """Of a row whose file is open. Without its content, by its file alone."""
    resource = outline_of(row) if content else {}
    visits = {key_of_reference(row.feed, one) for one in _visits(resource)}
    if content and row.resource_type == "Encounter":
        visits.add(key_in_references(row.feed, row.source_key))
    return Traces(row.feed, row.file_name, frozenset(visits - {""}), codes_in(resource))


def _visits(value: Any) -> Iterator[str]:
    """References under the name that FHIR gives a visit, wherever they stand."""
    if isinstance(value, list):
        for part in value:
            yield from _visits(part)
    elif isinstance(value, dict):
        for name, part in value.items():
            if name == "encounter":
                yield from _references(part)
            yield from _visits(part)


def _references(value: Any) -> Iterable[str]:
    several = value if isinstance(value, list) else [value]
    found = (one.get("reference") for one in several if isinstance(one, dict))
    return [one for one in found if isinstance(one, str) and one]
