"""A portal with servers of its own, all of which may be killed, and what its clients were told."""

import contextlib
import http.client
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from portal.base.embedded import postgres, valkey
from portal.base.embedded.place import free_port, make_place, remove
from portal.base.embedded.processes import Child
from tests.faults.post_office import PostOffice
from tests.faults.visit import Answer, Visit, field_of

# As the application: who is there, with the secrets of their apps.
SETTLE_IN = """
import django, json; django.setup()
from tests.faults.house import settle_in
people = settle_in()
print(json.dumps({"secrets": people.secrets}))
"""
# What is stored at the end. Leases of the dead run out at once rather than in five minutes.
LOOK = """
import django, json; django.setup()
from datetime import timedelta
from django.utils import timezone
from accounts.models import User
from messaging.models import Message
from phi_records.models import RecordItem
from portal.base import context
from portal.base.jobs.models import Job
from portal.base.outbox.models import Mail
past = timezone.now() - timedelta(seconds=1)
ana = User.objects.get(username="cedar:ana.diaz")
with context.system("test"):
    Mail.objects.filter(state="sending").update(leased_until=past)
    Mail.objects.exclude(state="sent").update(next_attempt_at=past)
    Job.objects.filter(state="running").update(leased_until=past)
    mails = [[str(mail.pk), str(mail.state)] for mail in Mail.objects.all()]
    jobs = [str(job.state) for job in Job.objects.all()]
with context.system("test", ana.plan_id), context.about_member(ana.member_id):
    messages = sorted(message.body for message in Message.objects.all())
    records = RecordItem.objects.count()
print(json.dumps({"mails": mails, "jobs": jobs, "messages": messages, "records": records}))
"""
APART = (OSError, http.client.HTTPException)


@dataclass
class Stack:
    """Web, worker, beat, Postgres and Valkey. Each is started again as a supervisor would."""

    folder: Path
    server: postgres.Running
    port: int = field(default_factory=free_port)
    valkey_port: int = field(default_factory=free_port)
    office: PostOffice = field(default_factory=PostOffice)
    running: "dict[str, subprocess.Popen[bytes]]" = field(default_factory=dict)
    valkey: Child | None = None

    @property
    def env(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": self.server.url("portal_app"),
            "DATABASE_OWNER_URL": self.server.url("portal_owner"),
            "REDIS_URL": f"redis://:valkey@127.0.0.1:{self.valkey_port}/0",
            "EMAIL_URL": f"smtp://127.0.0.1:{self.office.port}",
            "LOG_ANCHOR_PATH": str(self.folder / "roots"),
            "FILES_ROOT": str(self.folder / "files"),
            "PORT": str(self.port),
            "PUBLIC_SCHEME": "http",
            "DEBUG": "0",
            "DEMO": "1",
            "TESTING": "1",
            "PYTHONWARNINGS": "ignore",
        }

    def python(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            env=self.env,
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{arguments[:2]}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout

    def script(self, code: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.python("-c", code).splitlines()[-1])
        return found

    def start(self, name: str) -> None:
        if name == "postgres":
            self.server.start_again()
            return
        if name == "valkey":
            assert self.valkey
            self.valkey.start()
            valkey.wait_until_ready(self.valkey, port=self.valkey_port, password="valkey")
            return
        celery = ("celery", "-A", "portal.celery")
        bind = f"--bind=127.0.0.1:{self.port}"
        argv = {
            "web": ("gunicorn", "portal.wsgi", bind, "--threads=8", "--no-control-socket"),
            "worker": (*celery, "worker", "-c1", "--loglevel=WARNING"),
            "beat": (*celery, "beat", f"--schedule={self.folder / 'beat'}", "--pidfile="),
        }[name]
        env = {key: value for key, value in self.env.items() if key != "DATABASE_OWNER_URL"}
        with (self.folder / f"{name}.log").open("ab") as out:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", *argv],
                env=env,
                cwd=settings.BASE_DIR,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """kill -9, of all that this server is made of."""
        if name == "postgres":
            self.server.kill()
        elif name == "valkey":
            assert self.valkey
            assert self.valkey.process
            self.valkey.process.kill()
            self.valkey.process.wait()
        else:
            process = self.running.pop(name)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            process.wait()

    def visit(self) -> Visit:
        return Visit(self.port, "cedar.localhost")

    def live(self) -> bool:
        with contextlib.suppress(*APART):
            return self.visit().get("/readyz").status in {200, 503}
        return False

    def close(self) -> None:
        for name in list(self.running):
            self.kill(name)
        if self.valkey:
            self.valkey.stop()
        self.office.close()


@contextlib.contextmanager
def stack() -> Iterator[Stack]:
    folder = Path(tempfile.mkdtemp(prefix="portal-stack-"))
    folder.chmod(0o711)
    place = make_place(folder)
    with postgres.running(durable=True) as server:
        made = Stack(folder, server)
        try:
            made.valkey = valkey.process(
                place, port=made.valkey_port, password="valkey", durable=True
            )
            made.start("valkey")
            made.python("manage.py", "migrate", "--database=owner", "--verbosity=0")
            yield made
        finally:
            made.close()
            remove(folder)


@dataclass
class Journal:
    """What clients were told, by themselves: nothing of it comes from the portal's own tables."""

    acknowledged: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    copies: int = 0
    read: int = 0
    tries: Counter[str] = field(default_factory=Counter)
    odd: list[str] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)

    def told(self) -> str:
        kills = ", ".join(f"{name} {count}" for name, count in sorted(self.killed.items()))
        return (
            f"messages acknowledged {len(self.acknowledged)}, answers {len(self.answered)}, "
            f"copies asked for {self.copies}, pages read {self.read}; "
            f"answers by status {dict(sorted(self.tries.items()))}; killed: {kills or 'nothing'}"
        )


