"""Words that break careless code, in every field of every form, every argument and every query."""

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.test import Client

from tests.sweeps.attacks import MARK, WORDS
from tests.sweeps.conftest import World
from tests.sweeps.routes import ROUTES
from tests.sweeps.test_attacks import ORDER, let_in, taking
from tests.sweeps.test_forms import FIELDS
from tests.sweeps.test_urls import FULL, address, ask, undone

ACTIVE = (MARK, "<img src=x onerror", '" onmouseover="alert')
FORM_TYPE = "application/x-www-form-urlencoded"
# Set by the portal's own pages and read back by no form class.
NOT_TYPED = {"csrfmiddlewaretoken"}


# Forms that nobody sees who is signed in.
SIGNING_IN = {
    "account_login": ("login", "password", "next", "remember"),
    "account_reset_password": ("email",),
    "second_step": ("code",),
}


class Fields(HTMLParser):
    """The names of all fields of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"input", "select", "textarea", "button"} and (name := dict(attrs).get("name")):
            self.names.add(name)


def names_in(page: Any) -> set[str]:
    found = Fields()
    found.feed(page.content.decode(errors="replace"))
    return found.names - NOT_TYPED


@pytest.fixture
def browsers(world: World) -> dict[str, Client]:
    return {who: world.browser(who) for who in ORDER}


def fields_of(world: World, client: Client, name: str) -> list[str]:
    """What this route takes: in its own form, and in the form of the page at its address."""
    who = let_in(name)
    known = set(ROUTES[name].form(world, world.people[who]))
    if "GET" in ROUTES[name].methods.split():
        known |= names_in(ask(world, who, client, "GET", name, address(world, name)))
    return sorted(known)


def send(world: World, client: Client, name: str, form: dict[str, Any]) -> list[Any]:
    """The answer to a form in the bytes of a careless sender, and the page that it leads to."""
    body = urlencode(form, doseq=True, errors="surrogatepass")
    fresh = Client(headers={"host": client.defaults["HTTP_HOST"]})
    fresh.handler, fresh.cookies = client.handler, client.cookies.copy()
    fresh.raise_request_exception = False
    with undone():
        answer = fresh.post(address(world, name), body, content_type=FORM_TYPE)
        told = [answer]
        if answer.status_code == 302 and "sign-in" not in answer["Location"]:
            told.append(fresh.get(answer["Location"]))
        return told


def faults_of(answer: Any) -> list[str]:
    text = answer.content.decode(errors="replace")
    found = [f"shows {word} as it came" for word in ACTIVE if word in text]
    if answer.status_code >= 500:
        found.append(f"answers {answer.status_code}")
    if "injected" in str(answer.headers) + str(answer.cookies):
        found.append("lets words into its headers")
    return found


def chosen(turn: int, some: int = 1) -> list[str]:
    """All words, or a few: each has its turn many times over."""
    kinds = list(WORDS)
    return kinds if FULL else [kinds[(turn * some + step) % len(kinds)] for step in range(some)]


def test_words_of_any_kind_in_any_field(world: World, browsers: dict[str, Client]) -> None:
    found, turn, tried = [], 0, set[str]()
    for name in taking("POST"):
        who = let_in(name)
        for field in fields_of(world, browsers[who], name):
            tried.add(field)
            turn += 1
            for kind in chosen(turn, some=2):
                form = ROUTES[name].form(world, world.people[who]) | {field: WORDS[kind]}
                for answer in send(world, browsers[who], name, form):
                    found += [f"{name} {field}, {kind}: {what}" for what in faults_of(answer)]
        for kind in chosen(turn, some=2):
            form = ROUTES[name].form(world, world.people[who])
            form |= dict.fromkeys(named("POST"), WORDS[kind])
            for answer in send(world, browsers[who], name, form):
                found += [f"{name}, all, {kind}: {what}" for what in faults_of(answer)]
    assert not found, "\n" + "\n".join(found)
    # The others are those of signing in, and of searches, which are addresses.
    tried |= names_asked_for() | {field for fields in SIGNING_IN.values() for field in fields}
    assert {name.rpartition(".")[2] for name in FIELDS} - tried == set()


@cache
def named(method: str) -> frozenset[str]:
    """What the code takes by name out of an address or a form."""
    code = [
        path.read_text()
        for app in ("accounts", "disclosures", "messaging", "phi_records", "portal")
        for path in Path(settings.BASE_DIR / app).rglob("*.py")
    ]
    # `next` goes by a name of Django's.
    return frozenset(re.findall(rf'{method}\.get(?:list)?\(\s*"(\w+)"', "".join(code))) | {"next"}


def names_asked_for() -> frozenset[str]:
    """Those of addresses, and the fields of searches, which are addresses too."""
    searches = ("TrailQueryForm", "TrailSearchForm", "IncidentFilterForm", "MarkQueryForm")
    return named("GET") | {key.partition(".")[2] for key in FIELDS if key.startswith(searches)}


def test_words_of_any_kind_in_any_address(world: World, browsers: dict[str, Client]) -> None:
    found, asked = [], sorted(names_asked_for())
    for turn, name in enumerate(taking("GET")):
        who = let_in(name)
        client = browsers[who]
        client.raise_request_exception = False
        for kind in chosen(turn):
            query = urlencode(dict.fromkeys(asked, WORDS[kind][:4000]), errors="surrogatepass")
            answer = ask(world, who, client, "GET", name, f"{address(world, name)}?{query}")
            found += [f"{name}, {kind}: {what}" for what in faults_of(answer)]
    assert not found, "\n" + "\n".join(found)


def arguments() -> list[tuple[str, str]]:
    return [
        (name, argument)
        for name, route in ROUTES.items()
        for argument, _ in (*route.kwargs, *route.words)
    ]


def test_words_of_any_kind_as_an_argument(world: World, browsers: dict[str, Client]) -> None:
    """In place of an id or a word of an address; what no pattern takes is not there."""
    found, place = [], "qq-here-qq"
    for turn, (name, argument) in enumerate(arguments()):
        who, client = let_in(name), browsers[let_in(name)]
        client.raise_request_exception = False
        value = dict(ROUTES[name].words).get(argument) or str(
            world.ids[dict(ROUTES[name].kwargs)[argument]]
        )
        url = address(world, name).replace(value, place, 1)
        assert place in url, name
        for kind in chosen(turn):
            words = quote(WORDS[kind][:4000].encode(errors="surrogatepass"), safe="")
            method = ROUTES[name].methods.split()[0]
            answer = ask(world, who, client, method, name, url.replace(place, words))
            found += [f"{name} {argument}, {kind}: {what}" for what in faults_of(answer)]
            if answer.status_code == 200 and argument == "id":
                found.append(f"{name} {argument}, {kind}: takes it for an id")
    assert not found, "\n" + "\n".join(found)


def test_an_address_nobody_made_is_not_found(world: World, browsers: dict[str, Client]) -> None:
    client, found = browsers["member"], []
    client.raise_request_exception = False
    for kind, words in WORDS.items():
        if kind in {"empty", "path"}:
            continue
        path = "/" + quote(words[:4000].encode(errors="surrogatepass"), safe="")
        answer = client.get(path)
        found += [f"{kind}: {what}" for what in faults_of(answer)]
        if answer.status_code != 404:
            found.append(f"{kind}: {answer.status_code}")
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("kind", ["long", "NUL", "lone surrogate", "line of a header"])
def test_someone_not_signed_in_breaks_nothing_with_words(world: World, kind: str) -> None:
    client, found = world.browser("anonymous"), []
    for name, fields in SIGNING_IN.items():
        for field in fields:
            form = dict.fromkeys(fields, "plain") | {field: WORDS[kind]}
            for answer in send(world, client, name, form):
                found += [f"{name} {field}: {what}" for what in faults_of(answer)]
    assert not found, "\n" + "\n".join(found)
