"""Who sent a file hears what became of it, when that matters; and who waits for it, too."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import CareTeam, User
from messaging import rules
from messaging.models import FileNews, Thread
from portal.base import context
from portal.base.files import scan
from portal.base.files.models import FileCheck
from portal.base.letters.models import Letter
from portal.base.outbox import sender
from portal.base.outbox.announce import Kind
from portal.base.outbox.models import Mail
from tests.files import scanners
from tests.messaging.conftest import acting, words
from tests.messaging.test_files import COMPOSE, note, pdf, sent_with

pytestmark = pytest.mark.promise("AH3")
VIRUS = b"stream: Win.Test.EICAR_HDB-1 FOUND\0"
TOO_LARGE = b"INSTREAM size limit exceeded. ERROR\0"
HOME = reverse("home")
INBOX = reverse("messaging:inbox")


@pytest.fixture
def scanner(settings: Any) -> Iterator[scanners.OddScanner]:
    odd = scanners.OddScanner()
    settings.CLAMD_URL = odd.address
    yield odd
    odd.close()


def mails() -> list[tuple[str, Any]]:
    with context.system("test"):
        found = Mail.objects.filter(kind__in=[Kind.FILE_STOPPED, Kind.FILE_READY])
        return sorted((mail.kind, mail.recipient_id) for mail in found)


def page_of(thread: Thread, view: str = "thread-detail") -> str:
    return reverse(f"messaging:{view}", args=[thread.pk])


def waited_long() -> None:
    with context.system("test"):
        early = timezone.now() - rules.SOON - timedelta(seconds=1)
        FileCheck.objects.update(uploaded_at=early)


@pytest.mark.parametrize("answer", [VIRUS, TOO_LARGE])
def test_the_sender_hears_that_a_file_was_stopped(
    writer: Client, member_user: User, team: CareTeam, scanner: scanners.OddScanner, answer: bytes
) -> None:
    scanner.answer = answer
    thread = sent_with(writer, member_user, team, pdf())
    assert mails() == []
    assert "A file that you sent was stopped" not in writer.get(HOME).text
    scan.sweep(10)
    assert mails() == [(Kind.FILE_STOPPED, member_user.pk)]
    assert "A file that you sent was stopped" in writer.get(HOME).text
    assert "A file was stopped" in writer.get(INBOX).text
    assert "Your care team does not get it" in writer.get(page_of(thread)).text
    # Seen is seen.
    assert "A file that you sent was stopped" not in writer.get(HOME).text
    assert "A file was stopped" not in writer.get(INBOX).text
    assert "Your care team does not get it" in writer.get(page_of(thread)).text


def test_the_mail_says_nothing_of_it(
    writer: Client, member_user: User, team: CareTeam, scanner: scanners.OddScanner
) -> None:
    scanner.answer = VIRUS
    sent_with(writer, member_user, team, pdf("canary.pdf"))
    scan.sweep(10)
    with context.system("test"):
        mail = Mail.objects.get(kind=Kind.FILE_STOPPED)
    message = sender.compose(mail)
    assert message
    assert "You have something new" in message.subject
    told = f"{message.subject} {message.body}"
    assert [word for word in ("canary", "virus", "file", "stopped") if word in told] == []


def test_what_was_quick_makes_no_mail_and_the_page_says_that_it_is_checked(
    writer: Client, member_user: User, team: CareTeam, scanner: scanners.OddScanner
) -> None:
    thread = sent_with(writer, member_user, team, pdf())
    before = writer.get(page_of(thread)).text
    assert "Load this page again to see if it is done" in before
    scan.sweep(10)
    after = writer.get(page_of(thread)).text
    assert ("Checked for viruses." in after, "We check it" in after) == (True, False)
    assert mails() == []
    assert "A file is ready" not in writer.get(HOME).text


def test_after_a_long_wait_sender_and_whoever_answers_hear_that_it_is_ready(
    writer: Client, member_user: User, care_worker: User, team: CareTeam, client_for: Any,
    scanner: scanners.OddScanner,
) -> None:  # fmt: skip
    thread = sent_with(writer, member_user, team, pdf())
    worker = client_for(care_worker)
    worker.post(page_of(thread, "thread-take"))
    waited_long()
    scan.sweep(10)
    expected = [(Kind.FILE_READY, member_user.pk), (Kind.FILE_READY, care_worker.pk)]
    assert mails() == sorted(expected)
    assert "A file is ready" in writer.get(HOME).text
    inbox = reverse("messaging:team-inbox")
    assert "A file is ready" in worker.get(inbox).text
    worker.get(page_of(thread, "team-thread"))
    assert "A file is ready" not in worker.get(inbox).text
    assert "A file is ready" in writer.get(HOME).text


@pytest.mark.parametrize(
    ("answer", "kind", "member_too"),
    [(VIRUS, Kind.FILE_STOPPED, False), (b"stream: OK\0", Kind.FILE_READY, True)],
)
def test_a_file_of_the_team_is_told_to_who_sent_it(
    thread: Thread, care_worker: User, member_user: User, client_for: Any, writer: Client,
    scanner: scanners.OddScanner, answer: bytes, kind: Kind, member_too: bool,
) -> None:  # fmt: skip
    scanner.answer = answer
    worker = client_for(care_worker)
    worker.post(page_of(thread, "thread-answer"), {**words(care_worker), "upload": pdf()})
    waited_long()
    scan.sweep(10)
    told = {care_worker.pk} | ({member_user.pk} if member_too else set())
    assert mails() == sorted((kind, person) for person in told)
    assert ("A file is ready" in writer.get(HOME).text) is member_too
    assert "does not get it" not in writer.get(page_of(thread)).text
    stopped = answer == VIRUS
    listed = worker.get(reverse("messaging:team-inbox"), {"view": "waiting"}).text
    assert ("A file was stopped" in listed) is stopped
    shown = worker.get(page_of(thread, "team-thread")).text
    assert ("The member does not get it" in shown) is stopped


def test_one_that_was_stopped_in_a_draft_is_told_once_it_is_sent(
    writer: Client, member_user: User, team: CareTeam, scanner: scanners.OddScanner
) -> None:
    scanner.answer = VIRUS
    form = note(member_user, team)
    writer.post(COMPOSE, {**form, "upload": pdf(), "add_file": "1"})
    scan.sweep(10)
    assert mails() == []
    assert "Take it out, and add another copy" in writer.get(COMPOSE).text
    receipt = writer.post(COMPOSE, form, follow=True)
    assert "Your care team does not get it" in receipt.text
    assert mails() == [(Kind.FILE_STOPPED, member_user.pk)]


def test_the_receipt_says_that_it_is_checked(
    writer: Client, member_user: User, team: CareTeam, scanner: scanners.OddScanner
) -> None:
    form = note(member_user, team, upload=pdf("letter.pdf"))
    receipt = writer.post(COMPOSE, form, follow=True).text
    assert ("letter.pdf" in receipt, "We tell you if we must stop it" in receipt) == (True, True)


def test_that_one_was_stopped_stays_news_when_another_is_ready(
    writer: Client, member_user: User, team: CareTeam, scanner: scanners.OddScanner
) -> None:
    thread = sent_with(writer, member_user, team, pdf())
    with acting(member_user), context.system("test"):
        Thread.objects.filter(pk=thread.pk).update(file_news_for_member=FileNews.STOPPED)
    waited_long()
    scan.sweep(10)
    with acting(member_user):
        thread.refresh_from_db()
    assert thread.file_news_for_member == FileNews.STOPPED
    assert thread.file_news_for_team == FileNews.READY


def test_who_has_no_email_gets_a_letter_about_a_stopped_file_alone(
    writer: Client, member_user: User, team: CareTeam, scanner: scanners.OddScanner
) -> None:
    with context.system("test"):
        User.objects.filter(pk=member_user.pk).update(email="")
    for answer, letters in ((b"stream: OK\0", 0), (VIRUS, 1)):
        scanner.answer = answer
        sent_with(writer, member_user, team, pdf())
        waited_long()
        scan.sweep(10)
        sender.sweep()
        assert member_user.member_id
        with context.system("test"), context.about_member(member_user.member_id):
            assert Letter.objects.count() == letters