@dataclass
class Client:
    """One person who goes on, whatever happens, until time is over."""

    visit: Visit
    journal: Journal
    over: threading.Event

    def ask(self, path: str, form: dict[str, str] | None = None) -> Answer | None:
        """None: nobody knows whether it was done."""
        try:
            twin = self.visit.twin()
            answer = twin.post(path, **form) if form is not None else twin.get(path)
        except APART:
            self.journal.tries["none"] += 1
            time.sleep(0.2)
            return None
        self.journal.tries[str(answer.status)] += 1
        if answer.status >= 500 and answer.status != 503:
            self.journal.odd.append(f"{path}: {answer.status}")
        if "/sign-in/" in answer.location or "/signed-out/" in answer.location:
            self.journal.odd.append(f"{path}: signed out")
            self.over.wait(1)
        if answer.status == 503:
            time.sleep(0.2)
        return answer

    def until_done(self, path: str, form: dict[str, str], done: str) -> bool:
        """The same form, with its key, as often as it takes."""
        while not self.over.is_set():
            answer = self.ask(path, form)
            if answer and answer.status == 302 and answer.location.startswith(done):
                return True
        return False

    def page(self, path: str) -> str:
        while not self.over.is_set():
            answer = self.ask(path)
            if answer and answer.status == 200:
                self.journal.read += 1
                return answer.text
        return ""


def member_writes(client: Client, name: str) -> None:
    for number in range(1_000_000):
        page = client.page("/messages/new/")
        if not page:
            return
        form = {key: field_of(page, key) for key in ("send_key", "team")}
        form |= {"subject": "Soak", "body": f"{name} {number}"}
        if client.until_done("/messages/new/", form, "/messages/sent/"):
            client.journal.acknowledged.append(form["body"])
        client.page("/records/")
        if number % 20 == 10:
            asked = {"send_key": field_of(client.page("/records/copy/") or " ", "send_key")}
            client.journal.copies += client.until_done("/records/copy/", asked, "/records/copy/")


def worker_answers(client: Client) -> None:
    done: set[str] = set()
    while not client.over.is_set():
        paths = re.findall(
            r'href="(/messages/team/[0-9a-f-]{36}/)"', client.page("/messages/team/")
        )
        fresh = [path for path in paths if path not in done]
        if not fresh:
            client.over.wait(0.3)
        for path in fresh[:3]:
            page = client.page(path)
            if not page:
                return
            form = {"send_key": field_of(page, "send_key"), "body": f"Answer {path[15:51]}"}
            if client.until_done(f"{path}answer/", form, path):
                client.journal.answered.append(form["body"])
            done.add(path)


def kills(made: Stack, journal: Journal, seconds: float, pause: tuple[float, float]) -> None:
    """One server after the other, each back before the next: in an order made by chance."""
    end, names = time.monotonic() + seconds, ["web", "worker", "beat", "valkey", "postgres"]
    chance = random.Random(os.environ.get("SOAK_SEED", "1"))
    while time.monotonic() < end:
        chance.shuffle(names)
        for name in names:
            if time.monotonic() > end:
                return
            time.sleep(chance.uniform(*pause))
            made.kill(name)
            journal.killed[name] += 1
            time.sleep(chance.uniform(0, 0.5))
            made.start(name)


def wait(until: Callable[[], Any], seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, f"{what} didn't happen within {seconds:.0f} s"
        time.sleep(0.5)
