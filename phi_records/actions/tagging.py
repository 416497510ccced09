"""Looking again at what is here already: by the lists of sensitive codes as they are now, or when
a medicine comes that records point at."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Member, Plan
from phi_records import attachments, copies, links, marks, medications
from phi_records.actions import flowing
from phi_records.actions.intake import BASIS, PURPOSE
from phi_records.fhir import exact
from phi_records.fhir.kinds import MEDICINES
from phi_records.fhir.references import Index
from phi_records.fhir.tags import by_number_alone, tags_of
from phi_records.models import DirectoryEntry, RecordItem
from portal.base import context
from portal.base.audit import trail
from portal.base.crypto import keyring
from portal.base.crypto.errors import KeyDestroyed

CLIENT = "command:tag_records"
ROWS = 200


class Looked(NamedTuple):
    """How many records got other tags, and how many are of a medicine that is known by its number
    alone."""

    changed: int = 0
    unnamed: int = 0


def tag_again(plan: Plan) -> Iterator[tuple[int, int, Looked]]:
    """After each member: how many are done, of how many, and what was found.

    A member is one transaction. Stopped anywhere, another run finds the rest.
    """
    with context.system(CLIENT, plan.pk):
        ids = _members(plan)
    shelf = medications.Shelf(plan.pk)
    for done, member_id in enumerate(ids, 1):
        with context.system(CLIENT, plan.pk):
            rows = RecordItem.objects.filter(plan=plan, member_id=member_id)
            looked = _look_again(plan, member_id, rows, shelf, whole=True)
        yield done, len(ids), looked


def medicines_came(plan: Plan, written: Sequence[tuple[DirectoryEntry, Any]]) -> None:
    """Of an import: what it wrote into the directory, each with its content from before."""
    several = [pair for pair in written if pair[0].resource_type == medications.TYPE]
    if not several:
        return
    shelf = medications.Shelf(plan.pk)
    came = {name for row, _before in several for name in medications.names(row)}
    for member_id, ids in medications.waiting_for(plan, came).items():
        _look_again(plan, member_id, RecordItem.objects.filter(pk__in=ids), shelf)
    if any(before and not medications.are_the_same(before, row.content) for row, before in several):
        # Rare, as medicines keep their codes. Which records point at it is sealed in them.
        for member_id in _members(plan):
            rows = RecordItem.objects.filter(plan=plan, member_id=member_id, kind=MEDICINES.slug)
            _look_again(plan, member_id, rows, shelf)


def _members(plan: Plan) -> list[UUID]:
    return list(Member.objects.filter(plan=plan).order_by("pk").values_list("pk", flat=True))


def _look_again(
    plan: Plan,
    member_id: UUID,
    rows: QuerySet[RecordItem],
    shelf: medications.Shelf,
    *,
    whole: bool = False,
) -> Looked:
    """With the `whole` file at hand, no tag stays that came from another record which lost it."""
    unnamed = 0
    with context.about_member(member_id, purpose=PURPOSE, basis=BASIS):
        holder = Member.objects.get(pk=member_id).record_holder_id
        try:
            keyring.cipher_for(holder)
        except KeyDestroyed:
            return Looked()
        words = marks.staff_words(member_id)
        lifted = flowing.lifted(plan.pk, member_id, words)
        key = links.key_of(plan.pk, member_id)
        pointing, nodes = [], {}
        for row in rows.iterator(chunk_size=ROWS):
            tags = marks.with_words(own_tags(row, shelf), words.get(row.pk, {}))
            _link(row, key)
            stored = [bytes(one) for one in row.tag_marks]
            row.tag_marks = marks.marks(plan.pk, member_id, tags)
            nodes[row.pk] = links.node(key, row, stored)
            unnamed += row.unnamed
            if row.points:
                pointing.append(row)
        medications.wait(pointing)
        if whole:
            links.spread(nodes.values(), lifted)
            changed = flowing.write(nodes.values())
        else:
            near = flowing.with_near(plan.pk, member_id, nodes)
            changed = flowing.go_on(plan.pk, member_id, near, lifted)
        if changed:
            copies.withdraw(plan.pk, member_id)
            trail.record("records.tagged", member_id=member_id, facts={"count": len(changed)})
    return Looked(len(changed), unnamed)


def _link(row: RecordItem, key: bytes) -> None:
    """What one bundle alone could find stays: its names are not known any more."""
    known = {bytes(one) for one in row.link_marks}
    row.link_marks = sorted(known.union(links.marks(key, row.names or ())))
    if known != {*row.link_marks}:
        RecordItem.objects.filter(pk=row.pk).update(link_marks=row.link_marks)


def own_tags(row: RecordItem, shelf: medications.Shelf) -> medications.Tags:
    """By what it says itself, and by its medicine."""
    resource = exact.loads(row.content)
    # What a lost file said can't be looked at again: what was known holds.
    known = frozenset() if attachments.put_back_texts(resource) else marks.of(row)
    tags = tags_of(resource, row.content) | known
    key = medications.pointed_at(row.feed, resource)
    row.names = links.pointed_at(row.feed, resource, row.content, Index())
    row.unnamed = by_number_alone(resource, row.content) or shelf.is_unnamed(key)
    if not key:
        return tags
    of_medicine = shelf.of(key)
    row.points, row.awaits = True, "" if of_medicine is not None else key
    # A name that one bundle alone gave is not known any more: what was known then holds.
    return tags | (marks.of(row) if of_medicine is None else of_medicine)
