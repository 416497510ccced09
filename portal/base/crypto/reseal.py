"""After the ring was compromised: new data keys for every holder, and all data under them.

Rewrapping isn't enough then: who has an old key of the ring and a copy of the database has the
data keys. It goes on where it was cut short, and nobody waits for it:

1. Each holder gets a new data key and keeps the one before. New values are sealed under the new.
2. A fence: until no transaction is open that may still write with what it read before.
3. Row after row is sealed anew. A pass that finds nothing left ends it; else back to 2, as
   somebody may have written back an old ciphertext that they held.
4. The data keys before are dropped.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, models, transaction
from django.db.models import QuerySet
from django.utils import timezone

from portal.base.crypto import keyring, ring
from portal.base.crypto.errors import KeyDestroyed, SealBroken
from portal.base.crypto.fields import SealedMixin
from portal.base.crypto.models import KeyHolder
from portal.base.crypto.values import ForStorage, Sealed

# Rows of all members: row-level security shows them to the owner alone.
OWNER = "owner"
KEYS_AT_ONCE = 250
FENCE_SECONDS = 1.0


class Stage(StrEnum):
    KEYS = "keys"
    WAITING = "waiting"
    ROWS = "rows"


Model = type[models.Model]
# The stage, how much of it is done, and of how much. Of waiting: for how many, of as many.
Say = Callable[[Stage, int, int], None]
# Given a row and its stale fields: does what else it needs, and answers what columns it changed.
Also = Callable[[Any, set[str]], dict[str, Any]]


@dataclass
class Done:
    keys: int = 0
    values: int = 0
    rows_passed: int = 0
    # Rows that open under no key. They were left as they are, for someone to look at.
    broken: set[tuple[str, Any]] = field(default_factory=set)


def run(*, say: Say, also: dict[Model, Also] | None = None, batch: int = 200) -> Done:
    """Seal everything anew whose data key an older key of the ring ever wrapped."""
    if OWNER not in connections:
        raise ImproperlyConfigured("Set DATABASE_OWNER_URL: only the owner sees all rows.")
    done = Done()
    # First what an earlier run began: its keys may be older than the ring's newest.
    _finish(done, say, also or {}, batch)
    while _replace_keys(done, say):
        _finish(done, say, also or {}, batch)
    return done


def unfinished() -> int:
    return _replaced().count()


def replaced_so_far() -> int:
    """By this run and by those before it that were stopped: all under the ring's newest key."""
    made = KeyHolder.objects.filter(made_under=ring.newest(), replaced_at__isnull=False)
    return made.count()


def _replaced() -> QuerySet[KeyHolder]:
    return KeyHolder.objects.filter(old_wrapped__isnull=False)


# New keys


def _replace_keys(done: Done, say: Say) -> bool:
    newest, before = ring.newest(), done.keys
    waiting = KeyHolder.objects.filter(wrapped__isnull=False).exclude(made_under=newest)
    total = waiting.count()
    if total:
        say(Stage.KEYS, 0, total)
    while count := _replace_batch(waiting, newest):
        done.keys += count
        say(Stage.KEYS, done.keys - before, max(total, done.keys - before))
    return done.keys > before


@transaction.atomic
def _replace_batch(waiting: QuerySet[KeyHolder], newest: str) -> int:
    holders = list(waiting.select_for_update().order_by("pk")[:KEYS_AT_ONCE])
    epoch, now = keyring.next_epoch() if holders else 0, timezone.now()
    for holder in holders:
        holder.old_wrapped, holder.old_ring_key_id = holder.wrapped, holder.ring_key_id
        made = ring.wrap(holder.pk, AESGCM.generate_key(256))
        holder.ring_key_id, holder.wrapped = made
        holder.made_under, holder.replaced_at, holder.epoch = newest, now, epoch
        if holder.ring_key_id != newest:
            raise ImproperlyConfigured("The ring changed while keys were being replaced.")
    KeyHolder.objects.bulk_update(
        holders,
        ["wrapped", "ring_key_id", "old_wrapped", "old_ring_key_id", "made_under", "replaced_at",
         "epoch"],
    )  # fmt: skip
    return len(holders)


