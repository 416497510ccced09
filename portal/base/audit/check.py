"""Proving the trail whole, or naming the first row that is not.

What is sealed needs no secret; rows that no seal holds yet are known by a mark of the key ring.
"""

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Max

from portal.base.audit import anchor, keys, lines, rows, seals, years
from portal.base.audit.findings import Fault, Report
from portal.base.audit.models import DroppedYear, Seal
from portal.base.audit.seals import ENTRY, GENESIS, LEAF, LOCK, chain_hash, entries, signed_bytes
from portal.base.audit.tail import check_tail
from portal.base.audit.trail import row_hash
from portal.base.audit.tree import merkle_root

# Clocks differ and transactions last, but not for a day.
SLACK = timedelta(days=1)
FIRST_EPOCH = 1
Anchored = dict[str, dict[str, Any]]


def verify(
    progress: Callable[[int], None] = lambda count: None, roots: Path | None = None
) -> Report:
    """Check every seal and every row, in order, up to the first fault. In one transaction."""
    newest, second = _start(roots or anchor.path())
    report = Report(lost=second.lost)
    report.fault = _unreadable()
    if report.fault:
        return report
    dropped = {row.year: row for row in DroppedYear.objects.all()}
    report.fault = _false_drop(dropped, second)
    previous: Seal | None = None
    told = _Told(second)
    found = Seal.objects.filter(number__lte=newest).order_by("number").iterator(chunk_size=20)
    while report.fault is None and (seal := next(found, None)):
        report.fault = _check_seal(seal, previous, told) or _check_rows(seal, dropped, report)
        report.seals += 1
        progress(report.rows)
        previous = seal
    report.fault = report.fault or _cut_off(previous, told) or _outside(previous, report)
    report.fault = report.fault or _false_epoch(previous, second)
    report.fault = report.fault or check_tail(previous, report)
    return report


def _unreadable() -> Fault | None:
    """What only the database's owner can have put there, and no later check could even read."""
    if row := rows.unreadable():
        said = f"Row {row[0]} stands at no place that a row can have: it was moved or put in later."
        return Fault("forged", row[0], 0, said)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT number FROM base_seal WHERE NOT base_seal IS NOT NULL
               OR sealed_at NOT BETWEEN '1970-01-01' AND '9000-01-01' ORDER BY number LIMIT 1"""
        )
        if seal := cursor.fetchone():
            said = f"Seal {seal[0]} holds what no seal can: it was altered."
            return Fault("seal", None, seal[0] or 0, said)
        cursor.execute(
            """SELECT year FROM base_droppedyear WHERE NOT base_droppedyear IS NOT NULL
               OR dropped_at NOT BETWEEN '1970-01-01' AND '9000-01-01' LIMIT 1"""
        )
        if drop := cursor.fetchone():
            said = f"The note that the year {drop[0]} was dropped is false: it was altered."
            return Fault("deleted", None, 0, said)
    return None


def _false_epoch(last: Seal | None, second: anchor.Anchor) -> Fault | None:
    """Each epoch but the first is begun with a signed line in the second place."""
    try:
        now = seals.current_epoch()
    except seals.NotSealed:
        return Fault("seal", None, 0, "The count of epochs, base_epoch, is gone: it was deleted.")
    if (now == FIRST_EPOCH or now in second.epochs) and (last is None or last.epoch <= now):
        return None
    said = f"The count of epochs says {now}, and no signed note of that is in the second place"
    return Fault("seal", None, last.number if last else 0, f"{said}: it was altered.")


def _start(file: Path) -> tuple[int, anchor.Anchor]:
    """The last seal, and a second place that has it: no sealer is at work while they are read."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            newest = Seal.objects.aggregate(last=Max("number"))["last"] or 0
            return newest, anchor.Anchor(file)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


class _Told:
    """The second place, walked beside the seals."""

    def __init__(self, second: anchor.Anchor) -> None:
        self.second = second
        self._seals: Iterator[tuple[int, Anchored]] = second.seals()
        self._next = next(self._seals, None)

    def of(self, number: int) -> Anchored:
        while self._next and self._next[0] < number:
            self._next = next(self._seals, None)
        return self._next[1] if self._next and self._next[0] == number else {}


def _first_row(told: Anchored) -> UUID | None:
    first = next((entry["first"] for entry in told.values() if "first" in entry), None)
    try:
        return UUID(first) if first else None
    except ValueError:
        return None


