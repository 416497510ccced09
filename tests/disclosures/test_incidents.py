"""Anyone opens an incident; officers are told, look into it and close it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import ProgrammingError, transaction
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import CareTeam, Member, Plan, SignIn, User
from disclosures import incident_access, incident_actions, tasks
from disclosures.models import Incident, IncidentKind, IncidentWay
from disclosures.rules import MOST_GUESSES, MOST_REFUSALS
from messaging import access, actions
from messaging.models import Message
from portal.base import context, once
from portal.base import tasks as base_tasks
from portal.base.audit import seals, trail
from portal.base.audit.models import Event, Outcome
from portal.base.crypto import keyring
from portal.base.ids import uuid7
from portal.base.outbox import sender
from portal.base.outbox.models import Mail
from tests import factories
from tests.base.trails import said
from tests.messaging.conftest import acting

Browser = Callable[[User], Client]


def report(user: User, **changed: str) -> dict[str, str]:
    return {
        "send_key": once.new_key(user.pk),
        "kind": "seen",
        "told": "My neighbor knew of my visit.",
        **changed,
    }


def incidents() -> list[Incident]:
    with context.system("test"):
        return list(Incident.objects.order_by("opened_at"))


def events(action: str) -> list[Event]:
    with context.system("test"):
        return list(Event.objects.filter(action=action).order_by("at"))


def opened_by(user: User, **changed: Any) -> Incident:
    with acting(user):
        return incident_actions.open_incident(
            by=user,
            key=uuid7(),
            **{
                "kind": "seen",
                "way": IncidentWay.BUTTON,
                "told": "My neighbor knew.",
                "member": user.member,
                **changed,
            },
        )


def test_a_member_reports_and_reads_it_again(
    member_user: User, privacy_officer: User, client_for: Browser
) -> None:
    browser = client_for(member_user)
    page = browser.post(reverse("disclosures:incident-new"), report(member_user), follow=True)
    assert "Your report is sent" in page.text
    assert "My neighbor knew of my visit." in page.text
    [incident] = incidents()
    assert (incident.reporter_id, incident.member_id) == (member_user.pk, member_user.member_id)
    assert (incident.kind, incident.way, incident.state) == ("seen", "button", "open")
    [line] = events("incident.opened")
    assert (line.actor_id, line.member_id) == (member_user.pk, member_user.member_id)
    assert said(line) == {"kind": "seen", "method": "button"}
    assert line.purpose == "privacy_oversight"
    assert line.basis == "incident_report"


def test_the_same_form_twice_is_one_report(
    member_user: User, privacy_officer: User, client_for: Browser
) -> None:
    browser, form = client_for(member_user), report(member_user)
    first, second = (browser.post(reverse("disclosures:incident-new"), form) for _ in "12")
    assert first["Location"] == second["Location"]
    assert len(incidents()) == 1
    with context.system("test"):
        assert Mail.objects.filter(kind="incident_opened").count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"kind": ""}, "Choose what happened."),
        ({"kind": "trail"}, "Choose one from the list."),
        ({"told": ""}, "Tell us what happened."),
        ({"send_key": "forged"}, "This was not sent yet."),
    ],
)
def test_a_report_that_is_not_whole_is_told(
    member_user: User, client_for: Browser, changes: dict[str, str], sentence: str
) -> None:
    page = client_for(member_user).post(
        reverse("disclosures:incident-new"), report(member_user, **changes)
    )
    assert page.status_code == 422
    assert sentence in page.text
    assert incidents() == []


def test_other_words_of_a_sent_report_are_not_taken_as_sent(
    member_user: User, client_for: Browser
) -> None:
    browser, url = client_for(member_user), reverse("disclosures:incident-new")
    form = report(member_user)
    assert browser.post(url, form).status_code == 302
    assert browser.post(url, form).status_code == 302
    page = browser.post(url, {**form, "told": "And a letter, too."})
    assert page.status_code == 422
    assert "This was sent before, in other words." in page.text
    assert "And a letter, too." in page.text
    assert len(incidents()) == 1


def test_other_words_of_a_note_are_not_taken_as_saved(
    member_user: User, privacy_officer: User, client_for: Browser
) -> None:
    incident, other = opened_by(member_user), opened_by(member_user)
    browser = client_for(privacy_officer)
    url = reverse("disclosures:incident-note", args=[incident.pk])
    form = {"send_key": once.new_key(privacy_officer.pk), "text": "Called her."}
    assert "Your note is saved." in browser.post(url, form, follow=True).text
    page = browser.post(url, {**form, "text": "She called back."})
    assert page.status_code == 422
    assert "This was sent before, in other words." in page.text
    elsewhere = reverse("disclosures:incident-note", args=[other.pk])
    assert browser.post(elsewhere, form).status_code == 422


def test_nobody_reads_what_another_reported(
    member_user: User,
    stranger: User,
    care_worker: User,
    privacy_officer: User,
    client_for: Browser,
) -> None:
    incident = opened_by(member_user)
    url = reverse("disclosures:incident-sent", args=[incident.pk])
    assert client_for(member_user).get(url).status_code == 200
    for other in (stranger, care_worker):
        assert client_for(other).get(url).status_code == 404
        with acting(other):
            assert Incident.objects.count() == 0
    # Officers have a page of their own for it, with what they noted, and this is the reporter's.
    assert client_for(privacy_officer).get(url).status_code == 404


def test_staff_name_the_member_by_number(
    care_worker: User, member: Member, client_for: Browser
) -> None:
    browser, url = client_for(care_worker), reverse("disclosures:incident-new")
    page = browser.post(url, report(care_worker, member_number="M-nobody"))
    assert "No member of this plan has this member ID." in page.text
    assert incidents() == []
    browser.post(url, report(care_worker, member_number=member.member_number, kind="lost"))
    [incident] = incidents()
    assert (incident.member_id, incident.reporter_id) == (member.pk, care_worker.pk)
    assert [line.outcome for line in events("member.looked_up")] == ["permitted"] * 2


def test_a_member_names_nobody_else(member_user: User, stranger: User, client_for: Browser) -> None:
    theirs = report(member_user, member_number=stranger.member.member_number)
    client_for(member_user).post(reverse("disclosures:incident-new"), theirs)
    assert [incident.member_id for incident in incidents()] == [member_user.member_id]


def test_a_line_of_the_members_own_list_can_be_pointed_at(
    member_user: User, stranger: User, privacy_officer: User, client_for: Browser
) -> None:
    client_for(member_user).get(reverse("records:home"))
    line = next(one for one in events("records.listed") if one.actor_id == member_user.pk)
    url = reverse("disclosures:incident-new")
    for who, shown in ((member_user, True), (stranger, False)):
        page = client_for(who).get(url, {"event": str(line.pk)})
        assert ("What looked wrong to you" in page.text) == shown
        client_for(who).post(url, report(who, event=str(line.pk)))
    assert client_for(member_user).get(url, {"event": "none"}).status_code == 200
    own, other = incidents()
    assert (own.about_kind, own.about_id) == ("event", line.pk)
    assert (other.about_kind, other.about_id) == ("", None)
    page = client_for(privacy_officer).get(reverse("disclosures:incident-detail", args=[own.pk]))
    assert reverse("disclosures:event-detail", args=[line.pk]) in page.text


def test_officers_of_the_plan_are_told_once_and_nothing_private(
    member_user: User,
    privacy_officer: User,
    other_plan: Plan,
    care_worker: User,
    mailoutbox: list[Any],
) -> None:
    factories.staff_user(other_plan, "other.po", "Other Officer", "privacy_officer")
    incident = opened_by(member_user)
    with context.system("test"):
        mails = list(Mail.objects.filter(kind="incident_opened"))
    assert [(mail.recipient_id, mail.event_id) for mail in mails] == [
        (privacy_officer.pk, incident.pk)
    ]
    letter = sender.compose(mails[0])
    assert letter is not None
    words = f"{letter.subject} {letter.body}"
    assert "privacy report waits for you at Cedar" in words
    for private in ("Ana", "Diaz", "neighbor", str(incident.pk), "incident"):
        assert private not in words


# The office


def test_an_officer_takes_notes_and_closes(
    member_user: User, privacy_officer: User, client_for: Browser
) -> None:
    incident = opened_by(member_user)
    browser = client_for(privacy_officer)
    listed = browser.get(reverse("disclosures:incident-list"))
    assert "Someone saw information that they should not see" in listed.text
    page = browser.get(reverse("disclosures:incident-detail", args=[incident.pk]))
    assert "My neighbor knew." in page.text
    assert "Ana Diaz" in page.text
    for step, form in (
        ("take", {}),
        ("note", {"send_key": once.new_key(privacy_officer.pk), "text": "Called her."}),
        ("close", {"outcome": "put_right"}),
    ):
        page = browser.post(
            reverse(f"disclosures:incident-{step}", args=[incident.pk]), form, follow=True
        )
        assert page.status_code == 200
    assert "Called her." in page.text
    assert "A problem, now put right" in page.text
    [closed] = incidents()
    assert (closed.state, closed.outcome, closed.owner) == ("closed", "put_right", privacy_officer)
    for action in ("viewed", "taken", "noted", "closed"):
        line = events(f"incident.{action}")[0]
        assert (line.actor_id, line.member_id) == (privacy_officer.pk, member_user.member_id)
    assert "No open reports" in browser.get(reverse("disclosures:incident-list")).text


def test_what_is_closed_stays_closed(member_user: User, privacy_officer: User) -> None:
    incident = opened_by(member_user)
    with acting(privacy_officer):
        incident_actions.close(by=privacy_officer, incident=incident, outcome="no_problem")
    for act in (
        lambda: incident_actions.take(by=privacy_officer, incident=incident),
        lambda: incident_actions.close(by=privacy_officer, incident=incident, outcome="known"),
    ):
        with pytest.raises(PermissionDenied), acting(privacy_officer):
            act()
    assert incidents()[0].outcome == "no_problem"


@pytest.mark.parametrize("step", ["take", "close"])
def test_an_old_tab_says_that_a_report_is_closed(
    member_user: User, privacy_officer: User, plan: Plan, client_for: Browser, step: str
) -> None:
    other = factories.staff_user(plan, "pia.moss", "Pia Moss", "privacy_officer")
    incident = opened_by(member_user)
    with acting(other):
        incident_actions.close(by=other, incident=incident, outcome="put_right")
    url = reverse(f"disclosures:incident-{step}", args=[incident.pk])
    told = client_for(privacy_officer).post(url, {"outcome": "known"}, follow=True)
    assert "This report is closed. Nothing was changed." in told.text
    assert "You cannot open this page" not in told.text
    [closed] = incidents()
    assert (closed.outcome, closed.owner) == ("put_right", other)


@pytest.mark.parametrize("who", ["member_user", "care_worker"])
def test_only_officers_work_on_reports(
    request: pytest.FixtureRequest, member_user: User, client_for: Browser, who: str
) -> None:
    incident, user = opened_by(member_user), request.getfixturevalue(who)
    browser = client_for(user)
    assert browser.get(reverse("disclosures:incident-list")).status_code == 403
    for step in ("take", "note", "close"):
        url = reverse(f"disclosures:incident-{step}", args=[incident.pk])
        assert browser.post(url, {"outcome": "known"}).status_code == 403
    for act in (incident_access.get_incident, incident_access.find):
        with pytest.raises(PermissionDenied), acting(user):
            act(user, incident.pk)
    assert incidents()[0].state == "open"


def test_an_officer_of_another_plan_finds_nothing(
    member_user: User, other_plan: Plan, client_for: Browser
) -> None:
    incident = opened_by(member_user)
    other = factories.staff_user(other_plan, "other.po", "Other Officer", "privacy_officer")
    url = reverse("disclosures:incident-detail", args=[incident.pk])
    assert client_for(other).get(url).status_code == 404
    with acting(other):
        assert Incident.objects.count() == 0


def test_the_list_is_filtered(
    member_user: User, care_worker: User, privacy_officer: User, client_for: Browser
) -> None:
    opened_by(member_user)
    mine = opened_by(care_worker, kind="lost", member=None)
    with acting(privacy_officer):
        incident_actions.take(by=privacy_officer, incident=mine)
    browser, url = client_for(privacy_officer), reverse("disclosures:incident-list")

    def kinds(query: str) -> list[str]:
        rows = browser.get(f"{url}?{query}").context["incidents"]
        return [str(row["kind"]).split()[0] for row in rows]

    assert kinds("") == ["Paper", "Someone"]
    assert kinds("state=mine") == ["Paper"]
    assert kinds("kind=seen") == ["Someone"]
    assert kinds("state=closed") == []
    assert "Nothing found" in browser.get(f"{url}?state=closed").text
    assert kinds("state=nonsense") == ["Paper", "Someone"]


def test_notes_and_reports_are_not_taken_away(member_user: User, privacy_officer: User) -> None:
    incident = opened_by(member_user)
    with acting(privacy_officer):
        note = incident_actions.add_note(
            by=privacy_officer, incident=incident, key=uuid7(), text="Called her."
        )
        again = incident_actions.add_note(
            by=privacy_officer, incident=incident, key=note.pk, text="Called her."
        )
    assert again == note
    for row in (note, incident):
        with acting(privacy_officer), pytest.raises(ProgrammingError), transaction.atomic():
            type(row).objects.filter(pk=row.pk)._raw_delete("default")


# Where they come from


def test_this_was_not_me_ends_other_sessions_and_opens_one(
    member_user: User, privacy_officer: User, client_for: Browser
) -> None:
    elsewhere, here = client_for(member_user), client_for(member_user)
    assert reverse("account-not-me") in here.get(reverse("account")).text
    form = {"send_key": once.new_key(member_user.pk), "told": "I was asleep then."}
    answer = here.post(reverse("account-not-me"), form)
    assert answer["Location"] == reverse("account-password")
    assert here.get(reverse("account")).status_code == 200
    assert elsewhere.get(reverse("account")).status_code == 302
    [incident] = incidents()
    assert (incident.kind, incident.way, incident.member_id) == (
        "account", "not_me", member_user.member_id,
    )  # fmt: skip
    assert (incident.about_kind, incident.about_id) == ("account", member_user.pk)
    page = client_for(privacy_officer).get(
        reverse("disclosures:incident-detail", args=[incident.pk])
    )
    assert "ana.diaz" in page.text


def test_staff_can_say_so_too(care_worker: User, client_for: Browser) -> None:
    client_for(care_worker).post(
        reverse("account-not-me"), {"send_key": once.new_key(care_worker.pk)}
    )
    assert [(one.way, one.member_id) for one in incidents()] == [("not_me", None)]


def test_a_forged_form_ends_nothing(member_user: User, client_for: Browser) -> None:
    elsewhere, here = client_for(member_user), client_for(member_user)
    assert here.post(reverse("account-not-me"), {"send_key": "forged"}).status_code == 422
    assert elsewhere.get(reverse("account")).status_code == 200
    assert incidents() == []
    assert SignIn.objects.filter(user=member_user, ended_at=None).count() == 2


@pytest.fixture
def message(member_user: User, team: CareTeam) -> Message:
    with acting(member_user):
        sent = actions.start_thread(
            by=member_user,
            member=member_user.member,
            team=team,
            subject="New medicine",
            body="I feel dizzy.",
            key=uuid7(),
        )
    assert sent.message
    return sent.message


@pytest.mark.parametrize("who", ["member_user", "care_worker"])
def test_either_side_reports_a_message_to_the_wrong_person(
    request: pytest.FixtureRequest,
    message: Message,
    privacy_officer: User,
    client_for: Browser,
    who: str,
) -> None:
    user = request.getfixturevalue(who)
    url = reverse("messaging:thread-misdirected", args=[message.thread_id])
    form = {"send_key": once.new_key(user.pk), "message": str(message.pk), "told": "Not mine."}
    page = client_for(user).post(url, form, follow=True)
    assert "Your report is sent" in page.text
    [incident] = incidents()
    assert (incident.kind, incident.way, incident.reporter) == ("sent", "message", user)
    assert (incident.about_kind, incident.about_id) == ("message", message.pk)
    office = client_for(privacy_officer).get(
        reverse("disclosures:incident-detail", args=[incident.pk])
    )
    assert str(message.pk)[-12:].upper() in office.text
    assert "dizzy" not in office.text


@pytest.mark.parametrize(("who", "told"), [("stranger", 404), ("off_team_worker", 403)])
def test_who_may_not_read_a_conversation_reports_none_of_its_messages(
    request: pytest.FixtureRequest, message: Message, client_for: Browser, who: str, told: int
) -> None:
    user = request.getfixturevalue(who)
    url = reverse("messaging:thread-misdirected", args=[message.thread_id])
    form = {"send_key": once.new_key(user.pk), "message": str(message.pk)}
    assert client_for(user).post(url, form).status_code == told
    assert incidents() == []


def test_only_a_message_of_the_conversation_is_taken(
    message: Message, member_user: User, client_for: Browser
) -> None:
    url = reverse("messaging:thread-misdirected", args=[message.thread_id])
    form = {"send_key": once.new_key(member_user.pk), "message": str(uuid7())}
    assert client_for(member_user).post(url, form).status_code == 422
    with acting(member_user), pytest.raises(Http404):
        actions.report_misdirected(
            by=member_user,
            thread=access.find(member_user, message.thread_id),
            message_id=uuid7(),
            told="",
            key=uuid7(),
        )
    assert incidents() == []


# Alarms


def test_deleted_rows_open_one_in_each_plan_and_not_each_minute(
    plan: Plan, other_plan: Plan, privacy_officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> int:
        raise seals.RowsGone("Rows are gone.")

    monkeypatch.setattr(seals, "seal_finished", gone)
    for _ in range(3):
        base_tasks.seal_audit()
    told = incidents()
    assert {(one.plan, one.kind, one.way, one.reporter) for one in told} == {
        (here, "trail", "alarm", None) for here in (plan, other_plan)
    }
    assert len(told) == 2
    with context.system("test"):
        assert Mail.objects.filter(kind="incident_opened").count() == 1


def test_a_late_or_restored_trail_is_no_tampering(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def restored() -> int:
        raise seals.EpochNeeded("It was restored.")

    monkeypatch.setattr(seals, "seal_finished", restored)
    base_tasks.seal_audit()
    assert incidents() == []


def try_in_vain(browser: Client, times: int) -> None:
    for _ in range(times):
        browser.get(reverse("disclosures:trail-search"))


def test_repeated_refusals_open_one(care_worker: User, stranger: User, client_for: Browser) -> None:
    try_in_vain(client_for(stranger), MOST_REFUSALS - 1)
    worker = client_for(care_worker)
    try_in_vain(worker, MOST_REFUSALS)
    tasks.watch_refusals()
    try_in_vain(worker, 1)
    tasks.watch_refusals()
    assert [(one.kind, one.way, one.about_id) for one in incidents()] == [
        ("refusals", "alarm", care_worker.pk)
    ]


def test_a_closed_alarm_is_quiet_for_a_day(
    care_worker: User, privacy_officer: User, client_for: Browser
) -> None:
    try_in_vain(client_for(care_worker), MOST_REFUSALS)
    tasks.watch_refusals()
    with acting(privacy_officer):
        incident_actions.close(
            by=privacy_officer, incident=Incident.objects.get(), outcome="no_problem"
        )
    tasks.watch_refusals()
    assert len(incidents()) == 1
    with context.system("test"):
        Incident.objects.update(closed_at=timezone.now() - timedelta(days=1, minutes=1))
    tasks.watch_refusals()
    assert len(incidents()) == 2


def test_guesses_at_an_account_are_about_its_member(member_user: User, plan: Plan) -> None:
    with context.system("test", plan.pk):
        for _ in range(MOST_REFUSALS):
            trail.record(
                "signin.second_step",
                outcome=Outcome.REFUSED,
                object_kind="user",
                object_id=member_user.pk,
            )
    tasks.watch_refusals()
    [incident] = incidents()
    assert events("incident.opened")[0].purpose == "privacy_oversight"
    assert (incident.about_id, incident.member_id) == (member_user.pk, member_user.member_id)
    assert incident.kind == IncidentKind.REFUSALS


def test_stolen_passwords_tried_at_many_user_ids_open_one(plan: Plan, other_plan: Plan) -> None:
    """A list from elsewhere: at each User ID one try, so that no account is refused often."""

    def tries(count: int, outcome: Outcome = Outcome.REFUSED) -> None:
        with context.system("test", plan.pk):
            for _ in range(count):
                trail.record("signin.password", outcome=outcome, object_kind="user")

    tries(MOST_GUESSES - 1)
    tasks.watch_refusals()
    assert incidents() == []
    tries(MOST_GUESSES - 1, Outcome.PERMITTED)
    tries(1)
    tasks.watch_refusals()
    tasks.watch_refusals()
    assert [(one.kind, one.way, one.plan_id) for one in incidents()] == [
        ("guessing", "alarm", plan.pk)
    ]


def test_many_wrong_passwords_among_more_right_ones_are_a_busy_morning(plan: Plan) -> None:
    with context.system("test", plan.pk):
        for _ in range(MOST_GUESSES):
            trail.record("signin.password", outcome=Outcome.REFUSED, object_kind="user")
            trail.record("signin.password", object_kind="user")
    tasks.watch_refusals()
    assert incidents() == []


def test_an_open_report_forbids_destroying_the_keys_of_its_people(
    member_user: User, privacy_officer: User
) -> None:
    member = member_user.member
    assert member
    incident = opened_by(member_user)
    holders = (member.record_holder_id, member.privacy_holder_id, member_user.holder_id)

    def forbidden() -> list[bool]:
        with context.system("test"):
            return ["disclosures.open_incident" in keyring.refusals(one) for one in holders]

    assert forbidden() == [True, True, True]
    with acting(privacy_officer):
        incident_actions.close(by=privacy_officer, incident=incident, outcome="known")
    assert forbidden() == [False, False, False]


@pytest.mark.promise("AM18")
def test_a_closed_report_is_kept_six_years(member: Member, privacy_officer: User) -> None:
    def kept() -> bool:
        with context.system("test"):
            return "disclosures.six_years" in keyring.refusals(member.privacy_holder_id)

    with context.system("test", member.plan_id):
        closed = Incident(
            plan_id=member.plan_id,
            member=member,
            holder_id=member.privacy_holder_id,
            kind="other",
            way="button",
            opened_at=timezone.now(),
        )
        assert not kept()
        closed.state, closed.outcome, closed.closed_at = "closed", "known", timezone.now()
        closed.save()
    assert kept()
    with context.system("test"):
        Incident.objects.update(closed_at=timezone.now() - timedelta(days=6 * 366))
    assert not kept()
