"""Moved clocks: what a day is where the plan is."""

from datetime import UTC, date, datetime, timedelta

import holidays as followed
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.base.clock.days import Calendar, years_on
from portal.base.clock.holidays import federal

EAST = Calendar("America/New_York")
DAYS = st.dates(date(2010, 1, 1), date(2090, 12, 31))
ZONES = st.sampled_from(
    ["America/New_York", "America/Phoenix", "Pacific/Honolulu", "America/Havana", "Asia/Tokyo"]
)
CALENDARS = st.builds(Calendar, ZONES, st.frozensets(DAYS, max_size=20))


@pytest.mark.parametrize("year", range(2000, 2100))
def test_federal_holidays_are_those_that_others_follow(year: int) -> None:
    """Theirs also name the Saturday or Sunday itself, on which no office is open anyway."""
    theirs = followed.country_holidays("US", years=year)
    weekdays = {day for day in theirs if day.weekday() < 5 and day.year == year}
    assert set(federal(year)) == weekdays


def test_a_new_year_on_a_saturday_is_kept_in_the_old_year() -> None:
    assert federal(2027)[date(2027, 12, 31)] == "New Year's Day"
    assert not EAST.is_open(date(2027, 12, 31))
    assert EAST.in_business_days(date(2027, 12, 30), 1) == date(2028, 1, 3)


@pytest.mark.parametrize(
    ("day", "ends", "hours"),
    [
        ("2026-03-08", "2026-03-09T04:00+00:00", 23),  # clocks go forward
        ("2026-11-01", "2026-11-02T05:00+00:00", 25),  # and back
        ("2028-02-29", "2028-03-01T05:00+00:00", 24),
        ("2026-12-31", "2027-01-01T05:00+00:00", 24),
    ],
)
def test_a_day_ends_at_midnight_of_the_plan(day: str, ends: str, hours: int) -> None:
    on, end = date.fromisoformat(day), datetime.fromisoformat(ends)
    assert EAST.ends(on) == end
    assert end - EAST.ends(on - timedelta(days=1)) == timedelta(hours=hours)
    assert EAST.day(end - timedelta(seconds=1)) == on
    assert EAST.day(end) == on + timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "number", "due"),
    [
        ("2026-08-04", 2, "2026-08-06"),
        ("2026-08-06", 2, "2026-08-10"),  # over a weekend
        ("2026-11-25", 1, "2026-11-27"),  # over Thanksgiving
        ("2026-07-02", 1, "2026-07-06"),  # 4 July on a Saturday
        ("2027-07-02", 1, "2027-07-06"),  # and on a Sunday
        ("2026-12-31", 1, "2027-01-04"),
        ("2028-02-28", 1, "2028-02-29"),
        ("2026-08-08", 0, "2026-08-10"),
        ("2026-08-07", 0, "2026-08-07"),
    ],
)
def test_business_days_pass_over_weekends_and_holidays(day: str, number: int, due: str) -> None:
    assert EAST.in_business_days(date.fromisoformat(day), number) == date.fromisoformat(due)


def test_a_holiday_of_the_plan_moves_the_day() -> None:
    closed = Calendar(EAST.zone, frozenset({date(2026, 11, 27)}))
    assert closed.in_business_days(date(2026, 11, 25), 1) == date(2026, 11, 30)


@given(CALENDARS, DAYS, st.integers(0, 30))
def test_a_business_day_is_an_open_one_and_never_before(
    calendar: Calendar, day: date, number: int
) -> None:
    due = calendar.in_business_days(day, number)
    assert due >= day
    assert calendar.is_open(due)
    assert due.weekday() < 5
    assert due not in calendar.closed
    passed = (day + timedelta(days=ahead) for ahead in range(1, (due - day).days + 1))
    if number:
        assert sum(calendar.is_open(one) for one in passed) == number


@given(CALENDARS, DAYS, st.integers(0, 60), st.integers(0, 30))
def test_business_days_keep_their_order(
    calendar: Calendar, day: date, later: int, number: int
) -> None:
    due = calendar.in_business_days(day, number)
    assert due <= calendar.in_business_days(day + timedelta(days=later), number)
    assert due <= calendar.in_business_days(day, number + 1)


@given(CALENDARS, st.integers(1_262_304_000, 3_786_912_000))
def test_every_moment_is_in_the_day_that_holds_it(calendar: Calendar, seconds: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    day = calendar.day(moment)
    assert calendar.ends(day - timedelta(days=1)) <= moment < calendar.ends(day)


def test_29_february_is_followed_by_1_march_in_other_years() -> None:
    assert years_on(date(2028, 2, 29), 6) == date(2034, 3, 1)
    assert years_on(date(2028, 2, 29), 4) == date(2032, 2, 29)
    assert years_on(date(2028, 2, 29), -6) == date(2022, 3, 1)
    assert years_on(date(2100, 2, 28), 1) == date(2101, 2, 28)
