"""The portal as it runs: web server, worker and mail server, each with this test's database."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from urllib.request import urlopen

import pytest
from aiosmtpd.controller import Controller
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from accounts.access import demo_accounts
from accounts.models import Plan
from portal.base import context
from portal.base.embedded.browser import find_or_install_chromium
from portal.demo import load
from tests.browser.people import Person, person


@dataclass
class Mailbox:
    """Keeps what came over SMTP."""

    letters: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 OK"

    def wait(self, seconds: float = 30) -> EmailMessage:
        until = time.monotonic() + seconds
        while not self.letters:
            assert time.monotonic() < until, "No mail came."
            time.sleep(0.1)
        return self.letters[0]


@dataclass(frozen=True)
class Site:
    port: int
    mailbox: Mailbox
    logs: Path

    def origin(self, host: str) -> str:
        return f"http://{host}:{self.port}"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _url(url: str, path: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{path}"))


@contextlib.contextmanager
def running(
    arguments: Sequence[str], env: dict[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", *arguments], env=env, stdout=out, stderr=subprocess.STDOUT
        )
        try:
            yield child
        finally:
            child.terminate()
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def wait_until_live(port: int, web: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 30
    while True:
        assert web.poll() is None, log.read_text()
        try:
            with urlopen(f"http://localhost:{port}/livez", timeout=2) as answer:
                assert answer.status == 200
                return
        except OSError:
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.1)


@pytest.fixture
def site(own_database: str, second_place: Path, tmp_path: Path) -> Iterator[Site]:
    mailbox, port, smtp_port = Mailbox(), free_port(), free_port()
    smtp = Controller(mailbox, hostname="127.0.0.1", port=smtp_port)
    env = {
        **os.environ,
        "DATABASE_URL": _url(os.environ["DATABASE_URL"], own_database),
        # A queue of its own: no worker of another test takes from it.
        "REDIS_URL": _url(os.environ["REDIS_URL"], "9"),
        "EMAIL_URL": f"smtp://127.0.0.1:{smtp_port}",
        "LOG_ANCHOR_PATH": str(settings.LOG_ANCHOR_PATH),
        "FILES_ROOT": str(settings.FILES_ROOT),
        "PORT": str(port),
        "PUBLIC_SCHEME": "http",
        "DEBUG": "0",
        "DEMO": "1",
        "TESTING": "1",
    }
    env.pop("DATABASE_OWNER_URL", None)
    web_log = tmp_path / "web.log"
    web = ["gunicorn", "portal.wsgi:application", "--bind", f"127.0.0.1:{port}", "--threads", "4"]
    worker = ["celery", "-A", "portal", "worker", "--pool=solo", "--loglevel=INFO"]
    smtp.start()
    try:
        with (
            running(web, env, web_log) as process,
            running(worker, env, tmp_path / "worker.log"),
        ):
            wait_until_live(port, process, web_log)
            yield Site(port, mailbox, tmp_path)
    finally:
        smtp.stop()


@pytest.fixture(scope="session")
def chromium() -> str:
    # `make test` has looked already and says so with an empty value.
    looked = os.environ.get("CHROMIUM") == ""
    path = None if looked else find_or_install_chromium()
    if path is None:
        told = "NO CHROMIUM WAS FOUND: install chromium, or set CHROMIUM to its path."
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    return path


@pytest.fixture
def cedar(own_database: str, second_place: Path, tmp_path: Path) -> Plan:
    today = timezone.localdate()
    plan = load.load_plan("cedar", today, lambda _line: None)
    folder = tmp_path / "feed"
    folder.mkdir()
    for number, bundle in enumerate(load.bundles("cedar", today)[:2]):
        (folder / f"{number}.json").write_text(json.dumps(bundle))
    # The operator's part: real input by the real command.
    errors = str(tmp_path / "errors.ndjson")
    call_command("import_fhir", str(folder), plan="cedar", feed="demo", errors=errors)
    return plan


@pytest.fixture
def people(cedar: Plan) -> dict[str, Person]:
    with context.system("test", plan_id=cedar.pk):
        return {user.user_id: person(user, secret) for user, secret in demo_accounts()}
