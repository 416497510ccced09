import smtplib
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.core import mail as sent_mail
from django.core.mail import EmailMessage
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.models import User
from portal.base import context
from portal.base.crypto.errors import SealBroken
from portal.base.ids import uuid7
from portal.base.outbox import announce, sender
from portal.base.outbox.models import Mail, MailState


def put(user: User) -> Mail:
    with context.system("test"):
        return announce.announce(
            plan_id=user.plan_id,
            recipient_id=user.pk,
            kind=announce.Kind.MESSAGE_ANSWERED,
            event_id=uuid7(),
        )


def again(row: Mail) -> Mail:
    with context.system("test"):
        row.refresh_from_db()
    return row


def test_the_mail_says_where_to_sign_in_and_nothing_else(member_user: User) -> None:
    row = put(member_user)
    assert sender.sweep() == 1
    letter = sent_mail.outbox[0]
    assert letter.subject == "You have something new at Cedar Health Plan"
    assert letter.to == [member_user.email]
    assert "://cedar.localhost" in letter.body
    assert "Ana" not in letter.body
    assert letter.extra_headers["Message-ID"] == f"<{row.pk}@cedar.localhost>"
    assert again(row).state == MailState.SENT
    assert sender.sweep() == 0


def test_the_same_event_is_announced_once(member_user: User) -> None:
    row = put(member_user)
    with context.system("test"):
        announce.announce(
            plan_id=row.plan_id,
            recipient_id=row.recipient_id,
            kind=announce.Kind.MESSAGE_ANSWERED,
            event_id=row.event_id,
        )
        assert Mail.objects.count() == 1


@pytest.mark.parametrize(
    ("trouble", "state", "code"),
    [
        (smtplib.SMTPRecipientsRefused({"a": (550, b"no")}), MailState.BOUNCED, 550),
        (smtplib.SMTPRecipientsRefused({"a": (450, b"later")}), MailState.WAITING, 450),
        (smtplib.SMTPDataError(554, b"no"), MailState.BOUNCED, 554),
        (smtplib.SMTPAuthenticationError(535, b"who"), MailState.WAITING, 535),
        (smtplib.SMTPServerDisconnected("gone"), MailState.WAITING, None),
        (ConnectionRefusedError(), MailState.WAITING, None),
    ],
)
def test_each_trouble_of_the_server_has_its_end(
    member_user: User, trouble: Exception, state: MailState, code: int | None
) -> None:
    row = put(member_user)
    with patch.object(EmailMessage, "send", side_effect=trouble):
        sender.sweep()
    assert (again(row).state, row.reply_code) == (state, code)
    assert row.next_attempt_at > timezone.now()


def test_a_leased_mail_is_left_alone_until_the_lease_ends(member_user: User) -> None:
    row = put(member_user)
    assert sender.lease() is not None
    assert sender.lease() is None
    past = timezone.now() - timedelta(seconds=1)
    with context.system("test"):
        Mail.objects.update(leased_until=past, next_attempt_at=past)
    assert sender.sweep() == 1
    assert (again(row).state, row.attempts) == (MailState.SENT, 2)


def test_a_late_result_does_not_overwrite_the_next_senders(member_user: User) -> None:
    row = put(member_user)
    mine = sender.lease()
    with context.system("test"):
        Mail.objects.update(leased_until=timezone.now() + timedelta(hours=1))
    assert mine is not None
    assert not sender.settle(mine, sender.Result(MailState.BOUNCED, 550))
    assert again(row).state == MailState.SENDING


def test_waits_grow_and_end(member_user: User) -> None:
    waits = [sender.wait_after(attempt) for attempt in (1, 2, 3, 20)]
    assert waits == [
        timedelta(minutes=1),
        timedelta(minutes=2),
        timedelta(minutes=4),
        timedelta(hours=4),
    ]
    put(member_user)
    with context.system("test"):
        Mail.objects.update(attempts=sender.MOST_ATTEMPTS - 1)
    with patch.object(EmailMessage, "send", side_effect=OSError):
        sender.sweep()
    with context.system("test"):
        assert Mail.objects.get().state == MailState.FAILED


def test_a_person_without_an_address_gets_none(member_user: User) -> None:
    row = put(member_user)
    with context.system("test"):
        User.objects.filter(pk=member_user.pk).update(email="")
    sender.sweep()
    assert again(row).state == MailState.UNSENDABLE


def test_a_mail_that_cannot_be_written_is_given_up_and_stops_no_other(member_user: User) -> None:
    bad, good = put(member_user), put(member_user)
    compose = sender.compose

    def composed(mail: Mail, connection: object) -> EmailMessage | None:
        if mail.pk == bad.pk:
            raise SealBroken("altered")
        return compose(mail, connection)

    with patch("portal.base.outbox.sender.compose", composed):
        sender.sweep()
        assert (again(bad).state, again(good).state) == (MailState.WAITING, MailState.SENT)
        past = timezone.now() - timedelta(seconds=1)
        with context.system("test"):
            Mail.objects.filter(pk=bad.pk).update(
                attempts=sender.MOST_ATTEMPTS - 1, next_attempt_at=past
            )
        sender.sweep()
    assert again(bad).state == MailState.FAILED


def test_a_broker_that_is_down_stops_nothing(settings: object) -> None:
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    with patch("portal.base.tasks.sweep_outbox.apply_async", side_effect=OperationalError) as asked:
        announce.wake()
    asked.assert_called_once()
