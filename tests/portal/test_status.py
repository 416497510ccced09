"""What works now: for anyone, in plain words, whatever does not work."""

from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.management import call_command
from django.db import DatabaseError, DataError, OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Plan
from portal.base import context
from portal.base.audit import seals, state
from portal.base.crypto import keyring
from portal.base.ids import uuid7
from portal.base.outbox.models import Mail
from portal.base.standing import done
from portal.system import away
from tests import factories
from tests.owner import connect_as_owner

pytestmark = pytest.mark.promise("AH19")
URL = reverse("status")


@pytest.fixture
def browser(plan: Plan) -> Client:
    with context.system("test"):
        done.note(done.SCHEDULED)
    return Client(headers={"host": plan.host})


def chips(page: Any) -> list[str]:
    return [part["chip"]["text"] for part in page.context["parts"]]


def put(plan: Plan, minutes: int, **facts: Any) -> None:
    now = timezone.now()
    with context.system("test"):
        mail = Mail.objects.create(
            plan_id=plan.pk,
            recipient_id=uuid7(),
            kind="message_answered",
            event_id=uuid7(),
            next_attempt_at=now,
        )
        past = now - timedelta(minutes=minutes)
        Mail.objects.filter(pk=mail.pk).update(created_at=past, **facts)


def by_owner(database: str, statement: str) -> None:
    with connect_as_owner(database) as raw:
        raw.execute(statement)  # type: ignore[arg-type]


def broken(*args: Any, **kwargs: Any) -> Any:
    raise DatabaseError


def test_where_all_works_it_says_so_and_whom_to_call(browser: Client, plan: Plan) -> None:
    page = browser.get(URL)
    assert chips(page) == ["Works", "Works", "Works"]
    assert "All parts of the portal work." in page.text
    assert f'href="tel:{plan.phone}"' in page.text
    assert plan.hours in page.text


def test_it_is_in_spanish_too(browser: Client) -> None:
    page = browser.get(URL, headers={"accept-language": "es"})
    assert '<html lang="es"' in page.text
    assert "What works now" not in page.text
    assert "You can" not in page.text


def test_read_only_mode_is_told_with_its_times_and_its_reason(browser: Client) -> None:
    ends = (timezone.now() + timedelta(hours=2)).isoformat()
    call_command("read_only", "on", until=ends, why="We move to a larger server.")
    page = browser.get(URL)
    assert (page.status_code, chips(page)) == (200, ["Works", "Read only", "Works"])
    told = " ".join(page.context["parts"][1]["says"])
    for words in ("This began on", "We plan to be done by", "We move to a larger server."):
        assert words in told
    assert "send it later" in page.text
    assert "For now you can only read" in page.text
    assert "does not work as it should" not in page.text


@pytest.mark.parametrize("refusal", [seals.RowsGone("x"), seals.NotSealed("x")])
def test_a_sealer_that_refuses_is_no_matter_of_members(browser: Client, refusal: Any) -> None:
    state.tell_refusal(refusal)
    assert chips(browser.get(URL)) == ["Works", "Works", "Works"]


def test_mail_that_nobody_tried_is_told_of_this_plan_alone(
    browser: Client, plan: Plan, other_plan: Plan
) -> None:
    put(other_plan, 30)
    put(plan, 5)
    # One mailbox that is full is no trouble of ours.
    put(plan, 900, attempts=4, reply_code=452)
    assert chips(browser.get(URL)) == ["Works", "Works", "Works"]
    put(plan, 30)
    page = browser.get(URL)
    assert chips(page) == ["Works", "Works", "Late"]
    assert "This began on" in page.text
    assert "sign in to see what is new" in page.text


@pytest.mark.parametrize("since", [timedelta(hours=1), None])
def test_a_worker_that_is_gone_is_told(plan: Plan, since: timedelta | None) -> None:
    if since:
        with context.system("test"):
            done.note(done.SCHEDULED, timezone.now() - since)
    page = Client(headers={"host": plan.host}).get(URL)
    assert chips(page) == ["Works", "Works", "Late"]
    assert ("This began on" in page.text) == bool(since)


