"""Which records are sensitive and why, for privacy officers: tags, lists and officers' words."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import F, Q, QuerySet
from django.http import Http404
from django.utils import timezone

from accounts.access import members_in_plan, users_of_plan
from accounts.models import Member, User
from consents import states
from consents.effects import Effect, effects
from consents.question import Tag
from consents.rules import Act, Category
from disclosures import access as disclosures
from phi_records import attachments, marks, medications
from phi_records.access import PER_PAGE, outline_of
from phi_records.actions.following import Following, following, going_with
from phi_records.alike import Traces, traces
from phi_records.door import OfficersFile, officers_file
from phi_records.fhir.plain import summarise
from phi_records.fhir.tags import NAMING, Way, by_number_alone, ways_of
from phi_records.models import RecordItem, StaffTag
from phi_records.things import owner
from portal.base import context
from portal.base.audit import trail

# Asked for in the place of "every".
UNNAMED = "unnamed"
NAMES_MEDICINES = Q(resource_type__startswith="Medication") | Q(resource_type__in=NAMING)


@dataclass(frozen=True)
class Marked:
    """One record with its tags. Its title is empty where a tag keeps it from officers too."""

    row: RecordItem
    tags: frozenset[Tag]
    title: str
    # Of a medicine that is known by its number alone, so that no list tells of it.
    unnamed: bool = False


@dataclass(frozen=True)
class Word:
    """What an officer said once, opened."""

    tag: Tag
    on: bool
    reason: str
    by: User
    row: StaffTag


@dataclass(frozen=True)
class OpenMarks:
    marked: Marked
    member: Member
    # Of each tag that codes, labels and medicines of the record tell today.
    ways: dict[Tag, tuple[Way, ...]]
    # The first one first.
    words: list[Word]


def require(user: User) -> None:
    disclosures.require_officer(user, Act.MARK_RECORD, Category.RECORDS)


def find_member(user: User, number: str) -> Member | None:
    return disclosures.find_member(user, Act.MARK_RECORD, Category.RECORDS, number)


def records(user: User, wanted: dict[str, Any], number: str | int = 1) -> "Page[Marked]":
    """A page of a member's records, newest first; of those with tags alone unless `every`, of those
    of medicines without a name, of those that may tell the same as the one in `like`, or of those
    that go with the one in `goes`.

    Raises Http404 for a member of another plan.
    """
    with officers_file(user, _member(user, wanted["member"]).pk) as file:
        rows = file.rows()
        if wanted.get("kind"):
            rows = rows.filter(kind=wanted["kind"])
        if wanted.get("like"):
            rows = rows.filter(pk__in=alike(user, wanted["like"]))
        elif wanted.get("goes"):
            rows = rows.filter(pk__in=_going_with(file, wanted["goes"]))
        elif wanted.get("every") == UNNAMED:
            rows = rows.filter(pk__in=_unnamed(file, rows.filter(NAMES_MEDICINES)))
        elif not wanted.get("every"):
            rows = rows.exclude(tag_marks=[])
        newest = F("happened_on").desc(nulls_last=True)
        page: Page[Any] = Paginator(rows.order_by(newest, "-pk"), PER_PAGE).get_page(number)
        shelf = _shelf(file, page.object_list)
        page.object_list = [_marked(file, shelf, row) for row in page.object_list]
        trail.record(
            "marks.listed",
            member_id=file.member_id,
            object_kind="record",
            facts={"count": len(page.object_list)},
        )
    return page


def get(user: User, record_id: UUID) -> OpenMarks:
    """Raises Http404 for a record of another plan, as for one that does not exist."""
    member = _member(user, find(user, record_id))
    with officers_file(user, member.pk) as file:
        row = file.rows().get(pk=record_id)
        said = list(StaffTag.objects.filter(record_id=record_id).order_by("said_at", "pk"))
        people = users_of_plan(user.plan_id, {one.said_by_id for one in said})
        trail.record(
            "marks.opened",
            member_id=file.member_id,
            object_kind="record",
            object_id=record_id,
            facts={"kind": row.kind, "count": len(said)},
        )
        return OpenMarks(
            _marked(file, _shelf(file, [row]), row),
            member,
            _ways(row),
            [_word(one, people) for one in said],
        )


def alike(user: User, record_id: UUID) -> frozenset[UUID]:
    """Other records of the member that may tell the same, are not held back yet, and would not be
    with this one.

    What a mark keeps from officers is compared by its file alone.
    """
    with officers_file(user, _member(user, find(user, record_id)).pk) as file:
        row = file.rows().get(pk=record_id)
        held = marks.mark(file.plan_id, file.member_id, Tag.ENDANGERMENT_HOLD)
        # Each file has who the member is: that tells nothing of any one record.
        rows = file.rows().exclude(pk=record_id).exclude(resource_type="Patient")
        held_too = _following(row, Tag.ENDANGERMENT_HOLD, on=True).changed
        rows = rows.exclude(pk__in=[one.id for one in held_too])
        others = list(rows.exclude(tag_marks__overlap=[held]))
        own = _traces(file, row)
        found = frozenset(one.pk for one in others if own.shared_with(_traces(file, one)))
        trail.record(
            "marks.listed",
            member_id=file.member_id,
            object_kind="record",
            facts={"count": len(others)},
        )
    return found


def with_it(user: User, record_id: UUID, tag: Tag, *, on: bool) -> Following:
    """What else a mark on this record, or one taken off, would change."""
    with officers_file(user, _member(user, find(user, record_id)).pk) as file:
        row = file.rows().get(pk=record_id)
        if not on and tag not in marks.of(row):
            return Following([], 0)
        return _following(row, tag, on=on)


def how_many_go_with(user: User, record_id: UUID) -> int:
    with officers_file(user, _member(user, find(user, record_id)).pk) as file:
        return len(_going_with(file, record_id))


def _following(row: RecordItem, tag: Tag, *, on: bool) -> Following:
    return following(row, tag, on=on, words=marks.words_of(row.member_id))


def _going_with(file: OfficersFile, record_id: UUID) -> frozenset[UUID]:
    row = file.rows().filter(pk=record_id).first()
    return going_with(row) if row else frozenset()


def _traces(file: OfficersFile, row: RecordItem) -> Traces:
    return traces(row, content=file.may_tell(marks.of(row)))


def find(user: User, record_id: UUID) -> UUID:
    """Whose record it is. Nothing of it is opened. Raises Http404 outside the plan."""
    require(user)
    with context.seeing_all():
        member_id = owner(record_id)
    if member_id is None:
        raise Http404
    return member_id


def after(tags: frozenset[Tag], tag: Tag, *, on: bool) -> frozenset[Tag]:
    return marks.with_words(tags, {tag: on})


def seen_differently(user: User, opened: OpenMarks, tags: frozenset[Tag]) -> list[Effect]:
    now = timezone.localtime()
    return effects(
        opened.marked.tags,
        tags,
        state=states.state_of(user.plan.state),
        now=now,
        age=states.age_on(opened.member.birth_date, now.date()),
    )


def named(user: User, member_id: UUID) -> Member:
    """Who a list is about, once it was decided that the list may be seen."""
    return _member(user, member_id)


def _member(user: User, member_id: UUID) -> Member:
    require(user)
    found = members_in_plan(user, {member_id}).get(member_id)
    if found is None:
        raise Http404
    return found


def _unnamed(file: OfficersFile, rows: QuerySet[RecordItem]) -> list[UUID]:
    several = list(rows)
    shelf = _shelf(file, several)
    return [one.pk for one in several if _marked(file, shelf, one).unnamed]


def _shelf(file: OfficersFile, rows: Iterable[RecordItem]) -> medications.Shelf:
    """With all that these point at, looked up at once."""
    shelf = medications.Shelf(file.plan_id)
    told = [one for one in rows if file.may_tell(marks.of(one))]
    shelf.look_up([medications.pointed_at(one.feed, outline_of(one)) for one in told])
    return shelf


def _is_unnamed(shelf: medications.Shelf, row: RecordItem) -> bool:
    resource = outline_of(row)
    if by_number_alone(resource, row.content):
        return True
    return shelf.is_unnamed(medications.pointed_at(row.feed, resource))


def _marked(file: OfficersFile, shelf: medications.Shelf, row: RecordItem) -> Marked:
    tags = marks.of(row)
    if not file.may_tell(tags):
        return Marked(row, tags, "")
    return Marked(row, tags, summarise(outline_of(row)).title, _is_unnamed(shelf, row))


def _ways(row: RecordItem) -> dict[Tag, tuple[Way, ...]]:
    resource = outline_of(row)
    attachments.put_back_texts(resource)
    found = ways_of(resource, row.content)
    shelf = medications.Shelf(row.plan_id)
    for tag in shelf.of(medications.pointed_at(row.feed, resource)) or ():
        found.setdefault(tag, (Way.MEDICINE,))
    return found


def _word(row: StaffTag, people: dict[UUID, User]) -> Word:
    word = row.word.rstrip()
    return Word(Tag(word[1:]), word[0] == "+", row.reason, people[row.said_by_id], row)
