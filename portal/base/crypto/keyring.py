import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from portal.base import context, registry
from portal.base.crypto import ring
from portal.base.crypto.errors import KeyDestroyed, KeyInUse, SealBroken
from portal.base.crypto.models import KeyHolder
from portal.base.ids import uuid7

TTL_SECONDS = 300.0
EPOCH_SECONDS = 5.0
CACHE_SIZE = 10_000
# Any number will do, as long as nothing else in this database uses it.
SHRED_LOCK = 0x5EA1ED
FIRST = UUID(int=0)
# The times make the stamp of a change that was rolled back differ from the next one's.
_NEWEST_CHANGE = (
    "SELECT epoch, shredded_at, replaced_at FROM base_keyholder"
    " WHERE epoch > 0 ORDER BY epoch DESC LIMIT 1"
)


# The data key in use and, while data are sealed anew, the one before it.
Ciphers = tuple[AESGCM, ...]


class _Cache:
    """Unwrapped keys of this process, least recently used out first."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.ciphers: OrderedDict[UUID, tuple[Ciphers, float]] = OrderedDict()
        self.stamp: Any = None
        self.checked_at = float("-inf")

    def get(self, holder_id: UUID) -> Ciphers | None:
        with self.lock:
            ciphers, until = self.ciphers.get(holder_id, (None, 0.0))
            if ciphers is None or until < time.monotonic():
                self.ciphers.pop(holder_id, None)
                return None
            self.ciphers.move_to_end(holder_id)
            return ciphers

    def put(self, holder_id: UUID, ciphers: Ciphers, stamp: Any) -> None:
        with self.lock:
            # A key read before another thread saw a shredding may be the shredded one.
            if stamp != self.stamp:
                return
            self.ciphers[holder_id] = (ciphers, time.monotonic() + TTL_SECONDS)
            while len(self.ciphers) > CACHE_SIZE:
                self.ciphers.popitem(last=False)

    def meet(self, stamp: Any) -> None:
        with self.lock:
            if stamp != self.stamp:
                self.ciphers.clear()
            self.stamp, self.checked_at = stamp, time.monotonic()

    def drop(self, holder_id: UUID) -> None:
        with self.lock:
            self.ciphers.pop(holder_id, None)


_cache = _Cache()


def check_epoch() -> None:
    """Forget all keys if any was destroyed or replaced since the last look. Called as a request
    begins."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST_CHANGE)
        _cache.meet(cursor.fetchone() or (0, None, None))


def create_holder(kind: str, plan_id: UUID | None) -> UUID:
    return create_holders([kind], plan_id)[0]


def create_holders(kinds: Iterable[str], plan_id: UUID | None) -> list[UUID]:
    """One of each kind. Their keys stay at hand, since something is sealed with them next."""
    made = [_new_holder(kind, plan_id) for kind in kinds]
    KeyHolder.objects.bulk_create([holder for holder, _key in made])
    for holder, key in made:
        _cache.put(holder.pk, (AESGCM(key),), _cache.stamp)
    return [holder.pk for holder, _key in made]


def _new_holder(kind: str, plan_id: UUID | None) -> tuple[KeyHolder, bytes]:
    holder_id, key = uuid7(), AESGCM.generate_key(256)
    ring_key_id, wrapped = ring.wrap(holder_id, key)
    holder = KeyHolder(
        id=holder_id,
        kind=KeyHolder.Kind(kind),
        plan_id=plan_id,
        wrapped=wrapped,
        ring_key_id=ring_key_id,
        made_under=ring_key_id,
    )
    return holder, key


def plan_holder(plan_id: UUID) -> UUID:
    """The plan's own, made when it is first needed. Two at once may make two: both are good."""
    found = KeyHolder.objects.filter(
        kind=KeyHolder.Kind.PLAN, plan_id=plan_id, wrapped__isnull=False
    )
    return found.order_by("pk").values_list("pk", flat=True).first() or create_holder(
        KeyHolder.Kind.PLAN, plan_id
    )


def _load(ids: Iterable[UUID]) -> dict[UUID, Ciphers | KeyDestroyed]:
    stamp = _cache.stamp
    found: dict[UUID, Ciphers | KeyDestroyed] = {}
    for holder in KeyHolder.objects.filter(pk__in=list(ids)):
        if holder.wrapped is None or holder.shredded_at is not None:
            found[holder.pk] = KeyDestroyed(holder.pk, holder.shredded_at or timezone.now())
            continue
        keys = [(holder.ring_key_id, holder.wrapped)]
        if holder.old_wrapped is not None:
            keys.append((holder.old_ring_key_id, holder.old_wrapped))
        ciphers = tuple(AESGCM(ring.unwrap(holder.pk, by, bytes(key))) for by, key in keys)
        _cache.put(holder.pk, ciphers, stamp)
        found[holder.pk] = ciphers
    return found


def prefetch(ids: Iterable[UUID | None]) -> None:
    """Read the keys of a list's rows in one query, so that opening them needs none."""
    missing = {holder_id for holder_id in ids if holder_id and _cache.get(holder_id) is None}
    if missing:
        _load(missing)


