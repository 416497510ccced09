"""The paper queue: who may see it, and what they see of each letter. Each look is recorded."""

from collections import Counter
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet
from django.http import Http404

from accounts import paper
from accounts.access import members_in_plan
from accounts.models import Member, User
from consents import access as consents
from consents.rules import Act, Category, Item, Purpose
from portal.base import context
from portal.base.audit import trail
from portal.base.crypto import keyring
from portal.base.crypto.errors import KeyDestroyed
from portal.base.letters import queue
from portal.base.letters.joined import together
from portal.base.letters.kinds import Need
from portal.base.letters.models import Letter, LetterState
from portal.base.registry import Grounds

PAGE = 25


def require_mailing(user: User) -> Grounds:
    """Raises PermissionDenied with a sentence for people."""
    items = [Item(Category.LETTERS)]
    decision = consents.require(by=user, act=Act.MAIL_LETTERS, purpose=Purpose.MAILING, items=items)
    return consents.grounds(Purpose.MAILING, decision)


def of_plan(user: User) -> QuerySet[Letter]:
    letters = Letter.objects.filter(plan_id=user.plan_id)
    return letters.select_related("replaces", "replacement")


def counts(user: User) -> dict[str, int]:
    require_mailing(user)
    found = Letter.objects.filter(plan_id=user.plan_id).values_list("state")
    return dict(found.annotate(Count("pk")))


def listed(
    user: User, state: LetterState, *, batch_id: UUID | None = None, number: str | int = 1
) -> "Page[Letter]":
    """One state's letters: what waits longest first, else the newest first."""
    grounds = require_mailing(user)
    letters = of_plan(user).filter(state=state)
    if batch_id:
        letters = letters.filter(batch_id=batch_id)
    # Printed letters lie in the order of their file.
    order = "pk" if batch_id or state == LetterState.WAITING else "-pk"
    page: Page[Letter] = Paginator(letters.order_by(order), PAGE).get_page(number)
    page.object_list = list(page.object_list)
    keyring.prefetch(letter.holder_id for letter in page.object_list)
    counted = Counter(letter.member_id for letter in page.object_list)
    facts: dict[UUID, dict[str, str | int]] = {who: {"count": n} for who, n in counted.items()}
    trail.record_each("letters.listed", facts, object_kind="letters", **grounds)
    if not facts:
        trail.record("letters.listed", object_kind="letters", **grounds)
    return page


def members_of(user: User, letters: list[Letter]) -> dict[UUID, Member]:
    return members_in_plan(user, {letter.member_id for letter in letters})


def lacks(user: User, letters: list[Letter]) -> dict[UUID, list[Need]]:
    """What each still lacks, with the address that its member has by now."""
    members, found = members_of(user, letters), {}
    for letter in letters:
        readdress(letter, members.get(letter.member_id))
        sender = paper.sender_of(user.plan, letter.language)
        found[letter.pk] = queue.lacks(letter, sender)
    return found


def readdress(letter: Letter, member: Member | None) -> None:
    """While it waits, a member's letter goes where the member is now."""
    if member is not None and letter.recipient_id == member.pk:
        with suppress(KeyDestroyed):
            letter.address = paper.address_of(member)


def get_letter(user: User, letter_id: UUID) -> Letter:
    grounds = require_mailing(user)
    found = of_plan(user).filter(pk=letter_id).first()
    if found is None:
        raise Http404
    trail.record("letter.opened", **_about(found), **grounds)
    return found


def printed(user: User, letter_id: UUID) -> tuple[Letter, bytes]:
    """The paper as it was printed. Raises Http404 while it was not."""
    letter = get_letter(user, letter_id)
    if letter.state == LetterState.WAITING:
        raise Http404
    with context.about_member(letter.member_id):
        return letter, queue.printed(letter)


def has_batch(user: User, batch_id: UUID) -> bool:
    return of_plan(user).filter(batch_id=batch_id).exists()


def batch(user: User, batch_id: UUID) -> bytes:
    """All that were printed together, each from a sheet of its own."""
    grounds = require_mailing(user)
    letters = list(of_plan(user).filter(batch_id=batch_id).order_by("pk"))
    if not letters:
        raise Http404
    keyring.prefetch(letter.holder_id for letter in letters)
    files = []
    for letter in letters:
        with context.about_member(letter.member_id, **grounds):
            files.append(queue.printed(letter))
            trail.record("letter.taken", **_about(letter))
    return together(files)


def _about(letter: Letter) -> dict[str, Any]:
    return {
        "member_id": letter.member_id,
        "object_kind": "letter",
        "object_id": letter.pk,
        "facts": {"kind": letter.kind},
    }
