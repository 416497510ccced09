import errno
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from portal.base.embedded import postgres
from portal.base.embedded.place import Place, read_env, write_env
from portal.base.embedded.processes import (
    RUN_MARKER,
    Mark,
    State,
    end,
    leftovers_by_ps,
    started,
    strays,
    this_process,
)
from portal.base.embedded.sharing import let_go


def test_the_application_may_write_rows_but_owns_nothing() -> None:
    with postgres.running(durable=False) as server:
        with psycopg.connect(server.url("portal_owner")) as db:
            db.execute("CREATE TABLE note (id int)")
        with psycopg.connect(server.url("portal_app")) as db:
            db.execute("INSERT INTO note VALUES (1)")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                db.execute("DROP TABLE note")


def test_what_was_committed_survives_a_kill() -> None:
    with postgres.running() as server:
        with psycopg.connect(server.url("portal_owner")) as db:
            db.execute("CREATE TABLE note AS SELECT 7 AS id")
        server.kill()
        server.start_again()
        with psycopg.connect(server.url("portal_app")) as db:
            assert db.execute("SELECT id FROM note").fetchall() == [(7,)]


def test_a_process_that_only_has_the_number_is_left_alone() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        end({"web": Mark(other.pid, "another start")})
        assert started(other.pid)
        other.kill()


def slow_to_end(folder: Path, name: str) -> "subprocess.Popen[bytes]":
    """It writes down when it was asked and when it is gone."""
    trap = f"trap 'echo {name} asked >>log; sleep 1; echo {name} gone >>log; exit' TERM"
    running = subprocess.Popen(
        ["/bin/sh", "-c", f"{trap}; touch {name}.up; while :; do sleep 0.05; done"],
        cwd=folder,
        start_new_session=True,
    )
    while not (folder / f"{name}.up").exists():
        time.sleep(0.02)
    return running


def test_leftovers_are_asked_all_at_once_and_servers_last(tmp_path: Path) -> None:
    names = ("valkey", "web", "worker", "beat")
    running = {name: slow_to_end(tmp_path, name) for name in names}
    marks = {name: Mark(one.pid, started(one.pid) or "") for name, one in running.items()}
    State(tmp_path / "state.json", children=marks).end_children(("valkey",))
    assert {one.wait(0) for one in running.values()} == {0}
    said = [line.split() for line in (tmp_path / "log").read_text().splitlines()]
    assert [what for _name, what in said] == [*["asked"] * 3, *["gone"] * 3, "asked", "gone"]
    assert [name for name, _what in said[6:]] == ["valkey", "valkey"]


def test_who_goes_while_the_disk_is_full_goes_quietly_and_ends_the_servers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, me = Place(tmp_path, tmp_path, None), this_process()
    server = slow_to_end(tmp_path, "valkey")
    mark = Mark(server.pid, started(server.pid) or "")
    State(place.state_file, holders=[me], children={"valkey": mark}).write()

    def full(_path: Path, _text: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    let_go(place, me)
    assert server.wait(0) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_nobody_wrote_down_is_ended_too(tmp_path: Path) -> None:
    """A starter may die between starting a process and writing it down."""
    ours, other = (
        subprocess.Popen(
            ["sleep", "60"], env={**os.environ, RUN_MARKER: str(folder)}, start_new_session=True
        )
        for folder in (tmp_path, tmp_path / "other")
    )
    while not strays(tmp_path):
        time.sleep(0.02)
    State(tmp_path / "state.json").end_children(("postgres",))
    assert ours.wait(0) == -signal.SIGTERM
    assert other.poll() is None
    other.kill()
    other.wait()


@pytest.mark.parametrize("known", [True, False])
def test_what_a_dead_leader_left_is_found_without_proc(tmp_path: Path, known: bool) -> None:
    sleeper = [sys.executable, "-c", "import time; time.sleep(60)", str(tmp_path)]
    if not known:
        sleeper = ["sleep", "60"]
    script = f"{shlex.join(sleeper)} >/dev/null & echo $!"
    leader = subprocess.Popen(
        ["/bin/sh", "-c", script], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    said, _ = leader.communicate()
    left = int(said)
    assert list(leftovers_by_ps(leader.pid, tmp_path)) == ([left] if known else [])
    os.kill(left, signal.SIGKILL)


def test_only_the_owner_can_read_the_keys(tmp_path: Path) -> None:
    write_env(tmp_path / "env", {"KEY_RING": "a=b"})
    assert os.stat(tmp_path / "env").st_mode & 0o777 == 0o600
    assert read_env(tmp_path / "env") == {"KEY_RING": "a=b"}
