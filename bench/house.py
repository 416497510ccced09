"""A database of the bench's own, and processes that answer it line by line."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

PATIENCE = 60.0  # seconds
ROOT = Path(__file__).resolve().parents[1]
GRANTS = """
GRANT USAGE ON SCHEMA public TO portal_app;
ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO portal_app;
ALTER DEFAULT PRIVILEGES GRANT USAGE, SELECT ON SEQUENCES TO portal_app;
"""


class Failed(RuntimeError):
    """A process of the bench ended, and said why."""


@dataclass(frozen=True)
class House:
    """Where the lines are measured: a fresh database in the servers that `make bench` started."""

    env: dict[str, str]
    folder: Path

    def beside(self, name: str) -> contextlib.AbstractContextManager["House"]:
        """Another database in the same servers, for what can't share one."""
        folder = self.folder / name
        folder.mkdir()
        return house(folder, name)

    def owner(self) -> "psycopg.Connection[Any]":
        return psycopg.connect(self.env["DATABASE_OWNER_URL"], autocommit=True)

    def server(self) -> dict[str, Any]:
        """The server's facts, as the application's role meets them."""
        with psycopg.connect(self.env["DATABASE_URL"]) as db:
            shown = {
                name: str(db.execute(f"SHOW {name}").fetchone()[0])  # type: ignore[index]
                for name in ("server_version", "fsync", "synchronous_commit")
            }
        durable = shown["fsync"] == "on" and shown["synchronous_commit"] == "on"
        return {"postgres": shown["server_version"], "durable": durable}


@contextlib.contextmanager
def house(folder: Path, name: str = "bench") -> Iterator[House]:
    name = f"{name}_{os.getpid()}"
    with _owner(os.environ["DATABASE_OWNER_URL"]) as db:
        db.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    # As in production: hashed static files, no test settings.
    env = {key: value for key, value in os.environ.items() if key not in ("TESTING", "DEBUG")}
    env |= {key: _with_name(env[key], name) for key in ("DATABASE_URL", "DATABASE_OWNER_URL")}
    env |= {
        "STATIC_ROOT": str(folder / "static"),
        "LOG_ANCHOR_PATH": str(folder / "roots.jsonl"),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }
    try:
        with psycopg.connect(env["DATABASE_OWNER_URL"], autocommit=True) as db:
            db.execute(GRANTS)
        run(env, "manage.py", "migrate", "--database", "owner", "--verbosity", "0")
        run(env, "manage.py", "collectstatic", "--noinput", "--verbosity", "0")
        yield House(env, folder)
    finally:
        _drop(name)


def _drop(name: str) -> None:
    """Once the server has let go of the sides that were ended: the owner may end no other role's
    sessions."""
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    until = time.monotonic() + PATIENCE
    with _owner(os.environ["DATABASE_OWNER_URL"]) as db:
        while True:
            try:
                db.execute(drop)
                return
            except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)


def _owner(url: str) -> "psycopg.Connection[Any]":
    return psycopg.connect(url, autocommit=True)


def _with_name(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def run(env: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Failed(f"{' '.join(arguments[:2])} failed:\n{done.stderr[-2000:]}")
    return done.stdout


class Side:
    """A process that does one side's work when asked, so that each side has its own Python."""

    def __init__(self, house: House, module: str, **env: str) -> None:
        self._log = (house.folder / f"{module}.log").open("w+")
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT,
            env={**house.env, **env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def __enter__(self) -> "Side":
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._log.close()

    def ask(self, **question: Any) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            self._process.wait()
            self._log.seek(0)
            raise Failed(f"A side of the bench ended:\n{self._log.read()[-6000:]}")
        found: dict[str, Any] = json.loads(answer)
        return found
