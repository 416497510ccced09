"""In read-only mode every form of every route is sent, and only what signing in needs changes."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.management import call_command

from portal.read_only import NOT_EVEN_OPENED, STILL
from tests.sweeps.conftest import World
from tests.sweeps.routes import ROUTES, SIGNED_IN
from tests.sweeps.test_urls import address, ask, contents

# The session and the trail.
ALWAYS = {"base_event", "base_securityevent", "django_session", "accounts_signin", "base_cache"}
# A sign-in also uses up tries and codes, and tells of a new browser.
SIGN_IN = {
    "accounts_user", "accounts_totpdevice", "accounts_printedcode", "accounts_printedcodes",
    "accounts_knownbrowser", "base_mail",
}  # fmt: skip
MAY = {name: SIGN_IN for name in ("account_login", "second_step", "confirm")}


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are not undone, so that what they changed can be seen."""

    @contextmanager
    def as_it_is() -> Iterator[None]:
        yield

    monkeypatch.setattr("tests.sweeps.test_urls.undone", as_it_is)


@pytest.mark.promise("AH19")
@pytest.mark.parametrize("who", [*sorted(SIGNED_IN), "anonymous", "password_given", "not_enrolled"])
def test_only_what_signing_in_needs_is_written(world: World, who: str, kept: None) -> None:
    client, found = world.browser(who), []
    call_command("read_only", "on")
    for name, route in ROUTES.items():
        for method in route.methods.split():
            before = contents(world)
            answer = ask(world, who, client, method, name, address(world, name))
            after = contents(world)
            changed = {table for table in after if after[table] != before[table]}
            if surplus := changed - ALWAYS - MAY.get(name, set()):
                found.append(f"{method} {name} changes {sorted(surplus)}")
            if answer.status_code >= 500:
                found.append(f"{method} {name}: {answer.status_code}")
    assert not found, "\n" + "\n".join(found)


def test_what_goes_on_or_is_closed_is_there() -> None:
    assert set(ROUTES) >= STILL | NOT_EVEN_OPENED


@pytest.mark.parametrize("name", ["disclosures:trail-search", "records:mark-search"])
def test_officers_still_search(world: World, name: str) -> None:
    client = world.browser("privacy_officer")
    call_command("read_only", "on")
    answer = ask(world, "privacy_officer", client, "POST", name, address(world, name))
    assert answer.status_code != 403
