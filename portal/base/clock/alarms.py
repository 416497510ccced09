"""Tells people by mail of what is due or late: each once for an item and a level."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID, uuid5

from portal.base import context, registry
from portal.base.clock.levels import Due, reached
from portal.base.outbox.announce import Kind, announce
from portal.base.outbox.models import Mail

CLIENT = "task:tell_what_is_due"
# Nobody is told at night where the plan is.
FROM_HOUR = 8
Told = tuple[UUID, UUID, str]


def sweep(now: datetime) -> int:
    """Ask every app what is due, and write the mails that nobody has got yet."""
    count = 0
    for due_list in registry.due_lists.values():
        with context.system(CLIENT):
            count += _tell(dict(_mails(due_list(now), now)))
    return count


def _mails(items: Iterable[Due], now: datetime) -> Iterator[tuple[Told, UUID]]:
    for due in items:
        if due.calendar.local(now).hour < FROM_HOUR:
            continue
        level = reached(due.start, due.last, due.calendar.day(now))
        alarm = due.alarms.get(level) if level else None
        if alarm:
            for person in alarm.people:
                yield (event_of(due), person, alarm.kind), due.plan_id


def event_of(due: Due) -> UUID:
    """An item that gets another last day is told of again."""
    return uuid5(due.item_id, due.last.isoformat())


def _tell(mails: dict[Told, UUID]) -> int:
    events = {event for event, _person, _kind in mails}
    known = Mail.objects.filter(event_id__in=events)
    new = mails.keys() - set(known.values_list("event_id", "recipient_id", "kind"))
    for event, person, kind in new:
        announce(
            plan_id=mails[event, person, kind],
            recipient_id=person,
            kind=Kind(kind),
            event_id=event,
        )
    return len(new)
