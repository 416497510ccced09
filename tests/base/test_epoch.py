"""After a restore or a promotion the database counts from low again: told, refused, mended."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.urls import reverse

from portal.base import context
from portal.base.audit import seals, trail
from portal.base.audit.models import Event, Seal
from portal.base.tasks import seal_audit
from tests.base.trails import as_owner, copy_row, report, seal, verify, write_events

pytestmark = pytest.mark.promise("AM19")
FAR = 5_000_000_000


def restored_lower(database):
    """As a fresh cluster looks: it counts far below where the last seal ended."""
    as_owner(
        database,
        "UPDATE base_event SET xid = (xid::text::bigint + %(far)s)::text::xid8",
        {"far": FAR},
    )


def sealed_high(database):
    """Rows, a seal and leftover rows of a cluster that had counted far."""
    events = write_events(3)
    restored_lower(database)
    # Signed as the sealer there would have: its snapshot was beyond all three.
    with context.system("test"):
        rows = seals._rows(1, 0, seals.MOST, None)
        seals._seal(None, rows, {}, epoch=1, from_xid=0, to_xid=rows[-1][3] + 1)
    left = write_events(2)
    as_owner(
        database,
        "UPDATE base_event SET xid = (xid::text::bigint + %s)::text::xid8 WHERE id = ANY(%s)",
        [FAR + 100, [event.pk for event in left]],
    )
    return events, left


def raise_epoch(**more):
    said = StringIO()
    call_command("raise_log_epoch", yes=True, stdout=said, **more)
    return said.getvalue()


def test_a_lower_count_is_told_and_nothing_is_sealed(owner):
    sealed_high(owner)
    with pytest.raises(seals.EpochNeeded, match="raise_log_epoch"):
        seal()
    with pytest.raises(CommandError, match="restored or promoted"):
        call_command("verify_log")


def test_the_task_and_the_health_check_raise_an_alarm(owner, client, monkeypatch):
    sealed_high(owner)
    told = []
    for place in ("portal.base.tasks.log", "portal.base.audit.state.log"):
        monkeypatch.setattr(f"{place}.error", lambda name, **more: told.append((name, more)))
    seal_audit()
    answer = client.get(reverse("readyz"))
    assert (answer.status_code, answer.json()["sealing"]) == (503, "restored")
    assert [name for name, _ in told] == ["audit_not_sealed", "audit_not_sealed"]


def test_a_new_epoch_seals_what_the_earlier_left(owner):
    sealed_high(owner)
    assert raise_epoch().startswith("Epoch 2 begins after seal 1. 3 rows were sealed")
    write_events(2)
    assert seal() == 2
    found = report()
    assert (found.fault, found.rows, found.unsealed) == (None, 8, 0)
    with context.system("test"):
        assert list(Seal.objects.order_by("number").values_list("epoch", flat=True)) == [1, 1, 2, 2]
        assert Event.objects.filter(action="trail.epoch_raised").count() == 1


def test_a_line_gets_its_epoch_from_a_constant(owner):
    """A default that reads a table is a sixth of the cost of a line."""
    defaults = """
        SELECT DISTINCT column_default FROM information_schema.columns
        WHERE table_name = 'base_event' AND column_name = 'epoch'
    """
    with connections["owner"].cursor() as cursor:
        cursor.execute(defaults)
        assert cursor.fetchall() == [("1",)]
        raise_epoch()
        cursor.execute(defaults)
        assert cursor.fetchall() == [("2",)]


def test_the_sealed_leftover_is_guarded_as_all_else(owner):
    _, left = sealed_high(owner)
    raise_epoch()
    as_owner(owner, "UPDATE base_event SET basis = 'x' WHERE id = %s", [left[1].pk])
    assert (verify().kind, verify().row_id) == ("altered", left[1].pk)


def test_nothing_joins_an_epoch_that_is_over(owner):
    events, _ = sealed_high(owner)
    raise_epoch()
    made_up = copy_row(owner, events[0], place="1, '9000000000'")
    assert seal() == 0
    assert (verify().kind, verify().row_id) == ("forged", made_up)


def test_seals_that_a_restore_lost_are_told_and_no_fault(owner):
    rows = write_events(2)
    seal()
    lost = write_events(2)
    seal()
    as_owner(owner, "DELETE FROM base_seal WHERE number = 2")
    as_owner(owner, "DELETE FROM base_event WHERE id = ANY(%s)", [[row.pk for row in lost]])
    assert verify().row_id == lost[0].pk
    raise_epoch()
    found = report()
    assert (found.fault, found.lost) == (None, (2, 2))
    said = StringIO()
    call_command("verify_log", stdout=said)
    assert "Seals 2 to 2 of the second place were lost in a restore." in said.getvalue()
    as_owner(owner, "DELETE FROM base_event WHERE id = %s", [rows[1].pk])
    assert verify().row_id == rows[1].pk


def test_a_note_of_a_restore_that_nobody_signed_hides_nothing(owner, second_place):
    write_events(1)
    seal()
    lost = write_events(1)
    seal()
    as_owner(owner, "DELETE FROM base_seal WHERE number = 2")
    with second_place.open("a") as file:
        file.write('{"epoch": 2, "after": 1, "at": "2026-01-01", "signature": "00"}\n')
    assert verify().row_id == lost[0].pk


def test_without_the_owner_or_a_yes_nothing_is_raised(owner, settings, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda question: "no")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("raise_log_epoch")
    with monkeypatch.context() as changed:
        changed.delitem(settings.DATABASES, "owner")
        with pytest.raises(CommandError, match="OWNER_URL"):
            raise_epoch()


def test_someone_who_still_writes_is_waited_for(owner, monkeypatch):
    monkeypatch.setattr("portal.base.audit.owner.WAIT", "200ms")
    with context.system("test"):
        trail.record("record.opened")
        with pytest.raises(CommandError, match="kept writing"):
            raise_epoch()
