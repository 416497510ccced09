"""Who looked and what left: the member's own list, and the officer's search."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.functional import cached_property

from accounts.access import member_by_number, members_file, own_member, users_of_plan
from accounts.models import Member, User
from consents import access as consents
from consents import opening_access
from consents.models import Opening
from consents.rules import Act, Category, Item, Purpose
from disclosures.models import Disclosure
from portal.base.audit import proof, trail
from portal.base.audit.models import Event, Outcome
from portal.base.registry import Grounds, Thing, record_parts, thing_finders

PAGE = 50
# What an officer searches the trail by, and the column it is in.
COLUMNS = {
    "member": "member_id", "outcome": "outcome", "kind": "action", "purpose": "purpose",
}  # fmt: skip
# About a member's record, but no look at it.
NOT_LOOKS = ("record.marked",)
# Beyond this nobody pages on: counting ten million rows would take seconds each time.
MOST = 10_000


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than one past `MOST`, and has no page beyond it."""

    @cached_property
    def count(self) -> int:
        found = self.object_list
        return found[: MOST + 1].count() if isinstance(found, QuerySet) else len(found)

    @cached_property
    def num_pages(self) -> int:
        return max(1, ceil(min(self.count, MOST) / self.per_page))


@dataclass(frozen=True)
class Seen:
    """One line of "Who has seen my information"."""

    event: Event
    who: User | None
    thing: Thing | None
    opening: Opening | None


def seen_by_others(user: User, *, own: bool = False, number: str | int = 1) -> "Page[Seen]":
    """The member's accesses, the latest first, other people's unless `own`. Recorded itself."""
    member = own_member(user)
    grounds = require_own(user, member, Category.TRAIL)
    events = Event.objects.filter(
        plan_id=user.plan_id, member_id=member.pk, outcome=Outcome.PERMITTED
    )
    if not own:
        events = events.exclude(actor_id=user.pk).exclude(actor_id=None)
    page: Page[Any] = CappedPaginator(events.order_by("-at", "-id"), PAGE).get_page(number)
    found = list(page.object_list)
    people = users_of_plan(user.plan_id, {e.actor_id for e in found if e.actor_id})
    about = {e.object_id for e in found if e.object_id}
    things, opened = _things(user, about), opening_access.openings(user.plan_id, about)
    trail.record(
        "trail.own_read",
        member_id=member.pk,
        object_kind="trail",
        facts={"count": len(found)},
        **grounds,
    )
    page.object_list = [
        Seen(
            event,
            people.get(event.actor_id) if event.actor_id else None,
            things.get(event.object_id) if event.object_id else None,
            opened.get(event.object_id) if event.object_id else None,
        )
        for event in found
    ]
    return page


def _things(user: User, ids: set[UUID]) -> dict[UUID, Thing]:
    found: dict[UUID, Thing] = {}
    for finder in thing_finders.values():
        found |= finder(user, ids)
    return found


def seen_this_month(user: User) -> int:
    """How many other people opened this member's information in the last 30 days."""
    require_own(user, own_member(user), Category.TRAIL)
    since = timezone.now() - timedelta(days=30)
    return (
        Event.objects.filter(
            plan_id=user.plan_id,
            member_id=user.member_id,
            outcome=Outcome.PERMITTED,
            at__gte=since,
            actor_id__isnull=False,
        )
        .exclude(actor_id=user.pk)
        .exclude(action__in=NOT_LOOKS)
        .values("actor_id")
        .distinct()
        .count()
    )


def own_disclosures(user: User, number: str | int = 1) -> "Page[Disclosure]":
    """What left about this member, the latest first. Recorded itself."""
    member = own_member(user)
    grounds = require_own(user, member, Category.DISCLOSURES)
    rows = Disclosure.objects.filter(plan_id=user.plan_id, member_id=member.pk)
    page: Page[Disclosure] = Paginator(rows.order_by("-disclosed_on", "-id"), PAGE).get_page(number)
    page.object_list = list(page.object_list)
    trail.record(
        "disclosures.listed",
        member_id=member.pk,
        object_kind="disclosure",
        facts={"count": len(page.object_list)},
        **grounds,
    )
    return page


def counts_of_record(user: User) -> dict[str, int]:
    """How much each app keeps about this member, through each app's own door."""
    member = own_member(user)
    return {name: part.count(user, member.pk) for name, part in record_parts.items()}


def own_person(user: User) -> Member:
    """Who this member is, for a page whose other parts leave its line."""
    member = own_member(user)
    require_own(user, member, Category.PERSON)
    return member


def own_address(user: User) -> str:
    """Where the plan mails this member's letters. A part of the record, with a line of its own."""
    member = own_member(user)
    grounds = require_own(user, member, Category.PERSON)
    trail.record(
        "person.own_read",
        member_id=member.pk,
        object_kind="member",
        object_id=member.pk,
        facts={"count": 1},
        **grounds,
    )
    return member.address or ""


