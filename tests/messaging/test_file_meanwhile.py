"""A file that is sent and stopped at the same moment: whoever sent it hears of it all the same."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from accounts.models import Member, User
from messaging import actions
from messaging.actions import Sent
from messaging.draft_actions import save_draft
from messaging.models import FileNews, Thread
from portal.base import context, registry
from portal.base.files import scan
from portal.base.files.checks import Checked
from portal.base.ids import uuid7
from portal.base.outbox.announce import Kind
from portal.base.outbox.models import Mail
from tests.files import scanners
from tests.files.test_checks import PDF
from tests.messaging.conftest import acting
from tests.messaging.test_ending_meanwhile import (  # noqa: F401
    meanwhile,
    member,
    member_user,
    team,
)
from tests.messaging.test_file_news import VIRUS

pytestmark = pytest.mark.promise("AH3")


@pytest.fixture
def drafted(
    member_user: User,  # noqa: F811
    member: Member,  # noqa: F811
    files_root: Path,
    settings: Any,
) -> Iterator[User]:
    scanner = scanners.OddScanner()
    settings.CLAMD_URL, scanner.answer = scanner.address, VIRUS
    upload = Checked("letter.pdf", "application/pdf", PDF)
    with acting(member_user):
        save_draft(
            by=member_user, member=member, thread=None, subject="Hi", body="Hi", upload=upload
        )
    yield member_user
    scanner.close()


def send(by: User) -> Sent:
    with acting(by):
        assert by.member
        team = by.member.assignments.get().team
        return actions.start_thread(
            by=by, member=by.member, team=team, subject="Hi", body="Hi", key=uuid7()
        )


def is_told(user: User) -> None:
    with context.system("test"):
        assert Thread.objects.get().file_news_for_member == FileNews.STOPPED
        [mail] = Mail.objects.filter(kind=Kind.FILE_STOPPED)
        assert mail.recipient_id == user.pk


def test_a_message_on_its_way_is_waited_for(drafted: User) -> None:
    with transaction.atomic():
        send(drafted)
        scanning, looked = meanwhile(lambda: scan.sweep(10))
        scanning.join(0.5)
        assert scanning.is_alive(), "the scanner did not wait for the message"
    scanning.join(10)
    assert looked == [1]
    is_told(drafted)


def test_a_scan_that_ends_is_waited_for(drafted: User, monkeypatch: pytest.MonkeyPatch) -> None:
    ends, go_on = threading.Event(), threading.Event()
    told = registry.scan_ended

    def slowly(scanned: registry.Scanned) -> None:
        told(scanned)
        ends.set()
        assert go_on.wait(10)

    monkeypatch.setattr(registry, "scan_ended", slowly)
    scanning, looked = meanwhile(lambda: scan.sweep(10))
    assert ends.wait(10)
    sending, sent = meanwhile(lambda: send(drafted))
    sending.join(0.5)
    assert sending.is_alive(), "the message did not wait for the scanner"
    go_on.set()
    for one in (scanning, sending):
        one.join(10)
    assert (looked, sent[0].how) == ([1], "sent")
    is_told(drafted)
