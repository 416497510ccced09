"""Words of a member's stay in her file: searched for everywhere else they could have gone."""

import io
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import redis
from django.conf import settings
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.base import context, logs, once
from portal.base.outbox import sender
from portal.base.outbox.models import Mail
from tests.owner import connect_as_owner
from tests.sweeps.conftest import CANARY, World, make_world, write

# Where nothing of a member may stand: the trail, sessions, rate limits, mail, accounts.
CLEAR_TABLES = ("base_event", "django_session", "base_cache", "base_mail", "accounts_user")


@pytest.fixture
def world(own_database: str, django_db_blocker: Any, tmp_path: Any) -> Iterator[World]:
    """With real commits, so that the owner can look at what was stored."""
    with django_db_blocker.unblock():
        yield make_world(tmp_path)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the portal's own log handler would print, from the level it prints at."""
    text, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(text), root.level
    handler.setFormatter(logs.formatter())
    root.addHandler(handler)
    root.setLevel(logs.CONFIG["root"]["level"])
    yield text
    root.removeHandler(handler)
    root.setLevel(level)


def stored(database: str) -> dict[str, str]:
    """Every row of every table as text, read by the owner, whom no policy hides anything from."""
    with connect_as_owner(database) as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace = 'public'::regnamespace"
        ).fetchall()
        return {table: _text(connection, table) for (table,) in tables}


def _text(connection: psycopg.Connection[Any], table: str) -> str:
    rows = connection.execute(f"SELECT t::text FROM {table} t")  # type: ignore[arg-type] # noqa: S608
    return "\n".join(row for (row,) in rows.fetchall())


def hides(text: str) -> bool:
    """Neither plain nor in the hexadecimal that Postgres shows bytes in."""
    return CANARY not in text and CANARY.encode().hex() not in text


def drive(world: World) -> None:
    """Ana reads and writes, her team answers, the officer looks, a stranger tries."""
    ana, worker, officer = (
        world.browser(who) for who in ("member", "care_worker", "privacy_officer")
    )
    thread, people = world.ids["thread"], world.people
    ana.post(reverse("messaging:safety"))
    for name in ("home", "records:home", "messaging:inbox", "disclosures:who-has-seen"):
        assert ana.get(reverse(name)).status_code == 200
    assert CANARY in ana.get(reverse("records:detail", args=[world.ids["record"]])).text
    form = {"team": world.team.pk, "subject": f"{CANARY} two", "body": f"{CANARY} three"}
    ana.post(reverse("messaging:compose"), {**form, "save_draft": "1"})
    named = SimpleUploadedFile(f"{CANARY}.txt", f"{CANARY} file".encode())
    ana.post(reverse("messaging:compose"), {**form, "upload": named, "add_file": "1"})
    ana.get(reverse("messaging:file", args=[thread, world.ids["file"]]))
    key = once.new_key(people["member"].pk)
    assert ana.post(reverse("messaging:compose"), {**form, "send_key": key}).status_code == 302
    ana.post(reverse("messaging:compose"), {**form, "body": CANARY * 2000, "send_key": "forged"})
    worker.get(reverse("messaging:team-thread", args=[thread]))
    answer = {"body": f"{CANARY} answer", "send_key": once.new_key(people["care_worker"].pk)}
    worker.post(reverse("messaging:thread-answer", args=[thread]), answer)
    officer.get(
        reverse("disclosures:trail-search"),
        {"member_number": f"{CANARY}number", "user_id": f"{CANARY}id"},
    )
    officer.post(reverse("disclosures:trail-search"), {"member_number": world.member.member_number})
    stranger = world.browser("stranger")
    stranger.get(reverse("messaging:thread-detail", args=[thread]), {"q": CANARY})
    stranger.get(f"/records/{CANARY}/")
    in_vain(world)


def in_vain(world: World) -> None:
    """Sign-ins with words that a hurried person types into the wrong field."""
    browser = world.browser("anonymous")
    browser.post(reverse("account_login"), {"login": f"{CANARY}login", "password": f"{CANARY}pw"})
    browser.post(reverse("account_reset_password"), {"email": f"{CANARY}@mail.example"})


@pytest.mark.promise("AL2")
def test_her_words_are_nowhere_in_the_clear(
    world: World, own_database: str, log: io.StringIO
) -> None:
    drive(world)
    with context.system("test"):
        Mail.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    # Of the answer, the copy of her records, a report, and what waits for an approval.
    assert sender.sweep() == 4
    tables = stored(own_database)
    assert [name for name in CLEAR_TABLES if not tables[name]] in ([], ["base_cache"])
    assert [name for name, text in tables.items() if not hides(text)] == []
    assert len(tables["messaging_message"].splitlines()) == 3
    assert hides("\n".join(str(letter.message()) for letter in mail.outbox))
    assert '"route": "messaging:compose"' in log.getvalue()
    assert hides(log.getvalue())


@pytest.mark.promise("AL2")
def test_a_page_that_breaks_tells_nothing(
    world: World, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **more: Any) -> Any:
        held = f"{CANARY} in a variable"
        raise RuntimeError(held)

    monkeypatch.setattr("messaging.access.threads_of", broken)
    client = world.browser("member")
    client.raise_request_exception = False
    answer = client.get(reverse("messaging:inbox"), {"q": CANARY})
    assert answer.status_code == 500
    assert hides(answer.content.decode())
    assert "RuntimeError" in log.getvalue()
    assert hides(log.getvalue())


@pytest.mark.parametrize(
    ("method", "url", "status"),
    [
        ("get", f"/{CANARY}/", 404),
        ("get", f"/records/kinds/{CANARY}/", 404),
        ("get", f"/records/kinds/none/?{CANARY}=1", 404),
        ("get", f"/messages/{CANARY}/", 404),
        ("get", f"/privacy/trail/?member_number={CANARY}", 403),
        ("post", f"/messages/{CANARY}/", 404),
        ("post", "/records/", 405),
    ],
)
def test_error_pages_repeat_nothing(world: World, method: str, url: str, status: int) -> None:
    told = {"body": CANARY, CANARY: "1"} if method == "post" else {}
    repeats_nothing(getattr(world.browser("stranger"), method)(url, told), url, status)


def repeats_nothing(answer: Any, url: str, status: int) -> None:
    """Its own address alone may stand in it, as a link to the same page in another language."""
    assert answer.status_code == status, url
    assert hides(answer.content.decode().replace(url, ""))


def test_a_refused_form_and_an_unknown_host_repeat_nothing(world: World) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"host": world.plan.host})
    repeats_nothing(strict.post("/sign-in/", {"login": CANARY}), "/sign-in/", 403)
    elsewhere = Client(headers={"host": f"{CANARY}.localhost"})
    repeats_nothing(elsewhere.get("/records/"), "/records/", 404)


@pytest.mark.skipif(not settings.REDIS_URL, reason="no broker in this run")
def test_the_broker_holds_nothing_of_hers(world: World) -> None:
    write(world, f"{CANARY} queued", f"{CANARY} queued")
    drive(world)
    broker = redis.Redis.from_url(settings.REDIS_URL)
    held = [f"{key!r} {broker.dump(key)!r}" for key in broker.scan_iter()]
    assert hides("".join(held))
