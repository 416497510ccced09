"""Every URL, for everyone, with every method."""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zipfile import ZipFile

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import resolve, reverse

from accounts import devices
from messaging.models import Draft, Message, Thread
from phi_records.models import RecordItem
from portal.base import context
from portal.base.ids import uuid7
from tests.pages import still
from tests.sweeps.conftest import CANARY, HELD, World
from tests.sweeps.routes import (
    CAST,
    NOT_IN,
    OFFICER,
    OWNER,
    ROUTES,
    SIGNED_IN,
    STAFF,
    TEAM,
    Route,
    routes_of,
)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
# `make sweep`: every method for everyone.
FULL = os.environ.get("SWEEP") == "full"
# Who may read of Ana, on the pages that let them in; she herself may everywhere.
KNOW_HER = frozenset({"care_worker", "supervisor", "privacy_officer", "plan_admin"})
# An officer says here what is held back, and so sees what it is.
MARKS = {"records:mark-search", "records:mark-detail", "records:mark-change"}
# A GET may leave these behind: the trail, and when the session was last used.
# A notice that waits is kept as shown with the first page of a visit.
EVERY_GET = {"base_event", "django_session", "accounts_signin", "consents_noticeseen"}
# Open to someone with no second step yet: to set one up, to leave, and health checks.
BEFORE_ENROLLING = {
    "enrol", "keep-alive", "account_logout", "livez", "readyz", "metrics", "plan-file",
    "set_language", "look",
}  # fmt: skip
# No session is looked at: health checks, metrics and the plan's colors.
ANSWERED_WHOEVER_ASKS = {"livez", "readyz", "metrics", "plan-file"}
# Told of on the page about cookies.
COOKIES = {
    "__Host-session", "__Host-csrf", "__Host-language", "__Host-look", "__Host-browser",
}  # fmt: skip
SAME_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
FILES = {
    "records:file", "records:copy-file", "messaging:file",
    "disclosures:letter-batch", "disclosures:letter-file",
}  # fmt: skip
CSP = (
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
)


# What a browser fetches by itself, or sends words to; a link is followed by a person alone.
ELSEWHERE = re.compile(
    rb"""<(?!a\b)[a-z]+\b[^>]*\b(?:src|srcset|href|action|data|poster)=["'](?:https?:)?//[^"']*"""
)


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside leaves nothing behind for the next request of the sweep."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def address(world: World, name: str, *, unknown: bool = False) -> str:
    route = ROUTES[name]
    ids = {key: uuid7() if unknown else world.ids[of] for key, of in route.kwargs}
    return reverse(name, kwargs={**dict(route.words), **ids})


def ask(
    world: World,
    who: str,
    client: Client,
    method: str,
    name: str,
    url: str,
    also: Any = None,
    headers: dict[str, str] | None = None,
):
    """One request of a fresh copy of this browser."""
    fresh = Client(headers=client.defaults and {"host": client.defaults["HTTP_HOST"]})
    # One chain of middleware for all: a new one looks at every static file again.
    fresh.handler = client.handler
    for cookie in client.cookies.values():
        fresh.cookies[cookie.key] = cookie.value
    data = None
    if method == "POST":
        data = ROUTES[name].form(world, world.people.get(who)) | (also or {})
    with undone():
        if method == "TRACE":
            return fresh.trace(url, headers=headers)
        return getattr(fresh, method.lower())(url, data, headers=headers)


def methods_for(name: str, who: str) -> list[str]:
    """What the route declares, and one more, another for the next person and the next route."""
    declared = ROUTES[name].methods.split()
    others = [method for method in METHODS if method not in declared]
    turn = list(ROUTES).index(name) + CAST.index(who)
    return list(METHODS) if FULL else [*declared, others[turn % len(others)]]


