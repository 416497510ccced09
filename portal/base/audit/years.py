"""A year of the trail is one partition: made ahead of time, and dropped when its time is over."""

import hashlib
import json
from datetime import UTC
from uuid import UUID

from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from portal.base import registry
from portal.base.audit import anchor, keys
from portal.base.audit.models import DroppedYear, Seal
from portal.base.audit.owner import as_owner
from portal.base.clock.law import RULES, Kind

# Counted from the end of the year.
KEPT_YEARS = RULES[Kind.DOCUMENTS].number


class CannotDrop(RuntimeError):
    """A sentence for the operator."""


def has_next_partition() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) > 0 FROM pg_inherits WHERE inhparent = 'base_event'::regclass
               AND inhrelid = to_regclass('base_event_' || extract(year FROM now() + '1 year'))"""
        )
        return bool(cursor.fetchone()[0])


def check_may_drop(year: int, this_year: int | None = None) -> None:
    """Raises CannotDrop for a year that must be kept, was dropped, or never was."""
    this_year = this_year or timezone.now().astimezone(UTC).year
    if DroppedYear.objects.filter(year=year).exists():
        raise CannotDrop(f"The year {year} was dropped already.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [_partition(year)])
        if not cursor.fetchone()[0]:
            raise CannotDrop(f"The trail has no year {year}.")
    if year + KEPT_YEARS >= this_year:
        raise CannotDrop(
            f"The year {year} must be kept until the end of {year + KEPT_YEARS}, "
            f"{KEPT_YEARS} years (45 CFR 164.316(b)(2)(i), 164.528(a))."
        )


def held_members(year: int) -> set[UUID]:
    """Whose lines of this year must outlive it."""
    return {member for hold in registry.log_holds.values() for member in hold(year)}


def drop(year: int, *, kept: int, export_digest: bytes) -> DroppedYear:
    """Drop the year as the owner, and leave a signed note of it. Its seals stay."""
    keys.require()
    with as_owner() as cursor:
        sealed = Seal.objects.using("owner").filter(partition=year).aggregate(n=Sum("count"))["n"]
        cursor.execute(f"SELECT count(*) FROM {_partition(year)}")  # noqa: S608
        rows = int(cursor.fetchone()[0])
        if rows != (sealed or 0):
            raise CannotDrop(f"Not every row of {year} is sealed yet: run verify_log first.")
        note = DroppedYear(
            year=year,
            dropped_at=timezone.now(),
            rows=rows,
            kept=kept,
            export_digest=export_digest,
        )
        note.signature = keys.sign(signed_bytes(note))
        anchor.append({"dropped": year, "record": note_hash(note)})
        note.save(using="owner", force_insert=True)
        cursor.execute(f"DROP TABLE {_partition(year)}")
    return note


def signed_bytes(note: DroppedYear) -> bytes:
    return json.dumps(
        [
            "drop",
            note.year,
            note.dropped_at.astimezone(UTC).isoformat(),
            note.rows,
            note.kept,
            bytes(note.export_digest).hex(),
        ],
        separators=(",", ":"),
    ).encode()


def note_hash(note: DroppedYear) -> str:
    return hashlib.sha256(signed_bytes(note) + bytes(note.signature)).hexdigest()


def is_true(note: DroppedYear, told: set[str]) -> bool:
    """Signed, and told of in the second place."""
    signed = keys.is_signed(signed_bytes(note), bytes(note.signature))
    return signed and note_hash(note) in told


def _partition(year: int) -> str:
    return f"base_event_{int(year)}"
