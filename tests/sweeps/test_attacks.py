"""The attack kit, driven by the table of routes, so that no new page escapes it."""

import re
from contextlib import nullcontext
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse

from accounts import devices
from portal.base import context
from portal.base.outbox import sender
from portal.base.outbox.models import Mail
from tests.sweeps.attacks import ELSEWHERE, EVIL, HEADERS, HOSTS, LEADS_ON
from tests.sweeps.conftest import World
from tests.sweeps.routes import NOT_IN, ROUTES, SIGNED_IN
from tests.sweeps.test_urls import (
    ANSWERED_WHOEVER_ASKS,
    EVERY_GET,
    FULL,
    address,
    ask,
    expected,
    plain,
)

ORDER = ("member", "care_worker", "privacy_officer", "plan_admin", "operator")


def let_in(name: str) -> str:
    """Someone whom this route lets in."""
    lets = ROUTES[name].lets
    return next(who for who in ORDER if lets is None or who in lets)


@pytest.fixture
def browsers(world: World) -> dict[str, Client]:
    """One for each who is let in somewhere, and for someone who is not signed in."""
    return {who: world.browser(who) for who in (*ORDER, "anonymous")}


def taking(method: str) -> list[str]:
    return [name for name, route in ROUTES.items() if method in route.methods.split()]


def rounds(names: list[str]) -> list[tuple[str, str, str]]:
    """Each route with one way to lead elsewhere, another for the next one; or with all."""
    return [
        (name, field, value)
        for turn, name in enumerate(names)
        for value in (ELSEWHERE if FULL else [ELSEWHERE[turn % len(ELSEWHERE)]])
        for field in (LEADS_ON if FULL else ["*"])
    ]


@pytest.mark.promise("AM2")
@pytest.mark.parametrize("who", ["member", "off_team_worker", "anonymous"] if FULL else ["member"])
def test_headers_that_others_believe_change_nothing(world: World, who: str) -> None:
    client, found = world.browser(who), []
    if who in world.people:
        with context.system("test"):
            # The page that shows an app's secret would make another for each request.
            devices.pending_totp(world.people[who])
    sets = [{name: value} for name, value in HEADERS.items()] if FULL else [HEADERS]
    for name in taking("GET"):
        url = address(world, name)
        for headers in sets:
            bare = ask(world, who, client, "GET", name, url)
            more = ask(world, who, client, "GET", name, url, headers=headers)
            if (bare.status_code, plain(bare, "")) != (more.status_code, plain(more, "")):
                found.append(f"{name} with {list(headers)}: {bare.status_code}, {more.status_code}")
            if EVIL in str(more.headers):
                found.append(f"{name}: the answer's headers name {EVIL}")
    assert not found, "\n" + "\n".join(found)


