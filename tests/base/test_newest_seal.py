"""The newest seal has no other above it: the second place alone tells that it was signed anew."""

import json
from contextlib import nullcontext
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from portal.base import context
from portal.base.audit import anchor, seals
from portal.base.audit.models import Seal
from portal.base.tasks import seal_audit
from tests.base.test_proof import outsider
from tests.base.trails import as_owner, copy_row, report, seal, verify, write_events

pytestmark = pytest.mark.promise("AM19")
NEW = ("root", "to_xid", "sealed_at")


@pytest.fixture
def rows(commits):
    """Two seals, of three rows each; the rows of the newest."""
    write_events(3)
    seal()
    found = write_events(3)
    seal()
    return found


def delete(database, rows):
    as_owner(database, "DELETE FROM base_seal WHERE number = 2")
    as_owner(database, "DELETE FROM base_event WHERE id = ANY(%s)", [[row.pk for row in rows]])


@pytest.fixture(params=["first row", "a later row", "all rows", "all rows, others came"])
def deleted(request, commits, rows):
    """What the owner took away together with the newest seal."""
    gone = {"first row": rows[:1], "a later row": rows[1:2]}.get(request.param, rows)
    delete(commits, gone)
    if request.param.endswith("came"):
        write_events(5)
    return rows[0]


def test_the_sealer_refuses_to_sign_over_a_deletion(deleted, second_place):
    before = second_place.read_text()
    with pytest.raises(seals.RowsGone, match=f"begin with {deleted.pk}"):
        seal()
    assert second_place.read_text() == before
    assert (verify().kind, verify().row_id) == ("deleted", deleted.pk)


def test_the_task_raises_an_alarm(deleted, monkeypatch):
    told = []
    monkeypatch.setattr("portal.base.tasks.log.error", lambda name, **more: told.append(more))
    seal_audit()
    assert [more["error"] for more in told] == ["RowsGone"]


def test_the_health_check_says_that_the_sealer_refuses_and_names_nothing(
    deleted, client, monkeypatch
):
    told = []
    monkeypatch.setattr("portal.base.audit.state.log.error", lambda name, **of: told.append(of))
    assert client.get(reverse("readyz")).json()["sealing"] == "ok"
    seal_audit()
    answer = client.get(reverse("readyz"))
    assert (answer.status_code, answer.json()["sealing"]) == (200, "refused")
    assert "The sealer refuses" in answer.json()["reason"]
    assert "manage.py verify_log" in answer.json()["reason"]
    assert str(deleted.pk) not in answer.text
    assert told[-1] == {"state": "refused"}


def test_the_health_check_says_when_the_worker_lacks_its_key(commits, client, settings):
    settings.LOG_SIGNING_KEY = ""
    seal_audit()
    answer = client.get(reverse("readyz")).json()
    assert answer["sealing"] == "refused"
    assert "LOG_SIGNING_KEY" in answer["reason"]


def test_the_command_seals_first_and_still_names_it(deleted):
    seal_audit()
    with pytest.raises(CommandError, match=f"Its rows begin with {deleted.pk}") as told:
        call_command("verify_log", stdout=StringIO())
    assert told.value.returncode == 1


def strip(second_place):
    """As versions wrote that named neither root nor transactions."""
    lines = [json.loads(line) for line in second_place.read_text().splitlines()]
    kept = [{name: of for name, of in line.items() if name not in NEW} for line in lines]
    second_place.write_text("".join(json.dumps(line) + "\n" for line in kept))


@pytest.fixture(params=["with roots", "without roots"])
def signed_over(request, deleted, second_place, monkeypatch):
    """A sealer that looks at nothing goes on, and the number has two lines."""
    write_events(1)
    with monkeypatch.context() as blind:
        blind.setattr(anchor, "after", lambda number: {})
        seal()
    if request.param == "without roots":
        strip(second_place)
    return request.node.callspec.params


def caught(made):
    """Without roots only a first row that is gone, or fewer rows, can be seen."""
    return "with roots" in made.values() or "a later row" not in made.values()


