"""The portal as it runs, with a gate before each of its servers."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

from django.conf import settings

from accounts import devices
from accounts.models import User
from portal.base import context
from portal.base.embedded.place import free_port
from portal.base.tasks import sweep_outbox
from portal.celery import app
from tests import factories
from tests.faults.gate import Gate
from tests.faults.post_office import PostOffice
from tests.faults.servers import Servers, pointed, servers, with_our_tables
from tests.faults.visit import Visit


def behind(url: str, gate: Gate, path: str = "") -> str:
    """This address by way of the gate."""
    parts = urlsplit(url)
    who = parts.netloc.rpartition("@")[0]
    return parts._replace(netloc=f"{who}@127.0.0.1:{gate.port}", path=path or parts.path).geturl()


def gate_to(url: str) -> Gate:
    parts = urlsplit(url)
    return Gate((parts.hostname or "", parts.port or 0))


def wait(until: Callable[[], Any], seconds: float = 30, what: str = "it") -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, f"{what} didn't happen within {seconds} s"
        time.sleep(0.05)


@dataclass
class House:
    folder: Path
    database_name: str
    database_url: str = field(default_factory=lambda: os.environ["DATABASE_URL"])
    # Without any of its own, it has those of all tests, on which a gate can be shut.
    own: Servers | None = None
    more: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    running: "dict[str, subprocess.Popen[bytes]]" = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.database = gate_to(self.database_url)
        self.broker_url = self.own.broker_url if self.own else os.environ["REDIS_URL"]
        self.broker = gate_to(self.broker_url)
        self.post_office = PostOffice()
        self.killed: Counter[str] = Counter()

    @property
    def url(self) -> str:
        """Of the database, by way of its gate."""
        return behind(self.database_url, self.database, f"/{self.database_name}")

    @property
    def env(self) -> dict[str, str]:
        env = {
            **os.environ,
            "DATABASE_URL": self.url,
            # A queue of its own: no worker of another test takes from it.
            "REDIS_URL": behind(self.broker_url, self.broker, "/7"),
            "EMAIL_URL": f"smtp://127.0.0.1:{self.post_office.port}",
            "LOG_ANCHOR_PATH": str(settings.LOG_ANCHOR_PATH),
            "FILES_ROOT": str(settings.FILES_ROOT),
            "PORT": str(self.port),
            "PUBLIC_SCHEME": "http",
            "DEBUG": "0",
            "DEMO": "1",
            "TESTING": "1",
            **self.more,
        }
        env.pop("DATABASE_OWNER_URL", None)
        return env

    def start(self, name: str) -> None:
        """As a supervisor does: whether it comes up is seen later."""
        if name in {"postgres", "valkey"}:
            assert self.own
            self.own.start(name)
            return
        with (self.folder / f"{name}.log").open("ab") as out:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", *self._arguments(name)],
                env=self.env,
                cwd=settings.BASE_DIR,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _arguments(self, name: str) -> tuple[str, ...]:
        celery, bind = ("celery", "-A", "portal.celery"), f"--bind=127.0.0.1:{self.port}"
        return {
            "web": ("gunicorn", "portal.wsgi", bind, "--threads=8", "--no-control-socket"),
            "worker": (*celery, "worker", "-c1", "--loglevel=INFO"),
            "beat": (*celery, "beat", f"--schedule={self.folder / 'beat'}", "--pidfile="),
        }[name]

    def web(self) -> None:
        self.start("web")
        wait(self.live, what="the web server")

    def live(self) -> bool:
        with contextlib.suppress(OSError, HTTPException):
            return bool(urlopen(f"http://localhost:{self.port}/livez").status == 200)
        return False

    def worker(self) -> None:
        """One that took up its work."""
        begun = self.log("worker").count(" ready.")
        self.start("worker")
        wait(lambda: self.log("worker").count(" ready.") > begun, what="the worker")

    def sweep_soon(self, task: Any = sweep_outbox) -> None:
        """As beat does every ten seconds, but with more patience: this is asked once."""
        patient = {"socket_timeout": 20, "socket_connect_timeout": 20}
        url = self.env["REDIS_URL"]
        with app.connection_for_write(url, transport_options=patient) as connection:
            task.apply_async(connection=connection)

    def kill(self, name: str) -> None:
        """kill -9, of all that this server is made of."""
        self.killed[name] += 1
        if name in {"postgres", "valkey"}:
            assert self.own
            self.own.kill(name)
            return
        process = self.running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def log(self, name: str) -> str:
        file = self.folder / f"{name}.log"
        return file.read_text() if file.exists() else ""

    def visit(self, source: str = "127.0.0.1") -> Visit:
        return Visit(self.port, "cedar.localhost", source=source)

    def close(self) -> None:
        for name in list(self.running):
            self.kill(name)
        for gate in (self.database, self.broker):
            gate.shut()
        self.post_office.close()


@dataclass
class People:
    """Ana and Sam, who looks after her messages, each with an authenticator app."""

    member: User
    worker: User
    secrets: dict[str, str]

    def forget_codes(self) -> None:
        """Each code works once; a test can't wait half a minute for the next."""
        devices.TotpDevice.objects.update(last_t=-1)

    def enter(self, house: House, user: User) -> Visit:
        visit = house.visit()
        answers = visit.sign_in(user.user_id, factories.PASSWORD, self.secrets[user.user_id])
        assert [answer.status for answer in answers][:2] == [302, 302]
        return visit


def settle_in(given: str = "Ana", family: str = "Diaz") -> People:
    plan = factories.plan("cedar")
    team = factories.team(plan, "Primary care")
    member = factories.member_user(plan, "ana.diaz", given, family, team=team)
    worker = factories.staff_user(plan, "sam.reyes", "Sam Reyes", "care_worker", team=team)
    return People(member, worker, {user.user_id: enrol(user) for user in (member, worker)})


def enrol(user: User) -> str:
    with context.system("test"):
        device = devices.pending_totp(user)
        device.confirmed = True
        device.save(update_fields=["confirmed"])
        return str(device.secret)


@contextlib.contextmanager
def house_of(folder: Path, database_name: str, **more: Any) -> Iterator[House]:
    house = House(folder, database_name, **more)
    try:
        yield house
    finally:
        house.close()


@contextlib.contextmanager
def standing_alone(folder: Path, **more: Any) -> Iterator[House]:
    """One with servers of its own, every one of which may be killed; the test itself in there."""
    with (
        servers() as own,
        with_our_tables(own.database),
        house_of(folder, "portal", database_url=own.database.url(), own=own, **more) as house,
        pointed("default", house.url),
    ):
        yield house
