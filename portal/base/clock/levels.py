"""How near something is to its last day, and whom that concerns. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from portal.base.clock.days import Calendar


class Level(StrEnum):
    """After 50, 80 and 100 % of the time; and past it."""

    HALF = "half"
    NEAR = "near"
    LAST_DAY = "last_day"
    LATE = "late"


@dataclass(frozen=True)
class Alarm:
    kind: str  # of mail
    people: Collection[UUID]


@dataclass(frozen=True, kw_only=True)
class Due:
    """Something that someone must do by a day. A level without an alarm passes in silence."""

    plan_id: UUID
    calendar: Calendar
    item_id: UUID
    start: date
    last: date
    alarms: Mapping[Level, Alarm]


def reached(start: date, last: date, today: date) -> Level | None:
    """The highest level that is reached: after a standstill nobody is told of the lower ones."""
    if today > last:
        return Level.LATE
    if today == last:
        return Level.LAST_DAY
    gone, whole = (today - start).days, (last - start).days
    if gone * 100 >= whole * 80:
        return Level.NEAR
    return Level.HALF if gone * 2 >= whole else None
