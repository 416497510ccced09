"""From an answer that no email can tell, to a letter on paper."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail as sent_mail
from django.test import Client
from django.urls import reverse

from accounts.models import CareTeam, Member, User
from messaging import actions
from messaging.letters import WAITS
from messaging.models import Thread
from portal.base import context
from portal.base.audit.models import Event
from portal.base.ids import uuid7
from portal.base.letters.models import Letter, LetterState
from portal.base.outbox import announce, sender
from portal.base.outbox.models import Mail, MailState
from tests import factories
from tests.letters.conftest import again
from tests.letters.sheets import text_of
from tests.messaging.conftest import acting, thread  # noqa: F401


def answered(by: User, thread: Thread) -> None:  # noqa: F811
    with acting(by):
        actions.answer(by=by, thread=thread, body="Take it at night.", key=uuid7())


def without_email(user: User) -> None:
    user.email = ""
    with context.system("test"):
        user.save(update_fields=["email"])


def letters() -> list[Letter]:
    with context.system("test"):
        return list(Letter.objects.order_by("pk"))


def test_from_the_answer_to_the_paper(
    member_user: User,
    care_worker: User,
    office: User,
    thread: Thread,  # noqa: F811
    client_for: Callable[[User], Client],
) -> None:
    without_email(member_user)
    answered(care_worker, thread)
    assert sender.sweep() == 1
    assert sent_mail.outbox == []
    (letter,) = letters()
    assert letter.address == f"Ana Diaz\n{factories.ADDRESS}"
    browser = client_for(office)
    page = browser.get(reverse("disclosures:letter-queue"))
    assert "Ana Diaz" in page.text
    form = {"letters": letter.pk, "send_key": page.context["form"]["send_key"].value()}
    printed = browser.post(reverse("disclosures:letter-print"), form, follow=True)
    assert "1 letter is ready to print" in printed.text
    pdf = browser.get(reverse("disclosures:letter-file", args=[letter.pk])).content
    text = text_of(pdf)
    assert "Something new waits for you" in text
    assert "http://cedar.localhost" in text
    # Nothing of what it is, or whom it is from.
    for word in ("Take it", "New medicine", "Sam Reyes", "Primary care", member_user.user_id):
        assert word not in text
    assert again(letter).state == LetterState.PRINTED


@pytest.mark.parametrize("state", [MailState.BOUNCED, MailState.FAILED])
def test_a_mail_that_was_given_up_is_told_on_paper_once(member_user: User, state: str) -> None:
    event_id = uuid7()
    mail = announced(member_user, event_id)
    for _ in range(2):
        leased = sender.lease()
        assert sender.settle(leased or mail, sender.Result(MailState(state), 550)) is bool(leased)
    (letter,) = letters()
    assert (letter.event_id, letter.kind) == (event_id, WAITS)
    assert letter.recipient_id == member_user.member_id


def announced(user: User, event_id: Any, kind: Any = announce.Kind.MESSAGE_ANSWERED) -> Mail:
    with context.system("test"):
        return announce.announce(
            plan_id=user.plan_id, recipient_id=user.pk, kind=kind, event_id=event_id
        )


def test_a_mail_that_is_tried_again_is_not_told_on_paper(member_user: User) -> None:
    announced(member_user, uuid7())
    mail = sender.lease()
    assert mail
    sender.settle(mail, sender.Result(MailState.WAITING, 450))
    assert letters() == []


@pytest.mark.parametrize("change", [{"is_active": False}, {"deceased": True}])
def test_nobody_writes_to_those_who_are_gone(member_user: User, member: Member, change: Any):
    without_email(member_user)
    announced(member_user, uuid7())
    with context.system("test"):
        for row in (member_user, member):
            if all(hasattr(row, name) for name in change):
                type(row).objects.filter(pk=row.pk).update(**change)
    assert sender.sweep() == 1
    assert letters() == []


def test_other_kinds_of_mail_have_no_letter(member_user: User) -> None:
    without_email(member_user)
    announced(member_user, uuid7(), announce.Kind.PASSWORD_CHANGED)
    assert sender.sweep() == 1
    assert letters() == []


def test_where_the_key_is_destroyed_nothing_is_written(member_user: User, member: Member) -> None:
    without_email(member_user)
    announced(member_user, uuid7())
    factories.destroy_key(member.privacy_holder_id)
    assert sender.sweep() == 1
    assert letters() == []


def test_the_trail_names_the_letter_and_why(member_user: User, plan: Any) -> None:
    without_email(member_user)
    announced(member_user, uuid7())
    sender.sweep()
    with context.system("test"):
        line = Event.objects.get(action="letter.written")
    assert (line.plan_id, line.member_id) == (plan.pk, member_user.member_id)
    assert (line.purpose, line.basis, line.facts) == ("mailing", "to_the_member", {"kind": WAITS})


def test_both_sides_read_that_a_letter_tells_of_it(
    member_user: User,
    care_worker: User,
    thread: Thread,  # noqa: F811
    team: CareTeam,
    client_for: Callable[[User], Client],
) -> None:
    without_email(member_user)
    answered(care_worker, thread)
    sender.sweep()
    pages = {
        member_user: reverse("messaging:thread-detail", args=[thread.pk]),
        care_worker: reverse("messaging:team-thread", args=[thread.pk]),
    }
    for who, url in pages.items():
        assert "A letter about this will be mailed." in client_for(who).get(url).text
