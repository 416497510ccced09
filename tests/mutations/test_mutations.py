"""Each guard is taken out in turn, and the tests must notice. All in `make sweep`, a few here."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

import pytest
from django.db import connection

from tests.mutations import (
    of_database,
    of_decision,
    of_layers,
    of_pages,
    of_records,
    of_sign_in,
    of_trail,
)
from tests.mutations.mutant import Mutant
from tests.sweeps.test_urls import FULL

MUTANTS = [
    mutant
    for kind in (
        of_sign_in,
        of_pages,
        of_records,
        of_layers,
        of_decision,
        of_database,
        of_trail,
    )
    for mutant in kind.all_mutants()
]
# One of each kind, so that the run itself is known to work.
SAMPLE = ("no bar _genes", "no rule: view for member, own_access")
NOTHING = Mutant("nothing is taken out", ("tests/consents/test_bars.py",))
Judge = Callable[[Mutant], str]


@pytest.fixture(scope="session")
def judge(template_database: str) -> Iterator[Judge]:
    """Says which test notices, or nothing, from a process that never imported the portal."""
    apart = {"SWEEP", "PYTEST_PLUGINS", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER"}
    env = {name: value for name, value in os.environ.items() if name not in apart}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.mutations"],
        env={**env, "TEMPLATE_DATABASE": template_database},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as apart_from_us:
        asks, answers = apart_from_us.stdin, apart_from_us.stdout
        assert asks
        assert answers

        def ask(mutant: Mutant) -> str:
            print(json.dumps(asdict(mutant)), file=asks, flush=True)
            answer = json.loads(answers.readline())
            assert not answer["trouble"], answer["trouble"]
            return str(answer["by"])

        yield ask
        asks.close()


@pytest.mark.parametrize(
    "mutant",
    [one for one in MUTANTS if FULL or one.name in SAMPLE],
    ids=lambda one: one.name.replace("::", " "),
)
def test_a_guard_that_is_taken_out_is_missed(
    mutant: Mutant, judge: Judge, record_property: Callable[[str, object], None]
) -> None:
    by = judge(mutant)
    record_property("mutant", (mutant.name, by))
    # In the full run the share is what counts: see conftest.py.
    assert by or FULL


def test_with_all_guards_in_place_nothing_is_noticed(judge: Judge) -> None:
    assert judge(NOTHING) == ""


def test_no_mutant_goes_by_the_name_of_another() -> None:
    assert len({one.name for one in MUTANTS}) == len(MUTANTS) > 350
    assert set(SAMPLE) <= {one.name for one in MUTANTS}


def test_what_is_taken_out_stands_there_once() -> None:
    """A guard that was written anew is one to take out in its new words."""
    changed = [one for one in MUTANTS if one.old]
    assert [one.name for one in changed if source_of(one.module).count(one.old) != 1] == []


@lru_cache
def source_of(module: str) -> str:
    found = importlib.util.find_spec(module)
    assert found
    assert found.origin
    return Path(found.origin).read_text()


def test_every_test_that_should_notice_is_there() -> None:
    named = {test for one in MUTANTS for test in one.tests}
    assert sorted(test for test in named if not is_there(test)) == []


def is_there(test: str) -> bool:
    path, _colons, name = test.partition("::")
    if not name:
        return Path(path).exists()
    name = name.partition("[")[0]
    return re.search(rf"^def {name}\(", Path(path).read_text(), re.MULTILINE) is not None


def test_every_policy_and_trigger_is_taken_out(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT policyname FROM pg_policies UNION ALL SELECT tgname FROM pg_trigger"
            " WHERE NOT tgisinternal AND tgparentid = 0"
        )
        there = sorted(name for (name,) in cursor.fetchall())
    listed = [*of_database.ROWS, *of_database.RESTRICTING, *of_database.TRIGGERS]
    assert sorted(listed) == there
