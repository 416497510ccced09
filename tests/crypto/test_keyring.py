import base64
import os
import re
from io import StringIO

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.base import context, registry
from portal.base.crypto import keyring, ring
from portal.base.crypto.errors import KeyDestroyed, KeyInUse, SealBroken
from portal.base.crypto.models import KeyHolder
from portal.base.crypto.reseal import Stage
from portal.base.ids import uuid7
from portal.base.management import progress
from portal.base.management.commands import rotate_keys
from tests.crypto.rows import SealedRow
from tests.factories import destroy_key


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def test_a_wrapped_key_opens_for_its_holder_only(holder_id):
    ring_key_id, wrapped = ring.wrap(holder_id, b"k" * 32)
    assert ring.unwrap(holder_id, ring_key_id, wrapped) == b"k" * 32
    with pytest.raises(SealBroken):
        ring.unwrap(uuid7(), ring_key_id, wrapped)
    with pytest.raises(SealBroken):
        ring.unwrap(holder_id, ring_key_id, wrapped[:-1] + bytes([wrapped[-1] ^ 1]))


def test_the_newest_key_of_the_ring_is_the_first(settings):
    first, second = new_key(), new_key()
    settings.KEY_RING = [first, second]
    assert list(ring.keys().values()) == [base64.b64decode(first), base64.b64decode(second)]
    assert ring.newest() == ring.key_id(base64.b64decode(first))


@pytest.mark.parametrize("bad", [[], ["short"], ["AAAA"]])
def test_a_bad_ring_is_refused(settings, bad):
    settings.KEY_RING = bad
    with pytest.raises(ImproperlyConfigured):
        ring.keys()


def test_prefetch_asks_once_for_a_whole_list(db, plan_id, django_assert_num_queries):
    ids = [keyring.create_holder("member_record", plan_id) for _ in range(20)]
    keyring.check_epoch()
    keyring._cache.ciphers.clear()
    with django_assert_num_queries(1):
        keyring.prefetch([*ids, None])
    with django_assert_num_queries(0):
        keyring.prefetch(ids)
        assert len({keyring.cipher_for(holder_id) for holder_id in ids}) == 20


def test_new_keys_are_made_together_and_stay_at_hand(db, plan_id, django_assert_num_queries):
    keyring.check_epoch()
    with django_assert_num_queries(1):
        made = keyring.create_holders(["member_record", "member_privacy"], plan_id)
    with django_assert_num_queries(0):
        at_hand = [keyring.cipher_for(holder_id) for holder_id in made]
    keyring._cache.ciphers.clear()
    for cipher, holder_id in zip(at_hand, made, strict=True):
        sealed = cipher.encrypt(bytes(12), b"x", None)
        assert keyring.cipher_for(holder_id).decrypt(bytes(12), sealed, None) == b"x"


def test_the_cache_forgets_by_size_and_age(db, plan_id, monkeypatch):
    monkeypatch.setattr(keyring, "CACHE_SIZE", 3)
    ids = [keyring.create_holder("person", plan_id) for _ in range(5)]
    keyring.prefetch(ids)
    assert len(keyring._cache.ciphers) == 3
    monkeypatch.setattr(keyring, "TTL_SECONDS", -1.0)
    keyring.cipher_for(ids[0])
    assert keyring._cache.get(ids[0]) is None


def test_shredding_destroys_the_key_for_good(holder_id):
    by = uuid7()
    keyring.cipher_for(holder_id)
    destroy_key(holder_id, by)
    destroy_key(holder_id)
    holder = KeyHolder.objects.get(pk=holder_id)
    assert (holder.wrapped, holder.shredded_by) == (None, by)
    with pytest.raises(KeyDestroyed):
        keyring.cipher_for(holder_id)


def test_another_process_forgets_a_shredded_key(holder_id):
    keyring.check_epoch()
    keyring.cipher_for(holder_id)
    KeyHolder.objects.filter(pk=holder_id).update(
        wrapped=None, ring_key_id="", shredded_at=timezone.now(), shredded_by=uuid7(), epoch=1
    )
    keyring.check_epoch()
    with pytest.raises(KeyDestroyed):
        keyring.cipher_for(holder_id)


def test_a_key_read_before_a_shredding_was_seen_is_not_kept(holder_id):
    keyring.check_epoch()
    cipher = keyring.cipher_for(holder_id)
    keyring._cache.meet((9, None, None))
    keyring._cache.put(holder_id, (cipher,), (0, None, None))
    assert keyring._cache.get(holder_id) is None


