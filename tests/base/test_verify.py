"""What the database's owner changes is found, and the first row of it named."""

from io import StringIO
from threading import Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from portal.base import context
from portal.base.audit import check, keys, rows, trail
from portal.base.ids import uuid7
from tests import factories
from tests.base.trails import (
    as_owner,
    copy_row,
    hash_with,
    report,
    seal,
    verify,
    write_events,
)

pytestmark = pytest.mark.promise("AM19")


# In facts anything; of the other columns what COPY writes as JSON does.
LINES = (
    {}, {"facts": {"kind": "visits"}}, {"facts": {"count": 3}},
    {"facts": {"kind": "visits", "count": 3, "basis_code": "a"}}, {"facts": {"route": "/a/\\"}},
    {"facts": {"searched": "é, \": \t\u2028 "}}, {"object_kind": "a\\b\\N"},
    {"object_kind": "a\tb\nc"}, {"object_kind": "\\N"},
)  # fmt: skip
SLOWLY = (
    {"object_kind": "é"}, {"object_kind": 'a"b'}, {"object_kind": 'a","b'}, {"object_kind": "\v"},
)  # fmt: skip


@pytest.mark.parametrize("of", [*LINES, *SLOWLY])
def test_a_line_is_put_together_as_it_was_hashed_or_row_by_row(commits, of, monkeypatch):
    with context.system("test", uuid7()):
        trail.record("record.opened", member_id=uuid7(), **of)
    seal()
    slowly = []
    under = rows.under
    monkeypatch.setattr(rows, "under", lambda one: slowly.append(one) or under(one))
    found = report()
    assert (found.fault, found.rows) == (None, 1)
    assert bool(slowly) == (of in SLOWLY)


PASSING = (
    ("a\\b", "a\\\\b"),
    ("ab", "a\\u0062"),
    ("", "\\N"),
    ('a"', 'a\\"'),
    ("é", "\\u00e9"),
    ("\t", "\\t"),
)


@pytest.mark.parametrize(("signed", "other"), PASSING)
def test_no_other_value_passes_for_the_one_that_was_signed(commits, signed, other):
    """Of two that a copy or a line write nearly alike."""
    with context.system("test", uuid7()):
        row_id = trail.record("record.opened", object_kind=signed)
    seal()
    assert verify() is None
    as_owner(commits, "UPDATE base_event SET object_kind = %s", [other])
    assert named() == ("altered", row_id)


def named():
    fault = verify()
    assert fault, "nothing was found"
    return fault.kind, fault.row_id


@pytest.mark.parametrize(
    ("kind", "statement"),
    [
        ("altered", "UPDATE base_event SET action = 'record.listed' WHERE id = %s"),
        ("altered", "UPDATE base_event SET member_id = gen_random_uuid() WHERE id = %s"),
        ("altered", "UPDATE base_event SET facts = '{}' WHERE id = %s"),
        ("altered", "UPDATE base_event SET row_hash = sha256('') WHERE id = %s"),
        ("altered", "UPDATE base_event SET at = at + interval '1 year' WHERE id = %s"),
        ("reordered", "UPDATE base_event SET epoch = 0 WHERE id = %s"),
        ("reordered", "UPDATE base_event SET xid = '9000000' WHERE id = %s"),
        ("deleted", "DELETE FROM base_event WHERE id = %s"),
    ],
)
@pytest.mark.parametrize("which", [0, 3, 5])
def test_owner_changing_a_row_is_named(commits, kind, statement, which):
    events = write_events(6)
    seal()
    as_owner(commits, statement, [events[which].pk])
    assert named() == (kind, events[which].pk)


def test_of_two_changes_the_first_in_order_is_named(commits):
    events = write_events(6)
    seal()
    for event in (events[4], events[2]):
        as_owner(commits, "UPDATE base_event SET basis = 'x' WHERE id = %s", [event.pk])
    assert named() == ("altered", events[2].pk)


def test_altered_row_with_a_matching_new_hash_is_named(commits):
    events = write_events(3)
    seal()
    as_owner(
        commits,
        "UPDATE base_event SET action = 'record.listed', row_hash = %s WHERE id = %s",
        [hash_with(events[1], action="record.listed"), events[1].pk],
    )
    assert named() == ("altered", events[1].pk)


