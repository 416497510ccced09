"""The trail can be added to, never changed, and a change by the owner is named."""

import psycopg
import pytest
from django.conf import settings
from django.db import ProgrammingError, connection, transaction

from portal.base import context
from portal.base.audit import seals, trail
from portal.base.audit.models import Event, Seal
from portal.base.ids import uuid7

pytestmark = pytest.mark.promise("AM19")


def write_events(count: int) -> list[Event]:
    plan_id = uuid7()
    return [_write(plan_id) for _ in range(count)]


def _write(plan_id):
    with context.system("test", plan_id):
        return trail.record("record.opened", member_id=uuid7(), facts={"kind": "visits"})


def seal():
    with context.system("test"):
        return seals.seal_finished()


def verify():
    with context.system("test"):
        return seals.verify()


def as_owner(database: str, statement: str, *values: object) -> None:
    owner = settings.DATABASES["owner"]
    with psycopg.connect(
        host=owner["HOST"],
        port=owner["PORT"],
        user=owner["USER"],
        password=owner["PASSWORD"],
        dbname=database,
        autocommit=True,
    ) as raw:
        # Only the owner can take the trigger away; that is what the seals are for.
        raw.execute("ALTER TABLE base_event DISABLE TRIGGER USER")
        raw.execute("ALTER TABLE base_seal DISABLE TRIGGER USER")
        raw.execute(statement, values)  # type: ignore[arg-type]


@pytest.fixture
def commits(own_database: str, django_db_blocker) -> str:
    with django_db_blocker.unblock():
        yield own_database


def test_untouched_trail_is_whole(commits):
    write_events(5)
    assert seal() == 5
    write_events(3)
    assert seal() == 3
    assert verify() is None


def test_sealing_twice_adds_nothing(commits):
    write_events(2)
    assert seal() == 2
    assert seal() == 0


@pytest.mark.parametrize(
    ("kind", "statement"),
    [
        ("altered", "UPDATE base_event SET action = 'record.listed' WHERE id = %s"),
        ("altered", "UPDATE base_event SET member_id = gen_random_uuid() WHERE id = %s"),
        ("altered", "UPDATE base_event SET facts = '{}' WHERE id = %s"),
        ("deleted", "DELETE FROM base_event WHERE id = %s"),
    ],
)
def test_owner_changing_a_row_is_named(commits, kind, statement):
    events = write_events(6)
    seal()
    as_owner(commits, statement, events[3].pk)
    fault = verify()
    assert (fault.kind, fault.row_id) == (kind, events[3].pk)


def test_altered_row_with_a_matching_new_hash_is_named(commits):
    events = write_events(3)
    seal()
    with context.system("test"):
        row = Event.objects.filter(pk=events[1].pk).values(*trail.COLUMNS).get()
    forged = trail.row_hash({**row, "action": "record.listed"})
    as_owner(
        commits,
        "UPDATE base_event SET action = 'record.listed', row_hash = %s WHERE id = %s",
        forged,
        events[1].pk,
    )
    assert verify().row_id == events[1].pk


def test_reordered_rows_are_named(commits):
    events = write_events(4)
    seal()
    as_owner(
        commits,
        """UPDATE base_event SET xid = CASE id WHEN %s THEN
             (SELECT xid FROM base_event WHERE id = %s) ELSE
             (SELECT xid FROM base_event WHERE id = %s) END WHERE id IN (%s, %s)""",
        events[1].pk,
        events[2].pk,
        events[1].pk,
        events[1].pk,
        events[2].pk,
    )
    fault = verify()
    assert (fault.kind, fault.row_id) == ("reordered", events[2].pk)


def test_forged_row_put_into_the_past_is_named(commits):
    events = write_events(3)
    seal()
    made_up = uuid7()
    as_owner(
        commits,
        """INSERT INTO base_event SELECT %s, at, plan_id, actor_id, on_behalf_of, actor_role,
             client, member_id, action, purpose, basis, outcome, object_kind, object_id, session,
             facts, row_hash, epoch, xid FROM base_event WHERE id = %s""",
        made_up,
        events[1].pk,
    )
    fault = verify()
    assert (fault.kind, fault.row_id) == ("forged", made_up)


@pytest.mark.parametrize(
    "moved", ["at + interval '1 year', epoch", "at, epoch - 1"], ids=["another year", "epoch"]
)
def test_forged_row_beside_every_seal_is_named(commits, moved):
    events = write_events(2)
    seal()
    made_up = uuid7()
    at, epoch = moved.rsplit(", ", 1)
    as_owner(
        commits,
        f"""INSERT INTO base_event SELECT %s, {at}, plan_id, actor_id, on_behalf_of, actor_role,
             client, member_id, action, purpose, basis, outcome, object_kind, object_id, session,
             facts, row_hash, {epoch}, xid FROM base_event WHERE id = %s""",  # noqa: S608
        made_up,
        events[0].pk,
    )
    fault = verify()
    assert (fault.kind, fault.row_id) == ("forged", made_up)


def test_application_cannot_choose_a_rows_place(db):
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO base_event (id, at, xid) VALUES (gen_random_uuid(), now(), '5')"
        )


def test_cut_chain_is_seen_from_the_second_place(commits):
    for _ in range(3):
        write_events(2)
        seal()
    as_owner(commits, "DELETE FROM base_seal WHERE number = %s", 3)
    fault = verify()
    assert (fault.kind, fault.seal) == ("deleted", 3)


def test_seal_with_another_list_is_not_the_signed_one(commits):
    write_events(2)
    seal()
    as_owner(
        commits,
        "UPDATE base_seal SET manifest = %s WHERE number = 1",
        b"\0" * seals.ENTRY * 2,
    )
    assert verify().kind == "seal"


def test_an_open_transaction_holds_the_seal_back(commits):
    """A row of a transaction that is still open can't be overtaken and then slipped in."""
    connection.close()
    acting = context.AccessContext(plan_id=uuid7(), role="system", client="test")
    with transaction.atomic(), context.bind(acting):
        trail.record("record.opened")
        assert seals.seal_finished() == 0
    assert seal() == 1


@pytest.mark.parametrize("table", ["base_event", "base_seal"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET epoch = 2", "DELETE FROM {}", "TRUNCATE {}"])
def test_application_role_can_only_add(db, table, statement):
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


def test_words_are_not_written_in_the_clear(db):
    with context.system("test"), pytest.raises(ValueError, match="in the clear"):
        trail.record("record.opened", facts={"subject": "My test"})


def test_seals_are_signed_and_chained(commits):
    for _ in range(2):
        write_events(1)
        seal()
    with context.system("test"):
        first, second = Seal.objects.order_by("number")
    assert bytes(second.previous) == seals.chain_hash(first)
