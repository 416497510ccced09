"""The operators' page: what doctor finds out, in chips and sentences, and a test of the mail."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as sent_mail
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Plan, User
from portal.base import context, once
from portal.base.audit import seals, state
from portal.base.audit.models import Event
from portal.base.health import checks, outside
from portal.base.outbox import sender
from portal.base.outbox.announce import Kind
from portal.base.outbox.models import Mail, MailState
from portal.base.standing import done
from portal.system import access
from tests import factories
from tests.files import scanners

pytestmark = pytest.mark.promise("AH19")
URL, TEST = reverse("system"), reverse("system-mail-test")


@pytest.fixture
def operator(plan: Plan) -> User:
    return factories.staff_user(plan, "ola.berg", "Ola Berg", "operator")


@pytest.fixture
def browser(
    operator: User, client_for: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> Client:
    """Of an operator, where all is well."""
    monkeypatch.setattr(checks, "_worker_answers", lambda: False)
    with context.system("test"):
        for what in done.ALL:
            done.note(what)
    return client_for(operator)


def parts(page: Any) -> dict[str, list[str]]:
    """By the name of each part: its chip, what is measured, what to do."""
    rows = [row["cells"] for row in page.context["rows"]]
    return {name["text"]: [chip["chip"]["text"], *(c["text"] for c in rest)]
            for name, chip, *rest in rows}  # fmt: skip


@pytest.fixture
def scanner() -> Iterator[scanners.OddScanner]:
    odd = scanners.OddScanner()
    yield odd
    odd.close()


def send(browser: Client, user: User) -> Any:
    return browser.post(TEST, {"send_key": once.new_key(user.pk)})


def test_where_all_is_well_it_says_so(
    browser: Client, operator: User, settings: Any, scanner: scanners.OddScanner
) -> None:
    settings.DEMO, settings.CERTIFICATE_PATH = False, ""
    settings.CLAMD_URL = scanner.address
    page = browser.get(URL)
    found = parts(page)
    assert found.pop("Certificate")[0] == "Look"
    assert {row[0] for row in found.values()} == {"Good"}
    assert {row[2] for row in found.values()} == {"Nothing."}
    assert len(found) == 10
    with context.system("test"):
        line = Event.objects.get(action="system.viewed")
    assert (line.actor_id, line.purpose, line.basis) == (
        operator.pk, "running_the_portal", "system_review"
    )  # fmt: skip


def test_each_part_says_what_doctor_says(
    browser: Client, plan: Plan, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_ago = timezone.now() - timedelta(days=200)
    settings.DEMO, settings.REDIS_URL = False, ""
    settings.CERTIFICATE_PATH = "/nowhere.pem"
    monkeypatch.setattr(outside, "ROOM", 2**60)
    monkeypatch.setattr(outside, "ROOM_SHARE", 1.0)
    monkeypatch.setattr(checks.years, "has_next_partition", lambda: False)
    with context.system("test"):
        for what in done.ALL:
            done.note(what, long_ago)
        mail = Mail.objects.create(
            plan_id=plan.pk,
            recipient_id=plan.pk,
            kind=Kind.MESSAGE_ANSWERED,
            event_id=plan.pk,
            next_attempt_at=long_ago,
        )
        Mail.objects.filter(pk=mail.pk).update(created_at=long_ago)
    state.tell_refusal(seals.RowsGone("canary"))
    call_command("read_only", "on")
    page = browser.get(URL)
    found = parts(page)
    # The same words: what the page looks at is what doctor looks at.
    with context.system("test"):
        said = {name: [one.says for run in checks_of for one in run()]
                for name, checks_of in access.LOOKED_AT.items()}  # fmt: skip
    told = [row[2] for row in found.values()]
    for sentences in said.values():
        # How much room is left changes meanwhile.
        known = [one for one in sentences if "MB left" not in one]
        assert any(all(one in advice for one in known) for advice in told), sentences
    assert found["Disk of files"][2].count("MB left: free some.") == 2
    assert {name: row[0] for name, row in found.items() if row[0] != "Wrong"} == {
        "Last restore test": "Look",
        "Read-only mode": "Look",
        "Virus scanner": "Look",
    }
    assert page.context["worst"]["text"] == "Wrong"
    assert found["Email to send"][1].startswith("1 waits since")
    assert "No test can be sent in read-only mode." in page.text


def test_it_needs_no_look_into_the_second_place(browser: Client, second_place_shut: None) -> None:
    page = browser.get(URL)
    assert page.status_code == 200
    assert "is free." in page.text
    # Whoever seals must see it.
    assert list(outside.second_place()) != []


def test_a_demo_is_not_asked_for_backups(browser: Client) -> None:
    found = parts(browser.get(URL))
    names = ("Last backup", "Last restore test", "Certificate", "Virus scanner")
    assert [found[name][0] for name in names] == ["Not needed"] * 4


def test_it_names_nobody(browser: Client, member_user: User, operator: User) -> None:
    with context.system("test"):
        Mail.objects.create(
            plan_id=member_user.plan_id,
            recipient_id=member_user.pk,
            kind=Kind.MESSAGE_ANSWERED,
            event_id=operator.pk,
            next_attempt_at=timezone.now(),
        )
    page = browser.get(URL).text
    for word in (member_user.email, "Diaz", "ana.diaz", str(member_user.pk)):
        assert word not in page


@pytest.mark.parametrize("who", ["member_user", "care_worker", "privacy_officer"])
def test_it_is_for_operators_alone(
    who: str, request: pytest.FixtureRequest, client_for: Callable[[User], Client]
) -> None:
    user = request.getfixturevalue(who)
    browser = client_for(user)
    assert browser.get(URL).status_code == 403
    assert send(browser, user).status_code == 403
    with context.system("test"):
        assert not Mail.objects.exists()


def test_their_nav_and_home_lead_there(browser: Client) -> None:
    assert browser.get(reverse("home")).text.count(f'href="{URL}"') == 2


def test_a_test_goes_out_to_oneself_and_the_page_says_so(browser: Client, operator: User) -> None:
    assert browser.get(URL).context["test"] is None
    assert send(browser, operator).url == f"{URL}#mail-test"
    assert browser.get(URL).context["test"]["chip"]["text"] == "On its way"
    assert sender.sweep() == 1
    [letter] = sent_mail.outbox
    assert (letter.to, letter.subject) == ([operator.email], "Test email from Cedar Health Plan")
    test = browser.get(URL).context["test"]
    assert (test["chip"]["text"], test["again"]) == ("Went out", False)
    with context.system("test"):
        line = Event.objects.get(action="mail.tested")
    assert (line.actor_id, line.basis) == (operator.pk, "system_review")


def test_one_test_at_a_time_and_each_form_once(browser: Client, operator: User) -> None:
    key = {"send_key": once.new_key(operator.pk)}
    browser.post(TEST, key)
    send(browser, operator)
    sender.sweep()
    browser.post(TEST, key)
    with context.system("test"):
        assert Mail.objects.count() == 1
    send(browser, operator)
    with context.system("test"):
        assert Mail.objects.count() == 2


def test_a_form_without_its_key_sends_nothing(browser: Client) -> None:
    page = browser.post(TEST, {"send_key": "forged"}, follow=True)
    assert "This was not sent yet" in page.text
    with context.system("test"):
        assert not Mail.objects.exists()


@pytest.mark.parametrize(
    ("facts", "chip", "words"),
    [
        ({"state": MailState.BOUNCED, "reply_code": 550}, "Turned away", "550"),
        ({"state": MailState.FAILED}, "Given up", "address"),
        ({"reply_code": 451}, "Tried in vain", "451"),
        ({"created_at": timezone.now() - timedelta(hours=1)}, "Not out", "worker, beat"),
    ],
)
def test_what_became_of_a_test_is_told(
    browser: Client, operator: User, facts: dict[str, Any], chip: str, words: str
) -> None:
    send(browser, operator)
    with context.system("test"):
        Mail.objects.update(**facts)
    test = browser.get(URL).context["test"]
    assert test["chip"]["text"] == chip
    assert words in test["says"]


def test_without_an_address_there_is_nothing_to_press(browser: Client, operator: User) -> None:
    with context.system("test"):
        User.objects.filter(pk=operator.pk).update(email="")
    page = browser.get(URL).text
    assert "has no email address" in page
    assert f'action="{TEST}"' not in page