def test_reordered_rows_are_named(commits):
    events = write_events(4)
    seal()
    as_owner(
        commits,
        """UPDATE base_event SET xid = CASE id WHEN %(a)s THEN
             (SELECT xid FROM base_event WHERE id = %(b)s) ELSE
             (SELECT xid FROM base_event WHERE id = %(a)s) END WHERE id IN (%(a)s, %(b)s)""",
        {"a": events[1].pk, "b": events[2].pk},
    )
    assert named() == ("reordered", events[2].pk)


def test_forged_row_with_a_right_hash_is_named(commits):
    events = write_events(3)
    seal()
    assert named_after(commits, events[1]) == "forged"


def named_after(database, of, **changes):
    made_up = copy_row(database, of, **changes)
    kind, row_id = named()
    assert row_id == made_up
    return kind


@pytest.mark.parametrize(
    "changes",
    [{"at": "at + interval '1 year'"}, {"place": "epoch - 1, xid"}],
    ids=["another year", "an earlier epoch"],
)
def test_forged_row_beside_every_seal_is_named(commits, changes):
    events = write_events(2)
    seal()
    write_events(2)
    seal()
    assert named_after(commits, events[0], **changes) == "forged"


NO_PLACE = {
    "no transaction": ("ALTER COLUMN xid DROP NOT NULL", "xid = NULL"),
    "no epoch": ("ALTER COLUMN epoch DROP NOT NULL", "epoch = NULL"),
    "a number too large": ("ALTER COLUMN xid DROP NOT NULL", "xid = '9223372036854775808'"),
}


@pytest.mark.parametrize(("loosen", "change"), NO_PLACE.values(), ids=NO_PLACE)
@pytest.mark.parametrize("sealed", [True, False])
def test_a_row_at_no_place_is_named(commits, loosen, change, sealed):
    events = write_events(3)
    if sealed:
        seal()
    as_owner(commits, f"ALTER TABLE base_event {loosen}")
    as_owner(commits, f"UPDATE base_event SET {change} WHERE id = %s", [events[1].pk])  # noqa: S608
    assert named() == ("forged", events[1].pk)
    with pytest.raises(CommandError, match=str(events[1].pk)):
        call_command("verify_log")


def test_a_row_at_the_end_of_time_is_named(commits):
    events = write_events(3)
    seal()
    as_owner(
        commits,
        "CREATE TABLE far PARTITION OF base_event FOR VALUES FROM ('8000-01-01') TO (MAXVALUE)",
    )
    as_owner(commits, "UPDATE base_event SET at = 'infinity' WHERE id = %s", [events[1].pk])
    assert named() == ("forged", events[1].pk)


def test_a_row_whose_hash_was_taken_away_is_named(commits):
    events = write_events(3)
    as_owner(commits, "ALTER TABLE base_event ALTER COLUMN row_hash DROP NOT NULL")
    as_owner(commits, "UPDATE base_event SET row_hash = NULL WHERE id = %s", [events[1].pk])
    assert named() == ("altered", events[1].pk)
    with pytest.raises(CommandError, match=str(events[1].pk)):
        call_command("verify_log")


@pytest.mark.parametrize("place", ["epoch, '9000000'", "epoch + 1, '3'"])
def test_a_row_put_where_nothing_came_yet_is_named(commits, place):
    events = write_events(2)
    seal()
    assert named_after(commits, events[0], place=place) == "forged"
    with pytest.raises(CommandError, match="has not come to"):
        call_command("verify_log")


@pytest.mark.parametrize(
    "change", ["UPDATE base_epoch SET epoch = 5", "UPDATE base_epoch SET epoch = 0",
               "DELETE FROM base_epoch"],
)  # fmt: skip
def test_another_count_of_epochs_is_told(commits, change):
    write_events(2)
    seal()
    as_owner(commits, change)
    assert "count of epochs" in verify().sentence
    with pytest.raises(CommandError, match="count of epochs"):
        call_command("verify_log")


def test_a_row_dated_back_is_told(commits):
    """Put in now, with a right hash, and sealed: its date doesn't fit its place."""
    events = write_events(2)
    seal()
    made_up = copy_row(
        commits,
        events[0],
        at="at - interval '200 days'",
        place="epoch, pg_current_xact_id()",
    )
    seal()
    found = report()
    assert (found.misdated, found.first_misdated) == (1, made_up)
    with pytest.raises(CommandError, match=str(made_up)) as told:
        call_command("verify_log", stdout=StringIO())
    assert told.value.returncode == 2


