"""What a mark on one record, put on or taken off, does to the others that go with it: those that
point at it, and so on from there, and files that belong together."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from consents.question import Tag
from phi_records import links, marks, medications
from phi_records.actions import flowing
from phi_records.actions.tagging import ROWS, own_tags
from phi_records.links import Node
from phi_records.models import RecordItem

_OF_A_NODE = ("plan_id", "member_id", "resource_type", "feed", "source_key", "tag_marks")


@dataclass(frozen=True)
class Following:
    # Who gets the mark with it, or loses it.
    changed: list[Node]
    # How many keep a mark that is taken off: for what they say themselves, by another record or by
    # an officer's word.
    keeping: int


def following(
    row: RecordItem, tag: Tag, *, on: bool, words: Mapping[UUID, marks.Words]
) -> Following:
    """Of a file that is open, with what officers said of all in it. Nothing is stored."""
    own, mark = (row.plan_id, row.member_id), marks.mark(row.plan_id, row.member_id, tag)
    nodes = _nodes(row, Q(tag_marks__contains=[mark]))
    giver = nodes[row.pk]
    if on:
        giver.tags.add(mark)
    else:
        giver.tags.discard(mark)
    had = [
        one
        for one in links.going_with(
            giver, (each for each in nodes.values() if each is giver or mark in each.tags)
        )
        if one is not giver
    ]
    if not on:
        telling = _telling({one.id for one in had}, tag, words)
        for one in had:
            if one.id not in telling:
                one.tags.discard(mark)
    said = {**words, row.pk: {**words.get(row.pk, {}), tag: on}}
    links.spread(nodes.values(), flowing.lifted(*own, said))
    changed = [
        one
        for one in nodes.values()
        if one is not giver and (mark in one.tags) != (mark in one.stored)
    ]
    return Following(changed, len(had) - len(changed) if not on else 0)


def going_with(row: RecordItem) -> frozenset[UUID]:
    """Whatever tags they have."""
    nodes = _nodes(row, Q())
    found = links.going_with(nodes[row.pk], nodes.values())
    return frozenset(one.id for one in found) - {row.pk}


def _nodes(row: RecordItem, also: Q) -> dict[UUID, Node]:
    """What points at something, is a file, or is asked for besides: all that can give or get."""
    near = ~Q(link_marks=[]) | Q(resource_type__in=links.FILES) | Q(pk=row.pk) | also
    rows = RecordItem.objects.filter(near, plan_id=row.plan_id, member_id=row.member_id)
    key = links.key_of(row.plan_id, row.member_id)
    return {one.pk: links.node(key, one) for one in rows.only(*_OF_A_NODE, "link_marks")}


def _telling(ids: Collection[UUID], tag: Tag, words: Mapping[UUID, marks.Words]) -> frozenset[UUID]:
    """Which of these have it by themselves, or by an officer's word."""
    found: set[UUID] = set()
    shelves: dict[UUID, medications.Shelf] = {}
    for row in RecordItem.objects.filter(pk__in=ids).iterator(chunk_size=ROWS):
        shelf = shelves.setdefault(row.plan_id, medications.Shelf(row.plan_id))
        if tag in marks.with_words(own_tags(row, shelf), words.get(row.pk, {})):
            found.add(row.pk)
    return frozenset(found)
