"""Writing in conversations: decided, sent once, and on record in the same transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import hold_care, hold_seat
from accounts.models import CareTeam, Member, User
from consents.rules import Act
from disclosures.incident_actions import open_incident
from disclosures.models import IncidentKind, IncidentWay
from messaging import access, attachments, file_news, rules
from messaging.draft_actions import draft_of, drop_draft, keep_draft
from messaging.due import reply_due
from messaging.models import Draft, FileNews, Message, Thread, ThreadState
from messaging.rules import Step
from portal.base.audit import trail
from portal.base.files.checks import Checked
from portal.base.outbox.announce import Kind, announce
from portal.base.standing import read_only


class Sending(StrEnum):
    SENT = "sent"
    AGAIN = "again"  # the same form again: this is its first result
    OTHER_WORDS = "other_words"  # already sent with other words; the new ones are kept as a draft
    TAKEN = "taken"  # someone else has the thread; the words are kept as a draft
    ENDED = "ended"  # the team cares for the member no more; the words are kept as a draft


@dataclass(frozen=True)
class Sent:
    message: Message | None
    how: Sending


@dataclass(frozen=True)
class Taken:
    owner: User
    by_me: bool


@transaction.atomic
def start_thread(
    *,
    by: User,
    member: Member,
    team: CareTeam,
    subject: str,
    body: str,
    key: UUID,
    upload: Checked | None = None,
) -> Sent:
    """Raises FileNotTaken, as the others do that send: then nothing is sent."""
    with access.file_for(by, member.pk, Act.WRITE_MESSAGE):
        if not hold_care(member.pk, team.pk):
            raise PermissionDenied(_("This team is not on your care team. Nothing was sent."))
        try:
            with transaction.atomic():
                message = _start(by, member, team, subject, body, key)
        except IntegrityError:
            return _sent_before(by, key, None, subject, body, team, upload)
        _attach(by, draft_of(by, member.pk, None), message, upload)
        drop_draft(by, member.pk, None)
    return Sent(message, Sending.SENT)


def _start(by: User, member: Member, team: CareTeam, subject: str, body: str, key: UUID) -> Message:
    now, plan = timezone.now(), member.plan
    thread = Thread(
        plan=plan,
        member=member,
        record_holder_id=member.record_holder_id,
        team=team,
        subject=subject,
        answer_by=reply_due(plan, now),
        started_at=now,
        last_message_at=now,
    )
    thread.save(force_insert=True)
    return _add(by, thread, body, key, now, from_team=False)


def _attach(by: User, draft: Draft | None, message: Message, upload: Checked | None) -> None:
    """What waited with the draft, and what was chosen when the message was sent."""
    thread, moved = message.thread, attachments.move(draft, message)
    if upload:
        attachments.add(by, thread.member, message, upload)
    if (moved or upload) and not thread.has_files:
        thread.has_files = True
        thread.save(update_fields=["has_files"])
    if moved and attachments.any_stopped(message):
        file_news.tell(message, FileNews.STOPPED)


def _after_the_last(thread: Thread) -> datetime:
    """Now; but after what was said before, even where the clock was set back meanwhile."""
    return max(timezone.now(), thread.last_message_at + timedelta(microseconds=1))


def _add(
    by: User, thread: Thread, body: str, key: UUID, sent_at: datetime, *, from_team: bool
) -> Message:
    """The key is the primary key: of any number of tries at once the database lets one in."""
    message = Message(
        id=key,
        plan_id=thread.plan_id,
        member_id=thread.member_id,
        record_holder_id=thread.record_holder_id,
        thread=thread,
        author=by,
        from_team=from_team,
        body=body,
        sent_at=sent_at,
    )
    message.save(force_insert=True)
    trail.record(
        "message.answered" if from_team else "message.sent",
        member_id=thread.member_id,
        object_kind="message",
        object_id=message.pk,
    )
    return message


def _sent_before(
    by: User,
    key: UUID,
    thread: Thread | None,
    subject: str,
    body: str,
    team: CareTeam | None = None,
    upload: Checked | None = None,
) -> Sent:
    """Inside the member's file. A key that someone else used tells nothing of their message."""
    first = Message.objects.select_related("thread").filter(pk=key, author=by).first()
    if first is None or (thread is not None and first.thread_id != thread.pk):
        raise PermissionDenied(_("This was not sent. Go back and send it again."))
    same_subject = thread is not None or first.thread.subject == subject
    if first.body == body and same_subject:
        return Sent(first, Sending.AGAIN)
    member = first.member if thread is None else thread.member
    keep_draft(by, member, thread, subject, body, team, upload=upload)
    return Sent(first, Sending.OTHER_WORDS)


@transaction.atomic
def reply(*, by: User, thread: Thread, body: str, key: UUID, upload: Checked | None = None) -> Sent:
    """A member writes on. A closed conversation opens again: nothing they write is turned away."""
    with access.file_for(by, thread.member_id, Act.WRITE_MESSAGE):
        cared_for = hold_care(thread.member_id, thread.team_id)
        locked = _locked(by, thread)
        if not cared_for:
            keep_draft(by, locked.member, locked, "", body, upload=upload)
            return Sent(None, Sending.ENDED)
        try:
            with transaction.atomic():
                message = _add(by, locked, body, key, _after_the_last(locked), from_team=False)
        except IntegrityError:
            return _sent_before(by, key, locked, "", body, upload=upload)
        _attach(by, draft_of(by, locked.member_id, locked), message, upload)
        was = locked.state
        _step(locked, Step.REPLY)
        if was != ThreadState.WAITING or locked.answer_by is None:
            locked.answer_by = reply_due(locked.plan, timezone.now())
        locked.last_message_at, locked.opened_by_team_at = message.sent_at, None
        locked.save(update_fields=["state", "answer_by", "last_message_at", "opened_by_team_at"])
        drop_draft(by, locked.member_id, locked)
    return Sent(message, Sending.SENT)


