"""Looking again at what is here already, by the lists of sensitive codes as they are now."""

from collections.abc import Iterator
from uuid import UUID

from accounts.models import Member, Plan
from phi_records import copies, marks
from phi_records.actions.intake import BASIS, PURPOSE
from phi_records.fhir import exact
from phi_records.fhir.tags import tags_of
from phi_records.models import RecordItem
from portal.base import context
from portal.base.audit import trail
from portal.base.crypto import keyring
from portal.base.crypto.errors import KeyDestroyed

CLIENT = "command:tag_records"
ROWS = 200


def tag_again(plan: Plan) -> Iterator[tuple[int, int, int]]:
    """After each member: how many are done, of how many, and how many records got other tags.

    A member is one transaction. Stopped anywhere, another run finds the rest.
    """
    with context.system(CLIENT, plan.pk):
        ids = list(Member.objects.filter(plan=plan).order_by("pk").values_list("pk", flat=True))
    for done, member_id in enumerate(ids, 1):
        yield done, len(ids), _of_member(plan, member_id)


def _of_member(plan: Plan, member_id: UUID) -> int:
    changed = 0
    with (
        context.system(CLIENT, plan.pk),
        context.about_member(member_id, purpose=PURPOSE, basis=BASIS),
    ):
        holder = Member.objects.get(pk=member_id).record_holder_id
        try:
            keyring.cipher_for(holder)
        except KeyDestroyed:
            return 0
        words = marks.staff_words(member_id)
        rows = RecordItem.objects.filter(plan=plan, member_id=member_id)
        for row in rows.iterator(chunk_size=ROWS):
            tags = tags_of(exact.loads(row.content), row.content)
            tags = marks.with_words(tags, words.get(row.pk, {}))
            now = marks.marks(plan.pk, member_id, tags)
            if now != [bytes(one) for one in row.tag_marks]:
                RecordItem.objects.filter(pk=row.pk).update(tag_marks=now)
                changed += 1
        if changed:
            copies.withdraw(plan.pk, member_id)
            trail.record("records.tagged", member_id=member_id, facts={"count": changed})
    return changed
