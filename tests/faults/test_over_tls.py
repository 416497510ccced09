"""Worker, beat and backups at work with servers that speak TLS alone; with a stranger, none."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from portal.base.backup import dump
from portal.base.embedded.place import CHECKOUT
from portal.base.embedded.postgres import grant_to_application
from portal.base.standing.models import LastDone
from tests.base import tls
from tests.faults.house import House, People, wait
from tests.faults.test_backup import Instance, backup
from tests.faults.test_post_office import put

pytestmark = pytest.mark.promise("AH7")
# pg_dump when another server took the place of the one that Django had proven.
EXCHANGED = """
import sys
import django; django.setup()
from pathlib import Path
from django.db import connections
from portal.base.backup import dump, problems, programs
programs.server_major()
connections["owner"].settings_dict["OPTIONS"]["sslrootcert"] = sys.argv[1]
try:
    print(dump.make(Path(sys.argv[2])))
except problems.BackupProblem as problem:
    print(problem)
"""


PING = (
    "import django; django.setup(); from portal.base.health import checks; "
    "print(checks._worker_answers())"
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tls.certificates() as made:
        yield made


@pytest.fixture(scope="module")
def broker(folder: Path) -> Iterator[int]:
    with tls.redis(folder) as port:
        yield port


@pytest.fixture(scope="module")
def database(folder: Path) -> Iterator[int]:
    with tls.postgres(folder) as port:
        with tls.once_up(port) as db:
            db.execute("CREATE ROLE portal_owner LOGIN")
            db.execute("ALTER DATABASE portal OWNER TO portal_owner")
            db.execute("CREATE DATABASE elsewhere OWNER portal_owner")
        for name in ("portal", "elsewhere"):
            grant_to_application(port=port, password="", dbname=name)
        yield port


def instance(port: int, name: str, folder: Path, ca: Path) -> Instance:
    folder.mkdir()
    proof = f"sslmode=verify-full&sslrootcert={ca}"
    app, owner = (
        f"postgresql://portal_{role}@localhost:{port}/{name}?{proof}" for role in ("app", "owner")
    )
    return Instance(app, owner, folder)


def asked(url: str, house: House) -> None:
    house.more["REDIS_URL"] = url
    for name in ("worker", "beat"):
        house.start(name)


def test_mail_goes_out_by_a_worker_that_beat_asks_over_tls(
    house: House, people: People, broker: int, folder: Path
) -> None:
    put(people.member)
    asked(f"rediss://localhost:{broker}/0?ssl_ca_certs={folder / 'ours.pem'}", house)
    wait(lambda: house.post_office.letters, seconds=60, what="the mail")
    wait(LastDone.objects.exists, what="what beat asks for")
    ask = [sys.executable, "-W", "ignore", "-c", PING]
    said = subprocess.run(ask, env=house.env, cwd=CHECKOUT, capture_output=True, text=True)
    assert said.stdout == "True\n", said.stderr


@pytest.mark.parametrize(("host", "ca"), [("localhost", "stranger"), ("127.0.0.1", "ours")])
def test_a_broker_with_a_wrong_certificate_gets_no_work_and_gives_none(
    house: House, people: People, broker: int, folder: Path, host: str, ca: str
) -> None:
    ours = redis.Redis.from_url(f"rediss://localhost:{broker}/1?ssl_ca_certs={folder / 'ours.pem'}")
    put(people.member)
    asked(f"rediss://{host}:{broker}/1?ssl_ca_certs={folder / ca}.pem", house)
    for name in ("worker", "beat"):
        wait(lambda name=name: house.log(name).count("onnect") > 2, what=f"tries of {name}")
    assert (house.post_office.letters, ours.dbsize()) == ([], 0)
    assert " ready." not in house.log("worker")


def test_a_backup_is_made_and_put_back_over_tls(
    database: int, folder: Path, tmp_path: Path
) -> None:
    source, other = (
        instance(database, name, tmp_path / name, folder / "ours.pem")
        for name in ("portal", "elsewhere")
    )
    root, stranger = tmp_path / "backups", str(folder / "stranger.pem")
    assert source.manage("migrate", "--database", "owner")[0] == 0
    said = source.python("-c", EXCHANGED, stranger, str(root))[1]
    assert "could not be copied" in said
    assert "certificate verify failed" in said
    assert dump.whole(root) == []
    made = backup(source, root)
    refused = instance(database, "elsewhere", tmp_path / "refused", Path(stranger))
    assert "The database doesn't answer" in refused.manage("restore", str(made))[1]
    code, said = other.manage("restore", str(made))
    assert code == 0, said
    assert "The trail is whole" in other.manage("verify_log")[1]
