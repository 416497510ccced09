import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from portal.base.embedded.problems import Problem
from portal.base.embedded.signals import undisturbed

PROC = Path("/proc")
RUN_MARKER = "PORTAL_RUN_DIR"


@dataclass(frozen=True)
class Mark:
    """A process that can be told from a later one with the same number."""

    pid: int
    start: str

    def alive(self) -> bool:
        return started(self.pid) == self.start


@dataclass
class Child:
    """A process in a session of its own, so that a Ctrl-C in the terminal reaches only us."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    log: Path
    cwd: Path
    user: str | None = None
    stdin: str = ""
    stop_signal: int = signal.SIGTERM
    grace: float = 2.0
    # Open files of ours that it takes over, under the numbers that they have here.
    hands: tuple[int, ...] = ()
    ends: list[float] = field(default_factory=list)
    asked_at: float | None = None
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> Mark:
        with self.log.open("ab") as log, undisturbed():
            self.process = subprocess.Popen(
                list(self.argv),
                env=dict(self.env),
                cwd=self.cwd,
                stdin=subprocess.PIPE if self.stdin else subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=self.hands,
                **identity(self.user),
            )
            self.asked_at = None
        if self.stdin and self.process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.write(self.stdin.encode())
                self.process.stdin.close()
        return self.mark

    @property
    def mark(self) -> Mark:
        if self.process is None:
            raise Problem(f"{self.name} was not started.")
        return Mark(self.process.pid, started(self.process.pid) or "")

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        if self.process is not None and self.asked_at is None and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            self.asked_at = time.monotonic()

    def stop(self) -> None:
        if self.process is None:
            return
        self.ask_to_stop()
        if self.asked_at is not None:
            left = self.asked_at + self.grace - time.monotonic()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(max(left, 0))
        kill_group(self.process.pid)
        self.process.wait()

    def log_tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(lines[-8:])


def identity(user: str | None) -> dict[str, Any]:
    if user is None:
        return {}
    import pwd

    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@cache
def boot_id() -> str:
    try:
        return (PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def stat_fields(pid: int) -> list[str]:
    # The name in parentheses may hold spaces, so everything is counted from its end.
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def started(pid: int) -> str | None:
    """When a living process began; None for a dead one or a zombie."""
    if sys.platform == "linux":
        try:
            fields = stat_fields(pid)
        except OSError:
            return None
        return None if fields[0] in "ZX" else f"{boot_id()}:{fields[19]}"
    shown = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],
        # The time is written as these say, and has to read the same next time.
        env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split(maxsplit=1)
    return None if len(shown) < 2 or shown[0].startswith("Z") else shown[1].strip()


def this_process() -> Mark:
    return Mark(os.getpid(), started(os.getpid()) or "")


def kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def run_group(
    argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, user: str | None
) -> tuple[int, str]:
    """Run a program to its end. When we are stopped meanwhile, it goes with all it started."""
    running: subprocess.Popen[str] | None = None
    try:
        with undisturbed():
            running = subprocess.Popen(
                list(argv),
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
                **identity(user),
            )
        said, _ = running.communicate()
    except BaseException:
        if running:
            kill_group(running.pid)
            running.communicate()
        raise
    return running.returncode, said


def end(marks: Mapping[str, Mark], *, grace: float = 3.0) -> None:
    """End recorded processes and their groups, all at once, whether or not they are our children.

    A process with a later start than the one written down only has the number: it is left alone.
    """
    living = {name: mark for name, mark in marks.items() if mark.alive()}
    for name, mark in living.items():
        with contextlib.suppress(ProcessLookupError):
            os.kill(mark.pid, signal.SIGINT if name == "postgres" else signal.SIGTERM)
    until = time.monotonic() + grace
    while any(mark.alive() for mark in living.values()) and time.monotonic() < until:
        time.sleep(0.05)
    for mark in living.values():
        if mark.alive():
            kill_group(mark.pid)


def leftovers(session: int, run_dir: Path) -> Iterator[int]:
    """Members of a session whose leader is dead, known as ours by what stands in their environment.

    Their session keeps the leader's number from being reused, but a number alone is no proof.
    """
    if sys.platform != "linux":
        yield from leftovers_by_ps(session, run_dir)
        return
    marker = f"{RUN_MARKER}={run_dir}".encode()
    for entry in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            if int(stat_fields(int(entry.name))[3]) != session:
                continue
            if marker in (entry / "environ").read_bytes().split(b"\0"):
                yield int(entry.name)


def leftovers_by_ps(group: int, run_dir: Path) -> Iterator[int]:
    """The same where no environment can be read: known by our Python or folder in the command."""
    shown = subprocess.run(
        ["ps", "-axo", "pid=,pgid=,command="], capture_output=True, text=True, check=False
    ).stdout
    for line in shown.splitlines():
        pid, of_group, command = [*line.split(maxsplit=2), ""][:3]
        if int(of_group) == group and (sys.executable in command or str(run_dir) in command):
            yield int(pid)


def strays(run_dir: Path) -> dict[int, bool]:
    """What runs of this folder though nobody wrote it down: by number, whether it is Postgres.

    A starter that was killed between starting a process and writing it down leaves one. Known by
    what stands in its environment, or where none can be read by the folder in its command.
    """
    if sys.platform != "linux":
        shown = subprocess.run(
            ["ps", "-axo", "pid=,command="], capture_output=True, text=True, check=False
        ).stdout
        lines = (line.split(maxsplit=1) for line in shown.splitlines() if f"{run_dir}/" in line)
        return {
            int(pid): "postgres" in command for pid, command in lines if int(pid) != os.getpid()
        }
    marker, found = f"{RUN_MARKER}={run_dir}".encode(), {}
    for entry in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if marker in (entry / "environ").read_bytes().split(b"\0"):
                found[int(entry.name)] = (entry / "exe").readlink().name.startswith("postgres")
    found.pop(os.getpid(), None)
    return found


@dataclass
class State:
    """Who uses the services and which processes are ours; kept on disk to survive a kill -9."""

    path: Path
    supervisor: Mark | None = None
    holders: list[Mark] = field(default_factory=list)
    children: dict[str, Mark] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "State":
        try:
            raw = json.loads(path.read_text())
            return cls(
                path,
                Mark(**raw["supervisor"]) if raw["supervisor"] else None,
                [Mark(**holder) for holder in raw["holders"]],
                {name: Mark(**mark) for name, mark in raw["children"].items()},
            )
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return cls(path)

    def write(self) -> None:
        fresh = self.path.with_suffix(".new")
        fresh.write_text(
            json.dumps(
                {
                    "supervisor": asdict(self.supervisor) if self.supervisor else None,
                    "holders": [asdict(holder) for holder in self.holders],
                    "children": {name: asdict(mark) for name, mark in self.children.items()},
                }
            )
        )
        fresh.replace(self.path)

    def living_holders(self) -> list[Mark]:
        return [holder for holder in self.holders if holder.alive()]

    def supervised(self) -> bool:
        return self.supervisor is not None and self.supervisor.alive()

    def end_children(self, servers: Sequence[str]) -> None:
        """What uses the servers first, all of it at once; then the servers."""
        for last in (False, True):
            group = {name: at for name, at in self.children.items() if (name in servers) is last}
            end(group)
            for mark in group.values():
                self.end_leftovers(mark)
        self.end_strays()
        self.children = {}
        self.holders = []
        self.supervisor = None
        self.write()

    def end_strays(self) -> None:
        run_dir = self.path.parent
        for servers in (False, True):
            found = [pid for pid, is_server in strays(run_dir).items() if is_server is servers]
            # Of Postgres the first to start is the one that ends the others.
            first = [Mark(pid, started(pid) or "") for pid in sorted(found)]
            end({"postgres" if servers else str(one.pid): one for one in reversed(first)})
        for pid in strays(run_dir):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def end_leftovers(self, mark: Mark) -> None:
        if started(mark.pid) is None:
            for pid in leftovers(mark.pid, self.path.parent):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
