"""Writing, sealing and checking a trail, and changing it as nobody but its owner can."""

from typing import Any

from portal.base import context
from portal.base.audit import check, findings, marks, seals, trail
from portal.base.audit.models import Event
from portal.base.ids import uuid7
from tests.owner import connect_as_owner

COPY = """INSERT INTO base_event SELECT %(id)s, {at}, plan_id, actor_id, on_behalf_of, actor_role,
    client, member_id, action, purpose, basis, outcome, object_kind, object_id, session,
    facts, %(hash)s, {place}, %(mark)s FROM base_event WHERE id = %(of)s"""


def write_events(count: int, member_id=None) -> list[Event]:
    """Each in a transaction of its own, so that their order is that of the list."""
    plan_id = uuid7()
    return [_write(plan_id, member_id) for _ in range(count)]


def _write(plan_id, member_id):
    with context.system("test", plan_id):
        line = trail.record(
            "record.opened", member_id=member_id or uuid7(), facts={"kind": "visits"}
        )
        return Event.objects.get(pk=line)


def seal() -> int:
    with context.system("test"):
        return seals.seal_finished()


def report(roots=None) -> findings.Report:
    with context.system("test"):
        return check.verify(roots=roots)


def verify():
    return report().fault


def row_of(event: Event) -> dict:
    with context.system("test"):
        return Event.objects.filter(pk=event.pk).values(*trail.COLUMNS).get()


def hash_with(event: Event, **changes) -> bytes:
    return trail.row_hash({**row_of(event), **changes})


def copy_row(database: str, of: Event, *, at: str = "at", place: str = "epoch, xid"):
    """A made-up row, as another with some values changed, and with the hash that fits it.

    Marked as only someone could who holds the ring, so that what else finds it is seen.
    """
    made_up = uuid7()
    leaf = hash_with(of, id=made_up)
    values = {"id": made_up, "hash": leaf, "of": of.pk, "mark": marks.mark(leaf)}
    as_owner(database, COPY.format(at=at, place=place), values)
    if at != "at":
        with context.system("test"):
            fits = trail.row_hash(Event.objects.filter(pk=made_up).values(*trail.COLUMNS).get())
        change = "UPDATE base_event SET row_hash = %s, mark = %s WHERE id = %s"
        as_owner(database, change, [fits, marks.mark(fits), made_up])
    return made_up


def as_owner(database: str, statement: str, values=()) -> None:
    with connect_as_owner(database) as raw:
        # Only the owner can take the trigger away; that is what the seals are for.
        raw.execute("ALTER TABLE base_event DISABLE TRIGGER USER")
        raw.execute("ALTER TABLE base_seal DISABLE TRIGGER USER")
        raw.execute(statement, values)  # type: ignore[arg-type]


def said(line: Any) -> dict[str, Any]:
    """The facts of a line, but for the decision that it rests on."""
    return {name: value for name, value in line.facts.items() if name != "decision"}