def expected(name: str, route: Route, who: str, method: str) -> set[int]:
    declared = route.methods.split()
    if route.lets is not None and who in NOT_IN:
        return {302}
    if who == "too_old" and name not in ANSWERED_WHOEVER_ASKS:
        return {302}  # to sign in, and told why
    if who == "not_enrolled" and name not in BEFORE_ENROLLING:
        return {302}
    if method not in declared:
        return {405}
    if route.closed:
        return {route.closed}
    if route.lets is None:
        return {200, 302, 404} if name == "account_reset_password_from_key" else {200, 302}
    if who not in route.lets:
        return {refusal(route, who)}
    return {422} if route.stopped and method == "POST" else {200, 204, 302}


def refusal(route: Route, who: str) -> int:
    if who in route.may_say_why:
        return 403
    return route.refused_staff or route.refused if who in STAFF else route.refused


def faults_of(name: str, who: str, method: str, answer: Any) -> list[str]:
    route, at = ROUTES[name], f"{method} {name} as {who}"
    found = []
    if answer.status_code not in expected(name, route, who, method):
        found.append(f"{at}: {answer.status_code}, not {expected(name, route, who, method)}")
    let_in = who == "member" or (route.lets is not None and who in route.lets & KNOW_HER)
    if CANARY.encode() in answer.content and not let_in:
        found.append(f"{at}: shows Ana's words")
    if HELD.encode() in unpacked(answer) and not (name in MARKS and who in OFFICER):
        found.append(f"{at}: shows what is held back")
    found += [
        f"{at}: {header} is {answer.get(header)}"
        for header, value in SAME_EVERYWHERE.items()
        if answer.get(header) != value
    ]
    for cookie in answer.cookies.values():
        hidden = cookie["secure"] and cookie["httponly"]
        # One that is taken away holds nothing.
        if cookie.key not in COOKIES or (cookie.value and not hidden):
            found.append(f"{at}: sets the cookie {cookie.key}")
    fresh = "immutable" if route.kept and answer.status_code == 200 else "no-store"
    if fresh not in answer.get("Cache-Control", ""):
        found.append(f"{at}: may be kept by a cache")
    if asks := ELSEWHERE.findall(answer.content):
        found.append(f"{at}: makes a browser ask another origin: {asks}")
    policy = answer.get("Content-Security-Policy", "")
    # A file on its way out may do nothing at all.
    a_file = name in FILES and answer.status_code == 200
    needed = ("sandbox", "default-src 'none'") if a_file else CSP
    if "unsafe-" in policy or any(part not in policy for part in needed):
        found.append(f"{at}: policy {policy!r}")
    return found


def unpacked(answer: Any) -> bytes:
    """Its content, or that of every file in the ZIP that it is."""
    content: bytes = answer.content
    if not content.startswith(b"PK"):
        return content
    with ZipFile(BytesIO(content)) as packed:
        return b"".join(packed.read(name) for name in packed.namelist())


def test_every_route_is_in_the_table_and_nothing_else() -> None:
    there = routes_of()
    assert sorted(there) == sorted(set(there)), "two routes share a name"
    assert set(there) - set(ROUTES) == set(), "routes without a policy"
    assert set(ROUTES) - set(there) == set(), "policies without a route"


@pytest.mark.promise("AH7")
@pytest.mark.promise("AM2")
@pytest.mark.promise("AM8")
@pytest.mark.parametrize("who", CAST)
def test_every_url_lets_in_whom_the_table_says(world: World, who: str) -> None:
    client, found = world.browser(who), []
    for name in ROUTES:
        for method in methods_for(name, who):
            answer = ask(world, who, client, method, name, address(world, name))
            found += faults_of(name, who, method, answer)
    assert not found, "\n" + "\n".join(found)


@pytest.mark.promise("AM2")
@pytest.mark.parametrize("who", sorted(SIGNED_IN))
def test_not_yours_looks_like_not_there(world: World, who: str) -> None:
    client, found = world.browser(who), []
    for name, route in ROUTES.items():
        if not route.kwargs or who in (route.lets or frozenset()) | route.may_say_why:
            continue
        for method in route.methods.split():
            real, none = (
                ask(world, who, client, method, name, address(world, name, unknown=unknown))
                for unknown in (False, True)
            )
            if (real.status_code, still(real)) != (none.status_code, still(none)):
                found.append(f"{method} {name}: {real.status_code} and {none.status_code}")
    assert not found, "\n" + "\n".join(found)


