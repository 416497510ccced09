"""The tags of a record as the database holds them: marks that tell nothing without the key."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from accounts.models import Member
from consents.question import Tag
from phi_records.models import RecordItem, StaffTag
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


def of(row: RecordItem) -> frozenset[Tag]:
    return tags(row.plan_id, row.member_id, [bytes(one) for one in row.tag_marks])


Words = Mapping[Tag, bool]
"""Of each tag that staff spoke of, whether it is on."""


def hold(member_id: UUID) -> None:
    """The member against others who would change tags, until the transaction ends."""
    Member.objects.select_for_update(no_key=True).get(pk=member_id)


def staff_words(
    member_id: UUID, record_ids: Collection[UUID] | None = None
) -> Mapping[UUID, Words]:
    """As `words_of`, and holds the member, as `hold` does."""
    hold(member_id)
    return words_of(member_id, record_ids)


def words_of(member_id: UUID, record_ids: Collection[UUID] | None = None) -> Mapping[UUID, Words]:
    """By record, what staff said last, for a file that is open."""
    rows = StaffTag.objects.filter(member_id=member_id)
    if record_ids is not None:
        rows = rows.filter(record_id__in=record_ids)
    found: dict[UUID, dict[Tag, bool]] = defaultdict(dict)
    for row in rows.order_by("said_at", "pk"):
        word = row.word.rstrip()
        found[row.record_id][Tag(word[1:])] = word[0] == "+"
    return found


def with_words(tags: frozenset[Tag], words: Words) -> frozenset[Tag]:
    """Staff's word holds over what codes and labels say."""
    on = {tag for tag, is_on in words.items() if is_on}
    return (tags - words.keys()) | on
