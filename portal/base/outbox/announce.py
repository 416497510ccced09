"""The row is written with what it announces, so that neither exists without the other."""

from collections.abc import Collection
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal.base import waking
from portal.base.outbox.models import Mail, MailState


class Kind(StrEnum):
    MESSAGE_ANSWERED = "message_answered"
    MESSAGE_DUE = "message_due"
    MESSAGE_LATE = "message_late"
    FILE_STOPPED = "file_stopped"
    FILE_READY = "file_ready"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a kind of mail
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a kind of mail
    SECOND_STEP_CHANGED = "second_step_changed"
    NEW_BROWSER = "new_browser"
    EMAIL_CODE = "email_code"
    EMAIL_CHANGED = "email_changed"
    EMAIL_LEFT = "email_left"
    JOB_DONE = "job_done"
    INCIDENT_OPENED = "incident_opened"
    APPROVAL_WAITS = "approval_waits"
    APPROVAL_DECIDED = "approval_decided"
    MAIL_TEST = "mail_test"


def announce(*, plan_id: UUID, recipient_id: UUID, kind: Kind, event_id: UUID) -> Mail:
    """Queue one e-mail. The same event announced again to the same person changes nothing."""
    mail, _ = Mail.objects.get_or_create(
        event_id=event_id,
        recipient_id=recipient_id,
        kind=kind.value,
        defaults={"plan_id": plan_id, "next_attempt_at": timezone.now()},
    )
    transaction.on_commit(wake, robust=True)
    return mail


def withdraw(recipient_id: UUID) -> int:
    """What waits for this person is not sent. Under a system context."""
    waiting = Mail.objects.filter(recipient_id=recipient_id, state=MailState.WAITING)
    return waiting.update(state=MailState.UNSENDABLE)


def mails_about(kind: Kind, event_ids: Collection[UUID]) -> dict[UUID, Mail]:
    """What became of the mail that announced each of these, as far as the reader may know."""
    mails = Mail.objects.filter(kind=kind.value, event_id__in=event_ids) if event_ids else ()
    return {mail.event_id: mail for mail in mails}


def newest_to(recipient_id: UUID, kind: Kind) -> Mail | None:
    """The last mail of this kind to this person, as far as the reader may know."""
    sent = Mail.objects.filter(recipient_id=recipient_id, kind=kind.value)
    return sent.order_by("-created_at", "-pk").first()


def wake() -> None:
    from portal.base.tasks import sweep_outbox

    waking.wake(sweep_outbox)
