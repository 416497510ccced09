"""Backups: made while people write, put back elsewhere, and worth nothing when damaged."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from portal.base import context
from portal.base.audit import seals, trail
from portal.base.backup import dump, manifest
from portal.base.embedded import postgres
from portal.base.embedded.place import free_port, key
from portal.base.ids import uuid7
from tests import factories
from tests.phi_records.bundles import bundle, document, load, observation, patient

pytestmark = pytest.mark.promise("AH19")
PASSPHRASE = "six words that nobody would guess"
# As Ana: her list of records, and the file of the letter.
READ = """
import django; django.setup()
from django.urls import reverse
from accounts.models import User
from phi_records.models import RecordItem
from portal.base import context
from tests import factories
ana = User.objects.get(username="cedar:ana.diaz")
with context.system("test", ana.plan_id), context.about_member(ana.member_id):
    letter = RecordItem.objects.get(resource_type="DocumentReference").pk
client = factories.signed_in(ana)
page = client.get(reverse("records:kind", args=["tests"]))
file = client.get(reverse("records:file", args=[letter, 1]))
print(page.status_code, "Potassium" in page.text, file.status_code, len(file.content))
"""


@dataclass
class Instance:
    """A portal's servers and folders, as its commands see them."""

    url: str
    owner_url: str
    folder: Path
    more: dict[str, str] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": self.url,
            "DATABASE_OWNER_URL": self.owner_url,
            "FILES_ROOT": str(self.folder / "files"),
            "LOG_ANCHOR_PATH": str(self.folder / "roots"),
            "PYTHONWARNINGS": "ignore",
            **self.more,
        }

    def begin(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, *arguments],
            env=self.env,
            cwd=settings.BASE_DIR,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def python(self, *arguments: str) -> tuple[int, str]:
        process = self.begin(*arguments)
        said, _ = process.communicate(timeout=300)
        return process.returncode, said

    def manage(self, *arguments: str) -> tuple[int, str]:
        return self.python("manage.py", *arguments)


def at(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()


@pytest.fixture
def source(commits: str, second_place: Path, files_root: Path) -> Instance:
    """Where Ana's records are: one letter is large enough to be a sealed file."""
    made = Instance(
        at(os.environ["DATABASE_URL"], commits),
        at(os.environ["DATABASE_OWNER_URL"], commits),
        second_place.parent,
        {"FILES_ROOT": str(files_root), "LOG_ANCHOR_PATH": str(second_place)},
    )
    plan = factories.plan("cedar")
    ana = factories.member_user(plan, "ana.diaz", "Ana", "Diaz")
    assert ana.member
    path = second_place.parent / "feed.json"
    letter = document("d1", b"A letter to Ana. " * 900)
    resources = [observation("o1", "Potassium"), letter]
    name = {"family": "Diaz", "given": ["Ana"]}
    path.write_text(bundle(patient(ana.member.member_number) | {"name": [name]}, *resources))
    load(plan, path)
    with context.system("test"):
        seals.seal_finished()
    return made


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Running]:
    with postgres.running(durable=False) as made:
        yield made


@pytest.fixture
def empty(server: postgres.Running, tmp_path: Path) -> Instance:
    """Another machine: its own server, folders and second place; nothing in them."""
    name = f"empty_{uuid7().hex[-12:]}"
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name} OWNER portal_owner")  # type: ignore[arg-type]
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return Instance(server.url("portal_app", name), server.url("portal_owner", name), folder)


@contextmanager
def writing() -> Iterator[list[int]]:
    """Someone writes to the trail all the while, each line in a transaction of its own."""
    over, written = threading.Event(), [0]

    def write() -> None:
        while not over.is_set():
            with context.system("test", uuid7()):
                trail.record("record.opened", member_id=uuid7())
            written[0] += 1
        connections.close_all()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield written
    finally:
        over.set()
        thread.join()


def backup(source: Instance, root: Path) -> Path:
    code, said = source.manage("backup", str(root))
    assert code == 0, said
    return dump.whole(root)[-1]


def test_made_while_people_write_it_comes_back_whole(
    source: Instance, empty: Instance, tmp_path: Path
) -> None:
    with writing() as written:
        folder = backup(source, tmp_path / "backups")
    assert written[0] > 10
    code, said = empty.manage("restore", str(folder))
    assert code == 0, said
    assert "as written down" in said
    assert "Trail: whole" in said
    assert (
        "put it where LOG_ANCHOR_PATH says before anyone works here, and restore once more" in said
    )
    for kind in ("member_record", "member_privacy", "person"):
        assert kind in said
    assert " 1 files" in said
    assert "The trail is whole" in empty.manage("verify_log")[1]
    with psycopg.connect(empty.url) as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute("UPDATE base_event SET basis = 'x'")
    with psycopg.connect(empty.url) as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute("CREATE TEMPORARY TABLE accounts_plan (id int)")
    with psycopg.connect(empty.owner_url) as owner:
        assert owner.execute("SELECT count(*) FROM django_session").fetchone() == (0,)
    assert empty.python("-c", READ)[1].strip().splitlines()[-1] == "200 True 200 15300"
    assert "tables already" in empty.manage("restore", str(folder))[1]
    # The next backup tells the portal that the last one came back.
    assert source.manage("backup", str(tmp_path / "backups"), "--keep", "1")[0] == 0
    assert len(dump.whole(tmp_path / "backups")) == 1
    with psycopg.connect(source.owner_url) as owner:
        known = dict(owner.execute("SELECT what, at FROM base_lastdone").fetchall())
        assert known.keys() == {"backup", "restore"}


