"""What the office does with letters. Each step is taken once, whoever sends its form again."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import paper
from accounts.models import User
from disclosures import letter_access as access
from portal.base import context
from portal.base.crypto import keyring
from portal.base.letters import queue
from portal.base.letters.models import Letter, LetterState
from portal.base.letters.queue import Hindrance

Ids = Collection[UUID]


class TooEarly(Exception):
    """A letter is mailed on or after the day it was printed, and comes back after it was mailed."""


@transaction.atomic
def print_letters(*, by: User, ids: Ids, batch_id: UUID) -> list[Hindrance]:
    """Print those that can be; answer what stands against the others.

    The same form again finds its letters printed, and does nothing.
    """
    grounds = access.require_mailing(by)
    letters = _locked(by, ids, LetterState.WAITING)
    members = access.members_of(by, letters)
    logo, now, found = paper.logo_for_letters(by.plan), timezone.now(), []
    for letter in letters:
        sender = paper.sender_of(by.plan, letter.language, logo)
        access.readdress(letter, members.get(letter.member_id))
        with context.about_member(letter.member_id, **grounds):
            hindrance = queue.print_letter(letter, sender, by=by.pk, batch_id=batch_id, at=now)
        if hindrance:
            found.append(hindrance)
    return found


@transaction.atomic
def mail_letters(*, by: User, ids: Ids, on: date) -> int:
    """How many were marked. Those that were not printed, or are on their way, stay as they are.

    Raises TooEarly for a day before one of them was printed.
    """
    grounds, count = access.require_mailing(by), 0
    letters = _locked(by, ids, LetterState.PRINTED)
    if any(one.printed_at and by.plan.calendar.day(one.printed_at) > on for one in letters):
        raise TooEarly
    for letter in letters:
        with context.about_member(letter.member_id, **grounds):
            count += queue.mail(letter, by=by.pk, on=on)
    return count


@transaction.atomic
def take_back(*, by: User, ids: Ids, on: date, reason: str) -> int:
    """How many were marked. Raises TooEarly for a day before one of them was mailed."""
    grounds, count = access.require_mailing(by), 0
    letters = _locked(by, ids, LetterState.MAILED)
    if any(one.mailed_on and one.mailed_on > on for one in letters):
        raise TooEarly
    for letter in letters:
        with context.about_member(letter.member_id, **grounds):
            count += queue.take_back(letter, by=by.pk, on=on, reason=reason)
    return count


@transaction.atomic
def unmark(*, by: User, letter: Letter, state: str) -> bool:
    """Undo that it was marked as mailed or as back. `state` is the one that was undone, so that
    the same form again undoes no more."""
    grounds = access.require_mailing(by)
    locked = Letter.objects.select_for_update().get(pk=letter.pk, plan_id=by.plan_id)
    if locked.state != state:
        return False
    with context.about_member(locked.member_id, **grounds):
        return queue.unmark(locked)


@transaction.atomic
def write_again(*, by: User, letter: Letter) -> Letter:
    """A new letter in place of one that did not arrive, to the address on file now."""
    grounds = access.require_mailing(by)
    locked = Letter.objects.select_for_update().get(pk=letter.pk, plan_id=by.plan_id)
    if locked.state not in queue.REPLACEABLE:
        raise PermissionDenied(_("This letter was not mailed yet, so it needs no new one."))
    member = access.members_of(by, [locked])[locked.member_id]
    with context.about_member(locked.member_id, **grounds):
        return queue.write_again(locked, paper.to_member(member))


def _locked(by: User, ids: Ids, state: LetterState) -> list[Letter]:
    """In one order, so that two people at once wait for each other rather than block."""
    mine = access.of_plan(by).filter(pk__in=ids, state=state).order_by("pk")
    letters = list(mine.select_for_update(of=("self",)))
    keyring.prefetch(letter.holder_id for letter in letters)
    return letters
