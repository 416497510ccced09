"""What stands in the way of a demo is told in one sentence, and nothing is left running."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest

from portal.base.embedded.place import CHECKOUT, make_place
from portal.base.embedded.problems import DISK_FULL, WAITS_FOR_ROOM, Problem
from portal.base.embedded.processes import started
from tests.embedded.demo import PLAIN, Demo

root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")


def refused(demo: Demo, **more: str) -> str:
    """The one sentence."""
    done = subprocess.run(
        [sys.executable, "-m", "portal.base.embedded", "run"],
        cwd=CHECKOUT,
        env={**demo.env, **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1, done.stdout
    assert demo.left() == []
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_a_taken_port(demo: Demo) -> None:
    with socket.create_server(("127.0.0.1", demo.port)):
        assert f"Port {demo.port} is taken: try `PORT=" in refused(demo)
    with socket.create_server(("", demo.port)):
        assert f"Port {demo.port} is taken: try `PORT=" in refused(demo)


@pytest.mark.parametrize("port", ["http", "0", "70000", "-1"])
def test_a_port_that_is_none(demo: Demo, port: str) -> None:
    assert "PORT must be a number from 1 to 65535" in refused(demo, PORT=port)


def test_some_servers_of_ones_own_are_not_enough(demo: Demo) -> None:
    said = refused(demo, DATABASE_URL="postgres://a:b@localhost/x")
    assert "DATABASE_OWNER_URL, REDIS_URL must be set too" in said


@pytest.fixture
def disk() -> Iterator[Path]:
    """A small disk of one's own, for what can't be tried on a large one."""
    with tempfile.TemporaryDirectory(prefix="portal-disk-") as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=330m", "tmpfs", folder], check=True)
        try:
            Path(folder).chmod(0o755)
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk: Path) -> None:
    subprocess.run(
        ["dd", "if=/dev/zero", f"of={disk / 'filler'}", "bs=64k"], capture_output=True, check=False
    )


@root
def test_a_full_disk(disk: Path) -> None:
    fill(disk)
    assert "is full: free 300 MB, then try again." in refused(Demo(disk / "run"))


@pytest.mark.parametrize(("free", "first", "later"), [(262, "300 MB", ""), (25, "300 MB", "30 MB")])
def test_only_a_first_start_needs_much_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, first: str, later: str
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=free * 2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    assert first in room_told(tmp_path)
    (tmp_path / "postgres" / "data").mkdir(parents=True)
    assert later in room_told(tmp_path)
    assert bool(room_told(tmp_path)) is bool(later)


def room_told(folder: Path) -> str:
    try:
        make_place(folder)
    except Problem as problem:
        return str(problem)
    return ""


@pytest.mark.parametrize("command", ["demo_accounts", "verify_log"])
def test_a_command_alone_without_data(demo: Demo, command: str) -> None:
    asked = demo.manage(command)
    said, complaint = asked.communicate(timeout=60)
    assert (asked.returncode, said) == (1, "")
    assert complaint.startswith("The database isn't set up yet: run `make run` first")
    assert complaint.count("\n") == 1
    assert demo.left() == []


@root
def test_a_disk_that_becomes_full(disk: Path) -> None:
    demo = Demo(disk / "run").without_seed()
    try:
        demo.start()
        demo.wait_for("Starting Postgres")
        fill(disk)
        assert demo.running
        assert demo.running.wait(90) == 1
        assert demo.said().splitlines()[-1] == DISK_FULL
        assert demo.left() == []
    finally:
        demo.clean_up()


@root
def test_a_disk_that_becomes_full_while_it_runs(disk: Path) -> None:
    demo = Demo(disk / "run").without_seed()
    try:
        demo.start_and_wait()
        fill(disk)
        os.kill(demo.pid("postgres"), signal.SIGKILL)
        demo.wait_for(WAITS_FOR_ROOM)
        os.kill(demo.pid("valkey"), signal.SIGKILL)
        time.sleep(5)
        assert demo.ask("/livez") == 200
        with pytest.raises(HTTPError, match="503"):
            demo.ask("/readyz")
        (disk / "filler").unlink()
        demo.answers_again("/readyz")
        # Commands find all that runs again: nothing is ended, and nothing stays behind.
        time.sleep(2)
        waiting = demo.manage("mail_queue")
        assert "All email has gone out." in waiting.communicate(timeout=60)[0]
        demo.answers_again("/readyz")
        fill(disk)
        assert demo.stop() < 10
        assert demo.running
        assert demo.running.returncode == 0
        assert demo.left() == []
    finally:
        demo.clean_up()


@root
def test_a_disk_that_may_only_be_read(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    said = refused(Demo(disk / "run"))
    assert f"{disk / 'run'} can't be written" in said
    made = venv(disk, {})
    assert (made.returncode, made.stderr) == (
        1,
        f"{disk} can't be written: copy it to a folder of your own, and run it there.\n",
    )


def venv(folder: Path, more: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """The first step of `make run`, in a folder where nothing was made yet."""
    return subprocess.run(
        ["/bin/sh", CHECKOUT / "portal/base/embedded/venv.sh", CHECKOUT / "requirements/dev.txt"],
        cwd=folder,
        env={**PLAIN, **more},
        capture_output=True,
        text=True,
        check=False,
    )


def fake_python(folder: Path, script: str) -> dict[str, str]:
    python = folder / "python3"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    return {"PATH": str(folder)}


def test_a_python_that_is_too_old(tmp_path: Path) -> None:
    # As a real one of 3.9 would answer the question for its version.
    made = venv(tmp_path, fake_python(tmp_path, f'exec {sys.executable} -c "raise SystemExit(1)"'))
    assert made.returncode == 1
    assert made.stderr.startswith("Python 3.11 or newer is needed: install it, or name it")
    assert made.stderr.count("\n") == 1


def test_a_python_without_venv(tmp_path: Path) -> None:
    without = f'case "$2" in *ensurepip*) exit 1;; esac; exec {sys.executable} "$@"'
    made = venv(tmp_path, fake_python(tmp_path, without))
    assert (made.returncode, made.stdout) == (1, "")
    assert "install its venv package (python3-venv on Debian and Ubuntu)" in made.stderr
    assert made.stderr.count("\n") == 1


def made_venv(folder: Path, pip: str) -> None:
    """One whose pip does as the script says."""
    (folder / ".venv/bin").mkdir(parents=True)
    python = folder / ".venv/bin/python"
    python.write_text(
        f'#!/bin/sh\ncase "$*" in *"pip install"*) {pip};; *) exec {sys.executable} "$@";; esac\n'
    )
    python.chmod(0o755)


def test_pip_is_quiet_while_all_goes_well(tmp_path: Path) -> None:
    made_venv(tmp_path, "echo Collecting; sleep 1.5; exit 0")
    made = venv(tmp_path, {})
    assert (made.returncode, made.stderr) == (0, "")
    assert re.fullmatch(r"Installing the locked .* \.\.\.\.+ done in \d+ s\n", made.stdout)
    assert venv(tmp_path, {}).stdout == ""


def test_what_pip_says_is_shown_when_it_fails(tmp_path: Path) -> None:
    made_venv(tmp_path, "echo Hashes differ >&2; exit 1")
    made = venv(tmp_path, {})
    assert made.returncode == 1
    assert made.stderr.splitlines()[0] == "Hashes differ"
    assert "could not be installed: see above" in made.stderr
    assert not (tmp_path / ".venv/lock.sha256").exists()


def test_a_stop_ends_pip_too(tmp_path: Path) -> None:
    made_venv(tmp_path, "echo $$ >pid; exec sleep 60")
    running = subprocess.Popen(
        ["/bin/sh", CHECKOUT / "portal/base/embedded/venv.sh", CHECKOUT / "requirements/dev.txt"],
        cwd=tmp_path,
        env=PLAIN,
        stdout=subprocess.DEVNULL,
    )
    while not ((pid := tmp_path / "pid").exists() and pid.read_text()):
        assert running.poll() is None
        time.sleep(0.05)
    running.terminate()
    assert running.wait(10) == 130
    until = time.monotonic() + 10
    while started(int(pid.read_text())):
        assert time.monotonic() < until
        time.sleep(0.05)
