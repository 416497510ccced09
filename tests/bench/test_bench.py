"""That `make bench` measures what it says and writes it down. Times are never judged here."""

import json
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings

from bench.rounds import Line, in_turn
from bench.table import ratio, table

LINES = [
    ("records page, 20 claims", "requests/s", 0.5),
    ("records page, 20 claims", "CPU ms/request", 1.35),
    ("audit append, durable", "appends/s", 0.9),
    ("decision, own file", "us/decision", 100),
    ("decision, Part 2 to a provider", "us/decision", 100),
    ("FHIR import, bundles", "resources/s", 0.05),
    ("import's peak memory, bundles, 4 N", "MB", 1.1),
    ("FHIR import, NDJSON", "resources/s", 0.05),
    ("import's peak memory, NDJSON, 4 N", "MB", 1.1),
    ("trail verified", "s", 2),
    ("trail verified", "s", 5),
    ("proof of a line, hashes", "hashes", 24),
    ("proof of a line, checked", "ms", 1),
    ("own list of accesses, rows", "ms", 3),
    ("own list, 99th of 100", "ms", 1.5),
    ("keys wrapped anew", "keys/s", 5000),
    ("message to inbox, 99th of 100", "ms", 300),
    ("made and changed, with its audit", "ms", 1.25),
]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    out = tmp_path_factory.mktemp("bench") / "results.json"
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--scale=0.05", "--rounds=2", f"--out={out}"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(out.read_text())


def test_every_line_is_measured_in_every_round(results: tuple[str, dict[str, Any]]) -> None:
    _printed, found = results
    assert [(one["what"], one["unit"], one["goal"]) for one in found["lines"]] == LINES
    for line in found["lines"]:
        rounds = 1 if line["unit"] == "MB" else 2
        for side in filter(None, (line["ours"], line["theirs"])):
            assert len(side["rounds"]) == rounds, line["what"]
            assert min(side["rounds"]) > 0, line["what"]
        assert isinstance(line["met"], bool)


def test_the_file_tells_of_the_machine_and_names_nobody(
    results: tuple[str, dict[str, Any]],
) -> None:
    _printed, found = results
    assert set(found) == {"date", "scale", "rounds", "machine", "lines"}
    assert set(found["machine"]) == {"cores", "system", "python", "postgres", "durable"}


def test_the_table_shows_what_the_file_holds(results: tuple[str, dict[str, Any]]) -> None:
    printed, found = results
    for line in found["lines"]:
        row = next(row for row in printed.splitlines() if _is_row_of(row, line))
        assert f" {ratio(line['ratio_median'])} " in row
        assert row.endswith("yes" if line["met"] else "NO")


def _is_row_of(row: str, line: dict[str, Any]) -> bool:
    return (
        row.startswith(line["what"])
        and f" {line['against']} " in row
        and f" {line['unit']} " in row
    )


def test_a_goal_is_met_by_the_median_and_not_by_one_lucky_round() -> None:
    speed = Line("a", "b", "per second", 0.5, ours=[90, 40, 30], theirs=[100, 100, 100])
    assert (speed.ratio_best, speed.ratio_median, speed.met) == (0.9, 0.4, False)
    work = Line("a", "b", "ms", 1.35, "less", ours=[1, 2, 2], theirs=[1, 1, 1])
    assert (work.ratio_best, work.ratio_median, work.met) == (1, 2, False)
    assert table([speed, work]).count("NO") == 2


def test_the_sides_take_turns_to_go_first() -> None:
    seen: list[str] = []
    in_turn(3, lambda: seen.append("ours"), lambda: seen.append("theirs"))
    assert seen == ["ours", "theirs", "theirs", "ours", "ours", "theirs"]