def test_a_seal_signed_over_a_deletion_is_named(signed_over, rows):
    if not caught(signed_over):
        assert verify() is None
        return
    fault = verify()
    first = rows[0].pk if "a later row" not in signed_over.values() else None
    assert (fault.kind, fault.row_id) == ("deleted" if first else "seal", first)
    assert f"begin with {rows[0].pk}" in fault.sentence


def test_an_outsider_sees_it_too(signed_over, tmp_path, second_place):
    with pytest.raises(CommandError) if caught(signed_over) else nullcontext():
        call_command("export_log", tmp_path / "trail.ndjson", stdout=StringIO())
    said, code = outsider(tmp_path / "trail.ndjson", second_place)
    assert ("signed anew" in said, code) == ((True, 1) if caught(signed_over) else (False, 0))


def crash(monkeypatch):
    """The second place is written, the database is not."""

    def stop(*args, **more):
        raise RuntimeError("crash")

    with monkeypatch.context() as broken:
        broken.setattr(Seal, "save", stop)
        with pytest.raises(RuntimeError, match="crash"):
            seal()


def prove_whole(tmp_path, second_place, count):
    found = report()
    assert (found.fault, found.rows) == (None, count)
    call_command("export_log", tmp_path / "trail.ndjson", stdout=StringIO())
    said, code = outsider(tmp_path / "trail.ndjson", second_place)
    assert (f"Proven: {count} rows" in said, code) == (True, 0)


def test_a_crash_is_no_fault_and_the_same_seal_follows(rows, monkeypatch, tmp_path, second_place):
    write_events(2)
    crash(monkeypatch)
    write_events(4)
    assert [seal(), seal()] == [2, 4]
    lines = second_place.read_text().splitlines()
    assert lines[2] == lines[3]
    prove_whole(tmp_path, second_place, 12)


def test_a_crash_of_an_older_version_is_no_fault(rows, monkeypatch, tmp_path, second_place):
    write_events(2)
    crash(monkeypatch)
    strip(second_place)
    write_events(4)
    assert seal() == 6
    prove_whole(tmp_path, second_place, 12)


def test_more_rows_after_the_earlier_are_no_fault(rows, monkeypatch, tmp_path, second_place):
    """Another key signs what the crash left, and more than it: the root tells that all is there."""
    write_events(2)
    crash(monkeypatch)
    write_events(4)
    with monkeypatch.context() as blind:
        blind.setattr(anchor, "after", lambda number: {})
        assert seal() == 6
    prove_whole(tmp_path, second_place, 12)


def test_a_crash_between_years_is_no_fault(commits, monkeypatch, tmp_path, second_place):
    event = write_events(2)[0]
    copy_row(commits, event, at="at + interval '1 year'", place="epoch, pg_current_xact_id()")
    with monkeypatch.context() as broken:
        save, left = Seal.save, [1]

        def second_fails(self, **more):
            if not left.pop():
                raise RuntimeError("crash")
            left.append(0)
            return save(self, **more)

        broken.setattr(Seal, "save", second_fails)
        with pytest.raises(RuntimeError, match="crash"):
            seal()
    assert len(second_place.read_text().splitlines()) == 2
    assert seal() == 3
    prove_whole(tmp_path, second_place, 3)


def test_a_seal_deleted_alone_is_made_again_as_it_was(rows, commits):
    with context.system("test"):
        before = bytes(Seal.objects.get(number=2).signature)
    as_owner(commits, "DELETE FROM base_seal WHERE number = 2")
    assert seal() == 3
    with context.system("test"):
        assert bytes(Seal.objects.get(number=2).signature) == before
    assert verify() is None


def test_the_second_place_is_read_from_its_end(rows, monkeypatch):
    whole = anchor.after(0)
    monkeypatch.setattr(anchor, "BLOCK", 7)
    assert anchor.after(0) == whole
    assert [list(whole), list(anchor.after(1)), list(anchor.after(2))] == [[2, 1], [2], []]


@pytest.mark.parametrize("change", [{"sealed_at": "never"}, {"count": -1}, {"root": 5}])
def test_a_line_that_makes_no_sense_is_no_line(rows, second_place, change):
    lines = second_place.read_text().splitlines(keepends=True)
    second_place.write_text(lines[0] + json.dumps(json.loads(lines[1]) | change) + "\n")
    assert anchor.after(1) == {}