def test_a_get_that_calls_itself_another_method_writes_no_more(
    world: World, browsers: dict[str, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.sweeps.test_urls.undone", nullcontext)
    found, override = [], {"X-HTTP-Method-Override": "POST", "X-HTTP-Method": "POST"}
    for name in taking("POST"):
        who = let_in(name)
        form = urlencode({**ROUTES[name].form(world, world.people[who]), "_method": "POST"})
        if "GET" not in ROUTES[name].methods.split():
            url = f"{address(world, name)}?{form}"
            answer = ask(world, who, browsers[who], "GET", name, url, headers=override)
            if answer.status_code != 405:
                found.append(f"{name}: {answer.status_code}")
            continue
        url = address(world, name)
        bare, more = (
            got(world, who, browsers[who], name, at, headers)
            for at, headers in ((url, None), (f"{url}?{form}", override))
        )
        if bare != more:
            found.append(f"{name}: {bare} and {more}")
    assert not found, "\n" + "\n".join(found)


def got(world: World, who: str, client: Client, name: str, url: str, headers: Any) -> Any:
    """How many rows a GET of this address writes into which tables."""
    with transaction.atomic(), CaptureQueriesContext(connection) as seen:
        ask(world, who, client, "GET", name, url, headers=headers)
        transaction.set_rollback(True)
    wrote = re.compile(r'^(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')
    tables = [found[1] for one in seen if (found := wrote.match(one["sql"]))]
    # A search by address is looked for, and its line written, whatever the method is called.
    return sorted(table for table in tables if table not in EVERY_GET)


def test_a_host_that_no_plan_has_gets_nothing(world: World) -> None:
    client, found = world.browser("member"), []
    few = ("home", "account_login", "records:detail")
    asked = [(name, at) for at in HOSTS for name in (ROUTES if at == EVIL or FULL else few)]
    for name, host in asked:
        if name in ANSWERED_WHOEVER_ASKS:
            continue
        for method in ROUTES[name].methods.split():
            url = address(world, name)
            answer = ask(world, "member", client, method, name, url, headers={"host": host})
            if answer.status_code not in {400, 404}:
                found.append(f"{name} at {host}: {answer.status_code}")
            if EVIL in answer.content.decode() or EVIL in str(answer.headers) or answer.cookies:
                found.append(f"{name} at {host}: repeats the host or sets a cookie")
    assert not found, "\n" + "\n".join(found)


def test_a_reset_leads_to_the_plan_whatever_host_was_named(world: World) -> None:
    email = world.people["stranger"].email
    for headers in ({"host": EVIL}, {"X-Forwarded-Host": EVIL, "X-Forwarded-Server": EVIL}):
        Client(headers={"host": world.plan.host}).post(
            reverse("account_reset_password"), {"email": email}, headers=headers
        )
    with context.system("test"):
        assert Mail.objects.filter(recipient_id=world.people["stranger"].pk).count() == 1
    mail.outbox.clear()
    sender.sweep()
    told = [str(one.message()) for one in mail.outbox if one.to == [email]]
    assert len(told) == 1
    assert f"//{world.plan.host}" in told[0]
    assert EVIL not in told[0]


def leads_away(answer: Any) -> bool:
    """Whether a browser would take this answer to another site, at once or by a link of ours."""
    where = re.sub(r"[\t\r\n]", "", answer.get("Location", "")).strip().replace("\\", "/")
    to = urlsplit(urljoin("http://cedar.localhost/", where))
    if to.scheme not in {"http", "https"} or to.hostname != "cedar.localhost":
        return True
    text = answer.content.decode(errors="replace")
    links = re.findall(r'(?:href|action|src|formaction|content)="([^"]*)"', text)
    return any(
        urlsplit(urljoin("http://cedar.localhost/", link.strip().replace("\\", "/"))).netloc
        not in {"cedar.localhost", ""}
        and EVIL in link
        for link in links
    ) or any(link.strip().lower().startswith(("javascript:", "data:text")) for link in links)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_page_leads_to_another_site(
    world: World, browsers: dict[str, Client], method: str
) -> None:
    found = []
    for name, field, value in rounds(taking(method)):
        for who in [let_in(name), *(["anonymous"] if ROUTES[name].lets is None else [])]:
            extra = dict.fromkeys(LEADS_ON if field == "*" else [field], value)
            url = f"{address(world, name)}?{urlencode(extra)}"
            answer = ask(world, who, browsers[who], method, name, url, extra)
            if answer.status_code >= 500 or leads_away(answer):
                found.append(f"{method} {name} as {who} by {value!r}: {answer.get('Location')}")
    assert not found, "\n" + "\n".join(found)


FORGED: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "none": ({}, {}),
    "made up": ({"csrfmiddlewaretoken": "a" * 64}, {}),
    "made up, in a header": ({}, {"X-CSRFToken": "a" * 64}),
    "of someone else": ({"csrfmiddlewaretoken": "another"}, {}),
    "right, sent from elsewhere": ({"csrfmiddlewaretoken": "own"}, {"Origin": f"https://{EVIL}"}),
    "right, sent from nowhere": ({"csrfmiddlewaretoken": "own"}, {"Origin": "null"}),
}


def token_of(client: Client) -> str:
    page = client.get(reverse("notices:all")).content.decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found
    return found[1]


def refused_as_forged(answer: Any) -> bool:
    return "403_csrf.html" in {template.name for template in answer.templates}


@pytest.mark.promise("AM2")
def test_a_form_from_elsewhere_is_refused(world: World, browsers: dict[str, Client]) -> None:
    another, found = token_of(Client(headers={"host": world.plan.host})), []
    own = {who: token_of(client) for who, client in browsers.items()}
    for turn, name in enumerate(taking("POST")):
        assert not getattr(resolve(address(world, name)).func, "csrf_exempt", False), name
        for who in {let_in(name), "anonymous"} if ROUTES[name].lets is None else {let_in(name)}:
            client = browsers[who]
            client.handler.enforce_csrf_checks = True
            tokens = {"another": another, "own": own[who]}
            ways = list(FORGED) if FULL else ["none", list(FORGED)[1 + turn % (len(FORGED) - 1)]]
            for way in ways:
                form, headers = FORGED[way]
                form = {key: tokens.get(value, value) for key, value in form.items()}
                url = address(world, name)
                answer = ask(world, who, client, "POST", name, url, form, headers)
                if answer.status_code != 403 or not refused_as_forged(answer):
                    found.append(f"{name} as {who}, {way}: {answer.status_code}")
            right = {"csrfmiddlewaretoken": own[who]}
            answer = ask(world, who, client, "POST", name, address(world, name), right)
            if answer.status_code not in expected(name, ROUTES[name], who, "POST"):
                found.append(f"{name} as {who}, its own: {answer.status_code}")
    assert not found, "\n" + "\n".join(found)


@pytest.mark.promise("AM8")
def test_a_session_that_was_left_opens_nothing_again(world: World) -> None:
    client, found = world.browser("member"), []
    stolen = Client(headers={"host": world.plan.host})
    stolen.cookies.load({key: one.value for key, one in client.cookies.items()})
    assert stolen.get(reverse("account")).status_code == 200
    client.post(reverse("account_logout"))
    for name, route in ROUTES.items():
        if route.lets is None:
            continue
        for method in route.methods.split():
            answer = ask(world, "member", stolen, method, name, address(world, name))
            if answer.status_code not in expected(name, route, "anonymous", method):
                found.append(f"{method} {name}: {answer.status_code}")
    assert not found, "\n" + "\n".join(found)


@pytest.mark.promise("AM2")
@pytest.mark.parametrize("who", sorted(SIGNED_IN) if FULL else ["stranger"])
def test_not_yours_costs_what_not_there_costs(world: World, who: str) -> None:
    """Work is counted, not time: as many statements, so that a clock tells nothing.

    Who is told that it is another team's, and may say why, learns nothing from a clock.
    """
    client, found = world.browser(who), []
    for name, route in ROUTES.items():
        knows = (route.lets or frozenset()) | route.may_say_why
        if not route.kwargs or who in knows or who in NOT_IN:
            continue
        for method in route.methods.split():
            costs = []
            for unknown in (False, True):
                url = address(world, name, unknown=unknown)
                with CaptureQueriesContext(connection) as seen:
                    ask(world, who, client, method, name, url)
                costs.append([re.sub(r"'[^']*'|\d+", "?", one["sql"])[:60] for one in seen])
            if len(costs[0]) != len(costs[1]):
                more = [sql for sql in costs[0] if sql not in costs[1]]
                found.append(f"{method} {name}: {len(costs[0])} and {len(costs[1])}: {more}")
    assert not found, "\n" + "\n".join(found)
