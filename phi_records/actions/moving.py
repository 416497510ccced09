"""A record taken out of a wrong file. What a privacy officer said of it goes with it."""

from uuid import UUID

from phi_records import attachments, copies, marks
from phi_records.actions import flowing
from phi_records.actions.intake import BASIS, PURPOSE, Intake
from phi_records.models import RecordItem, StaffTag
from portal.base import context
from portal.base.crypto.errors import KeyDestroyed


def take_out(
    intake: Intake, member_id: UUID, record_id: UUID, row: RecordItem, own_id: UUID | None
) -> None:
    """Out of this member's file. `row` is the record as it comes to the other one, where it may
    stand already, as `own_id`."""
    with context.about_member(member_id, purpose=PURPOSE, basis=BASIS):
        words = _words(member_id, record_id)
        found = RecordItem.objects.get(pk=record_id)
        attachments.put_away(intake.plan.pk, member_id, [record_id])
        found.delete()
        copies.withdraw(intake.plan.pk, member_id)
    if words:
        with context.about_member(row.member_id, purpose=PURPOSE, basis=BASIS):
            _carry(words, row, own_id)
    intake.moved[member_id] += 1


def _words(member_id: UUID, record_id: UUID) -> list[StaffTag]:
    """Opened here, while the file is. What a destroyed key sealed is gone, here as everywhere."""
    # Holds the member, so that no officer's word comes between this and the move.
    marks.hold(member_id)
    rows = StaffTag.objects.filter(member_id=member_id, record_id=record_id)
    found = list(rows.order_by("said_at", "pk"))
    try:
        for row in found:
            row.word, row.reason  # noqa: B018  reading opens it
    except KeyDestroyed:
        return []
    return found


def _carry(words: list[StaffTag], row: RecordItem, own_id: UUID | None) -> None:
    """The whole history: who said it, when and why, sealed anew for the file that it comes to."""
    for one in words:
        StaffTag.objects.create(
            plan_id=row.plan_id,
            member_id=row.member_id,
            record_holder_id=row.record_holder_id,
            record_id=own_id or row.pk,
            word=one.word,
            reason=one.reason,
            said_by_id=one.said_by_id,
            said_at=one.said_at,
        )
    said = marks.staff_words(row.member_id, [own_id or row.pk])[own_id or row.pk]
    row.tag_marks = _with(row, said)
    if own_id:
        # What stands there may be the same to the letter, and is not written again then.
        here = RecordItem.objects.get(pk=own_id)
        here.tag_marks = _with(here, said)
        RecordItem.objects.filter(pk=own_id).update(tag_marks=here.tag_marks)
        flowing.mark_goes_on(here)
        copies.withdraw(row.plan_id, row.member_id)


def _with(row: RecordItem, said: marks.Words) -> list[bytes]:
    tags = marks.with_words(marks.of(row), said)
    return marks.marks(row.plan_id, row.member_id, tags)
