"""A Postgres and a Valkey of a test's own, which may be killed, and the test itself in there."""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from portal.base.embedded import postgres, valkey
from portal.base.embedded.place import free_port, make_place, remove
from portal.base.embedded.processes import Child

PASSWORD = "valkey"


@dataclass
class Servers:
    database: postgres.Running
    broker: Child
    port: int

    @property
    def broker_url(self) -> str:
        return f"redis://:{PASSWORD}@127.0.0.1:{self.port}"

    def kill(self, name: str) -> None:
        """Of Postgres the first process: all its others end when they notice."""
        if name == "postgres":
            self.database.kill()
            return
        assert self.broker.process
        self.broker.process.kill()
        self.broker.process.wait()

    def start(self, name: str) -> None:
        """Comes back when it answers."""
        if name == "postgres":
            self.database.start_again()
        else:
            self.broker.start()
            valkey.wait_until_ready(self.broker, port=self.port, password=PASSWORD)


@contextlib.contextmanager
def servers() -> Iterator[Servers]:
    """Durable, both of them."""
    folder = Path(tempfile.mkdtemp(prefix="portal-valkey-"))
    folder.chmod(0o711)
    port = free_port()
    broker = valkey.process(make_place(folder), port=port, password=PASSWORD, durable=True)
    try:
        with postgres.running() as database:
            made = Servers(database, broker, port)
            made.start("valkey")
            yield made
    finally:
        broker.stop()
        remove(folder)


@contextlib.contextmanager
def with_our_tables(running: postgres.Running) -> Iterator[None]:
    with pointed("owner", running.url("portal_owner")):
        call_command("migrate", database="owner", verbosity=0)
        connections["owner"].close()
        yield


@contextlib.contextmanager
def pointed(alias: str, url: str) -> Iterator[None]:
    """The test itself works there."""
    parts, connection = urlsplit(url), connections[alias]
    there = {
        "HOST": parts.hostname,
        "PORT": parts.port,
        "NAME": parts.path[1:],
        "USER": parts.username,
        "PASSWORD": unquote(parts.password or ""),
    }
    before = {name: connection.settings_dict[name] for name in there}
    _move(alias, there)
    try:
        yield
    finally:
        _move(alias, before)


def _move(alias: str, there: dict[str, Any]) -> None:
    connections[alias].close()
    connections[alias].close_pool()
    connections[alias].settings_dict.update(there)
    settings.DATABASES[alias].update(there)