def _missing_seal(number: int, told: Anchored) -> Fault:
    row_id = _first_row(told)
    named = f" Its rows begin with {row_id}." if row_id else ""
    return Fault(
        "deleted", row_id, number, f"Seal {number} stands in the second place but not here.{named}"
    )


def _check_seal(seal: Seal, previous: Seal | None, told: _Told) -> Fault | None:
    def fault(sentence: str) -> Fault:
        return Fault("seal", None, seal.number, f"Seal {seal.number} {sentence}")

    due = previous.number + 1 if previous else 1
    if seal.number != due:
        return _missing_seal(due, told.of(due))
    if bytes(seal.previous) != (chain_hash(previous) if previous else GENESIS):
        return fault("is not chained to the one before it: it was altered.")
    if not keys.is_signed(signed_bytes(seal), bytes(seal.signature)):
        return fault("has a false signature: it was altered, or another key signed it.")
    manifest = bytes(seal.manifest)
    leaves = [manifest[at : at + LEAF] for at in range(ENTRY - LEAF, len(manifest), ENTRY)]
    if len(manifest) != ENTRY * seal.count or merkle_root(leaves) != bytes(seal.root):
        return _altered_list(seal)
    return _check_told(seal, told)


def _check_told(seal: Seal, told: _Told) -> Fault | None:
    written = told.of(seal.number)
    if chain_hash(seal).hex() in written:
        return _check_earlier(seal, written)
    file = told.second.file
    if not told.second.newest:
        how = f"The second place, {file}, is empty or missing: seal {seal.number} isn't there."
    elif not written:
        how = f"Seal {seal.number} is missing in the second place, {file}: that file was cut."
    else:
        how = f"Seal {seal.number} is not the one that stands in the second place, {file}."
    return Fault("second place", None, seal.number, how)


def _check_earlier(seal: Seal, written: Anchored) -> Fault | None:
    """A crash leaves a line whose rows the seal still begins with; a deletion does not."""
    kept = chain_hash(seal).hex()
    others = [entry for chain, entry in written.items() if chain != kept]
    # Nearly every seal has one line alone: its list is not taken apart for nothing.
    listed = entries(seal) if others else []
    lost = next((entry for entry in others if not anchor.is_kept(entry, listed)), None)
    if lost is None:
        return None
    first = _first_row({kept: lost})
    said = (
        f"Seal {seal.number} was signed anew: the second place told before of "
        f"{lost.get('count', 0):,} rows that begin with {first}."
    )
    if first and rows.by_id(first) is None:
        return Fault("deleted", first, seal.number, f"{said} Row {first} was deleted.")
    return Fault("seal", None, seal.number, f"{said} Rows were deleted or altered.")


def _check_rows(seal: Seal, dropped: dict[int, DroppedYear], report: Report) -> Fault | None:
    if seal.partition in dropped:
        report.dropped += seal.count
        stray = next(rows.under(seal), None)
        return _row_fault("forged", stray["id"], seal) if stray else None
    if _all_as_signed(seal, report):
        return None
    expected = entries(seal)
    count = 0
    for count, row in enumerate(rows.under(seal), 1):
        if count > len(expected):
            return _row_fault("forged", row["id"], seal)
        row_id, leaf = expected[count - 1]
        if row["id"] != row_id:
            if row_hash(row) == leaf:
                return _altered_list(seal)
            return _misplaced(seal, row_id, leaf, row)
        if row_hash(row) != leaf or row["row_hash"] != leaf:
            return _row_fault("altered", row_id, seal)
        _check_date(row, seal, report)
        report.rows += 1
    if count < len(expected):
        return _misplaced(seal, *expected[count], None)
    return None


def _all_as_signed(seal: Seal, report: Report) -> bool:
    """A quick look at all rows of a seal. What is not exactly as signed is looked at row by row.

    The lines and their hashes are made here: the database can't make up what the signed ones are.
    """
    found, at, good = lines.under(seal), 0, True
    first, last = [], []
    manifest = bytes(seal.manifest)
    while some := list(islice(found, rows.FETCHED)):
        # Read to the end also when one was wrong: to break off would break the transaction.
        due = manifest[at * ENTRY : (at + len(some)) * ENTRY]
        good = good and _are_signed(some, due)
        at += len(some)
        first.append(min(time for _, _, time, _ in some))
        last.append(max(time for _, _, time, _ in some))
    if not good or at != seal.count:
        return False
    earliest, newest = (datetime.fromisoformat(t.decode()) for t in (min(first), max(last)))
    latest = max(report.latest or newest, newest)
    if newest > seal.sealed_at + SLACK or earliest < latest - SLACK:
        return False
    report.rows += at
    report.latest = latest
    return True