def ciphers_for(holder_id: UUID) -> Ciphers:
    if time.monotonic() - _cache.checked_at > EPOCH_SECONDS:
        check_epoch()
    ciphers = _cache.get(holder_id)
    if ciphers is not None:
        return ciphers
    found = _load([holder_id]).get(holder_id)
    if found is None:
        raise SealBroken(f"There is no key holder {holder_id}.")
    if isinstance(found, KeyDestroyed):
        raise found
    return found


def cipher_for(holder_id: UUID) -> AESGCM:
    """What new values of this holder are sealed with."""
    return ciphers_for(holder_id)[0]


def decrypt(holder_id: UUID, blob: bytes, bound_to: bytes) -> bytes:
    """Under the holder's key, or the one before it. Raises InvalidTag when neither opens it."""
    try:
        return _opened(ciphers_for(holder_id), blob, bound_to)
    except InvalidTag:
        # It may be sealed under a key that is newer than what this process has seen.
        _cache.drop(holder_id)
        return _opened(ciphers_for(holder_id), blob, bound_to)


def _opened(ciphers: Ciphers, blob: bytes, bound_to: bytes) -> bytes:
    nonce, sealed = blob[: ring.NONCE], blob[ring.NONCE :]
    for cipher in ciphers[:-1]:
        with contextlib.suppress(InvalidTag):
            return cipher.decrypt(nonce, sealed, bound_to)
    return ciphers[-1].decrypt(nonce, sealed, bound_to)


def next_epoch() -> int:
    """Held to the end of the transaction, so that epochs become visible in their order."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SHRED_LOCK])
    newest = KeyHolder.objects.filter(epoch__gt=0).aggregate(newest=Max("epoch"))["newest"]
    return int(newest or 0) + 1


def refusals(holder_id: UUID) -> dict[str, str]:
    """The guards that stand against destroying this key, and why."""
    with _seeing_all(KeyHolder.objects.get(pk=holder_id)):
        asked = {name: guard(holder_id) for name, guard in registry.shred_guards.items()}
    return {name: reason for name, reason in asked.items() if reason}


@transaction.atomic
def shred(holder_id: UUID, *, by: UUID) -> None:
    """Destroy a key for good. Doing it again changes nothing."""
    holder = KeyHolder.objects.select_for_update().get(pk=holder_id)
    if holder.wrapped is None:
        return
    if reasons := refusals(holder_id):
        raise KeyInUse(" ".join(reasons.values()))
    with _seeing_all(holder):
        for erase in registry.shred_erasers.values():
            erase(holder_id)
    holder.wrapped, holder.ring_key_id = None, ""
    holder.old_wrapped, holder.old_ring_key_id = None, ""
    holder.shredded_at, holder.shredded_by = timezone.now(), by
    holder.epoch = next_epoch()
    holder.save()
    _cache.drop(holder_id)


@contextlib.contextmanager
def _seeing_all(holder: KeyHolder) -> Iterator[None]:
    """Guards must not miss what they look for because row-level security hides it."""
    now = context.current()
    if now.role != context.SYSTEM_ROLE:
        raise KeyInUse("A key is destroyed by a command or scheduled work only.")
    with context.bind(replace(now, plan_id=holder.plan_id)):
        yield


def _stale(newest: str) -> QuerySet[KeyHolder]:
    return KeyHolder.objects.filter(wrapped__isnull=False).exclude(ring_key_id=newest)


_REWRAP = """
UPDATE base_keyholder SET wrapped = fresh.wrapped, ring_key_id = %s
FROM unnest(%s::uuid[], %s::bytea[]) AS fresh (id, wrapped) WHERE base_keyholder.id = fresh.id
"""


@transaction.atomic
def _rewrap_batch(newest: str, after: UUID, size: int) -> list[UUID]:
    rows = _stale(newest).filter(pk__gt=after).select_for_update().order_by("pk")[:size]
    ids, wraps = [], []
    for holder in rows:
        data_key = ring.unwrap(holder.pk, holder.ring_key_id, bytes(holder.wrapped or b""))
        ring_key_id, wrapped = ring.wrap(holder.pk, data_key)
        if ring_key_id != newest:
            raise ImproperlyConfigured("The ring changed while keys were being rewrapped.")
        ids.append(holder.pk)
        wraps.append(wrapped)
    if ids:
        # bulk_update() builds an expression for each row, which takes longer than wrapping its key.
        with connection.cursor() as cursor:
            cursor.execute(_REWRAP, [newest, ids, wraps])
    return ids


def rewrap_all(batch: int = 500, progress: Callable[[int, int], None] | None = None) -> int:
    """Wrap every data key with the newest key of the ring. Ended early, it goes on from there."""
    newest, done, after = ring.newest(), 0, FIRST
    waiting = _stale(newest).count()
    # Goes round again until a whole pass finds none: keys may be made while it runs.
    while (ids := _rewrap_batch(newest, after, batch)) or after != FIRST:
        after = ids[-1] if ids else FIRST
        done += len(ids)
        if progress and ids:
            progress(done, max(done, waiting))
    return done