def test_damaged_it_is_refused_and_nothing_is_loaded(
    source: Instance, empty: Instance, tmp_path: Path
) -> None:
    folder = backup(source, tmp_path / "backups")
    for name in (manifest.DATABASE, manifest.FILES, manifest.SECOND_PLACE):
        path = folder / name
        whole = path.read_bytes()
        path.write_bytes(whole[:-40] + bytes([whole[-40] ^ 1]) + whole[-39:])
        code, said = empty.manage("restore", str(folder))
        assert code == 1
        assert f"its part {name} has other contents" in said
        path.write_bytes(whole)
    (folder / manifest.FILES).unlink()
    assert f"its part {manifest.FILES} is missing" in empty.manage("restore", str(folder))[1]
    with psycopg.connect(empty.owner_url) as owner:
        tables = owner.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        assert tables.fetchone() == (0,)


def test_killed_in_the_middle_it_leaves_nothing_that_looks_whole(
    source: Instance, tmp_path: Path
) -> None:
    root = tmp_path / "backups"
    with psycopg.connect(source.owner_url) as owner:
        # pg_dump waits for this; its rows are not counted, so all before it is done.
        owner.execute("LOCK TABLE django_session")
        process = source.begin("manage.py", "backup", str(root))
        end = time.monotonic() + 60
        while not list(root.glob(f"*.partial/{manifest.DATABASE}")):
            assert time.monotonic() < end
            assert process.poll() is None
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert dump.whole(root) == []
    left = next(root.glob("*.partial"))
    assert "no whole backup" in source.manage("restore", str(left))[1]
    backup(source, root)
    assert not left.exists()


def test_the_keys_are_kept_apart_and_open_it_elsewhere(
    source: Instance, empty: Instance, tmp_path: Path
) -> None:
    words, held = tmp_path / "words", tmp_path / "safe" / "portal.keys"
    words.write_text(PASSPHRASE)
    held.parent.mkdir()
    root = tmp_path / "data" / "backups"
    folder = backup(source, root)
    for beside in (root / "x.keys", folder / "x.keys", root.parent / "x.keys"):
        said = source.manage("escrow_keys", str(beside), "--passphrase-file", str(words))[1]
        assert "holds a backup" in said
    code, said = source.manage("escrow_keys", str(held), "--passphrase-file", str(words))
    assert (code, "Keep it apart" in said) == (0, True)
    assert "takes none" not in said
    with psycopg.connect(source.owner_url) as owner:
        line = "SELECT client, facts FROM base_event WHERE action = 'keys.escrowed'"
        assert owner.execute(line).fetchall() == [("command:escrow_keys", {"count": 1})]
    assert os.environ["KEY_RING"] not in held.read_text()
    assert "holds the keys" in source.manage("backup", str(held.parent))[1]
    # A machine with keys of its own can't read it; with the file it can.
    for name in ("KEY_RING", "BLIND_KEY", "LOG_SIGNING_KEY"):
        empty.more[name] = key()
    assert "KEY_RING lacks the key" in empty.manage("restore", str(folder))[1]
    told = ("--keys", str(held), "--passphrase-file")
    (tmp_path / "wrong").write_text("not these words at all")
    assert "doesn't open" in empty.manage("restore", str(folder), *told, str(tmp_path / "wrong"))[1]
    code, said = empty.manage("restore", str(folder), *told, str(words))
    assert code == 0, said
    assert "settings here hold other keys" in said


def test_keys_are_saved_where_no_database_answers(source: Instance, tmp_path: Path) -> None:
    words, held = tmp_path / "words", tmp_path / "portal.keys"
    words.write_text(PASSPHRASE)
    source.url = f"postgres://portal_app:x@127.0.0.1:{free_port()}/portal"
    code, said = source.manage("escrow_keys", str(held), "--passphrase-file", str(words))
    assert (code, "The trail has no line of this" in said) == (0, True)
    assert os.environ["KEY_RING"] not in held.read_text()


def test_a_row_too_few_is_told(source: Instance, empty: Instance, tmp_path: Path) -> None:
    folder = backup(source, tmp_path / "backups")
    path = folder / manifest.NAME
    body = json.loads(path.read_text())
    body["rows"]["accounts_user"] += 1
    path.write_text(json.dumps(body))
    assert "is damaged" in empty.manage("restore", str(folder))[1]
    del body["sha256"]
    body["parts"] = {name: manifest.Part(**part) for name, part in body["parts"].items()}
    path.unlink()
    manifest.save(manifest.Manifest(**body), folder)
    code, said = empty.manage("restore", str(folder))
    assert (code, "accounts_user has 1 rows and should have 2" in said) == (1, True)


def test_what_is_younger_than_the_backup_is_named_by_the_second_place(
    source: Instance, empty: Instance, tmp_path: Path, second_place: Path
) -> None:
    folder = backup(source, tmp_path / "backups")
    with context.system("test", uuid7()):
        trail.record("record.opened", member_id=uuid7())
    with context.system("test"):
        assert seals.seal_finished()
    Path(empty.env["LOG_ANCHOR_PATH"]).write_bytes(second_place.read_bytes())
    code, said = empty.manage("restore", str(folder))
    assert code == 0, said
    assert "Seals 2 to 2 are younger than the backup and lost." in said
    assert "no second place here" not in said
    assert "The trail is whole" in empty.manage("verify_log")[1]