@transaction.atomic
def answer(
    *, by: User, thread: Thread, body: str, key: UUID, upload: Checked | None = None
) -> Sent:
    """The team answers. Whoever answers first has it; a second person's words are kept."""
    with access.file_for(by, thread.member_id, Act.ANSWER_MESSAGE):
        locked = _held(by, thread)
        if locked.owner_id not in {None, by.pk}:
            keep_draft(by, locked.member, locked, "", body, upload=upload)
            return Sent(None, Sending.TAKEN)
        try:
            with transaction.atomic():
                message = _add(by, locked, body, key, _after_the_last(locked), from_team=True)
        except IntegrityError:
            return _sent_before(by, key, locked, "", body, upload=upload)
        _attach(by, draft_of(by, locked.member_id, locked), message, upload)
        _step(locked, Step.ANSWER)
        locked.owner, locked.answer_by = by, None
        locked.last_message_at, locked.unread_by_member = message.sent_at, True
        locked.save(
            update_fields=["state", "owner", "answer_by", "last_message_at", "unread_by_member"]
        )
        drop_draft(by, locked.member_id, locked)
        _tell_member(locked, message)
    return Sent(message, Sending.SENT)


def _tell_member(thread: Thread, message: Message) -> None:
    person: User | None = getattr(thread.member, "user", None)
    if person is not None:
        announce(
            plan_id=thread.plan_id,
            recipient_id=person.pk,
            kind=Kind.MESSAGE_ANSWERED,
            event_id=message.pk,
        )


@transaction.atomic
def take(*, by: User, thread: Thread) -> Taken:
    """Become the one who answers, unless a colleague was first."""
    with access.file_for(by, thread.member_id, Act.ANSWER_MESSAGE):
        locked = _held(by, thread)
        if locked.owner is not None:
            return Taken(locked.owner, locked.owner_id == by.pk)
        locked.owner = by
        locked.save(update_fields=["owner"])
        _note("thread.taken", locked)
    return Taken(by, True)


@transaction.atomic
def close(*, by: User, thread: Thread) -> Thread:
    with access.file_for(by, thread.member_id, Act.ANSWER_MESSAGE):
        locked = _held(by, thread)
        if locked.state == ThreadState.CLOSED:
            return locked
        _step(locked, Step.CLOSE)
        locked.answer_by = None
        locked.save(update_fields=["state", "answer_by"])
        _note("thread.closed", locked)
    return locked


@transaction.atomic
def reopen(*, by: User, thread: Thread) -> Thread:
    with access.file_for(by, thread.member_id, Act.ANSWER_MESSAGE):
        locked = _held(by, thread)
        if locked.state != ThreadState.CLOSED:
            return locked
        _step(locked, Step.REOPEN)
        locked.answer_by = reply_due(locked.plan, timezone.now())
        locked.save(update_fields=["state", "answer_by"])
        _note("thread.reopened", locked)
    return locked


@transaction.atomic
def report_misdirected(*, by: User, thread: Thread, message_id: UUID, told: str, key: UUID) -> UUID:
    """Tell the privacy office of a message that went to the wrong person: the incident's id.

    Either side may, as may whoever else can read it. Raises Http404 for no message of this one.
    """
    with access.file_for(by, thread.member_id, Act.VIEW):
        message = access.message_of(by, thread, message_id)
        incident = open_incident(
            by=by,
            key=key,
            kind=IncidentKind.SENT,
            way=IncidentWay.MESSAGE,
            told=told,
            member=thread.member,
            about_kind="message",
            about_id=message.pk,
        )
    return incident.pk


@transaction.atomic
def mark_opened(*, by: User, thread: Thread) -> None:
    """A side has seen it: the member's "New" goes, the team's "Opened" shows, news is none now."""
    if read_only.is_on():
        return
    with access.file_for(by, thread.member_id, Act.VIEW):
        seen = Thread.objects.filter(pk=thread.pk)
        if not by.is_staff_role:
            new = seen.filter(Q(unread_by_member=True) | ~Q(file_news_for_member=""))
            new.update(unread_by_member=False, file_news_for_member=FileNews.NONE)
        else:
            seen.exclude(file_news_for_team="").update(file_news_for_team=FileNews.NONE)
            seen.filter(opened_by_team_at=None).update(opened_by_team_at=timezone.now())


def _locked(by: User, thread: Thread) -> Thread:
    """Read again under a lock, and only if it is still theirs."""
    access.find(by, thread.pk)
    heads = Thread.objects.select_related("plan", "member", "owner")
    return heads.select_for_update(of=("self",)).get(pk=thread.pk)


def _held(by: User, thread: Thread) -> Thread:
    """For the team: what lets them in can't end before this is done."""
    hold_care(thread.member_id, thread.team_id)
    hold_seat(by, thread.team_id)
    return _locked(by, thread)


def _step(thread: Thread, step: Step) -> None:
    following = rules.after(step, thread.state)
    if following is None:
        raise PermissionDenied(_("This conversation is closed. Open it again first."))
    thread.state = following


def _note(action: str, thread: Thread) -> None:
    trail.record(action, member_id=thread.member_id, object_kind="thread", object_id=thread.pk)


@transaction.atomic
def accept_safety(*, by: User, member: Member) -> None:
    with access.file_for(by, member.pk, Act.WRITE_MESSAGE):
        trail.record("safety.accepted", member_id=member.pk)
