"""Web and worker serve no one over a role that row-level security does not hold."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections

from portal.base import apps as base
from portal.base.embedded import postgres
from portal.base.embedded.place import CHECKOUT

GUNICORN = ("gunicorn", "portal.wsgi", "--bind=127.0.0.1:0", "--no-control-socket")
WORKER = ("celery", "-A", "portal.celery", "worker", "--pool=solo")


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Running]:
    with postgres.running(durable=False) as running:
        with psycopg.connect(running.url("portal_owner")) as db:
            db.execute("CREATE TABLE note (id int)")
        yield running


@pytest.fixture
def superuser(server: postgres.Running) -> Iterator["psycopg.Connection[Any]"]:
    with psycopg.connect(server.url(postgres.SUPERUSER), autocommit=True) as db:
        yield db
        db.execute("REVOKE portal_owner FROM portal_app")
        db.execute("ALTER ROLE portal_app NOSUPERUSER NOBYPASSRLS NOCREATEROLE")


def unsafe(server: postgres.Running) -> bool:
    with psycopg.connect(server.url()) as db:
        return bool(db.execute(base.ROLE).fetchone()[0])


UNSAFE = (
    "GRANT portal_owner TO portal_app",
    "CREATE ROLE between NOLOGIN; GRANT portal_owner TO between; GRANT between TO portal_app;",
    "CREATE ROLE bypass NOLOGIN BYPASSRLS; GRANT bypass TO portal_app;",
    "CREATE ROLE super NOLOGIN SUPERUSER; GRANT super TO portal_app;",
    "CREATE ROLE maker NOLOGIN CREATEROLE; GRANT maker TO portal_app;",
    "ALTER ROLE portal_app CREATEROLE",
    "ALTER ROLE portal_app BYPASSRLS",
    "ALTER ROLE portal_app SUPERUSER",
)


@pytest.mark.parametrize("made", UNSAFE)
def test_a_role_that_may_act_as_a_stronger_one_is_unsafe(server, superuser, made) -> None:
    assert not unsafe(server)
    superuser.execute(made)
    assert unsafe(server)
    for role in ("between", "bypass", "super", "maker"):
        superuser.execute(f"DROP ROLE IF EXISTS {role}")


@pytest.mark.parametrize("program", [GUNICORN, WORKER], ids=["web", "worker"])
def test_web_and_worker_do_not_start_over_it(server, superuser, program) -> None:
    superuser.execute("GRANT portal_owner TO portal_app")
    redis = urlsplit(os.environ["REDIS_URL"])._replace(path="/11").geturl()
    env = {**os.environ, "DATABASE_URL": server.url(), "REDIS_URL": redis}
    env.pop("DATABASE_OWNER_URL", None)
    done = subprocess.run(
        [sys.executable, "-m", *program],
        env=env, cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=40,
    )  # fmt: skip
    assert done.returncode != 0
    assert "or is a member of one" in done.stdout + done.stderr


@pytest.fixture
def unchecked(commits: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(apps.get_app_config("base"), "role_checked", False)
    connections["default"].close()
    yield
    connections["default"].close()


def test_a_refused_connection_is_not_kept(unchecked: None, monkeypatch) -> None:
    monkeypatch.setattr(base, "ROLE", "SELECT true")
    for _again in range(2):
        with pytest.raises(ImproperlyConfigured), connection.cursor() as cursor:
            cursor.execute("SELECT 1")


def test_a_database_that_is_away_stops_no_start(unchecked: None, monkeypatch) -> None:
    default = connections["default"]
    default.close_pool()
    monkeypatch.setitem(default.settings_dict, "PORT", "1")
    monkeypatch.setitem(default.settings_dict, "OPTIONS", {"pool": {"timeout": 0.2}})
    base.check_role()
    assert not apps.get_app_config("base").role_checked


def test_a_database_that_can_not_keep_every_word_is_refused(server, superuser) -> None:
    superuser.execute("CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    for name, found in (("portal", 0), ("ascii", 1)):
        env = {**os.environ, "DATABASE_URL": server.url(), "DATABASE_OWNER_URL": ""}
        env["DATABASE_URL"] = urlsplit(server.url())._replace(path=f"/{name}").geturl()
        code = "from django.db import connection as db; db.ensure_connection()"
        done = subprocess.run(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", code],
            env=env, cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert (done.stderr.count("The database is in SQL_ASCII"), bool(done.returncode)) == (
            found,
            bool(found),
        )