def _are_signed(some: list[lines.Line], due: bytes) -> bool:
    """Whether these are the rows of this part of the manifest, each with its own hash."""
    listed = b"".join([row_id + own for row_id, own, _, _ in some]).replace(b"-", b"")
    leaves = b"".join([due[i : i + LEAF] for i in range(ENTRY - LEAF, len(due), ENTRY)])
    hashes = b"".join([hashlib.sha256(line).digest() for *_, line in some])
    return listed == due.hex().encode() and hashes == leaves


def _altered_list(seal: Seal) -> Fault:
    """The row is the signed one, to its id: it is the list that names another."""
    said = "has a list of rows that is not the signed one: it was altered."
    return Fault("seal", None, seal.number, f"Seal {seal.number} {said}")


def _misplaced(seal: Seal, row_id: UUID, leaf: bytes, found: rows.Row | None) -> Fault:
    """Why another row, or none, stands where this one should."""
    now = rows.by_id(row_id)
    if now is None:
        return _row_fault("deleted", row_id, seal)
    if row_hash(now) != leaf:
        return _row_fault("altered", row_id, seal)
    inside = now["epoch"] == seal.epoch and seal.from_xid <= now["xid"] < seal.to_xid
    if found is None or not inside:
        return _row_fault("reordered", row_id, seal)
    known = any(found["id"] == listed for listed, _ in entries(seal))
    return _row_fault("reordered" if known else "forged", found["id"], seal)


def _row_fault(kind: str, row_id: UUID, seal: Seal) -> Fault:
    said = {
        "altered": "was altered after it was written",
        "deleted": "was deleted",
        "reordered": "was moved to another place",
        "forged": "was put in later: the seal does not hold it",
    }[kind]
    return Fault(kind, row_id, seal.number, f"Row {row_id}, under seal {seal.number}, {said}.")


def _check_date(row: rows.Row, seal: Seal, report: Report) -> None:
    """A row dated far from its place in the order: put in later, or a clock was wrong."""
    too_old = report.latest is not None and row["at"] < report.latest - SLACK
    if too_old or row["at"] > seal.sealed_at + SLACK:
        report.misdated += 1
        report.first_misdated = report.first_misdated or row["id"]
        return
    report.latest = max(report.latest or row["at"], row["at"])


def _cut_off(last: Seal | None, told: _Told) -> Fault | None:
    """The newest seals may be gone, with their rows or without."""
    due = last.number + 1 if last else 1
    return _missing_seal(due, told.of(due)) if told.second.newest >= due else None


def _outside(last: Seal | None, report: Report) -> Fault | None:
    """A row that claims an older place than the last seal, and stands under none of them."""
    if last is None or rows.count_before(last) == report.rows:
        return None
    ranges = _Ranges(last.number)
    row_id = next((row_id for row_id, *place in rows.before(last) if not ranges.hold(*place)), None)
    if row_id is None:
        return None
    return Fault("forged", row_id, 0, f"Row {row_id} was put into the past: no seal holds it.")


class _Ranges:
    """What the seals cover, walked beside rows in the same order."""

    def __init__(self, last: int) -> None:
        found = Seal.objects.filter(number__lte=last).order_by("number")
        self._all = found.values_list("epoch", "from_xid", "to_xid", "partition").iterator()
        self._next = next(self._all, None)
        self._place = (0, 0, 0)
        self._years: set[int] = set()

    def hold(self, epoch: int, xid: int, year: int) -> bool:
        while (epoch, xid) >= (self._place[0], self._place[2]) and self._next:
            self._take()
        covered = self._place[0] == epoch and self._place[1] <= xid < self._place[2]
        return covered and year in self._years

    def _take(self) -> None:
        self._place, self._years = self._next[:3] if self._next else self._place, set()
        while self._next and self._next[:3] == self._place:
            self._years.add(self._next[3])
            self._next = next(self._all, None)


def _false_drop(dropped: dict[int, DroppedYear], second: anchor.Anchor) -> Fault | None:
    for year, row in sorted(dropped.items()):
        if not years.is_true(row, second.drops):
            said = f"The note that the year {year} was dropped is false: its rows were deleted."
            return Fault("deleted", None, 0, said)
    return None
