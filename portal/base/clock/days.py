"""Days where a plan is. Pure: no database, and no clock but what it is given."""

from calendar import isleap
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.base.clock.holidays import SATURDAY, federal


@dataclass(frozen=True)
class Calendar:
    """A plan's time zone, and the days it is closed beside the federal holidays."""

    zone: str
    closed: frozenset[date] = frozenset()

    def day(self, at: datetime) -> date:
        return self.local(at).date()

    def local(self, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(self.zone))

    def ends(self, day: date) -> datetime:
        """The moment at which this day is over there: 23, 24 or 25 hours after it began."""
        midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(self.zone))
        return midnight.astimezone(UTC)

    def is_open(self, day: date) -> bool:
        return day.weekday() < SATURDAY and day not in self.closed and day not in federal(day.year)

    def in_business_days(self, day: date, number: int) -> date:
        """That many business days after `day`, which itself doesn't count."""
        while not self.is_open(day) and number == 0:
            day += timedelta(days=1)
        while number > 0:
            day += timedelta(days=1)
            number -= self.is_open(day)
        return day


def years_on(day: date, years: int) -> date:
    """The same day so many years on (or back); from 29 February, 1 March where there is none."""
    year = day.year + years
    if (day.month, day.day) == (2, 29) and not isleap(year):
        return date(year, 3, 1)
    return day.replace(year=year)
