import contextlib
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from portal.base.embedded import services
from portal.base.embedded.browser import find_or_install_chromium
from portal.base.embedded.place import (
    CHECKOUT,
    EXTERNAL,
    default_run_dir,
    external_servers,
    for_the_application,
    keep_in_memory,
    make_place,
    prepare_env,
    remove,
)
from portal.base.embedded.problems import Problem
from portal.base.embedded.processes import State, this_process
from portal.base.embedded.progress import step
from portal.base.embedded.scanner import find_or_install_clamd
from portal.base.embedded.signals import Stop, install_handlers
from portal.base.embedded.tls_servers import (
    NO_POSTGRES,
    NO_REDIS,
    find_or_install_redis,
    find_postgres,
)

CHECKS = (
    ("format", ("ruff", "format", "--check", ".")),
    ("lint", ("ruff", "check", ".")),
    ("types", ("mypy",)),
    ("import layers", ("importlinter.cli", "--no-cache")),
    ("missing migrations", ("manage.py", "makemigrations", "--check", "--dry-run")),
    ("templates", ("portal.base.embedded.templates",)),
    ("translations", ("portal.base.embedded.translations",)),
)
# Each takes about 300 MB; what a laptop has of processors it needs for servers and browser, too.
MOST_LANES = 4


@contextlib.contextmanager
def private_services(*, lane: int = 0, durable: bool = False) -> Iterator[dict[str, str]]:
    """The environment of servers that are never shared and leave nothing behind."""
    runs = default_run_dir() / "tests"
    runs.mkdir(mode=0o711, parents=True, exist_ok=True)
    sweep(runs)
    place = make_place(runs / f"{os.getpid()}-{lane}")
    if not durable:
        keep_in_memory(place, "postgres")
    state = State(place.state_file, supervisor=this_process())
    state.write()
    values = prepare_env(place)
    children = {}
    given = {name: os.environ[name] for name in EXTERNAL} if external_servers() else {}
    try:
        if not given:
            with step("Starting a private Postgres and Valkey"):
                children = services.start(place, values, state, durable=durable)
        yield {**for_the_application(values), **given}
    finally:
        services.stop(children)
        remove(place.run_dir)


def sweep(runs: Path) -> None:
    """End what a killed test run left behind."""
    for folder in runs.iterdir():
        state = State.read(folder / "state.json")
        if state.supervisor and not state.supervised():
            state.end_children(services.SERVERS)
            remove(folder)


def call(arguments: list[str], env: dict[str, str]) -> int:
    running = subprocess.Popen([sys.executable, *arguments], cwd=CHECKOUT, env=env)
    try:
        return running.wait()
    except Stop:
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.terminate()
            running.wait(5)
        running.kill()
        raise


def run_checks(env: dict[str, str]) -> list[str]:
    failed = []
    for name, (program, *arguments) in CHECKS:
        print(f"check: {name}", flush=True)
        begun = time.monotonic()
        module = [] if program.endswith(".py") else ["-m"]
        if call([*module, program, *arguments], env) != 0:
            failed.append(name)
        print(f"check: {name} took {time.monotonic() - begun:.1f} s", flush=True)
    return failed


def browser_env() -> dict[str, str]:
    if chromium := find_or_install_chromium():
        return {"CHROMIUM": chromium}
    told = "NO CHROMIUM WAS FOUND: the browser tests can't run. Install chromium, or set CHROMIUM."
    if os.environ.get("CI"):
        raise Problem(told)
    tell(told)
    return {"CHROMIUM": ""}


def tell_what_is_missing() -> None:
    if find_or_install_clamd() is None:
        tell("NO CLAMD WAS FOUND: tests of uploads with a real virus scanner are skipped.")
    if find_or_install_redis() is None:
        tell(NO_REDIS)
    if find_postgres() is None:
        tell(NO_POSTGRES)


def tell(told: str) -> None:
    print(f"\n{'!' * len(told)}\n{told}\n{'!' * len(told)}\n", file=sys.stderr, flush=True)


def check() -> int:
    install_handlers()
    with private_services() as env:
        return report(run_checks({**os.environ, **env}))


def test() -> int:
    """One process more than there are processors: some tests wait. Each has servers of its own: a
    role that is made unsafe, or a transaction that stays open, in one server would show in the
    tests of another process."""
    install_handlers()
    browser = browser_env()
    tell_what_is_missing()
    lanes = 1 if external_servers() else min((os.cpu_count() or 1) + 1, MOST_LANES)
    with contextlib.ExitStack() as started:
        envs = [started.enter_context(private_services(lane=lane)) for lane in range(lanes)]
        env = {**os.environ, **envs[0], **browser, "TESTING": "1"}
        failed = run_checks(env)
        env |= {"TEST_LANES": json.dumps(envs), "PYTEST_PLUGINS": "tests.lanes"}
        spread = [f"--numprocesses={lanes}", "--dist=worksteal"] if lanes > 1 else []
        arguments = shlex.split(os.environ.get("PYTEST_ARGS", ""))
        if call(["-m", "pytest", *spread, *arguments], env) != 0:
            failed.append("tests")
        return report(failed)


def bench() -> int:
    install_handlers()
    asked = {name: os.environ.get(name.upper(), "") for name in ("scale", "only")}
    # What waits for the disk is what is measured.
    with private_services(durable=True) as env:
        options = [f"--{name}={value}" for name, value in asked.items() if value]
        return call(["-m", "bench", *options], {**os.environ, **env})


def report(failed: list[str]) -> int:
    print(f"Failed: {', '.join(failed)}." if failed else "All passed.", flush=True)
    return 1 if failed else 0
