"""How far an import is, on a terminal and in a log."""

from collections import Counter
from pathlib import Path

import pytest

from phi_records.actions import Outcome
from phi_records.fhir.reader import Unit
from phi_records.management.progress import Progress, sizes
from portal.base.management import progress


class Screen:
    def __init__(self, *, live: bool) -> None:
        self.live, self.said = live, ""

    def isatty(self) -> bool:
        return self.live

    def write(self, text: str, ending: str = "\n") -> None:
        self.said += text + ending


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def took(count: int, read_bytes: int) -> Outcome:
    return Outcome(added=Counter({"Observation": count}), read_bytes=read_bytes)


def unit(name: str) -> Unit:
    return Unit(name, "", lambda: [])


def test_it_says_how_far_how_fast_and_how_long_still(clock: list[float]) -> None:
    screen = Screen(live=False)
    shown = Progress({"a": 600, "b": 400}, screen)
    shown.begin(unit("a"))
    clock[0] += 10
    shown.show(took(100, 250))
    assert (
        screen.said == "[######..................]  25%  100 resources, 10 per second, 30 s left\n"
    )


def test_without_a_terminal_a_line_comes_every_five_seconds(clock: list[float]) -> None:
    screen = Screen(live=False)
    shown = Progress({"a": 1000}, screen)
    shown.begin(unit("a"))
    for _second in range(20):
        clock[0] += 1
        shown.step(took(10, 50))
    shown.end()
    assert len(screen.said.splitlines()) == 4
    assert "\r" not in screen.said


def test_on_a_terminal_one_line_is_written_over(clock: list[float]) -> None:
    screen = Screen(live=True)
    shown = Progress({"a": 1000}, screen)
    shown.begin(unit("a"))
    for _second in range(3):
        clock[0] += 1
        shown.step(took(10, 100))
    shown.end()
    assert screen.said.count("\r") == 4
    assert "\n" not in screen.said


def test_a_second_way_over_some_files_is_measured_by_itself(clock: list[float]) -> None:
    screen = Screen(live=False)
    shown = Progress({"a": 600, "b": 400}, screen)
    clock[0] += 60
    shown.again({"b"})
    shown.begin(unit("b"))
    clock[0] += 10
    shown.show(took(10, 100))
    assert " 25% " in screen.said
    assert "30 s left" in screen.said


def test_long_waits_are_told_in_minutes(clock: list[float]) -> None:
    screen = Screen(live=False)
    shown = Progress({"a": 1000}, screen)
    shown.begin(unit("a"))
    clock[0] += 10
    shown.show(took(1, 50))
    assert "3 min 10 s left" in screen.said


def test_sizes_come_without_reading_the_files(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{" + " " * 98 + "}")
    (tmp_path / "b.txt").write_text("no")
    assert list(sizes([tmp_path / "a.json"]).values()) == [100]
    assert sizes([tmp_path / "b.txt"]) == {}


def test_a_wait_for_another_import_is_told_once(clock: list[float]) -> None:
    screen = Screen(live=False)
    shown = Progress({"a": 600}, screen)
    shown.wait()
    shown.wait()
    assert screen.said == ("Another import of this plan is running: this one waits for its turn.\n")
