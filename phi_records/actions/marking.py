"""A tag put on one record, or taken off it, by a privacy officer who says why."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Role, User
from consents.question import Tag
from phi_records import copies, marks
from phi_records.actions import flowing
from phi_records.actions.following import following
from phi_records.door import officers_file
from phi_records.models import RecordItem, StaffTag
from phi_records.things import owner
from portal.base import context
from portal.base.audit import trail
from portal.base.ids import uuid7
from portal.base.words import SentAlready

# All words are of one length, so that a sealed one does not tell which it is.
WORD = 1 + max(len(tag) for tag in Tag)


@transaction.atomic
def mark_record(
    *, by: User, record_id: UUID, tag: Tag, on: bool, reason: str, key: UUID | None = None
) -> int:
    """Of how many records: those that go with this one get the mark too, or lose it. 0 where it was
    so already. What was said before stays on file. The same key again is no second word.

    Raises PermissionDenied for all but privacy officers, LookupError where their plan has no such
    record, ValueError without a reason, SentAlready where the key came before with other words.
    """
    if by.role != Role.PRIVACY_OFFICER:
        raise PermissionDenied(_("Only a privacy officer decides this."))
    if not reason.strip():
        raise ValueError
    with context.seeing_all():
        member_id = owner(record_id)
    if member_id is None:
        raise LookupError
    with officers_file(by, member_id) as file:
        row = file.rows().get(pk=record_id)
        changed = _said(row, by, key or uuid7(), tag, on=on, reason=reason.strip())
        if changed:
            # The member reads of it as of any look at their records; the line itself tells neither
            # the tag, nor whether it was put on.
            trail.record(
                "record.marked", member_id=member_id, object_kind="record", object_id=record_id
            )
    return changed


def _said(row: RecordItem, by: User, key: UUID, tag: Tag, *, on: bool, reason: str) -> int:
    words = marks.staff_words(row.member_id)
    word = f"{'+' if on else '-'}{tag}".ljust(WORD)
    if first := StaffTag.objects.filter(pk=key).first():
        if (first.record_id, first.word, first.reason) != (row.pk, word, reason):
            raise SentAlready
        return 0
    # Again, now that nobody else can change them.
    row.refresh_from_db(fields=["tag_marks"])
    tags = marks.of(row)
    if words.get(row.pk, {}).get(tag) is on or not (on or tag in tags):
        return 0
    now = marks.with_words(tags, {tag: on})
    row.tag_marks = marks.marks(row.plan_id, row.member_id, now)
    RecordItem.objects.filter(pk=row.pk).update(tag_marks=row.tag_marks)
    # No line in the trail tells of these: the one of the officer's word may not tell whether a mark
    # was put on.
    others = flowing.write(following(row, tag, on=on, words=words).changed)
    if on:
        copies.withdraw(row.plan_id, row.member_id)
    StaffTag.objects.create(
        id=key,
        plan_id=row.plan_id,
        member_id=row.member_id,
        record_holder_id=row.record_holder_id,
        record_id=row.pk,
        word=word,
        reason=reason,
        said_by=by,
        said_at=timezone.now(),
    )
    return 1 + len(others)