# The data under them


def _finish(done: Done, say: Say, also: dict[Model, Also], batch: int) -> None:
    ids = list(_replaced().values_list("pk", flat=True))
    if not ids:
        return
    # Other processes look for replaced keys this often.
    time.sleep(keyring.EPOCH_SECONDS)
    keyring.check_epoch()
    left = 1
    while left:
        _fence(say)
        left = _pass(done, say, also, batch)
    for at in range(0, len(ids), 1000):
        rows = _replaced().filter(pk__in=ids[at : at + 1000])
        rows.update(old_wrapped=None, old_ring_key_id="")


def _fence(say: Say) -> None:
    """Wait for every transaction that is open now. The application's role sees its own."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
        while True:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND usename = current_user AND pid <> pg_backend_pid() AND xact_start <= %s",
                [now],
            )
            (count,) = cursor.fetchone()
            if not count:
                return
            say(Stage.WAITING, count, count)
            time.sleep(FENCE_SECONDS)


def _pass(done: Done, say: Say, also: dict[Model, Also], batch: int) -> int:
    """Once over all rows. The answer is how many were changed, or must be looked at again."""
    changed = done.rows_passed = 0
    total = sum(model._base_manager.using(OWNER).count() for model in _models())
    say(Stage.ROWS, 0, total)
    for model in _models():
        for rows in _batches(model, batch):
            stale = [row.pk for row in rows if _stale(row, done)]
            if stale:
                changed += _reseal(model, stale, also.get(model), done)
            done.rows_passed += len(rows)
            say(Stage.ROWS, done.rows_passed, total)
    return changed


def _models() -> Iterator[Model]:
    for model in apps.get_models():
        if model._meta.managed and _fields(model):
            yield model


def _fields(model: Model) -> list[SealedMixin]:
    return [one for one in model._meta.concrete_fields if isinstance(one, SealedMixin)]


def _batches(model: Model, size: int) -> Iterator[list[Any]]:
    rows = model._base_manager.using(OWNER).order_by("pk")
    found = list(rows[:size])
    while found:
        keyring.prefetch(_holder_ids(found))
        yield found
        found = list(rows.filter(pk__gt=found[-1].pk)[:size])


def _holder_ids(rows: list[Any]) -> Iterator[UUID]:
    names = {one.holder for one in _fields(type(rows[0]))}
    return (getattr(row, name) for row in rows for name in names)


def _stale(row: Any, done: Done) -> list[SealedMixin]:
    """The fields of this row that are sealed under a key that was replaced."""
    found = []
    for one in _fields(type(row)):
        value = row.__dict__[one.attname]
        try:
            if isinstance(value, Sealed) and not one.is_current(row, value):
                one.open(row, value)
                found.append(one)
        except KeyDestroyed:
            continue
        except SealBroken:
            done.broken.add((row._meta.label, row.pk))
    return found


def _reseal(model: Model, stale: list[Any], also: Also | None, done: Done) -> int:
    """Rows that somebody writes to just now are left for the next pass: we never hold them up."""
    rows = model._base_manager.using(OWNER).filter(pk__in=stale)
    with transaction.atomic(using=OWNER):
        with connections[OWNER].cursor() as cursor:
            cursor.execute("SELECT set_config('app.reseal', 'on', true)")
        for row in rows.select_for_update(skip_locked=True):
            fields = _stale(row, done)
            more = _more(row, fields, also, done)
            values = {one.attname: one.seal(row, one.value_in(row)) for one in fields}
            if values:
                sealed = {name: ForStorage(value) for name, value in values.items()}
                rows.filter(pk=row.pk).update(**sealed, **more)
                done.values += len(values)
    return len(stale)


def _more(row: Any, fields: list[SealedMixin], also: Also | None, done: Done) -> dict[str, Any]:
    if also is None or not fields:
        return {}
    try:
        return also(row, {one.attname for one in fields})
    except SealBroken:
        done.broken.add((row._meta.label, row.pk))
        return {}
