"""The federal holidays of a year (5 U.S.C. 6103), with the days on which they are observed."""

from datetime import date, timedelta
from functools import cache

MONDAY, THURSDAY, SATURDAY, SUNDAY = 0, 3, 5, 6
JUNETEENTH_SINCE = 2021


@cache
def federal(year: int) -> dict[date, str]:
    """Each day of this year on which federal offices are closed, and why."""
    # The first of January of next year may be observed on the last day of this one.
    days = {**_kept(year), observed(date(year + 1, 1, 1)): "New Year's Day"}
    return {day: name for day, name in sorted(days.items()) if day.year == year}


def observed(day: date) -> date:
    """On a Saturday it is kept on the Friday before, on a Sunday on the Monday after."""
    moves = {SATURDAY: -1, SUNDAY: 1}
    return day + timedelta(days=moves.get(day.weekday(), 0))


def _kept(year: int) -> dict[date, str]:
    fixed = {
        date(year, 1, 1): "New Year's Day",
        date(year, 7, 4): "Independence Day",
        date(year, 11, 11): "Veterans Day",
        date(year, 12, 25): "Christmas Day",
    }
    if year >= JUNETEENTH_SINCE:
        fixed[date(year, 6, 19)] = "Juneteenth National Independence Day"
    return {observed(day): name for day, name in fixed.items()} | {
        _nth(year, 1, MONDAY, 3): "Martin Luther King Jr. Day",
        _nth(year, 2, MONDAY, 3): "Washington's Birthday",
        # The last Monday of May.
        _nth(year, 6, MONDAY, 1) - timedelta(weeks=1): "Memorial Day",
        _nth(year, 9, MONDAY, 1): "Labor Day",
        _nth(year, 10, MONDAY, 2): "Columbus Day",
        _nth(year, 11, THURSDAY, 4): "Thanksgiving Day",
    }


def _nth(year: int, month: int, weekday: int, number: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7, weeks=number - 1)
