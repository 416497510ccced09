"""Each guard is taken out in turn, and the tests must notice. All in `make sweep`, a few here."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict

import pytest
from django.db import connection

from tests.mutations import of_database, of_decision, of_pages, of_sign_in, of_trail
from tests.mutations.mutant import Mutant
from tests.sweeps.test_urls import FULL

MUTANTS = [
    mutant
    for kind in (of_sign_in, of_pages, of_decision, of_database, of_trail)
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


def test_every_policy_and_trigger_is_taken_out(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT policyname FROM pg_policies UNION ALL SELECT tgname FROM pg_trigger"
            " WHERE NOT tgisinternal AND tgparentid = 0"
        )
        there = sorted(name for (name,) in cursor.fetchall())
    listed = [*of_database.ROWS, *of_database.RESTRICTING, *of_database.TRIGGERS]
    assert sorted(listed) == there
