"""Which records are here already, and in whose file: a record stands in one person's alone."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from phi_records.actions import moving
from phi_records.actions.intake import Intake
from phi_records.models import RecordItem

_KNOWN = (
    "SELECT resource_type, source_key, member_id, id, content_mark, feed, received_at"
    " FROM phi_records_known(%s, %s)"
)


@dataclass(frozen=True, slots=True)
class Here:
    member_id: UUID
    id: UUID
    mark: bytes
    feed: str
    received_at: datetime


class Known:
    """By resource type and key, whoever's they are."""

    def __init__(self) -> None:
        self._by_key: dict[tuple[str, str], list[Here]] = {}

    def put(self, resource_type: str, source_key: str, here: Here) -> None:
        self._by_key.setdefault((resource_type, source_key), []).append(here)

    def own(self, row: RecordItem) -> Here | None:
        return next((one for one in self._all(row) if one.member_id == row.member_id), None)

    def others(self, row: RecordItem) -> list[Here]:
        return [one for one in self._all(row) if one.member_id != row.member_id]

    def forget(self, row: RecordItem, gone: list[Here]) -> None:
        self._by_key[row.resource_type, row.source_key] = [
            one for one in self._all(row) if one not in gone
        ]

    def holders(self, resource_type: str, source_key: str) -> set[UUID]:
        """In whose files it stands."""
        return {one.member_id for one in self._by_key.get((resource_type, source_key), [])}

    def _all(self, row: RecordItem) -> list[Here]:
        return self._by_key.get((row.resource_type, row.source_key), [])


def look_up(rows: list[RecordItem]) -> Known:
    """One question for all rows, of any number of people."""
    return look_up_keys([(row.resource_type, row.source_key) for row in rows])


def look_up_keys(keys: list[tuple[str, str]]) -> Known:
    found = Known()
    if not keys:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [list(several) for several in zip(*keys, strict=True)])
        for resource_type, source_key, member_id, id, mark, feed, received_at in cursor:
            here = Here(member_id, id, bytes(mark), feed, received_at)
            found.put(resource_type, source_key, here)
    return found


def settle(intake: Intake, row: RecordItem, known: Known) -> bool:
    """Whether the row may go into its member's file; then it is in nobody else's any more."""
    others = known.others(row)
    if not others:
        return True
    if not intake.move and known.own(row):
        return True
    newer = any(other.received_at > (intake.first_taken or other.received_at) for other in others)
    if intake.only_missing and newer:
        # Moved by a later file than this one.
        intake.outcome.unchanged[row.resource_type] += 1
        return False
    if reason := _why_not(intake, row, others):
        intake.set_aside(row.file_position, reason)
        return False
    own = known.own(row)
    for other in others:
        moving.take_out(intake, other.member_id, other.id, row, own.id if own else None)
    known.forget(row, others)
    return True


def _why_not(intake: Intake, row: RecordItem, others: list[Here]) -> str:
    if any(other.feed != row.feed for other in others):
        return _("Another person's record, from another source, has this id.")
    if not intake.move:
        return _(
            "Another person's record has this id. If the source has put right whose it is, run"
            " this file again with --move; if not, give each source its feed."
        )
    return ""
