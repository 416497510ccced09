"""A year is kept six years, then dropped by the owner, what is on hold first copied out."""

from datetime import UTC, datetime
from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from portal.base import context, registry
from portal.base.audit import years
from portal.base.audit.models import DroppedYear, Event
from portal.base.ids import uuid7
from tests.base.test_proof import outsider
from tests.base.trails import as_owner, copy_row, seal, verify, write_events

pytestmark = pytest.mark.promise("AM19")
MAKE = """CREATE TABLE base_event_{0} PARTITION OF base_event
    FOR VALUES FROM ('{0}-01-01 00:00:00+00') TO ('{1}-01-01 00:00:00+00')"""


@pytest.fixture
def old_year(owner, monkeypatch):
    """2019, with three rows; two of them about the member that is given back."""
    as_owner(owner, MAKE.format(2019, 2020))
    member = uuid7()
    with monkeypatch.context() as then:
        clock = SimpleNamespace(now=lambda: datetime(2019, 5, 1, tzinfo=UTC))
        then.setattr("portal.base.audit.trail.timezone", clock)
        write_events(2, member)
        write_events(1)
    write_events(2)
    assert seal() == 5
    return member


def drop(tmp_path, year=2019, **more):
    said = StringIO()
    call_command(
        "drop_log_year", year, export=tmp_path / "held.ndjson", yes=True, stdout=said, **more
    )
    return said.getvalue()


def test_the_trail_stays_whole_without_the_year(owner, old_year, tmp_path):
    assert "3 rows of 2019 were dropped" in drop(tmp_path)
    with context.system("test"):
        assert Event.objects.filter(at__year=2019).count() == 0
    said = StringIO()
    call_command("verify_log", stdout=said)
    assert "3 rows under" in said.getvalue()
    assert "3 rows were in years dropped by the owner" in said.getvalue()


def test_what_is_on_hold_is_copied_out_with_its_proofs(
    owner, old_year, tmp_path, second_place, monkeypatch
):
    monkeypatch.setattr(registry, "log_holds", registry.Section("Holds"))

    def hold(year: int) -> set:
        return {old_year} if year == 2019 else set()

    registry.log_holds.sign_up("test.hold", hold, "One line of an old year.")
    assert "Rows: 2. Members: 1." in drop(tmp_path)
    said, code = outsider(tmp_path / "held.ndjson", second_place)
    assert (code, said) == (0, "Proven: 2 rows stand in the trail unaltered.\n")


def test_a_hold_of_the_moment_can_be_named(owner, old_year, tmp_path):
    assert "Rows: 2. Members: 1." in drop(tmp_path, hold=[old_year])


def test_a_dropped_year_takes_no_rows_back(owner, old_year, tmp_path):
    with context.system("test"):
        kept = Event.objects.latest("at")
    drop(tmp_path)
    as_owner(owner, MAKE.format(2019, 2020))
    place = "epoch, (SELECT min(from_xid)::text::xid8 FROM base_seal WHERE partition = 2019)"
    made_up = copy_row(owner, kept, at="'2019-06-01'::timestamptz", place=place)
    assert (verify().kind, verify().row_id) == ("forged", made_up)


def test_a_false_note_hides_no_deletion(owner, old_year, tmp_path, second_place):
    as_owner(owner, "DROP TABLE base_event_2019")
    with context.system("test"):
        note = DroppedYear(year=2019, rows=3, kept=0, dropped_at=datetime.now(UTC))
        note.export_digest, note.signature = b"\0" * 32, b"\0" * 64
    note.save(using="owner", force_insert=True)
    assert verify().kind == "deleted"
    assert "note that the year 2019" in verify().sentence
    with second_place.open("a") as file:
        file.write(f'{{"dropped": 2019, "record": "{years.note_hash(note)}"}}\n')
    assert "note that the year 2019" in verify().sentence


def test_a_true_note_must_stand_in_the_second_place(owner, old_year, tmp_path, second_place):
    drop(tmp_path)
    lines = second_place.read_text().splitlines(keepends=True)
    second_place.write_text("".join(line for line in lines if "dropped" not in line))
    assert "note that the year 2019" in verify().sentence


@pytest.mark.parametrize(
    ("year", "sentence"),
    [(2020, "must be kept until the end of 2026"), (2018, "no year 2018")],
)
def test_a_year_that_may_not_go_stays(owner, tmp_path, year, sentence):
    as_owner(owner, MAKE.format(2020, 2021))
    with pytest.raises(CommandError, match=sentence):
        drop(tmp_path, year)


def test_a_year_is_dropped_once(owner, old_year, tmp_path):
    drop(tmp_path)
    with pytest.raises(CommandError, match="dropped already"):
        drop(tmp_path)


def test_a_trail_that_is_not_whole_stays(owner, old_year, tmp_path):
    as_owner(
        owner, "DELETE FROM base_event_2019 WHERE id IN (SELECT id FROM base_event_2019 LIMIT 1)"
    )
    with pytest.raises(CommandError, match="so it stays"):
        drop(tmp_path)


def test_nothing_is_dropped_without_the_years_name(owner, old_year, tmp_path, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda question: "yes")
    with pytest.raises(CommandError, match="Nothing was dropped"):
        call_command("drop_log_year", 2019, export=tmp_path / "new", stdout=StringIO())
    with pytest.raises(CommandError, match="exists"):
        call_command("drop_log_year", 2019, export=tmp_path / "new", stdout=StringIO())
    assert verify() is None


def test_the_application_writes_no_note(db):
    with pytest.raises(Exception, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("INSERT INTO base_droppedyear VALUES (2019, now(), 1, 0, '', '')")


def test_readiness_needs_next_years_partition(owner, client):
    assert client.get(reverse("readyz")).json()["next_partition"] is True
    as_owner(owner, "ALTER TABLE base_event DETACH PARTITION base_event_2027")
    answer = client.get(reverse("readyz"))
    assert (answer.status_code, answer.json()["next_partition"]) == (503, False)


def test_a_late_seal_is_an_alarm_and_no_outage(commits, client, monkeypatch):
    told = []
    monkeypatch.setattr(
        "portal.base.audit.state.log.error", lambda name, **more: told.append((name, more))
    )
    write_events(1)
    assert client.get(reverse("readyz")).json()["sealing"] == "ok"
    as_owner(commits, "UPDATE base_event SET at = at - interval '6 minutes'")
    answer = client.get(reverse("readyz"))
    assert (answer.status_code, answer.json()["sealing"]) == (200, "late")
    assert told == [("audit_not_sealed", {"state": "late"})]
    seal()
    assert client.get(reverse("readyz")).json()["sealing"] == "ok"
