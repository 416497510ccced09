"""Sending: lease and commit, send, commit the result. No row lock is held through SMTP.

A mail is never lost. It goes out twice only if the sender dies between the server's 250 and the
commit; the Message-ID stays the same, so that a mailbox may drop the second.

A server that is down or turns us away is no fault of the mail: it is tried again twice a minute
for as long as that lasts, and this doesn't count among the tries after which a mail is given up.
So is a mail in its first 20 minutes whose address is turned away for now; later it waits longer.
"""

import smtplib
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage, get_connection
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone, translation

from portal.base import context
from portal.base.logs import log
from portal.base.outbox import texts
from portal.base.outbox.models import Mail, MailState

# Longer than an SMTP dialogue can take with EMAIL_TIMEOUT on each of its steps.
LEASE = timedelta(minutes=5)
FIRST_WAIT = timedelta(minutes=1)
SERVER_WAIT = timedelta(seconds=30)
YOUNG = timedelta(minutes=20)
LONGEST_WAIT = timedelta(hours=4)
MOST_ATTEMPTS = 20
AT_ONCE = 200
CLIENT = "task:sweep_outbox"
GIVEN_UP = frozenset({MailState.BOUNCED, MailState.FAILED, MailState.UNSENDABLE})


@dataclass(frozen=True)
class Result:
    state: MailState
    reply_code: int | None = None
    server_trouble: bool = False
    counts: bool = True


def sweep() -> int:
    """Send what is due. One lease at a time: a killed worker leaves one mail in doubt, not many."""
    for count in range(AT_ONCE):
        mail = lease()
        if mail is None:
            return count
        result = deliver(mail)
        settle(mail, result)
        if result.server_trouble:
            # The next mail would fare the same, and each may cost a worker the whole time-out.
            return count
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
    connection = get_connection()
    try:
        message = compose(mail, connection)
    except Exception as error:  # whatever a writer of an app may raise
        # A sealed value that does not open, a template: no later try may stand in others' way.
        log.error("mail_not_written", error=type(error).__name__, attempt=mail.attempts)
        return _again(mail)
    if message is None:
        return Result(MailState.UNSENDABLE)
    try:
        connection.open()
        return _hand_over(mail, message)
    except smtplib.SMTPResponseException as refusal:
        # The server refuses us (greeting, sign-in, sender), not this person's address.
        return Result(MailState.WAITING, refusal.smtp_code, server_trouble=True, counts=False)
    except (smtplib.SMTPException, OSError):
        return Result(MailState.WAITING, server_trouble=True, counts=False)
    finally:
        # What was taken stays taken, even if the server can't say goodbye.
        with suppress(smtplib.SMTPException, OSError):
            connection.close()


def _hand_over(mail: Mail, message: EmailMessage) -> Result:
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as refusal:
        codes = [code for code, _ in refusal.recipients.values()]
        return _refused(mail, max(codes, default=450))
    except smtplib.SMTPDataError as refusal:
        return _refused(mail, refusal.smtp_code)
    except smtplib.SMTPResponseException:
        raise
    except (smtplib.SMTPException, OSError):
        # It may have been taken all the same: to try at once would send it again and again.
        return replace(_again(mail), server_trouble=True)
    except ValueError:
        # Not an address at all: no server would take it, today or tomorrow.
        return Result(MailState.FAILED)
    return Result(MailState.SENT, 250)


def _refused(mail: Mail, code: int) -> Result:
    if code >= 500:
        return Result(MailState.BOUNCED, code)
    if mail.created_at > timezone.now() - YOUNG:
        # As greylisting and busy servers do: soon over, and no reason to let a person wait.
        return Result(MailState.WAITING, code, counts=False)
    return _again(mail, code)


def _again(mail: Mail, code: int | None = None) -> Result:
    given_up = mail.attempts >= MOST_ATTEMPTS
    return Result(MailState.FAILED if given_up else MailState.WAITING, code)


def settle(mail: Mail, result: Result) -> bool:
    """Write the result, unless the lease ran out and another sender has the mail.

    What no mail can tell, a paper letter may: it is written with the result.
    """
    now = timezone.now()
    facts: dict[str, Any] = {"state": result.state, "reply_code": result.reply_code}
    facts["sent_at"] = now if result.state == MailState.SENT else None
    if not result.counts:
        facts |= {"attempts": mail.attempts - 1, "next_attempt_at": now + SERVER_WAIT}
    with context.system(CLIENT, plan_id=mail.plan_id):
        ours = Mail.objects.filter(
            pk=mail.pk, state=MailState.SENDING, leased_until=mail.leased_until
        )
        changed = ours.update(**facts, leased_until=None)
        if changed and result.state in GIVEN_UP:
            texts.tell_on_paper(mail)
    return changed == 1


def compose(mail: Mail, connection: Any = None) -> EmailMessage | None:
    """The mail as it goes out. Written now, so that no secret in it waits in the queue."""
    with context.system(CLIENT, plan_id=mail.plan_id):
        people = get_user_model().objects.select_related("plan")
        person = people.filter(pk=mail.recipient_id, plan_id=mail.plan_id, is_active=True).first()
        if person is None or not person.email:
            return None
        text = texts.text_for(mail, person)
        if text is None:
            return None
        plan = person.plan
        words: dict[str, Any] = {
            "plan_name": plan.name,
            "phone": plan.phone,
            "tty": plan.tty,
            "sign_in_url": sign_in_url(plan.host),
            **text.words,
        }
        with translation.override(person.language), timezone.override(ZoneInfo(plan.time_zone)):
            subject = render_to_string(f"emails/{text.name}_subject.txt", words).strip()
            body = render_to_string(f"emails/{text.name}_body.txt", words)
    return EmailMessage(
        subject=" ".join(subject.split()),
        body=body,
        to=[text.to or person.email],
        connection=connection,
        headers={"Message-ID": f"<{mail.pk}@{plan.host}>", "Auto-Submitted": "auto-generated"},
    )


def sign_in_url(host: str) -> str:
    usual = {"https": "443", "http": "80"}[settings.PUBLIC_SCHEME]
    port = "" if usual == settings.PORT else f":{settings.PORT}"
    return f"{settings.PUBLIC_SCHEME}://{host}{port}/"
