"""Two ways of doing one thing, measured in turn, and what the ratio between them is.

A line without another side is held to its own number: its ratio is that number.
"""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

ROUNDS = 10
Better = Literal["more", "less"]


@dataclass
class Line:
    """One row of the table. Ratios are ours to theirs; for `less` the goal is a ceiling."""

    what: str
    against: str
    unit: str
    goal: float
    better: Better = "more"
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)

    @property
    def best(self) -> tuple[float, float]:
        pick = max if self.better == "more" else min
        return pick(self.ours), pick(self.theirs or [1.0])

    @property
    def median(self) -> tuple[float, float]:
        return statistics.median(self.ours), statistics.median(self.theirs or [1.0])

    @property
    def ratio_best(self) -> float:
        ours, theirs = self.best
        return ours / theirs

    @property
    def ratio_median(self) -> float:
        ours, theirs = self.median
        return ours / theirs

    @property
    def met(self) -> bool:
        """By the median, so that one lucky round proves nothing."""
        ratio = self.ratio_median
        return ratio >= self.goal if self.better == "more" else ratio <= self.goal


def in_turn(count: int, ours: Callable[[], None], theirs: Callable[[], None]) -> None:
    """Each round runs both; who goes first changes, so that neither always finds a warm cache."""
    for number in range(count):
        for side in (ours, theirs) if number % 2 == 0 else (theirs, ours):
            side()
