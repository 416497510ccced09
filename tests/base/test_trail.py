"""The trail can be added to, never changed, and its rows are sealed in order."""

import pytest
from django.db import ProgrammingError, connection, transaction

from portal.base import context
from portal.base.audit import seals, trail
from portal.base.audit.models import Seal
from portal.base.audit.tree import Tree, merkle_root
from portal.base.ids import uuid7
from tests.base.trails import report, seal, verify, write_events

pytestmark = pytest.mark.promise("AM19")


def test_untouched_trail_is_whole(commits):
    write_events(5)
    assert seal() == 5
    write_events(3)
    assert seal() == 3
    write_events(2)
    found = report()
    assert found.fault is None
    assert (found.rows, found.seals, found.unsealed) == (8, 2, 2)


def test_sealing_twice_adds_nothing(commits):
    write_events(2)
    assert seal() == 2
    assert seal() == 0


def test_a_trail_of_many_batches_is_whole(commits, monkeypatch):
    monkeypatch.setattr(seals, "BATCH", 3)
    write_events(8)
    assert [seal() for _ in range(4)] == [3, 3, 2, 0]
    assert verify() is None


def test_a_transaction_longer_than_a_batch_is_sealed_whole(commits, monkeypatch):
    monkeypatch.setattr(seals, "BATCH", 3)
    with context.system("test"):
        for _ in range(5):
            trail.record("record.opened")
    write_events(1)
    assert [seal(), seal(), seal()] == [5, 1, 0]
    assert verify() is None


def test_long_seals_are_checked_with_a_cursor_of_the_servers(commits, monkeypatch):
    monkeypatch.setattr("portal.base.audit.rows.FETCHED", 1)
    write_events(4)
    seal()
    assert report().rows == 4


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


def test_application_cannot_choose_a_rows_place(db):
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO base_event (id, at, xid) VALUES (gen_random_uuid(), now(), '5')"
        )


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


@pytest.mark.parametrize(
    ("leaves", "root"),
    # RFC 6962's own vectors hash the leaves' bytes, as this does (certificate-transparency tests).
    [
        ([b""], "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        ([b"", b"\0"], "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        (
            [b"", b"\0", b"\x10"],
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        ),
    ],
)
def test_the_tree_is_that_of_rfc_6962(leaves, root):
    assert merkle_root(leaves).hex() == root


def test_a_path_is_never_longer_than_24(db):
    assert len(Tree([b"x"] * seals.BATCH).path(17)) == 16