def test_without_a_trail_nothing_works_and_the_page_says_so(
    own_database: str, django_db_blocker: Any
) -> None:
    with django_db_blocker.unblock():
        browser = Client(headers={"host": factories.plan("cedar").host})
        by_owner(own_database, "REVOKE INSERT ON base_event FROM portal_app")
        page = browser.get(URL)
    assert (page.status_code, chips(page)[:2]) == (200, ["Not working", "Not working"])
    assert "Try again in a few minutes" in page.text


def test_a_database_that_was_full_a_moment_ago_counts_as_not_working(
    own_database: str, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As its disk is, for whoever writes: the page itself writes nothing to find out."""
    monkeypatch.setattr(away, "_refused", [])
    with django_db_blocker.unblock():
        browser = Client(headers={"host": factories.plan("cedar").host})
        assert chips(browser.get(URL))[:2] == ["Works", "Works"]
        by_owner(
            own_database,
            "CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = '53100'; END $$;"
            " CREATE TRIGGER no_space BEFORE INSERT ON base_event EXECUTE FUNCTION no_space()",
        )
        refused = browser.post(reverse("account_login"), {"login": "ana", "password": "x"})
        assert refused.status_code == 503
        page = browser.get(URL)
        assert (page.status_code, chips(page)[:2]) == (200, ["Not working", "Not working"])
        assert browser.get("/readyz").status_code == 503
        away._refused[0] -= away.KEPT
        assert chips(browser.get(URL))[:2] == ["Works", "Works"]


def test_a_trail_without_a_place_for_this_year_takes_no_lines(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert state.takes_lines() is True
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")
        assert state.takes_lines() is False


@pytest.mark.parametrize("known", [True, False])
def test_without_a_database_it_says_what_it_knows(
    browser: Client, plan: Plan, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    monkeypatch.setattr(away, "_seen", {})
    if known:
        browser.get("/sign-in/")
    monkeypatch.setattr("portal.middleware.transaction.atomic", broken)
    with CaptureQueriesContext(connection) as asked:
        page = browser.get(URL, headers={"accept-language": "en"})
    assert (page.status_code, page["Retry-After"], len(asked)) == (503, "30", 0)
    assert page.text.count("Not working") == 2
    assert ("The last time we know it worked: " in page.text) == known
    assert (f'href="tel:{plan.phone}"' in page.text) == known
    assert ("The number is on your member card." in page.text) != known
    assert 'href="tel:988"' in page.text


def test_another_page_without_a_database_leads_there_and_says_whom_to_call(
    browser: Client, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.get("/sign-in/")
    monkeypatch.setattr("portal.middleware.transaction.atomic", broken)
    page = browser.get("/sign-in/").text
    assert f'href="{URL}"' in page
    assert plan.phone in page


def test_what_is_remembered_is_of_the_same_host(browser: Client, other_plan: Plan) -> None:
    browser.get(URL)
    assert away.recall("CEDAR.localhost:8000") is not None
    assert away.recall("nowhere.localhost") is None


def test_pages_lead_there(browser: Client) -> None:
    assert f'href="{URL}"' in browser.get("/sign-in/").text
    call_command("read_only", "on")
    assert browser.post("/password/reset/", {"email": "a@b.example"}).text.count(URL) >= 2


def test_it_writes_nothing_and_asks_little(browser: Client) -> None:
    browser.get(URL)
    with CaptureQueriesContext(connection) as asked:
        browser.get(URL)
    said = [query["sql"].split()[0] for query in asked]
    assert set(said) <= {"SELECT", "SAVEPOINT", "RELEASE"}
    assert len(asked) <= 25


def test_a_database_that_fails_in_the_middle_of_a_page_is_no_fault_of_the_page(
    browser: Client, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.raise_request_exception = False
    for error, status in ((OperationalError("No space left"), 503), (DataError("nonsense"), 500)):
        with monkeypatch.context() as patch:
            # Outside of the view, too: keys are asked for before there is one.
            patch.setattr(keyring, "check_epoch", Mock(side_effect=error))
            assert browser.get("/sign-in/").status_code == status
        with monkeypatch.context() as patch:
            patch.setattr("accounts.views.demo.people", Mock(side_effect=error))
            assert browser.get("/sign-in/").status_code == status
