"""The exact lines of the rows under a seal, many times as fast as one row after another.

The database copies the columns out and Python puts `trail.exported_line` together from them. COPY
writes a backslash, a tab or a new line in a value as JSON does. A value with a quote or another
letter than ASCII's comes out as no line that was ever signed: it is looked at in Python then.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from django.db import connection

from portal.base.audit.models import Seal
from portal.base.audit.rows import UNDER, place_of
from portal.base.audit.trail import COLUMNS, canonical, facts_of

# There is an index in this order. Of a range of five conditions the planner expects few rows, and
# would sort 50,000 on the disk instead. Only for this transaction.
_IN_ORDER = "SET LOCAL enable_sort = off"
# Of each row its id, its own hash and its time as text, and its line.
Line = tuple[bytes, bytes, bytes, bytes]
_AT = """to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')"""
_COLUMNS = ", ".join(_AT if name == "at" else name for name in COLUMNS)
_COPY = f"""COPY (SELECT row_hash, {_COLUMNS} FROM base_event
    WHERE {UNDER} ORDER BY xid, id LIMIT %s) TO STDOUT"""  # noqa: S608  our own names
# Where they stand in what is copied: \\x, 64 digits, a tab; 36 of the id, a tab; 32 of the time.
_HASH, _ID, _TIME, _REST = slice(3, 67), slice(68, 104), slice(105, 137), slice(68, -1)


def under(seal: Seal) -> Iterator[Line]:
    """What stands in the range that this seal covers, one more than it may be.

    To be read to its end: to break off would break the transaction.
    """
    place = [*place_of(seal), seal.count + 1]
    with connection.cursor() as cursor:
        cursor.execute(_IN_ORDER)
        with cursor.copy(_COPY, place) as copied:
            yield from _lines(copied)


def _lines(copied: Iterable[bytes | bytearray | memoryview]) -> Iterator[Line]:
    for block in copied:
        row = bytes(block)
        rest, _, facts = row[_REST].rpartition(b"\t")
        values = rest.replace(b"\t", b'","').replace(b'"\\N"', b"null")
        yield row[_ID], row[_HASH], row[_TIME], b'["%b",%b]' % (values, _facts(facts))


@lru_cache(maxsize=10_000)
def _facts(copied: bytes) -> bytes:
    """As the line has them. A trail holds the same few codes and counts over and over."""
    return canonical(facts_of(copied.replace(b"\\\\", b"\\")))
