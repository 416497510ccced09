"""Rows of the trail as they stand, read in their order a few at a time."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import connection

from portal.base.audit.models import Seal
from portal.base.audit.trail import COLUMNS, facts_of

Row = dict[str, Any]
# Where the database keeps a row's place; the application can't choose it.
PLACE = (
    "row_hash", "mark", "epoch", "xid::text::bigint",
    "extract(year FROM at AT TIME ZONE 'UTC')::int",
)  # fmt: skip
NAMES = (*COLUMNS, "row_hash", "mark", "epoch", "xid", "year")
FETCHED = 1000
MOST = 2**63 - 1
UNDER = """epoch = %s AND xid >= %s::text::xid8 AND xid < %s::text::xid8
            AND at >= make_timestamptz(%s, 1, 1, 0, 0, 0, 'UTC')
            AND at < make_timestamptz(%s, 1, 1, 0, 0, 0, 'UTC')"""


def place_of(seal: Seal) -> list[int]:
    """The values of `UNDER`."""
    return [seal.epoch, seal.from_xid, seal.to_xid, seal.partition, seal.partition + 1]


def under(seal: Seal) -> Iterator[Row]:
    """What stands in the range that this seal covers, one more than it may be."""
    return _stream(
        f"{UNDER} ORDER BY xid, id LIMIT %s",
        [*place_of(seal), seal.count + 1],
        small=seal.count < FETCHED,
    )


def after(last: Seal | None) -> Iterator[Row]:
    """What the last seal does not reach."""
    return _stream(
        "(epoch, xid) >= (%s, %s::text::xid8) ORDER BY epoch, xid, id",
        [last.epoch if last else 0, last.to_xid if last else 0],
    )


def before(last: Seal) -> Iterator[tuple[UUID, int, int, int]]:
    """Id and place of all that must stand under a seal."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            """SELECT id, epoch, xid::text::bigint, extract(year FROM at AT TIME ZONE 'UTC')::int
               FROM base_event WHERE (epoch, xid) < (%s, %s::text::xid8)
               ORDER BY epoch, xid, id""",
            [last.epoch, last.to_xid],
        )
        yield from cursor


def of_members(year: int, members: set[UUID]) -> Iterator[Row]:
    return _stream(
        """member_id = ANY(%s) AND at >= make_timestamptz(%s, 1, 1, 0, 0, 0, 'UTC')
           AND at < make_timestamptz(%s, 1, 1, 0, 0, 0, 'UTC') ORDER BY epoch, xid, id""",
        [list(members), year, year + 1],
    )


def unreadable() -> tuple[UUID | None] | None:
    """The id of a row that stands at no place or time: no query by place would find it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT id FROM base_event
               WHERE id IS NULL OR epoch IS NULL OR xid IS NULL OR xid > %s::text::xid8
               OR at NOT BETWEEN '1970-01-01' AND '9000-01-01' LIMIT 1""",
            [MOST],
        )
        found: tuple[UUID | None] | None = cursor.fetchone()
    return found


def count_before(last: Seal) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM base_event WHERE (epoch, xid) < (%s, %s::text::xid8)",
            [last.epoch, last.to_xid],
        )
        return int(cursor.fetchone()[0])


def doubled(ids: list[UUID]) -> set[UUID]:
    """Which of these rows stand in two places: a copy is as well marked as the row itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM base_event WHERE id = ANY(%s) GROUP BY id HAVING count(*) > 1", [ids]
        )
        return {found for (found,) in cursor}


def by_id(row_id: UUID) -> Row | None:
    return next(_stream("id = %s LIMIT 1", [row_id], small=True), None)


def _stream(where: str, values: list[Any], *, small: bool = False) -> Iterator[Row]:
    # A cursor of the server's own keeps memory flat; for a few rows it is only slower.
    opened = connection.cursor() if small else connection.chunked_cursor()
    with opened as cursor:
        cursor.execute(
            f"SELECT {', '.join((*COLUMNS, *PLACE))} FROM base_event WHERE {where}",  # noqa: S608
            values,
        )
        for values_of_row in cursor:
            row = dict(zip(NAMES, values_of_row, strict=True))
            for name in ("row_hash", "mark"):
                row[name] = bytes(row[name] or b"")
            if isinstance(row["facts"], str):
                row["facts"] = facts_of(row["facts"])
            yield row
