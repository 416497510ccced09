"""A `make run` of the test's own, watched from outside."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import Request, urlopen

from portal.base.embedded.place import CHECKOUT, free_port, outside_folder
from portal.base.embedded.processes import RUN_MARKER, State

# A run must not find the servers that the tests themselves use.
PLAIN = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


@dataclass
class Demo:
    run_dir: Path
    port: int = field(default_factory=free_port)
    more: dict[str, str] = field(default_factory=dict)
    checkout: Path = CHECKOUT
    python: str = sys.executable
    user: str | None = None
    running: "subprocess.Popen[bytes] | None" = None

    @property
    def env(self) -> dict[str, str]:
        return {**PLAIN, "RUN_DIR": str(self.run_dir), "PORT": str(self.port), **self.more}

    @property
    def printed(self) -> Path:
        return self.run_dir.with_name(f"{self.run_dir.name}.printed")

    def said(self) -> str:
        return self.printed.read_text()

    def without_seed(self) -> "Demo":
        """Only servers and processes: the demo's people would take most of the time."""
        self.run_dir.mkdir(parents=True, exist_ok=True)
        (self.run_dir / "seeded").touch()
        return self

    def start(self) -> None:
        with self.printed.open("wb") as out:
            self.running = subprocess.Popen(
                [self.python, "-m", "portal.base.embedded", "run"],
                cwd=self.checkout,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self.user,
            )

    def wait_for(self, words: str, seconds: float = 240) -> None:
        until = time.monotonic() + seconds
        while words not in self.said():
            assert self.running
            assert self.running.poll() is None, self.said()
            assert time.monotonic() < until, f"no {words!r} in {self.said()}"
            time.sleep(0.05)

    def start_and_wait(self) -> float:
        begun = time.monotonic()
        self.start()
        self.wait_for(f"Ready at http://localhost:{self.port}\n")
        return time.monotonic() - begun

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Seconds until it ended by itself."""
        assert self.running
        begun = time.monotonic()
        self.running.send_signal(number)
        self.running.wait(30)
        return time.monotonic() - begun

    def pid(self, name: str) -> int:
        state = State.read(self.run_dir / "state.json")
        if name == "supervisor":
            assert state.supervisor
            return state.supervisor.pid
        return state.children[name].pid

    def children(self) -> list[str]:
        return list(State.read(self.run_dir / "state.json").children)

    def manage(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [self.python, "manage.py", *arguments],
            cwd=self.checkout,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            user=self.user,
        )

    def ask(self, path: str) -> int:
        host = {"Host": f"cedar.localhost:{self.port}"}
        with urlopen(Request(f"http://127.0.0.1:{self.port}{path}", headers=host)) as answer:
            assert answer.read()
            return int(answer.status)

    def answers_again(self, path: str) -> None:
        until = time.monotonic() + 20
        while True:
            try:
                assert self.ask(path) == 200
                return
            except OSError:
                assert time.monotonic() < until, self.said()
                time.sleep(0.1)

    def mail_address(self) -> str:
        found = re.search(r"Mail that was sent: (http://localhost:\d+)\n", self.said())
        assert found
        return found[1]

    def mail_page(self) -> str:
        with urlopen(self.mail_address()) as answer:  # noqa: S310
            return str(answer.read().decode())

    def clean_up(self) -> None:
        for pid in self.left():
            os.kill(pid, signal.SIGKILL)
        if self.running:
            self.running.wait()
        subprocess.run(["rm", "-rf", outside_folder(self.run_dir)], check=True)

    def left(self) -> list[int]:
        """All that still runs of it after a moment: what was killed needs one to be gone."""
        until = time.monotonic() + 1
        while found := self.processes():
            if time.monotonic() > until:
                break
            time.sleep(0.1)
        return found

    def processes(self) -> list[int]:
        """Known by what stands in their environment."""
        ours = {f"{RUN_MARKER}={self.run_dir}".encode(), f"RUN_DIR={self.run_dir}".encode()}
        return [pid for pid, env in environments() if ours & set(env.split(b"\0"))]


def environments() -> Iterator[tuple[int, bytes]]:
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            yield int(entry.name), (entry / "environ").read_bytes()
        except OSError:
            continue
