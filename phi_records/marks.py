"""The tags of a record as the database holds them: marks that tell nothing without the key."""

from collections.abc import Collection, Iterable
from uuid import UUID

from consents.question import Tag
from portal.base.crypto.blind import blind_index


def mark(plan_id: UUID, member_id: UUID, tag: str) -> bytes:
    return blind_index("record.tag", plan_id, f"{member_id}|{tag}")


def marks(plan_id: UUID, member_id: UUID, tags: Iterable[str]) -> list[bytes]:
    return sorted(mark(plan_id, member_id, tag) for tag in tags)


def tags(plan_id: UUID, member_id: UUID, marked: Collection[bytes]) -> frozenset[Tag]:
    """The tags again, with the key. A mark of no tag that we know is left out."""
    if not marked:
        return frozenset()
    found = {bytes(one) for one in marked}
    return frozenset(tag for tag in Tag if mark(plan_id, member_id, tag) in found)
