import hashlib
import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from phi_records.fhir.check import MAX_RESOURCE_BYTES
from phi_records.fhir.reader.documents import parse
from phi_records.fhir.reader.entries import Entry, Names, Problem, Sorter, Unit
from phi_records.fhir.reader.seen import SeenOnDisk
from phi_records.fhir.sources import MAX_LINES_BYTES, Refused, Source

LINES_IN_UNIT = 4000
"""Many, because bulk files mix members: the more lines, the more of them lie in one file."""
BYTES_IN_UNIT = 1024 * 1024
"""Parsed, it takes some thirty times as much: 8 MB made an import grow to twice its size."""

HOPELESS = 10_000
"""After so many lines without one resource, a file isn't bulk FHIR: a bomb, or something else."""
_MAY_BE_PERSON = re.compile(rb'"Patient"|\\u')


def looks_like_lines(start: bytes) -> bool:
    """NDJSON under another name: a first line that is whole, and a second that opens."""
    first, _newline, rest = start.lstrip().partition(b"\n")
    if not rest.lstrip().startswith(b"{") or not first.rstrip().endswith(b"}"):
        return False
    try:
        return isinstance(parse(first), dict)
    except Refused:
        return False


def read_lines(source: Source, *, people_only: bool = False) -> Iterator[Unit]:
    with source.open(MAX_LINES_BYTES) as stream, closing(SeenOnDisk()) as seen:
        unit, hopeful, line = _Lines(source.name, seen), False, None
        for number, line in _lines(stream):
            if line == b"":
                break
            unit.add(number, line)
            if unit.full:
                yield unit.close()
                hopeful = hopeful or unit.has_resources
                if not hopeful and number >= HOPELESS:
                    raise Refused(
                        _("None of its first %d lines is a resource: the rest was left.") % number
                    )
                unit = _Lines(source.name, seen, people_only=people_only and hopeful)
        if unit.count:
            yield unit.close()
        if line == b"":
            raise Refused(_("It has %d empty lines in a row: the rest was left.") % HOPELESS)


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Numbered lines; None for one too long, whose rest is skipped unread. An empty one is the
    last, after too many of them."""
    number = empty = 0
    while line := stream.readline(MAX_RESOURCE_BYTES + 1):
        number += 1
        empty = 0 if line.strip() else empty + 1
        if empty >= HOPELESS:
            yield number, b""
            return
        if len(line) > MAX_RESOURCE_BYTES and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = stream.readline(1 << 16)
            yield number, None
        elif not empty:
            yield number, line


def _resource(line: bytes) -> Any:
    found = parse(line)
    if isinstance(found, dict) and found.get("resourceType") == "Bundle":
        raise Refused(
            _(
                "This line is a whole bundle. In NDJSON each line is one resource: save the bundle"
                " as a file of its own that ends in “.json”, and import that."
            )
        )
    return found


class _Lines:
    def __init__(self, name: str, seen: Names, *, people_only: bool = False) -> None:
        self.items: list[Entry | Problem] = []
        self.count = 0
        self._name, self._size = name, 0
        self._people_only = people_only
        self._hash, self._sorter = hashlib.sha256(), Sorter(name, seen=seen)

    @property
    def full(self) -> bool:
        return self.count >= LINES_IN_UNIT or self._size >= BYTES_IN_UNIT

    @property
    def has_resources(self) -> bool:
        return any(isinstance(item, Entry) for item in self.items)

    def add(self, number: int, line: bytes | None) -> None:
        self.count += 1
        if line is None:
            limit = MAX_RESOURCE_BYTES // (1024 * 1024)
            self._set_aside(number, _("It is larger than %d MB.") % limit)
            return
        self._hash.update(line)
        self._size += len(line)
        if self._people_only and not _MAY_BE_PERSON.search(line):
            return
        try:
            self.items.append(self._sorter.sort(number, {"resource": _resource(line)}))
        except Refused as refused:
            self._set_aside(number, str(refused))

    def close(self) -> Unit:
        items = self.items
        return Unit(self._name, self._hash.hexdigest(), lambda: items, size=self._size)

    def _set_aside(self, number: int, reason: str) -> None:
        self.items.append(Problem(self._name, number, reason))