def test_a_standing_guard_forbids_shredding(holder_id, monkeypatch):
    monkeypatch.setitem(registry.shred_guards, "free", lambda holder_id: None)
    monkeypatch.setitem(registry.shred_guards, "hold", lambda holder_id: "legal hold")
    with context.system("test"), pytest.raises(KeyInUse, match="legal hold"):
        keyring.shred(holder_id, by=uuid7())
    assert keyring.cipher_for(holder_id)


def test_without_a_context_that_sees_all_nothing_is_destroyed(holder_id, member_user):
    """Row-level security would hide from the guards what they look for."""
    acting = context.AccessContext(plan_id=member_user.plan_id, role="operator")
    with transaction.atomic(), context.bind(acting), pytest.raises(KeyInUse):
        keyring.shred(holder_id, by=uuid7())
    with pytest.raises(context.NoContext):
        keyring.shred(holder_id, by=uuid7())


def test_the_database_refuses_half_a_shredding(holder_id):
    with pytest.raises(IntegrityError), transaction.atomic():
        KeyHolder.objects.filter(pk=holder_id).update(wrapped=None)


def test_rotation_goes_on_where_it_stopped(row, plan_id, settings):
    ids = [keyring.create_holder("member_record", plan_id) for _ in range(9)]
    destroy_key(ids[0])
    settings.KEY_RING = [new_key(), *settings.KEY_RING]
    seen = []

    def stop(done, total):
        seen.append((done, total))
        raise InterruptedError

    before = KeyHolder.objects.filter(wrapped__isnull=False).count()
    with pytest.raises(InterruptedError):
        keyring.rewrap_all(batch=4, progress=stop)
    assert seen == [(4, before)]
    assert keyring.rewrap_all(batch=4) == before - 4
    settings.KEY_RING = settings.KEY_RING[:1]
    keyring._cache.ciphers.clear()
    assert SealedRow.objects.get(pk=row.pk).name == "Ana Lima"


def test_a_key_missing_from_the_ring_is_a_fault_of_the_settings(holder_id, settings):
    settings.KEY_RING = [new_key()]
    with pytest.raises(ImproperlyConfigured):
        keyring.cipher_for(holder_id)


def test_the_command_reports_its_progress(holder_id, settings):
    settings.KEY_RING = [new_key(), *settings.KEY_RING]
    out, err = StringIO(), StringIO()
    call_command("rotate_keys", batch=1, stdout=out, stderr=err)
    assert re.search(r"100%  \d+ keys wrapped, \d+ per second, 0 s left\n$", err.getvalue())
    assert "Rewrapped" in out.getvalue()


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def said(*told, clock):
    screen = OutputWrapper(StringIO())
    tell = rotate_keys._Told(screen)
    for stage, done, total in told:
        clock[0] += 6
        tell(stage, done, total)
    return screen._out.getvalue().splitlines()


def test_sealing_anew_says_how_far_how_fast_and_how_long_still(clock):
    rows = [(Stage.ROWS, done, 10_000) for done in (0, 250, 500, 750)]
    assert said(*rows, clock=clock)[1:] == [
        "[#.......................]   2%  250 rows gone over, 42 per second, 3 min 54 s left",
        "[#.......................]   5%  500 rows gone over, 42 per second, 3 min 48 s left",
        "[##......................]   8%  750 rows gone over, 42 per second, 3 min 42 s left",
    ]


def test_each_pass_over_the_rows_is_measured_by_itself_and_a_wait_told_once(clock):
    rows = [(Stage.ROWS, done, 100) for done in (0, 50, 100)]
    waits = [(Stage.WAITING, 2, 2)] * 3
    lines = said((Stage.KEYS, 9, 9), *waits, *rows, *waits, *rows, clock=clock)
    assert [line for line in lines if not line.startswith("[")] == [
        "Waiting for 2 open transactions to end."
    ] * 2
    assert "100%  9 keys replaced" in lines[0]
    ends = [line for line in lines if "100 rows" in line]
    assert len(ends) == 2
    assert all(line.endswith("8 per second, 0 s left") for line in ends)


def test_the_command_names_a_key_missing_from_the_ring(holder_id, settings):
    lost = ring.key_id(base64.b64decode(settings.KEY_RING[0]))
    settings.KEY_RING = [new_key()]
    said = f"The ring lacks key {lost}, which still wraps data keys: put it back"
    with pytest.raises(CommandError, match=said):
        call_command("rotate_keys", stdout=StringIO(), stderr=StringIO())


def test_a_rotation_that_is_stopped_says_so_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    def stopped(**_more: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(keyring, "rewrap_all", stopped)
    err = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("rotate_keys", stdout=StringIO(), stderr=err)
    assert ended.value.code == 130
    assert err.getvalue().strip() == "Stopped. What was done stays done; run it again to go on."
