"""No log, no access: each page that holds something of a member leaves a line, or isn't shown."""

from contextlib import nullcontext
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from portal.base import context
from portal.base.audit.models import Event
from portal.base.ids import uuid7
from tests.owner import connect_as_owner
from tests.sweeps.conftest import CANARY, World, make_world
from tests.sweeps.routes import ROUTES, TEAM
from tests.sweeps.test_urls import address, ask

# Of oneself as an account, or of nobody: nothing of a member's file, so a GET needs no line.
NO_FILE = {
    "enrol", "printed_codes", "confirm", "account", "account-password", "account-email",
    "account-email-code", "account-not-me", "account-app", "account-language",
    "account-sessions-end", "keep-alive", "notices:seen",
}  # fmt: skip
# Pages that show a form and nothing else before it is sent.
EMPTY_FORMS = {
    "messaging:safety", "messaging:compose", "disclosures:trail-search",
    "disclosures:disclosure-new", "disclosures:incident-new", "disclosures:key-ask",
    "messaging:member-why", "messaging:thread-why", "records:mark-search",
}  # fmt: skip
# How far long work is, which the page asks again and again: a count, and nothing of what is in it.
COUNTS_ALONE = {"records:copy-progress"}
# Addresses of forms: a GET shows nothing and leads to the page that the form is on.
FORMS_ALONE = {
    "messaging:thread-reply", "messaging:thread-answer", "messaging:thread-take",
    "messaging:thread-close", "records:copy-stop", "disclosures:letter-print",
    "disclosures:letter-mail", "disclosures:letter-return", "disclosures:incident-take",
    "disclosures:incident-note", "disclosures:incident-close",
    "system-mail-test", "disclosures:approval-approve", "disclosures:approval-refuse",
    "disclosures:approval-take-back", "records:mark-change",
}  # fmt: skip
# Who needs no reason is sent to the page that they may open as they are.
SENT_ON = {"messaging:thread-why": TEAM}
WHO = (
    "member", "stranger", "other_plan_member", "care_worker", "supervisor", "off_team_worker",
    "privacy_officer", "plan_admin", "operator",
)  # fmt: skip


def asked(who: str) -> list[tuple[str, str]]:
    return [
        (method, name)
        for name, route in ROUTES.items()
        if route.lets is not None and name not in NO_FILE
        if who not in SENT_ON.get(name, ())
        for method in route.methods.split()
        if who not in route.lets
        or method == "POST"
        or name not in EMPTY_FORMS | FORMS_ALONE | COUNTS_ALONE
    ]


def lines() -> list[tuple[str, str]]:
    """But for what the first page of a visit adds, whatever page that is."""
    with context.system("test"):
        found = Event.objects.exclude(action="notice.shown").order_by("at", "pk")
        return list(found.values_list("action", "outcome"))


@pytest.mark.promise("AM18")
@pytest.mark.parametrize("who", WHO)
def test_every_page_of_a_file_leaves_a_line(
    world: World, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, silent, wrong = world.browser(who), [], []
    # Undone here, once the lines are counted.
    monkeypatch.setattr("tests.sweeps.test_urls.undone", nullcontext)
    for method, name in asked(who):
        with transaction.atomic():
            before = len(lines())
            answer = ask(world, who, client, method, name, address(world, name))
            new = lines()[before:]
            transaction.set_rollback(True)
        if not new:
            silent.append(f"{method} {name}: {answer.status_code}")
        refused = ("request.refused", "refused") in new
        if refused != (answer.status_code in {403, 404}):
            wrong.append(f"{method} {name}: {answer.status_code} and {new}")
    assert silent == []
    assert wrong == []


def test_home_leaves_a_line_of_what_it_shows(world: World) -> None:
    before = len(lines())
    world.browser("member").get(address(world, "home"))
    assert ("records.listed", "permitted") in lines()[before:]


def test_a_draft_that_is_shown_leaves_a_line(world: World) -> None:
    client = world.browser("member")
    client.post(address(world, "messaging:safety"))
    before = len(lines())
    assert client.get(address(world, "messaging:compose")).status_code == 200
    assert lines()[before:] == []
    client.post(
        address(world, "messaging:compose"),
        {"team": world.team.pk, "subject": CANARY, "body": CANARY, "save_draft": "1"},
    )
    before = len(lines())
    assert CANARY in client.get(address(world, "messaging:compose")).text
    assert ("draft.opened", "permitted") in lines()[before:]


@pytest.mark.parametrize(
    ("route", "thing"), [("messaging:thread-detail", "thread"), ("records:detail", "record")]
)
def test_a_refusal_names_what_was_asked_for_and_whose_it_is(
    world: World, route: str, thing: str
) -> None:
    stranger = world.browser("stranger")
    nothing = reverse(route, args=[uuid7()])
    for one in (address(world, route), nothing):
        assert stranger.get(one).status_code == 404
    with context.system("test"):
        line, of_nothing = Event.objects.filter(action="request.refused").order_by("at")
    assert (line.object_id, line.actor_id) == (world.ids[thing], world.people["stranger"].pk)
    assert (line.member_id, of_nothing.member_id) == (world.people["member"].member_id, None)
    # Of a record it also says by which decision the file was open, that it was not found in.
    decided = line.facts.pop("decision", "")
    assert line.facts == {"route": route, "method": "GET", "status": 404}
    assert ("records*" in decided) == (thing == "record")
    assert of_nothing.facts.get("decision", "") == decided


@pytest.fixture
def unloggable(own_database: str, django_db_blocker: Any, tmp_path: Any) -> Any:
    """A world whose trail takes no line any more."""
    with django_db_blocker.unblock():
        world = make_world(tmp_path)
        browsers = {who: world.browser(who) for who in WHO}
        with connect_as_owner(own_database) as raw:
            raw.execute("REVOKE INSERT ON base_event FROM portal_app")
        yield world, browsers


@pytest.mark.promise("AM18")
def test_without_a_trail_nothing_is_shown_or_done(unloggable: Any) -> None:
    world, browsers = unloggable
    found = []
    for who, client in browsers.items():
        for method, name in asked(who):
            # Of those who are let in nowhere, one is enough: a refusal leaves its line one way.
            if who not in (ROUTES[name].lets or ()) and who != "stranger":
                continue
            answer = ask(world, who, client, method, name, address(world, name))
            if answer.status_code != 503 or CANARY.encode() in answer.content:
                found.append(f"{method} {name} as {who}: {answer.status_code}")
    assert found == []
