"""Records with all that is attached to them, as a part of a member's whole record."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from accounts.models import User
from phi_records.access import resource_of
from phi_records.door import file_of
from portal.base.audit import trail
from portal.base.registry import Part, record_parts

AT_ONCE = 20


def register() -> None:
    record_parts.sign_up(
        "phi_records.records", RECORDS, "Health records, with documents and other files."
    )


def count(user: User, member_id: UUID) -> int:
    return len(_ids(user, member_id))


def items(user: User, member_id: UUID) -> Iterator[Mapping[str, Any]]:
    """FHIR resources as they came. Few at once: a document may be large."""
    ids = _ids(user, member_id)
    for start in range(0, len(ids), AT_ONCE):
        with file_of(user, member_id) as file:
            rows = file.rows().filter(pk__in=ids[start : start + AT_ONCE]).order_by("pk")
            found = [resource_of(row) for row in rows]
        yield from found


def _ids(user: User, member_id: UUID) -> list[UUID]:
    with file_of(user, member_id) as file:
        ids = list(file.rows().order_by("pk").values_list("pk", flat=True))
        trail.record(
            "records.listed", member_id=member_id, object_kind="record", facts={"count": len(ids)}
        )
    return ids


RECORDS = Part(frozenset({"phi_records.RecordItem", "base.SealedFile"}), count, items)
