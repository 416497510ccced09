"""Reads FHIR from files, folders, gzip and zip, one atomic group at a time, in flat memory."""

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from phi_records.fhir import exact
from phi_records.fhir.check import MAX_DEPTH, MAX_RESOURCE_BYTES, check, field_name, is_id
from phi_records.fhir.sources import MAX_LINES_BYTES, Refused, Source, walk
from phi_records.fhir.stream import BundleStream

WHOLE_UP_TO = 8 * 1024 * 1024
"""Bundles up to this size are parsed in memory; larger ones are read twice as a stream."""
MAX_ENTRIES = 500_000
LINES_IN_UNIT = 500
BYTES_IN_UNIT = 8 * 1024 * 1024
BUNDLE_TYPES = frozenset({"transaction", "collection", "searchset", "batch"})

_UUID = re.compile(r"urn:uuid:([0-9A-Fa-f-]{36})")
_UTF8_BOM = b"\xef\xbb\xbf"
_BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Entry:
    """A resource that passed the check. `position` counts from 1: entry or line."""

    position: int
    full_url: str
    resource: dict[str, Any]

    @property
    def type(self) -> str:
        return str(self.resource["resourceType"])

    @property
    def id(self) -> str:
        return _identity(self.resource, self.full_url)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something set aside. Position 0 is the file as a whole."""

    file: str
    position: int
    reason: str


@dataclass(frozen=True, slots=True)
class Unit:
    """One atomic group: it goes in whole, less its problems, or not at all.

    Iterate it as often as needed; a large bundle is read anew each time, and raises Refused
    when its file changed in between.
    """

    source: str
    sha256: str
    _items: Callable[[], Iterable[Entry | Problem]]

    def __iter__(self) -> Iterator[Entry | Problem]:
        return iter(self._items())


def read(paths: Iterable[str | Path]) -> Iterator[Unit]:
    for source in walk([Path(path) for path in paths]):
        if isinstance(source, tuple):
            yield _problem_unit(*source)
            continue
        try:
            yield from _read_source(source)
        except Refused as refused:
            yield _problem_unit(source.name, str(refused))
        except _BROKEN:
            yield _problem_unit(source.name, _("This file is damaged or cut off."))


def _read_source(source: Source) -> Iterator[Unit]:
    with source.open() as stream:
        start = b"" if source.by_line else stream.read(WHOLE_UP_TO + 1)
    if source.by_line or _looks_like_lines(start):
        yield from _read_lines(source)
    elif len(start) <= WHOLE_UP_TO:
        yield _whole(source.name, start)
    else:
        yield _streamed(source)


def _looks_like_lines(start: bytes) -> bool:
    """NDJSON under another name: a first line that is whole, and a second that opens."""
    first, _newline, rest = start.lstrip().partition(b"\n")
    if not rest.lstrip().startswith(b"{") or not first.rstrip().endswith(b"}"):
        return False
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def _problem_unit(name: str, reason: str, sha256: str = "", position: int = 0) -> Unit:
    problems = [Problem(name, position, reason)]
    return Unit(name, sha256, lambda: problems)


def _parse(data: bytes) -> Any:
    """JSON, or Refused with the reason in words."""
    if not data.strip():
        raise Refused(_("It is empty."))
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refused(_("It is written in UTF-16. FHIR is written in UTF-8."))
    try:
        text = data.removeprefix(_UTF8_BOM).decode()
    except UnicodeDecodeError:
        raise Refused(_("It is not UTF-8 text.")) from None
    try:
        return exact.loads(text)
    except RecursionError:
        raise Refused(_("It is nested more than %d levels deep.") % MAX_DEPTH) from None
    except json.JSONDecodeError as error:
        raise Refused(_not_json(text, error)) from None
    except ValueError:
        raise Refused(_("It holds a number that is not JSON.")) from None


def _not_json(text: str, error: json.JSONDecodeError) -> str:
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated"):
        return _("It is cut off before its end, so nothing of it was taken.")
    return _("It is not JSON (line %(line)d, column %(column)d).") % {
        "line": error.lineno,
        "column": error.colno,
    }


def _whole(name: str, data: bytes) -> Unit:
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        return _from_document(name, sha256, _parse(data))
    except Refused as refused:
        return _problem_unit(name, str(refused), sha256)


def _from_document(name: str, sha256: str, document: Any) -> Unit:
    _refuse_unless_fhir(document)
    if document["resourceType"] != "Bundle":
        item = _Sorter(name).sort(1, {"resource": document})
        return Unit(name, sha256, lambda: [item])
    _refuse_unless_bundle(document.get("type"), exact.TWICE in document)
    entries = document.get("entry", [])
    if not isinstance(entries, list):
        raise Refused(_("This bundle has no list of entries."))
    sorter = _Sorter(name)
    items = [sorter.sort(position, entry) for position, entry in enumerate(entries, 1)]
    return Unit(name, sha256, lambda: items)


def _refuse_unless_fhir(document: Any) -> None:
    if not isinstance(document, dict) or not isinstance(document.get("resourceType"), str):
        raise Refused(_("It is JSON but not FHIR: it does not say which resourceType it is."))


def _refuse_unless_bundle(kind: object, twice: bool) -> None:
    if twice:
        raise Refused(_("The same field stands twice in the bundle, so nothing was taken."))
    if not isinstance(kind, str) or kind not in BUNDLE_TYPES:
        raise Refused(
            _("It is a bundle of type “%(kind)s”. We read: %(known)s.")
            % {
                "kind": field_name(kind if isinstance(kind, str) else "?"),
                "known": ", ".join(sorted(BUNDLE_TYPES)),
            }
        )


class _Sorter:
    """Tells entries from problems, and notices what one group holds twice."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._seen: set[str] = set()

    def sort(self, position: int, entry: object) -> Entry | Problem:
        reason = self._why_not(entry)
        if reason or not isinstance(entry, dict):
            return Problem(self._name, position, reason)
        return Entry(position, entry.get("fullUrl") or "", entry["resource"])

    def _why_not(self, entry: object) -> str:
        reason = _not_an_entry(entry)
        if reason or not isinstance(entry, dict):
            return reason
        resource, full_url = entry["resource"], entry.get("fullUrl") or ""
        reasons = check(resource)
        if reasons:
            return " ".join(reasons)
        if resource["resourceType"] == "Bundle":
            return _("A bundle inside a bundle is not read.")
        if resource["resourceType"] == "OperationOutcome":
            return _("This is a note from the sender’s system and not a health record.")
        found = _identity(resource, full_url)
        if not found:
            return _("It has no id, so it could not be told apart from others.")
        return self._repeated({f"{resource['resourceType']}/{found}", full_url} - {""})

    def _repeated(self, names: set[str]) -> str:
        if names & self._seen:
            return _("Another resource in this file has the same id. The first one was taken.")
        self._seen |= names
        return ""


