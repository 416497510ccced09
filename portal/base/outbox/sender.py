"""Sending: lease and commit, send, commit the result. No row lock is held through SMTP.

A mail is never lost. It goes out twice only if the sender dies between the server's 250 and the
commit; the Message-ID stays the same, so that a mailbox may drop the second.
"""

import smtplib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone, translation

from portal.base import context
from portal.base.outbox import letters
from portal.base.outbox.models import Mail, MailState

# Longer than an SMTP dialogue can take with EMAIL_TIMEOUT on each of its steps.
LEASE = timedelta(minutes=5)
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=4)
MOST_ATTEMPTS = 20
AT_ONCE = 200
CLIENT = "task:sweep_outbox"


@dataclass(frozen=True)
class Result:
    state: MailState
    reply_code: int | None = None


def sweep() -> int:
    """Send what is due. One lease at a time: a killed worker leaves one mail in doubt, not many."""
    for count in range(AT_ONCE):
        mail = lease()
        if mail is None:
            return count
        settle(mail, deliver(mail))
    return AT_ONCE


def lease() -> Mail | None:
    now = timezone.now()
    free = Q(state=MailState.WAITING) | Q(state=MailState.SENDING, leased_until__lt=now)
    with context.system(CLIENT):
        due = Mail.objects.filter(free, next_attempt_at__lte=now).order_by("next_attempt_at", "pk")
        mail = due.select_for_update(skip_locked=True).first()
        if mail is None:
            return None
        mail.state, mail.leased_until = MailState.SENDING, now + LEASE
        mail.attempts += 1
        mail.next_attempt_at = now + wait_after(mail.attempts)
        mail.save(update_fields=["state", "leased_until", "attempts", "next_attempt_at"])
    return mail


def wait_after(attempts: int) -> timedelta:
    doublings = min(max(attempts - 1, 0), 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def deliver(mail: Mail) -> Result:
    letter = compose(mail)
    if letter is None:
        return Result(MailState.FAILED)
    try:
        letter.send()
    except smtplib.SMTPRecipientsRefused as refusal:
        codes = [code for code, _ in refusal.recipients.values()]
        return _refused(mail, max(codes, default=450))
    except smtplib.SMTPDataError as refusal:
        return _refused(mail, refusal.smtp_code)
    except smtplib.SMTPResponseException as refusal:
        # The server refuses us (sign-in, sender, greeting), not this person's address.
        return _again(mail, refusal.smtp_code)
    except (smtplib.SMTPException, OSError):
        return _again(mail)
    return Result(MailState.SENT, 250)


def _refused(mail: Mail, code: int) -> Result:
    return Result(MailState.BOUNCED, code) if code >= 500 else _again(mail, code)


def _again(mail: Mail, code: int | None = None) -> Result:
    given_up = mail.attempts >= MOST_ATTEMPTS
    return Result(MailState.FAILED if given_up else MailState.WAITING, code)


def settle(mail: Mail, result: Result) -> bool:
    """Write the result, unless the lease ran out and another sender has the mail."""
    sent_at: datetime | None = timezone.now() if result.state == MailState.SENT else None
    with context.system(CLIENT):
        ours = Mail.objects.filter(
            pk=mail.pk, state=MailState.SENDING, leased_until=mail.leased_until
        )
        changed = ours.update(
            state=result.state, reply_code=result.reply_code, sent_at=sent_at, leased_until=None
        )
    return changed == 1


def compose(mail: Mail) -> EmailMessage | None:
    """The letter as it goes out. Written now, so that no secret in it waits in the queue."""
    with context.system(CLIENT, plan_id=mail.plan_id):
        people = get_user_model().objects.select_related("plan")
        person = people.filter(pk=mail.recipient_id, plan_id=mail.plan_id, is_active=True).first()
        if person is None or not person.email:
            return None
        letter = letters.letter_for(mail, person)
        if letter is None:
            return None
        plan = person.plan
        words: dict[str, Any] = {
            "plan_name": plan.name,
            "phone": plan.phone,
            "tty": plan.tty,
            "sign_in_url": sign_in_url(plan.host),
            **letter.words,
        }
        with translation.override(person.language), timezone.override(ZoneInfo(plan.time_zone)):
            subject = render_to_string(f"emails/{letter.name}_subject.txt", words).strip()
            body = render_to_string(f"emails/{letter.name}_body.txt", words)
    return EmailMessage(
        subject=" ".join(subject.split()),
        body=body,
        to=[letter.to or person.email],
        headers={"Message-ID": f"<{mail.pk}@{plan.host}>", "Auto-Submitted": "auto-generated"},
    )


def sign_in_url(host: str) -> str:
    usual = {"https": "443", "http": "80"}[settings.PUBLIC_SCHEME]
    port = "" if usual == settings.PORT else f":{settings.PORT}"
    return f"{settings.PUBLIC_SCHEME}://{host}{port}/"