@pytest.mark.promise("AL2")
def test_what_is_held_back_looks_as_if_it_never_was(world: World) -> None:
    client, found = world.browser("member"), []
    for name, route in ROUTES.items():
        if not {of for _, of in route.kwargs} & {"record", "document"}:
            continue
        url = {"unknown": address(world, name, unknown=True), "held": address(held(world), name)}
        for method in route.methods.split():
            none, kept = (
                ask(world, "member", client, method, name, url[which])
                for which in ("unknown", "held")
            )
            if (kept.status_code, still(kept)) != (none.status_code, still(none)):
                found.append(f"{method} {name}: {kept.status_code} and {none.status_code}")
    assert not found, "\n" + "\n".join(found)


@pytest.mark.promise("AL2")
@pytest.mark.parametrize("who", sorted(SIGNED_IN - OWNER))
def test_what_is_held_back_is_shown_to_nobody_else(world: World, who: str) -> None:
    client, found = world.browser(who), []
    for name, route in ROUTES.items():
        if not {of for _, of in route.kwargs} & {"record", "document"}:
            continue
        for method in route.methods.split():
            answer = ask(world, who, client, method, name, address(held(world), name))
            found += faults_of(name, who, method, answer)
    assert not found, "\n" + "\n".join(found)


def held(world: World) -> World:
    """The same, where what is asked for is what is held back."""
    names = ("record", "document")
    return replace(world, ids=world.ids | {name: world.ids[f"held {name}"] for name in names})


@pytest.mark.promise("AM2")
@pytest.mark.parametrize("who", sorted(SIGNED_IN & (TEAM | OFFICER | OWNER)))
def test_what_never_was_is_not_found(world: World, who: str) -> None:
    client, found = world.browser(who), []
    for name, route in ROUTES.items():
        if not route.kwargs or who not in (route.lets or ()):
            continue
        for method in route.methods.split():
            url = address(world, name, unknown=True)
            answer = ask(world, who, client, method, name, url)
            if answer.status_code != 404:
                found.append(f"{method} {name}: {answer.status_code}")
    assert not found, "\n" + "\n".join(found)


@pytest.mark.promise("AM2")
@pytest.mark.parametrize("who", sorted(SIGNED_IN))
def test_what_was_deleted_looks_as_if_it_never_was(world: World, who: str) -> None:
    client, found = world.browser(who), []
    delete_all(world)
    for name, route in ROUTES.items():
        if not {of for _, of in route.kwargs} & DELETED:
            continue
        for method in route.methods.split():
            gone, none = (
                ask(world, who, client, method, name, address(world, name, unknown=unknown))
                for unknown in (False, True)
            )
            if gone.status_code not in {403, 404}:
                found.append(f"{method} {name}: {gone.status_code}")
            if (gone.status_code, still(gone)) != (none.status_code, still(none)):
                found.append(f"{method} {name}: {gone.status_code} and {none.status_code}")
    assert not found, "\n" + "\n".join(found)


# Disclosures and the trail can't be deleted at all.
DELETED = {"record", "document", "thread", "message", "draft"}


def delete_all(world: World) -> None:
    with context.system("test", world.plan.pk), context.about_member(world.member.pk):
        for model in (Draft, Message, Thread, RecordItem):
            assert model.objects.all().delete()[0]


def plain(answer: Any, query: str) -> str:
    """The page without its own address, and without what is new at each showing or soon after:
    the keys of its forms, and the code of the demo."""
    text = re.sub(r'name="send_key" value="[^"]*"', "", still(answer))
    text = re.sub(r'<p class="secret" translate="no">\d{6}</p>', "", text)
    for written in (query, query.replace("&", "&amp;")):
        text = text.replace(f"?{written}", "").replace(written, "")
    return text