def _not_an_entry(entry: object) -> str:
    if not isinstance(entry, dict):
        return _("This entry is not an object.")
    if exact.TWICE in entry:
        return _("The same field stands twice in one place, so we cannot tell which holds.")
    request = entry.get("request")
    if isinstance(request, dict) and request.get("method") not in (None, "POST", "PUT"):
        return _("This entry asks for something else than adding a record.")
    full_url = entry.get("fullUrl")
    if full_url is not None and not (isinstance(full_url, str) and full_url.isascii()):
        return _("The fullUrl of this entry is not an address.")
    if "resource" not in entry:
        return _("This entry holds no resource.")
    return ""


def _identity(resource: dict[str, Any], full_url: str) -> str:
    """Its id; else, for one not stored anywhere before, the UUID it goes by in the bundle."""
    found = resource.get("id")
    if isinstance(found, str):
        return found
    uuid = _UUID.fullmatch(full_url)
    if uuid:
        return uuid[1].lower()
    last = full_url.rstrip("/").rpartition("/")[2]
    return last if full_url.startswith(("http://", "https://")) and is_id(last) else ""


# Lines


def _read_lines(source: Source) -> Iterator[Unit]:
    with source.open(MAX_LINES_BYTES) as stream:
        unit = _Lines(source.name, 1)
        for number, line in _lines(stream):
            unit.add(number, line)
            if unit.full:
                yield unit.close()
                unit = _Lines(source.name, number + 1)
        if unit.items:
            yield unit.close()


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Numbered lines; None for one too long, whose rest is skipped unread."""
    number = 0
    while line := stream.readline(MAX_RESOURCE_BYTES + 1):
        number += 1
        if len(line) > MAX_RESOURCE_BYTES and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = stream.readline(1 << 16)
            yield number, None
        elif line.strip():
            yield number, line


class _Lines:
    def __init__(self, name: str, first: int) -> None:
        self.items: list[Entry | Problem] = []
        self._name, self._first, self._size = name, first, 0
        self._hash, self._sorter = hashlib.sha256(), _Sorter(name)

    @property
    def full(self) -> bool:
        return len(self.items) >= LINES_IN_UNIT or self._size >= BYTES_IN_UNIT

    def add(self, number: int, line: bytes | None) -> None:
        if line is None:
            limit = MAX_RESOURCE_BYTES // (1024 * 1024)
            self._set_aside(number, _("It is larger than %d MB.") % limit)
            return
        self._hash.update(line)
        self._size += len(line)
        try:
            self.items.append(self._sorter.sort(number, {"resource": _parse(line)}))
        except Refused as refused:
            self._set_aside(number, str(refused))

    def close(self) -> Unit:
        items = self.items
        return Unit(self._name, self._hash.hexdigest(), lambda: items)

    def _set_aside(self, number: int, reason: str) -> None:
        self.items.append(Problem(self._name, number, reason))


# Large bundles


def _streamed(source: Source) -> Unit:
    """Proves the bundle whole before anything of it is used: first one pass, then another."""
    with source.open() as stream:
        bundle = BundleStream(stream)
        try:
            for count, _entry in enumerate(bundle):
                if count >= MAX_ENTRIES:
                    raise Refused(_("It holds more than %d entries.") % MAX_ENTRIES)
            _refuse_unless_large_bundle(bundle.root)
        except Refused as refused:
            return _problem_unit(source.name, str(refused), bundle.sha256)
    return Unit(source.name, bundle.sha256, lambda: _stream_entries(source, bundle.sha256))


def _refuse_unless_large_bundle(root: dict[str, Any]) -> None:
    _refuse_unless_fhir(root)
    if root["resourceType"] != "Bundle":
        limit = MAX_RESOURCE_BYTES // (1024 * 1024)
        raise Refused(_("It is larger than %d MB.") % limit)
    _refuse_unless_bundle(root.get("type"), exact.TWICE in root)
    if not isinstance(root.get("entry", []), list):
        raise Refused(_("This bundle has no list of entries."))


def _stream_entries(source: Source, sha256: str) -> Iterator[Entry | Problem]:
    with source.open() as stream:
        bundle, sorter = BundleStream(stream), _Sorter(source.name)
        for position, entry in enumerate(bundle, 1):
            yield sorter.sort(position, entry)
        if bundle.sha256 != sha256:
            raise Refused(_("The file changed while it was read, so nothing of it was taken."))
