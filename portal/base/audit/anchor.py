"""The second place: a file that remembers what the database might be made to forget.

One JSON object a line, added and never changed: a seal's number and the hash of the chain up to
it, a new epoch, or a year that was dropped.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Max, Min

from portal.base.audit import keys
from portal.base.audit.models import Seal
from portal.base.audit.tree import merkle_root

BLOCK = 64 * 1024
WORDS = ("chain", "record", "at", "signature", "first", "root", "sealed_at")


def path() -> Path:
    return Path(settings.LOG_ANCHOR_PATH)


def key_path() -> Path:
    return path().with_name(path().name + ".public-key.pem")


def append(entry: dict[str, Any]) -> None:
    """Add one line; it is on the disk when this returns."""
    path().parent.mkdir(parents=True, exist_ok=True)
    publish_key()
    line = json.dumps(entry) + "\n"
    with open(path(), "a+b", opener=_private_file) as file:
        if file.tell() and _cut_short(file.fileno(), file.tell()):
            # A crash left half a line: it must not spoil this one.
            line = "\n" + line
        file.write(line.encode())
        file.flush()
        os.fsync(file.fileno())


def after(number: int) -> dict[int, list[dict[str, Any]]]:
    """By number, what was written for seals after this one, the newest line first.

    Read from the end and no further than needed: the file grows for years.
    """
    found: dict[int, list[dict[str, Any]]] = {}
    limit = float("inf")
    for entry in filter(None, map(_parsed, _from_end())):
        named = entry.get("number", 0)
        if "epoch" in entry and _is_true(entry):
            limit = min(limit, entry["after"])
        elif 0 < named <= min(number, limit):
            break
        elif number < named <= limit:
            found.setdefault(named, []).append(entry)
    return found


def reaches_back() -> bool:
    """Whether it begins with the database's first seal, or before, and knows its newest."""
    first, newest = Seal.objects.aggregate(first=Min("number"), newest=Max("number")).values()
    if newest is None:
        return True
    if newest not in after(newest - 1):
        return False
    with path().open(encoding="utf-8", errors="replace") as file:
        numbers = (entry.get("number", 0) for entry in map(_parsed, file) if entry)
        begins = next((number for number in numbers if number), newest + 1)
    return bool(begins <= first)


def _from_end() -> Iterator[str]:
    if not path().exists():
        return
    with path().open("rb") as file:
        position, rest = file.seek(0, os.SEEK_END), b""
        while position:
            size = min(BLOCK, position)
            position = file.seek(position - size)
            rest, *lines = (file.read(size) + rest).split(b"\n")
            yield from (line.decode(errors="replace") for line in reversed(lines))
        yield rest.decode(errors="replace")


def is_kept(entry: dict[str, Any], rows: list[tuple[UUID, bytes]]) -> bool:
    """Whether a seal over these rows holds all that this earlier line told of, at its beginning."""
    count = entry.get("count", 0)
    begin = rows[:count]
    if len(begin) < count or (begin and entry.get("first", str(begin[0][0])) != str(begin[0][0])):
        return False
    # Lines of before this was written down name the count and the first row alone.
    return "root" not in entry or merkle_root([leaf for _, leaf in begin]).hex() == entry["root"]


def _private_file(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)


def _cut_short(descriptor: int, size: int) -> bool:
    return os.pread(descriptor, 1, size - 1) != b"\n"


def publish_key() -> None:
    """Today's public key beside the roots: what an outsider needs, and no secret."""
    text = keys.pem(keys.public_keys()[0])
    known = key_path().read_text() if key_path().exists() else ""
    if text not in known:
        key_path().write_text(known + text)


def epoch_signed(epoch: int, after: int, at: str) -> bytes:
    return json.dumps(["epoch", epoch, after, at], separators=(",", ":")).encode()


@dataclass
class Anchor:
    """What a second place says, read in two passes so that its length doesn't matter."""

    file: Path
    drops: set[str] = field(default_factory=set)
    # Of seals that a restore took out of the database: the first and the last number.
    lost: tuple[int, int] | None = None
    newest: int = 0
    epochs: set[int] = field(default_factory=set)
    _epochs: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for position, entry in self._lines():
            if "dropped" in entry:
                self.drops.add(entry.get("record", ""))
            elif "epoch" in entry and _is_true(entry):
                self._epochs.append((position, entry["after"]))
                self.epochs.add(entry["epoch"])
        for position, entry in self._lines():
            number = entry.get("number", 0)
            if number > self._limit(position):
                first, last = self.lost or (number, number)
                self.lost = (min(first, number), max(last, number))
            else:
                self.newest = max(self.newest, number)

    def seals(self) -> Iterator[tuple[int, dict[str, dict[str, Any]]]]:
        """By number, what was written for a seal; twice if the first did not reach the database."""
        number, found = 0, dict[str, dict[str, Any]]()
        for position, entry in self._lines():
            named = entry.get("number", 0)
            if not named or named < number or named > self._limit(position):
                continue
            if named != number:
                if found:
                    yield number, found
                number, found = named, {}
            found[str(entry.get("chain"))] = entry
        if found:
            yield number, found

    def _lines(self) -> Iterator[tuple[int, dict[str, Any]]]:
        if not self.file.exists():
            return
        with self.file.open(encoding="utf-8", errors="replace") as lines:
            for position, line in enumerate(lines):
                # Half a line, of a crash, says nothing; its seal was written again.
                entry = _parsed(line)
                if entry is not None:
                    yield position, entry

    def _limit(self, position: int) -> float:
        """After a restore, what the file told before it counts up to where the restore began."""
        later = [after for at, after in self._epochs if at > position]
        return min(later, default=float("inf"))


def _is_true(entry: dict[str, Any]) -> bool:
    """Whether a line about a new epoch was signed."""
    said = (entry.get("epoch", 0), entry.get("after", 0), entry.get("at", ""))
    try:
        signature = bytes.fromhex(entry.get("signature", ""))
    except ValueError:
        return False
    return keys.is_signed(epoch_signed(*said), signature)


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) and _well_formed(entry) else None


def _well_formed(entry: dict[str, Any]) -> bool:
    numbers = (entry.get(name, 0) for name in ("number", "epoch", "after", "count", "to_xid"))
    words = (entry.get(name, "") for name in WORDS)
    good = all(isinstance(n, int) for n in numbers) and all(isinstance(w, str) for w in words)
    return good and entry.get("count", 0) >= 0 and _is_time(entry.get("sealed_at"))


def _is_time(text: str | None) -> bool:
    try:
        return text is None or datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