@pytest.mark.parametrize("new_hash", [True, False])
def test_an_unsealed_row_that_was_altered_is_named(commits, new_hash):
    write_events(2)
    seal()
    events = write_events(2)
    as_owner(
        commits, "UPDATE base_event SET action = 'record.listed' WHERE id = %s", [events[1].pk]
    )
    if new_hash:
        # Once it is sealed with the wrong hash, no seal makes it right.
        seal()
    assert named() == ("altered", events[1].pk)


UNREADABLE = (
    # More digits than Python reads, deeper than it goes, and no facts at all.
    """('{"count": 1' || repeat('0', 5000) || '}')::jsonb""",
    "(repeat('[', 3000) || repeat(']', 3000))::jsonb",
    "'[]'::jsonb",
    "'1e400'::jsonb",
)


@pytest.mark.parametrize("facts", UNREADABLE)
@pytest.mark.parametrize("sealed", [True, False])
def test_facts_that_nobody_can_read_are_named(commits, facts, sealed):
    events = write_events(3)
    if sealed:
        seal()
    as_owner(
        commits,
        f"UPDATE base_event SET facts = {facts} WHERE id = %s",  # noqa: S608  our own texts
        [events[1].pk],
    )
    assert named() == ("altered", events[1].pk)


def batches(count):
    made = []
    for _ in range(count):
        made.append(write_events(2))
        seal()
    return made


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_deleted_seal_is_named_with_its_first_row(commits, number):
    rows = batches(3)
    as_owner(commits, "DELETE FROM base_seal WHERE number = %s", [number])
    assert named() == ("deleted", rows[number - 1][0].pk)


def test_the_newest_batch_deleted_with_its_seal_is_named(commits):
    rows = batches(3)
    as_owner(commits, "DELETE FROM base_seal WHERE number = 3")
    as_owner(commits, "DELETE FROM base_event WHERE id = ANY(%s)", [[row.pk for row in rows[2]]])
    assert named() == ("deleted", rows[2][0].pk)


def test_everything_deleted_is_named(commits):
    rows = batches(2)
    as_owner(commits, "DELETE FROM base_seal")
    as_owner(commits, "DELETE FROM base_event")
    assert named() == ("deleted", rows[0][0].pk)


@pytest.mark.parametrize(
    "change",
    [
        "count = 1", "sealed_at = now()", "from_xid = 0", "to_xid = to_xid + 5", "epoch = 2",
        "partition = 2027", "root = sha256('')", "previous = sha256('')",
        "signature = decode(repeat('00', 64), 'hex')", "manifest = decode(repeat('00', 96), 'hex')",
        "manifest = manifest || sha256('')", "sealed_at = 'infinity'",
    ],
)  # fmt: skip
def test_an_altered_seal_is_named(commits, change):
    batches(3)
    as_owner(commits, f"UPDATE base_seal SET {change} WHERE number = 2")  # noqa: S608
    fault = verify()
    assert (fault.kind, fault.seal) == ("seal", 2)
    assert "Seal 2" in fault.sentence


def test_a_history_signed_anew_is_not_the_one_in_the_second_place(commits, second_place):
    batches(2)
    second_place.rename(second_place.with_name("kept"))
    as_owner(commits, "DELETE FROM base_seal")
    seal()
    assert verify() is None
    second_place.with_name("kept").rename(second_place)
    fault = verify()
    assert (fault.kind, fault.seal) == ("second place", 1)


def test_a_cut_second_place_is_told(commits, second_place):
    batches(3)
    lines = second_place.read_text().splitlines(keepends=True)
    second_place.write_text("".join(lines[:2]))
    fault = verify()
    assert (fault.kind, fault.seal) == ("second place", 3)
    assert "was cut" in fault.sentence
    second_place.unlink()
    assert "empty or missing" in verify().sentence


def test_half_a_line_of_a_crash_spoils_nothing(commits, second_place):
    batches(1)
    with second_place.open("a") as file:
        file.write('{"number": 2, "cha')
    batches(2)
    assert verify() is None


def test_a_copy_of_the_second_place_serves_as_well(commits, second_place, tmp_path):
    batches(2)
    copy = tmp_path / "copy"
    copy.write_text(second_place.read_text())
    second_place.unlink()
    assert report(copy).fault is None
    with pytest.raises(CommandError, match="There is no file"):
        call_command("verify_log", roots=tmp_path / "none")


