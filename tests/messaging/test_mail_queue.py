"""Mail that has not gone out: an operator sees counts, and can have it tried again."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core import mail as sent_mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Plan, User
from messaging.mail_shown import KINDS, STATES
from portal.base import context
from portal.base.audit.models import Event
from portal.base.ids import uuid7
from portal.base.outbox import announce, sender
from portal.base.outbox.announce import Kind
from portal.base.outbox.models import Mail, MailState
from portal.base.outbox.queue import OVER
from tests import factories
from tests.base.trails import said

URL = reverse("messaging:mail-queue")


@pytest.fixture
def operator(plan: Plan) -> User:
    return factories.staff_user(plan, "ola.berg", "Ola Berg", "operator")


def put(user: User, kind: Kind = Kind.MESSAGE_ANSWERED, **facts: Any) -> Mail:
    with context.system("test"):
        mail = announce.announce(
            plan_id=user.plan_id, recipient_id=user.pk, kind=kind, event_id=uuid7()
        )
        Mail.objects.filter(pk=mail.pk).update(**facts)
        mail.refresh_from_db()
    return mail


def run(**options: Any) -> str:
    out = StringIO()
    call_command("mail_queue", stdout=out, **options)
    return out.getvalue()


def test_the_page_counts_what_has_not_gone_out_and_names_nobody(
    member_user: User, operator: User, client_for: Callable[[User], Client]
) -> None:
    later = timezone.now() + timedelta(hours=2)
    for _mail in range(3):
        put(member_user, state=MailState.BOUNCED, attempts=1, reply_code=550)
    put(member_user, Kind.PASSWORD_RESET, attempts=2, reply_code=451, next_attempt_at=later)
    put(member_user, Kind.NEW_BROWSER, state=MailState.SENT)
    page = client_for(operator).get(URL)
    rows = [[cell["text"] for cell in row["cells"]] for row in page.context["rows"]]
    assert [(row[0], row[1], row[2], row[5]) for row in rows] == [
        ("A message was answered", "Turned away for good", "3", "550"),
        ("Link to choose a password", "Waits for another try", "1", "451"),
    ]
    assert rows[0][4] == "None"
    assert rows[1][4] != "None"
    assert "manage.py mail_queue --retry --plan cedar" in page.text
    for word in (member_user.email, "Diaz", str(member_user.pk)):
        assert word not in page.text
    with context.system("test"):
        line = Event.objects.get(action="mail.listed")
    assert (line.actor_id, line.purpose, line.basis, said(line)) == (
        operator.pk, "running_the_portal", "system_review", {"count": 4}
    )  # fmt: skip


def test_with_all_gone_out_the_page_says_so(
    operator: User, other_plan_member: User, client_for: Callable[[User], Client]
) -> None:
    put(other_plan_member, state=MailState.FAILED)
    page = client_for(operator).get(URL).text
    assert "All email has gone out" in page
    assert "<table" not in page
    assert "--retry" not in page


@pytest.mark.parametrize("who", ["member_user", "care_worker", "privacy_officer"])
def test_the_page_is_for_operators_alone(
    who: str, request: pytest.FixtureRequest, client_for: Callable[[User], Client]
) -> None:
    assert client_for(request.getfixturevalue(who)).get(URL).status_code == 403


def test_home_leads_an_operator_there(operator: User, client_for: Callable[[User], Client]) -> None:
    assert f'href="{URL}"' in client_for(operator).get(reverse("home")).text


def test_a_long_queue_costs_no_more_queries(
    member_user: User, operator: User, client_for: Callable[[User], Client]
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(URL).status_code == 200
        return len(seen)

    client = client_for(operator)
    put(member_user)
    client.get(URL)
    few = cost()
    for kind in Kind:
        for state in (MailState.FAILED, MailState.BOUNCED, MailState.WAITING):
            put(member_user, kind, state=state)
    assert cost() == few


def test_the_command_lists_each_plan_and_no_address(
    member_user: User, other_plan_member: User
) -> None:
    assert run() == "All email has gone out.\n"
    put(member_user, state=MailState.FAILED, attempts=20, reply_code=450)
    put(other_plan_member)
    head, cedar, harbor = run().splitlines()
    assert head.split("  ")[0] == "Plan"
    assert cedar.startswith("cedar   A message was answered  Given up")
    assert cedar.split()[-2:] == ["None", "450"]
    assert harbor.startswith("harbor  A message was answered  Waits to go out  1")
    assert "@" not in cedar + harbor
    assert len(run(plan="cedar").splitlines()) == 2


def test_what_was_given_up_goes_out_when_tried_again(member_user: User) -> None:
    later = timezone.now() + timedelta(hours=2)
    mails = [
        put(member_user, state=MailState.FAILED, attempts=20, reply_code=450),
        put(member_user, state=MailState.BOUNCED, attempts=1, reply_code=550),
        put(member_user, attempts=9, reply_code=451, next_attempt_at=later),
    ]
    assert sender.sweep() == 0
    assert run(plan="cedar", retry=True).startswith("3 emails wait again.")
    assert sender.sweep() == 3
    assert len(sent_mail.outbox) == 3
    with context.system("test"):
        states = Mail.objects.filter(pk__in=[mail.pk for mail in mails])
        assert set(states.values_list("state", flat=True)) == {MailState.SENT}
        line = Event.objects.get(action="mail.retried")
    assert (line.plan_id, line.facts) == (member_user.plan_id, {"count": 3})


def test_trying_again_leaves_the_rest_and_other_plans_as_they_are(
    member_user: User, other_plan_member: User
) -> None:
    waits = put(member_user, attempts=3, reply_code=421)
    other = put(other_plan_member, state=MailState.FAILED)
    assert run(plan="cedar", retry=True).startswith("0 emails wait again.")
    with context.system("test"):
        waits.refresh_from_db()
        other.refresh_from_db()
        assert not Event.objects.filter(action="mail.retried").exists()
    assert (waits.attempts, other.state) == (3, MailState.FAILED)
    assert run(retry=True).startswith("1 email waits again.")


def test_an_unknown_plan_is_told_with_those_there_are(plan: Plan) -> None:
    with pytest.raises(CommandError, match="The plans are: cedar"):
        run(plan="ceder")


def test_every_kind_and_state_has_its_words() -> None:
    assert set(KINDS) == set(Kind)
    assert set(STATES) == set(MailState) - set(OVER)
