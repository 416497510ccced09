"""Words that are not sent yet: one draft for each person and thread, and one for a new message."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from accounts.models import CareTeam, Member, User
from consents.rules import Act
from messaging import access, attachments
from messaging.models import Draft, Message, Thread
from portal.base.audit import trail
from portal.base.files.checks import Checked
from portal.base.ids import uuid7


@transaction.atomic
def save_draft(
    *,
    by: User,
    member: Member,
    thread: Thread | None,
    subject: str,
    body: str,
    team: CareTeam | None = None,
    key: UUID | None = None,
    quiet: bool = False,
    upload: Checked | None = None,
) -> Draft | None:
    """Without words or files it ends. A team that was not chosen yet leaves the one that was.

    Raises FileNotTaken, and nothing of it is kept.
    """
    act = Act.ANSWER_MESSAGE if by.is_staff_role else Act.WRITE_MESSAGE
    with access.file_for(by, member.pk, act):
        if key and _is_sent(by, key, body):
            return None
        if not (subject or body or upload or attachments.has_any(draft_of(by, member.pk, thread))):
            if drop_draft(by, member.pk, thread):
                trail.record("draft.deleted", member_id=member.pk, object_kind="draft")
            return None
        return keep_draft(by, member, thread, subject, body, team, quiet=quiet, upload=upload)


def _is_sent(by: User, key: UUID, body: str) -> bool:
    """A quiet saving may come in after the same words were sent: then they are no draft."""
    first = Message.objects.filter(pk=key, author=by).first()
    return first is not None and first.body == body


def keep_draft(
    by: User,
    member: Member,
    thread: Thread | None,
    subject: str,
    body: str,
    team: CareTeam | None = None,
    *,
    quiet: bool = False,
    upload: Checked | None = None,
) -> Draft:
    """Inside the member's file."""
    words: dict[str, Any] = {"subject": subject, "body": body, "saved_at": timezone.now()}
    if team:
        words["team"] = team
    draft, created = Draft.objects.update_or_create(
        plan_id=member.plan_id,
        member=member,
        author=by,
        thread=thread,
        defaults=words,
        create_defaults={"id": uuid7(), "record_holder_id": member.record_holder_id, **words},
    )
    # Saving that nobody asked for comes every few seconds, of words that their writer alone sees:
    # the trail tells when such a draft began, and each time that someone saved it.
    if created or not quiet:
        trail.record("draft.saved", member_id=member.pk, object_kind="draft", object_id=draft.pk)
    if upload:
        attachments.add(by, member, draft, upload)
    return draft


def draft_of(by: User, member_id: UUID, thread: Thread | None) -> Draft | None:
    """Inside the member's file."""
    return Draft.objects.filter(author=by, member_id=member_id, thread=thread).first()


def drop_draft(by: User, member_id: UUID, thread: Thread | None) -> bool:
    """After its files went along with the message, or were taken out."""
    return bool(Draft.objects.filter(author=by, member_id=member_id, thread=thread).delete()[0])


@transaction.atomic
def take_out(*, by: User, member: Member, thread: Thread | None, file_id: UUID) -> None:
    """One file of the draft. Raises Http404 for what is not there or not theirs."""
    act = Act.ANSWER_MESSAGE if by.is_staff_role else Act.WRITE_MESSAGE
    with access.file_for(by, member.pk, act):
        draft = draft_of(by, member.pk, thread)
        if draft is None or not attachments.remove([draft], file_id):
            raise Http404


@transaction.atomic
def delete_draft(*, by: User, draft: Draft) -> None:
    with access.file_for(by, draft.member_id, Act.WRITE_MESSAGE):
        draft_id = draft.pk
        attachments.remove([draft])
        draft.delete()
        trail.record(
            "draft.deleted", member_id=draft.member_id, object_kind="draft", object_id=draft_id
        )