def test_the_command_says_what_it_found(commits):
    rows = batches(2)
    write_events(1)
    said = StringIO()
    call_command("verify_log", stdout=said)
    assert said.getvalue() == "The trail is whole: 5 rows under 3 seals.\n"
    as_owner(commits, "DELETE FROM base_event WHERE id = %s", [rows[1][0].pk])
    with pytest.raises(CommandError, match="was deleted") as told:
        call_command("verify_log", stdout=said)
    assert told.value.returncode == 1


@pytest.mark.parametrize("change", ["DETACH PARTITION", "gone"])
def test_a_trail_that_takes_no_line_still_names_its_fault(commits, change):
    factories.plan("cedar")
    rows = batches(1)
    year = f"base_event_{rows[0][0].at.year}"
    as_owner(commits, f"ALTER TABLE base_event DETACH PARTITION {year}")
    if change == "gone":
        as_owner(commits, f"DROP TABLE {year}")
    said = StringIO()
    with pytest.raises(CommandError, match=f"{rows[0][0].pk}, under seal 1, was deleted"):
        call_command("verify_log", stderr=said)
    assert "could not be told" in said.getvalue()


def test_a_seal_that_claims_the_future_is_named_and_no_restore_supposed(commits):
    batches(2)
    as_owner(commits, "UPDATE base_seal SET to_xid = to_xid + 100000 WHERE number = 2")
    write_events(1)
    with pytest.raises(CommandError, match="Seal 2 has a false signature"):
        call_command("verify_log")


def test_a_second_place_that_is_no_file_is_told(commits, second_place):
    batches(1)
    second_place.unlink()
    second_place.mkdir()
    with pytest.raises(CommandError, match="The second place"):
        call_command("verify_log")


@pytest.mark.parametrize("line", ['{"number": 4, "first": "nobody"}', "[" * 100_000])
def test_nonsense_in_the_second_place_is_told_or_passed_over(commits, second_place, line):
    batches(3)
    with second_place.open("a") as file:
        file.write(line + "\n")
    fault = verify()
    assert fault is None or "Seal 4 stands in the second place" in fault.sentence


def test_checking_needs_no_secret(commits, settings):
    rows = batches(2)
    settings.LOG_PUBLIC_KEYS = [keys.encoded(keys.public_keys()[0])]
    settings.LOG_SIGNING_KEY = ""
    said = StringIO()
    call_command("verify_log", stdout=said)
    assert "4 rows under 2 seals" in said.getvalue()
    as_owner(commits, "DELETE FROM base_event WHERE id = %s", [rows[1][0].pk])
    assert named() == ("deleted", rows[1][0].pk)
    with pytest.raises(keys.NoSigningKey):
        seal()


def test_a_new_signing_key_leaves_the_earlier_seals_proven(commits, settings):
    batches(1)
    old = keys.encoded(keys.public_keys()[0])
    settings.LOG_SIGNING_KEY = "MTIzNDU2NzgxMjM0NTY3ODEyMzQ1Njc4MTIzNDU2Nzg="
    batches(1)
    assert "false signature" in verify().sentence
    settings.LOG_PUBLIC_KEYS = [old]
    assert verify() is None


def test_sealers_at_work_make_no_false_alarm(commits):
    """A seal that comes while others are checked is none of this check's."""
    batches(2)

    def meanwhile(count):
        other = Thread(target=_another_batch)
        other.start()
        other.join()

    with context.system("test"):
        found = check.verify(meanwhile)
    assert (found.fault, found.seals) == (None, 2)
    assert report().seals == 4


def _another_batch():
    batches(1)
    connection.close()


def test_an_id_changed_in_a_seals_list_is_told_as_the_seal(commits):
    events = write_events(3)
    seal()
    as_owner(
        commits,
        "ALTER TABLE base_seal DISABLE TRIGGER USER;"
        "UPDATE base_seal SET manifest = set_byte(manifest, 2, 255 - get_byte(manifest, 2))",
    )
    fault = verify()
    assert (fault.kind, fault.row_id) == ("seal", None)
    assert "list of rows that is not the signed one" in fault.sentence
    assert events


def test_a_row_altered_among_the_first_of_many_is_named(commits, monkeypatch):
    """Looked at some at a time: what is right later doesn't make good what was wrong before."""
    monkeypatch.setattr("portal.base.audit.rows.FETCHED", 2)
    events = write_events(5)
    seal()
    assert verify() is None
    as_owner(commits, "UPDATE base_event SET basis = 'x' WHERE id = %s", [events[0].pk])
    assert named() == ("altered", events[0].pk)