def somebody_else(world: World, who: str) -> dict[str, Any]:
    """Names that a careless view might take for whose file, plan or role it is."""
    other = world.people["stranger"] if who == "member" else world.people["member"]
    return {
        "member": other.member_id,
        "member_id": other.member_id,
        "pid": other.member_id,
        "plan": world.other_plan.pk,
        "plan_id": world.other_plan.pk,
        "role": "privacy_officer",
        "user": other.pk,
        "user_id": other.pk,
        "author": other.pk,
        "author_id": other.pk,
        "actor": other.pk,
        "recipient_id": other.pk,
        "id": other.pk,
        "pk": other.pk,
        "username": "harbor:ana.diaz",
        "is_staff": "1",
        "is_superuser": "1",
        "is_active": "",
        "verified": "1",
        "otp_device_id": "accounts.totpdevice/1",
        "approved": "1",
        "by": world.people["privacy_officer"].pk,
        "_method": "DELETE",
    }


@pytest.mark.promise("AM2")
@pytest.mark.parametrize("who", ["stranger", "off_team_worker", "care_worker", "member"])
def test_extra_parameters_change_nothing(world: World, who: str) -> None:
    client, found = world.browser(who), []
    with context.system("test"):
        # The page that shows an app's secret would make another for each request.
        devices.pending_totp(world.people[who])
    extra = somebody_else(world, who)
    query = "&".join(f"{name}={value}" for name, value in extra.items())
    for name, route in ROUTES.items():
        url = address(world, name)
        if "GET" in route.methods.split() and route.lets is not None:
            bare = ask(world, who, client, "GET", name, url)
            more = ask(world, who, client, "GET", name, f"{url}?{query}")
            if (bare.status_code, plain(bare, query)) != (more.status_code, plain(more, query)):
                found.append(f"{name}: {bare.status_code} and {more.status_code}")
        if "POST" in route.methods.split() and route.lets is not None and who not in route.lets:
            told = ask(world, who, client, "POST", name, f"{url}?{query}")
            if told.status_code != refusal(route, who):
                found.append(f"POST {name}: {told.status_code}")
    assert not found, "\n" + "\n".join(found)


@pytest.mark.promise("AM2")
@pytest.mark.parametrize(
    "who",
    sorted(SIGNED_IN) if FULL else ["member", "care_worker", "privacy_officer", "operator"],
)
def test_extra_fields_of_a_form_change_nothing(
    world: World, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, found = world.browser(who), []
    # Undone here, once what was written is compared.
    monkeypatch.setattr("tests.sweeps.test_urls.undone", nullcontext)
    for name, route in ROUTES.items():
        if route.lets is None or who not in route.lets or "POST" not in route.methods.split():
            continue
        bare, more = (
            posted(world, who, client, name, also) for also in ({}, somebody_else(world, who))
        )
        if bare != more:
            found.append(f"POST {name}: {bare} and {more}")
    assert not found, "\n" + "\n".join(found)


def posted(world: World, who: str, client: Client, name: str, also: Any) -> tuple[Any, ...]:
    """The answer, and what it changed: whose rows, and which parts of the accounts."""
    with transaction.atomic():
        before = owners(world)
        answer = ask(world, who, client, "POST", name, address(world, name), also)
        new = {key: count - before.get(key, 0) for key, count in owners(world).items()}
        transaction.set_rollback(True)
    where = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "<id>", answer.get("Location", ""))
    changed = {key: count for key, count in new.items() if count}
    return answer.status_code, where, changed


WHOSE = ("plan_id", "member_id", "user_id", "author_id", "actor_id", "recipient_id", "role")