def require_own(user: User, member: Member, category: Category) -> Grounds:
    decision = consents.require(
        by=user,
        act=Act.VIEW,
        purpose=Purpose.OWN_ACCESS,
        items=[Item(category)],
        member_id=member.pk,
        plan_id=member.plan_id,
    )
    return consents.grounds(Purpose.OWN_ACCESS, decision)


@contextmanager
def whole_file(user: User, member_id: UUID, category: Category) -> Iterator[None]:
    """Decide that this person may have all of a category, then bind the member's file."""
    purpose = Purpose.OWN_ACCESS
    decision = consents.require(
        by=user, act=Act.VIEW, purpose=purpose, items=[Item(category)], member_id=member_id
    )
    with members_file(member_id, consents.grounds(purpose, decision)):
        yield


def require_officer(user: User, act: Act, category: Category) -> Grounds:
    purpose = Purpose.PRIVACY_OVERSIGHT
    decision = consents.require(by=user, act=act, purpose=purpose, items=[Item(category)])
    return consents.grounds(purpose, decision)


def find_member(user: User, act: Act, category: Category, number: str) -> Member | None:
    """The member with the number on a card. Asking is on record, also where nobody has it."""
    grounds = require_officer(user, act, category)
    found = member_by_number(user, number)
    trail.record(
        "member.looked_up",
        member_id=found.pk if found else None,
        facts={} if found else {"reason_code": "unknown_number"},
        **grounds,
    )
    return found


def search_trail(user: User, wanted: dict[str, Any]) -> QuerySet[Event]:
    """Events of the plan that fit; the search itself is an event.

    `wanted` holds what of member, person (ids), kind, purpose, outcome, since and until is asked
    for.
    """
    grounds = require_officer(user, Act.SEARCH_TRAIL, Category.TRAIL)
    events = Event.objects.filter(plan_id=user.plan_id)
    for name, column in COLUMNS.items():
        if wanted.get(name):
            events = events.filter(**{column: wanted[name]})
    if wanted.get("person"):
        # Nobody is signed in yet when a password or code is tried: their account is its object.
        trying = Q(actor_id=None, object_kind="user", object_id=wanted["person"])
        events = events.filter(Q(actor_id=wanted["person"]) | trying)
    if wanted.get("since"):
        events = events.filter(at__gte=_midnight(wanted["since"]))
    if wanted.get("until"):
        events = events.filter(at__lt=_midnight(wanted["until"] + timedelta(days=1)))
    trail.record(
        "trail.searched",
        member_id=wanted.get("member"),
        object_kind="trail",
        facts={"searched": " ".join(sorted(k for k, v in wanted.items() if v))},
        **grounds,
    )
    return events.order_by("-at", "-id")


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))


def get_event(user: User, event_id: UUID) -> Event:
    found, grounds = _event(user, event_id)
    trail.record(
        "trail.event_opened",
        member_id=found.member_id,
        object_kind="event",
        object_id=found.pk,
        **grounds,
    )
    return found


def get_decided(user: User, event_id: UUID) -> Event:
    """The same entry, to ask why. Raises Http404 as `get_event` does."""
    found, grounds = _event(user, event_id)
    trail.record(
        "trail.why_opened",
        member_id=found.member_id,
        object_kind="event",
        object_id=found.pk,
        **grounds,
    )
    return found


def _event(user: User, event_id: UUID) -> tuple[Event, Grounds]:
    grounds = require_officer(user, Act.VIEW, Category.TRAIL)
    found = Event.objects.filter(plan_id=user.plan_id, pk=event_id).first()
    if found is None:
        raise Http404
    return found, grounds


def is_sealed(event: Event) -> bool:
    return proof.of_event(event.pk) is not None


def proof_of(user: User, event_id: UUID) -> str | None:
    """One entry with its proof, to check without the portal. None before it is sealed."""
    found, grounds = _event(user, event_id)
    trail.record(
        "trail.proof_taken",
        member_id=found.member_id,
        object_kind="event",
        object_id=found.pk,
        **grounds,
    )
    proven = proof.of_event(event_id)
    return proof.document([proven]) if proven else None


def get_disclosure(user: User, disclosure_id: UUID) -> Disclosure:
    """One disclosure, for its member or a privacy officer. Raises Http404 for other members, and
    PermissionDenied for other staff.
    """
    if user.is_staff_role:
        grounds = require_officer(user, Act.VIEW, Category.DISCLOSURES)
    else:
        grounds = require_own(user, own_member(user), Category.DISCLOSURES)
    found = Disclosure.objects.filter(plan_id=user.plan_id, pk=disclosure_id).first()
    if found is None or not (user.is_staff_role or found.member_id == user.member_id):
        raise Http404
    trail.record(
        "disclosure.opened",
        member_id=found.member_id,
        object_kind="disclosure",
        object_id=found.pk,
        **grounds,
    )
    return found
