"""Whatever the mail server does, no mail is lost, and the table says how it stands."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from portal.base import context, tasks
from portal.base.ids import uuid7
from portal.base.outbox import announce, sender
from portal.base.outbox.models import Mail, MailState
from tests.faults.post_office import PostOffice


@pytest.fixture
def office(settings: Any) -> Iterator[PostOffice]:
    made = PostOffice()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", made.port
    settings.EMAIL_TIMEOUT = 0.5
    yield made
    made.close()


def put(user: User) -> Mail:
    with context.system("test"):
        return announce.announce(
            plan_id=user.plan_id,
            recipient_id=user.pk,
            kind=announce.Kind.MESSAGE_ANSWERED,
            event_id=uuid7(),
        )


def now(mail: Mail) -> Mail:
    with context.system("test"):
        mail.refresh_from_db()
    return mail


def pass_time(by: timedelta) -> None:
    """Move all that waits into the past by as much."""
    with context.system("test"):
        for mail in Mail.objects.all():
            mail.next_attempt_at -= by
            mail.save(update_fields=["next_attempt_at"])


# What happens, the reply that is kept, and whether the try counts toward giving up.
TROUBLES = [
    ("busy", 421, 0),
    ("hangs", None, 0),
    ("450", 450, 0),
    ("451", 451, 0),
    ("drops_after_data", None, 1),
]


@pytest.mark.parametrize(("trouble", "code", "counted"), TROUBLES)
def test_a_mail_waits_out_the_trouble(
    member_user: User, office: PostOffice, trouble: str, code: int | None, counted: int
) -> None:
    mail, office.trouble = put(member_user), trouble
    sender.sweep()
    assert (now(mail).state, mail.reply_code) == (MailState.WAITING, code)
    assert mail.attempts == counted
    assert mail.next_attempt_at > timezone.now()
    assert sender.sweep() == 0, "it must not be tried again before its time"
    office.trouble = ""
    pass_time(timedelta(minutes=1))
    assert sender.sweep() == 1
    assert (now(mail).state, mail.reply_code) == (MailState.SENT, 250)
    assert {letter["Message-ID"] for letter in office.letters} == {f"<{mail.pk}@cedar.localhost>"}
    assert len(office.letters) == (2 if trouble == "drops_after_data" else 1)


@pytest.mark.parametrize("trouble", ["550", "554"])
def test_what_is_refused_for_good_is_not_tried_again(
    member_user: User, office: PostOffice, trouble: str
) -> None:
    mail, office.trouble = put(member_user), trouble
    sender.sweep()
    assert (now(mail).state, mail.reply_code) == (MailState.BOUNCED, int(trouble))
    pass_time(timedelta(days=1))
    assert sender.sweep() == 0


def test_an_address_that_stays_turned_away_waits_longer_and_is_given_up(
    member_user: User, office: PostOffice
) -> None:
    mail, office.trouble = put(member_user), "450"
    with context.system("test"):
        Mail.objects.update(created_at=timezone.now() - sender.YOUNG)
    for tries in range(1, sender.MOST_ATTEMPTS):
        sender.sweep()
        assert (now(mail).state, mail.attempts) == (MailState.WAITING, tries)
        pass_time(sender.wait_after(tries))
    assert mail.next_attempt_at > timezone.now() + timedelta(hours=3)
    sender.sweep()
    assert (now(mail).state, mail.reply_code) == (MailState.FAILED, 450)


def test_days_without_a_server_lose_nothing(member_user: User, office: PostOffice) -> None:
    office.close()
    mails = [put(member_user) for _ in range(5)]
    for _ in range(sender.MOST_ATTEMPTS + 5):
        sender.sweep()
        pass_time(timedelta(minutes=1))
    assert {now(mail).state for mail in mails} == {MailState.WAITING}
    assert {mail.attempts for mail in mails} == {0}


def test_one_try_is_enough_to_know_that_the_server_hangs(
    member_user: User, office: PostOffice
) -> None:
    office.trouble = "hangs"
    for _ in range(20):
        put(member_user)
    begun = time.monotonic()
    sender.sweep()
    assert time.monotonic() - begun < 2
    assert office.greeted == 1


@pytest.mark.parametrize("trouble", ["busy", "450", "451"])
def test_all_that_waits_goes_within_a_minute_of_its_return(
    member_user: User, office: PostOffice, trouble: str
) -> None:
    office.trouble = trouble
    mails = [put(member_user) for _ in range(30)]
    for _ in range(5):
        sender.sweep()
        pass_time(timedelta(minutes=1))
    assert len(office.letters) == 0
    office.trouble = ""
    pass_time(timedelta(minutes=1))
    assert sender.sweep() == 30
    assert {now(mail).state for mail in mails} == {MailState.SENT}
    assert len({letter["Message-ID"] for letter in office.letters}) == len(office.letters) == 30


def test_a_full_sweep_asks_for_the_next(
    member_user: User, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        put(member_user)
    asked: list[int] = []
    monkeypatch.setattr(sender, "AT_ONCE", 2)
    monkeypatch.setattr(announce, "wake", lambda: asked.append(len(office.letters)))
    for letters in (2, 3):
        tasks.sweep_outbox()
        assert (len(office.letters), asked) == (letters, [2])


@pytest.mark.parametrize("trouble", ["", "broken_starttls"])
def test_without_the_encryption_that_was_asked_for_nothing_is_said(
    member_user: User, office: PostOffice, settings: Any, trouble: str
) -> None:
    settings.EMAIL_USE_TLS, office.trouble = True, trouble
    mail = put(member_user)
    sender.sweep()
    assert now(mail).state == MailState.WAITING
    assert office.letters == []
    assert not [said for said in office.said if said.startswith(("MAIL", "RCPT", "DATA"))]
    assert member_user.email not in " ".join(office.said)


def test_a_slow_server_gets_its_time(member_user: User, office: PostOffice) -> None:
    mail, office.trouble = put(member_user), "slow"
    assert sender.sweep() == 1
    assert now(mail).state == MailState.SENT


def test_what_was_taken_stays_sent_without_a_goodbye(member_user: User, office: PostOffice) -> None:
    mail, office.trouble = put(member_user), "hangs_at_goodbye"
    sender.sweep()
    assert (now(mail).state, len(office.letters)) == (MailState.SENT, 1)


def test_what_is_no_address_stops_no_one_else(member_user: User, office: PostOffice) -> None:
    with context.system("test"):
        other = User.objects.get(pk=member_user.pk)
        User.objects.filter(pk=member_user.pk).update(email="not an address\n")
    wrong = put(other)
    sender.sweep()
    assert now(wrong).state == MailState.FAILED
