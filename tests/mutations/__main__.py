"""Runs the tests of one mutant after another, each in a process of its own.

Reads a mutant as a line of JSON, answers with a line: what noticed, or nothing. What all of them
import is imported once, and nothing of the portal, so that each finds its guard gone.
"""

import importlib
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.mutations.mutant import Mutant, take_out

WARM = (
    "_pytest.assertion.rewrite", "celery", "django.contrib.messages", "django.core.management",
    "django.db.backends.postgresql.base", "django.forms", "django.template.defaulttags",
    "django.test", "hypothesis.strategies", "psycopg_pool", "pytest_django.plugin", "segno",
    "typst",
)  # fmt: skip
MOST_SECONDS = 600
# Says that the tables changed, and not that a guard is missing.
NO_WITNESS = "tests/consents/test_cells.py::test_changed_tables_have_a_new_version"


class Witness:
    """Writes down the first test that fails, and goes home."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self.session = session

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.path.exists():
            self.path.write_text(report.nodeid)
            self.session.shouldfail = "noticed"


def judge(mutant: Mutant) -> dict[str, str]:
    """`by`: the test that noticed. `trouble`: what the tests printed where they could not run."""
    with tempfile.TemporaryDirectory() as folder:
        seen, printed = Path(folder, "seen"), Path(folder, "printed")
        pid = os.fork()
        if pid == 0:
            _leave(lambda: _tests_of(mutant, seen, printed))
        _, status = os.waitpid(pid, 0)
        _clear_away(pid)
        code = os.waitstatus_to_exitcode(status)
        by = seen.read_text() if seen.exists() else ""
        fine = code == (pytest.ExitCode.TESTS_FAILED if by else pytest.ExitCode.OK)
        return {"by": by, "trouble": "" if fine else f"{code}: {printed.read_text()[-3000:]}"}


def _leave(work: Callable[[], int]) -> None:
    code = 70
    try:
        code = work()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _tests_of(mutant: Mutant, seen: Path, printed: Path) -> int:
    with printed.open("w") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    signal.alarm(MOST_SECONDS)
    if mutant.sql:
        os.environ["TEMPLATE_DATABASE"] = _changed_template(mutant.sql)
    if mutant.module:
        take_out(mutant)
    quiet = ["-q", "--tb=short", "-p", "no:cacheprovider", f"--deselect={NO_WITNESS}"]
    # The likeliest first, as they are listed.
    quiet += ["-p", "no:randomly"]
    # A file of tests that finds no rule to ask about is no witness either.
    quiet += ["--continue-on-collection-errors"]
    # Plugins were imported before pytest could look into them.
    quiet += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    return int(pytest.main([*quiet, *mutant.tests], plugins=[Witness(seen)]))


def _changed_template(sql: str) -> str:
    name = f"{os.environ['TEMPLATE_DATABASE']}_{os.getpid()}"
    with _owner() as raw:
        raw.execute(f"CREATE DATABASE {name} TEMPLATE {os.environ['TEMPLATE_DATABASE']}")  # type: ignore[arg-type]
    with _owner(name) as raw:
        raw.execute(sql)  # type: ignore[arg-type]
    return name


def _clear_away(pid: int) -> None:
    """The databases that this process made. The server takes a moment to see that it left."""
    with _owner() as raw:
        made = raw.execute("SELECT datname FROM pg_database WHERE datname ~ %s", [f"_{pid}(_|$)"])
        for (name,) in made.fetchall():
            _drop(raw, name)


def _drop(raw: psycopg.Connection, name: str) -> None:
    for _try in range(100):
        try:
            raw.execute(f"DROP DATABASE {name}")  # type: ignore[arg-type]
        except psycopg.errors.ObjectInUse:
            time.sleep(0.1)
        else:
            return


def _owner(database: str = "postgres") -> psycopg.Connection:
    return psycopg.connect(os.environ["DATABASE_OWNER_URL"], dbname=database, autocommit=True)


def main() -> None:
    for name in WARM:
        importlib.import_module(name)
    for line in sys.stdin:
        try:
            answer = judge(Mutant(**json.loads(line)))
        except Exception:
            answer = {"by": "", "trouble": traceback.format_exc()}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
