"""The paper queue: a letter waits, is printed, is mailed, and may come back."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.utils import timezone

from portal.base.audit import trail
from portal.base.crypto.errors import KeyDestroyed, SealBroken
from portal.base.files import sealed
from portal.base.letters import page, render
from portal.base.letters.kinds import KEY, Need, Sender, kind_of
from portal.base.letters.models import Letter, LetterState

# What each state may become; anything else stays as it is.
FOLLOWING: dict[str, frozenset[str]] = {
    LetterState.WAITING: frozenset({LetterState.PRINTED}),
    LetterState.PRINTED: frozenset({LetterState.MAILED}),
    LetterState.MAILED: frozenset({LetterState.RETURNED}),
    LetterState.RETURNED: frozenset(),
}
# One that never came, or came back, may be written anew.
REPLACEABLE = frozenset({LetterState.MAILED, LetterState.RETURNED})


@dataclass(frozen=True)
class Recipient:
    """Whom a letter is for, in whose file it is kept, and where it goes."""

    plan_id: UUID
    member_id: UUID
    recipient_id: UUID
    holder_id: UUID
    language: str
    address: str


@dataclass(frozen=True)
class Hindrance:
    """Why a letter was not printed, and what to do."""

    letter: Letter
    needs: tuple[Need, ...]


def write(
    *, to: Recipient, kind: str, event_id: UUID, words: dict[str, Any] | None = None
) -> Letter:
    """Put a letter in the queue. The same event told again to the same person changes nothing."""
    letter, is_new = Letter.objects.get_or_create(
        plan_id=to.plan_id,
        member_id=to.member_id,
        event_id=event_id,
        recipient_id=to.recipient_id,
        kind=kind,
        replaces=None,
        defaults={
            "holder_id": to.holder_id,
            "language": to.language,
            "address": to.address,
            "words": words or {},
        },
    )
    if is_new:
        _note("letter.written", letter)
    return letter


def write_again(letter: Letter, to: Recipient) -> Letter:
    """The same words anew, to where the person is now. A second time it is the first result."""
    if letter.state not in REPLACEABLE:
        raise ValueError("Only a letter that was mailed can be replaced.")
    again, is_new = Letter.objects.get_or_create(
        replaces=letter,
        defaults={
            "plan_id": letter.plan_id,
            "member_id": letter.member_id,
            "holder_id": letter.holder_id,
            "recipient_id": letter.recipient_id,
            "kind": letter.kind,
            "event_id": letter.event_id,
            "language": to.language,
            "address": to.address,
            "words": letter.words,
        },
    )
    if is_new:
        _note("letter.replaced", again)
    return again


def letters_about(kind: str, event_ids: Collection[UUID]) -> dict[UUID, Letter]:
    """The newest letter that told of each of these, as far as the reader may know."""
    found = Letter.objects.filter(kind=kind, event_id__in=event_ids) if event_ids else ()
    return {one.event_id: one for one in sorted(found, key=lambda one: one.pk)}


def lacks(letter: Letter, sender: Sender) -> list[Need]:
    """What stands between this letter and the printer."""
    try:
        return page.missing(page.content(letter, sender, timezone.now()), letter)
    except KeyDestroyed:
        return [KEY]


def print_letter(
    letter: Letter, sender: Sender, *, by: UUID, batch_id: UUID, at: datetime
) -> Hindrance | None:
    """Render, seal and record it, inside its member's file. What is in the way is told instead."""
    if not _may_become(letter, LetterState.PRINTED):
        return None
    if needs := lacks(letter, sender):
        return Hindrance(letter, tuple(needs))
    made = page.content(letter, sender, at)
    draw = partial(render.render, at=at, logo_name=sender.logo_name, logo=sender.logo)
    try:
        pdf = draw(made)
    except render.Unprintable:
        letter.by_hand = True
        pdf = draw(page.content(letter, sender, at))
    file = sealed.write(
        plan_id=letter.plan_id,
        member_id=letter.member_id,
        holder_id=letter.holder_id,
        about_id=letter.pk,
        content_type="application/pdf",
        source=[pdf],
    )
    letter.file_id, letter.sha256 = file.pk, hashlib.sha256(pdf).hexdigest()
    letter.state, letter.batch_id = LetterState.PRINTED, batch_id
    letter.printed_at, letter.printed_by = at, by
    letter.save(
        update_fields=[
            "address", "by_hand", "file_id", "sha256", "state", "batch_id", "printed_at",
            "printed_by",
        ]
    )  # fmt: skip
    _note("letter.printed", letter)
    return None


def printed(letter: Letter) -> bytes:
    """What was printed, to the byte. Inside its member's file alone."""
    file = sealed.find(letter.file_id) if letter.file_id else None
    pdf = sealed.read(file) if file else b""
    if hashlib.sha256(pdf).hexdigest() != letter.sha256:
        raise SealBroken(f"Letter {letter.pk} is not what was printed.")
    return pdf


def mail(letter: Letter, *, by: UUID, on: date) -> bool:
    if not _may_become(letter, LetterState.MAILED):
        return False
    letter.state, letter.mailed_on, letter.mailed_by = LetterState.MAILED, on, by
    letter.save(update_fields=["state", "mailed_on", "mailed_by"])
    _note("letter.mailed", letter)
    return True


def take_back(letter: Letter, *, by: UUID, on: date, reason: str) -> bool:
    """The post brought it back."""
    if not _may_become(letter, LetterState.RETURNED):
        return False
    letter.state, letter.returned_on, letter.returned_by = LetterState.RETURNED, on, by
    letter.returned_reason = reason
    letter.save(update_fields=["state", "returned_on", "returned_by", "returned_reason"])
    _note("letter.returned", letter, reason_code=reason)
    return True


def unmark(letter: Letter) -> bool:
    """It was marked as mailed or as back by mistake: it stands where it stood before.

    One that another was written in place of stays: that one says so on its paper.
    """
    if Letter.objects.filter(replaces=letter).exists():
        return False
    fields = ["state", "mailed_on", "mailed_by", "returned_on", "returned_by", "returned_reason"]
    if letter.state == LetterState.RETURNED:
        letter.state, letter.returned_on, letter.returned_by = LetterState.MAILED, None, None
        letter.returned_reason = ""
        letter.save(update_fields=fields)
        _note("letter.return_undone", letter)
        return True
    if letter.state == LetterState.MAILED:
        letter.state, letter.mailed_on, letter.mailed_by = LetterState.PRINTED, None, None
        letter.save(update_fields=fields)
        _note("letter.mail_undone", letter)
        return True
    return False


def _may_become(letter: Letter, state: LetterState) -> bool:
    return state in FOLLOWING[letter.state]


def _note(action: str, letter: Letter, **facts: str) -> None:
    trail.record(
        action,
        member_id=letter.member_id,
        object_kind="letter",
        object_id=letter.pk,
        facts={"kind": kind_of(letter).name, **facts},
    )
