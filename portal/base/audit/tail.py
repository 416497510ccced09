"""Checking what no seal holds yet: each row by its own hash, mark and place."""

from collections.abc import Iterator
from itertools import islice

from portal.base.audit import marks, rows, seals
from portal.base.audit.findings import Fault, Report
from portal.base.audit.models import Seal
from portal.base.audit.trail import row_hash


def check_tail(last: Seal | None, report: Report) -> Fault | None:
    """The first row that is not as the portal wrote it, or that claims a place not reached yet."""
    place = (seals.current_epoch(), seals.reached())
    if last is not None and last.epoch == place[0] and place[1] < last.to_xid:
        # After a restore the counting began anew; that is told by itself.
        place = (place[0] + 1, 0)
    for some in _some(rows.after(last)):
        doubled = rows.doubled([row["id"] for row in some])
        for row in some:
            if (row["epoch"], row["xid"]) >= place:
                return _fault("forged", row, _TOO_FAR)
            if row_hash(row) != row["row_hash"]:
                return _fault("altered", row, "was altered after it was written.")
            if not marks.fits(row["row_hash"], row["mark"]):
                return _fault("forged", row, _NO_MARK)
            if row["id"] in doubled:
                return _fault("forged", row, "stands twice: its owner copied it.")
            report.unsealed += 1
    return None


_TOO_FAR = (
    "claims a place that the database has not come to: its owner put it there, or the database "
    "was restored without `manage.py raise_log_epoch`."
)
_NO_MARK = (
    "carries no mark of this portal: it was put in by the database's owner, or altered together "
    "with its hash, or KEY_RING here lacks the key of the process that wrote it."
)


def _some(found: Iterator[rows.Row]) -> Iterator[list[rows.Row]]:
    while some := list(islice(found, rows.FETCHED)):
        yield some


def _fault(kind: str, row: rows.Row, said: str) -> Fault:
    return Fault(kind, row["id"], 0, f"Row {row['id']}, not sealed yet, {said}")
