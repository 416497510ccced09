from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.base.clock.levels import Level, reached
from tests.clock.test_days import DAYS

ORDER = [None, *Level]


@pytest.mark.promise("AL19")
@pytest.mark.parametrize(
    ("gone", "level"),
    [
        (0, None),
        (14, None),
        (15, Level.HALF),
        (23, Level.HALF),
        (24, Level.NEAR),
        (29, Level.NEAR),
        (30, Level.LAST_DAY),
        (31, Level.LATE),
    ],
)
def test_alarms_come_at_50_80_and_100_percent(gone: int, level: Level | None) -> None:
    start = date(2028, 2, 29)
    assert reached(start, start + timedelta(days=30), start + timedelta(days=gone)) == level


def test_what_is_due_at_once_has_its_last_day_now() -> None:
    day = date(2026, 12, 31)
    assert reached(day, day, day) == Level.LAST_DAY
    assert reached(day, day, date(2027, 1, 1)) == Level.LATE


@given(DAYS, st.integers(0, 90), st.integers(0, 100))
def test_levels_only_rise(start: date, length: int, gone: int) -> None:
    last = start + timedelta(days=length)
    now, then = (reached(start, last, start + timedelta(days=gone + more)) for more in (0, 1))
    assert ORDER.index(now) <= ORDER.index(then)