def owners(world: World) -> Counter[tuple[Any, ...]]:
    """How many rows each table has of each plan, member and person."""
    found: Counter[tuple[Any, ...]] = Counter()
    with connection.cursor() as cursor:
        # What an account is, whatever it was called; a password is salted anew each time.
        cursor.execute(
            "SELECT id, username, role, is_active, member_id, email, title FROM accounts_user"
        )
        found.update(("account", *row) for row in cursor.fetchall())
    # All plans first, then the files of the two.
    for person in (None, world.people["member"], world.people["stranger"]):
        system = context.system("test", person and person.plan_id)
        file = context.about_member(person.member_id) if person else nullcontext()
        with system, file, connection.cursor() as cursor:
            for table, columns in whose_columns().items():
                cursor.execute(f"SELECT {columns}, count(*) FROM {table} GROUP BY {columns}")  # noqa: S608
                for *whose, count in cursor.fetchall():
                    found[table, *whose] += count
    return found


def whose_columns() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, string_agg(column_name, ', ') FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name = ANY(%s) AND table_name = ANY(%s)"
            " GROUP BY 1",
            [list(WHOSE), _tables()],
        )
        return dict(cursor.fetchall())


@pytest.mark.promise("AM2")
@pytest.mark.parametrize("who", ["member", "care_worker", "privacy_officer"])
def test_a_session_is_worth_nothing_at_another_plan(world: World, who: str) -> None:
    client, found = world.browser(who), []
    client.defaults["HTTP_HOST"] = world.other_plan.host
    for name, route in ROUTES.items():
        if route.lets is None:
            continue
        for method in route.methods.split():
            answer = ask(world, who, client, method, name, address(world, name))
            if answer.status_code != 302 or not answer["Location"].startswith("/sign-in/"):
                found.append(f"{method} {name}: {answer.status_code}")
    assert not found, "\n" + "\n".join(found)


def test_a_form_after_the_session_leads_to_a_page_that_can_be_shown(world: World) -> None:
    client, found = world.browser("anonymous"), []
    for name, route in ROUTES.items():
        if route.lets is None or "POST" not in route.methods.split():
            continue
        answer = ask(world, "anonymous", client, "POST", name, address(world, name))
        asked = parse_qs(urlsplit(answer["Location"]).query)
        following = asked["next"][0]
        if "not_sent" not in asked:
            found.append(f"POST {name} does not say that it was not sent")
        if "GET" not in ROUTES[resolve(following).view_name].methods.split():
            found.append(f"POST {name} leads to {following}")
    assert not found, "\n" + "\n".join(found)


def contents(world: World) -> dict[str, str]:
    """A digest of every table, as far as this plan's work can see it with Ana's file open."""
    with context.system("test", world.plan.pk), context.about_member(world.member.pk):
        return {table: _digest(table) for table in _tables()}


def _tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace = 'public'::regnamespace AND has_table_privilege(oid, 'SELECT')"
        )
        return [table for (table,) in cursor.fetchall()]


def _digest(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t"  # noqa: S608
        )
        return str(cursor.fetchone()[0])


@pytest.fixture
def keep_changes(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Requests of this test are not undone, so that what they changed can be seen."""

    @contextmanager
    def kept() -> Iterator[None]:
        yield

    return lambda: monkeypatch.setattr("tests.sweeps.test_urls.undone", kept)


@pytest.mark.parametrize(
    "who", ["member", "care_worker", "privacy_officer", "stranger", "anonymous"]
)
def test_a_get_changes_only_the_listed_tables(
    world: World, who: str, keep_changes: Callable[[], None]
) -> None:
    client, found = world.browser(who), []
    keep_changes()
    for name, route in ROUTES.items():
        if "GET" not in route.methods.split():
            continue
        before = contents(world)
        ask(world, who, client, "GET", name, address(world, name))
        changed = {table for table, digest in contents(world).items() if digest != before[table]}
        if surplus := changed - EVERY_GET - set(route.writes):
            found.append(f"GET {name} changes {sorted(surplus)}")
    assert not found, "\n" + "\n".join(found)


def test_the_member_does_reach_her_own(world: World) -> None:
    """The sweeps would pass on empty pages: this shows that there is something to keep."""
    client = world.browser("member")
    for name in ("records:kind", "records:detail", "messaging:thread-detail", "messaging:inbox"):
        assert CANARY in client.get(address(world, name)).text, name
