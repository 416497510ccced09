"""A tag put on one record, or taken off it, by a privacy officer who says why."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Role, User
from consents.question import Tag
from phi_records import copies, marks
from phi_records.actions.intake import BASIS, PURPOSE
from phi_records.models import RecordItem, StaffTag
from phi_records.things import owner
from portal.base import context
from portal.base.audit import trail

# All words are of one length, so that a sealed one does not tell which it is.
WORD = 1 + max(len(tag) for tag in Tag)


@transaction.atomic
def mark_record(*, by: User, record_id: UUID, tag: Tag, on: bool, reason: str) -> bool:
    """Whether that changed anything. What was said before stays on file.

    Raises PermissionDenied for all but privacy officers, LookupError where their plan has no such
    record, ValueError without a reason.
    """
    if by.role != Role.PRIVACY_OFFICER:
        raise PermissionDenied(_("Only a privacy officer decides this."))
    if not reason.strip():
        raise ValueError
    member_id = owner(record_id)
    if member_id is None:
        raise LookupError
    with context.about_member(member_id, purpose=PURPOSE, basis=BASIS):
        words = marks.staff_words(member_id, record_id).get(record_id, {})
        row = RecordItem.objects.get(plan_id=by.plan_id, pk=record_id)
        tags = marks.of(row)
        if words.get(tag) is on or not (on or tag in tags):
            return False
        tags = marks.with_words(tags, {tag: on})
        RecordItem.objects.filter(pk=row.pk).update(
            tag_marks=marks.marks(by.plan_id, member_id, tags)
        )
        if on:
            copies.withdraw(by.plan_id, member_id)
        _keep(row, by, f"{'+' if on else '-'}{tag}", reason.strip())
    return True


def _keep(row: RecordItem, by: User, word: str, reason: str) -> None:
    StaffTag.objects.create(
        plan_id=row.plan_id,
        member_id=row.member_id,
        record_holder_id=row.record_holder_id,
        record_id=row.pk,
        word=word.ljust(WORD),
        reason=reason,
        said_by=by,
        said_at=timezone.now(),
    )
    # The member may read this line: it tells neither the tag, nor whether it was put on.
    trail.record("record.marked", member_id=row.member_id, object_kind="record", object_id=row.pk)
