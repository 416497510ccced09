"""What the owner puts in, alters or copies before the next seal is named, and nothing is sealed."""

import base64
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connections, transaction
from django.utils.module_loading import import_string

from portal.base import context
from portal.base.audit import marks, seals, trail
from portal.base.audit.models import Event
from portal.base.ids import uuid7
from portal.base.tasks import seal_audit
from tests.base.trails import (
    as_owner,
    copy_row,
    hash_with,
    report,
    row_of,
    seal,
    verify,
    write_events,
)

pytestmark = pytest.mark.promise("AM19")
UNMARKED = "ALTER TABLE base_event DROP CONSTRAINT base_event_marked"
KEYLESS = "ALTER TABLE base_event DROP CONSTRAINT base_event_pkey"
COPY = f"""SELECT {", ".join(trail.COLUMNS)}, row_hash, epoch, pg_current_xact_id(), mark
    FROM base_event"""  # noqa: S608  our own names
OTHER = base64.b64encode(b"another key of the ring 32 bytes").decode()


@pytest.fixture
def waiting(commits):
    """Two rows that a seal holds, and three that wait for one."""
    write_events(2)
    seal()
    return write_events(3)


def put_in(database, of, mark):
    """A made-up row with the hash that fits it, and the mark that its maker has for it."""
    as_owner(database, UNMARKED)
    made_up = copy_row(database, of, place="epoch, pg_current_xact_id()")
    as_owner(database, "UPDATE base_event SET mark = %s WHERE id = %s", [mark, made_up])
    return made_up


def with_a_fitting_hash(database, of):
    leaf = hash_with(of, action="record.listed")
    change = "UPDATE base_event SET action = 'record.listed', row_hash = %s WHERE id = %s"
    as_owner(database, change, [leaf, of.pk])
    return of.pk


def copied(database, of):
    as_owner(database, KEYLESS)
    as_owner(database, f"INSERT INTO base_event {COPY} WHERE id = %s", [of.pk])
    return of.pk


FORGED = {
    "no mark": lambda database, rows: put_in(database, rows[0], None),
    "a made-up mark": lambda database, rows: put_in(database, rows[0], b"\1" * 32),
    "another row's mark": lambda database, rows: put_in(database, rows[0], rows[0].mark),
    "its hash as its mark": lambda database, rows: put_in(database, rows[0], rows[0].row_hash),
    "altered with its hash": lambda database, rows: with_a_fitting_hash(database, rows[1]),
    "a copy of one that waits": lambda database, rows: copied(database, rows[1]),
    "a copy of a sealed one": lambda database, rows: copied(database, sealed_row()),
}


def sealed_row():
    with context.system("test"):
        return Event.objects.order_by("at").first()


@pytest.fixture(params=FORGED.values(), ids=FORGED)
def forged(request, commits, waiting):
    return request.param(commits, waiting)


def test_a_row_that_the_portal_did_not_write_is_named(forged):
    fault = verify()
    assert (fault.kind, fault.row_id) == ("forged", forged)
    with pytest.raises(CommandError, match=f"Row {forged}, not sealed yet") as told:
        call_command("verify_log", stdout=StringIO())
    assert told.value.returncode == 1


def test_the_sealer_signs_nothing_over_it(forged, second_place):
    before = second_place.read_text()
    with pytest.raises(seals.RowForged, match=str(forged)):
        seal()
    assert second_place.read_text() == before
    assert report().seals == 1


def test_the_rows_themselves_are_sealed(waiting):
    assert verify() is None
    assert seal() == 3
    assert verify() is None


def test_sealing_goes_on_once_it_is_gone(commits, waiting):
    forged = put_in(commits, waiting[0], b"\1" * 32)
    as_owner(commits, "DELETE FROM base_event WHERE id = %s", [forged])
    assert seal() == 3
    assert verify() is None


def test_the_first_in_order_is_named(commits, waiting):
    with_a_fitting_hash(commits, waiting[2])
    with_a_fitting_hash(commits, waiting[1])
    assert verify().row_id == waiting[1].pk


def test_the_task_raises_an_alarm(commits, waiting, monkeypatch):
    told = []
    monkeypatch.setattr("portal.base.tasks.registry.raise_alarm", lambda alarm: told.append(alarm))
    seal_audit()
    assert told == []
    put_in(commits, write_events(1)[0], b"\1" * 32)
    seal_audit()
    assert [alarm.kind for alarm in told] == ["trail"]


def test_a_new_key_of_the_ring_knows_the_marks_of_the_one_before(commits, waiting, settings):
    before = settings.KEY_RING
    settings.KEY_RING = [OTHER, *before]
    write_events(1)
    assert seal() == 4
    assert verify() is None
    write_events(1)
    settings.KEY_RING = before
    with pytest.raises(seals.RowForged, match="KEY_RING here lacks the key"):
        seal()
    assert verify().kind == "forged"


def test_a_mark_is_of_the_ring_and_no_key_of_it(commits, waiting, settings):
    row = waiting[0]
    assert bytes(row.row_hash) == trail.row_hash(row_of(row))
    assert bytes(row.mark) == marks.mark(bytes(row.row_hash))
    settings.KEY_RING = [OTHER]
    assert not marks.fits(bytes(row.row_hash), bytes(row.mark))


def test_a_line_without_a_mark_is_not_taken(db):
    """Nor one that another version writes, which knows of no marks."""
    with context.system("test"):
        line = Event.objects.get(pk=trail.record("record.opened"))
        line.pk, line.mark = uuid7(), None
        with pytest.raises(IntegrityError, match="base_event_marked"), transaction.atomic():
            line.save(force_insert=True)


def test_rows_from_before_marks_get_theirs_unless_a_seal_holds_them(owner):
    write_events(2)
    seal()
    left = write_events(2)
    as_owner(owner, UNMARKED)
    as_owner(owner, "UPDATE base_event SET mark = NULL")
    assert verify().row_id == left[0].pk
    mark_what_waits = import_string("portal.base.migrations.0021_marks.mark_what_waits")
    with connections["owner"].schema_editor() as editor:
        mark_what_waits(None, editor)
    with context.system("test"):
        assert Event.objects.filter(mark=None).count() == 2
    assert verify() is None
    assert seal() == 2
    assert report().rows == 4


def test_many_who_wait_are_looked_at_some_at_a_time(commits, waiting, monkeypatch):
    monkeypatch.setattr("portal.base.audit.rows.FETCHED", 2)
    assert report().unsealed == 3
    forged = with_a_fitting_hash(commits, waiting[2])
    assert verify().row_id == forged
