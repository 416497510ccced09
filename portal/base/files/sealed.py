"""Sealed files. The caller has opened the member's file through a door; this only keeps bytes."""

import os
from collections.abc import Collection, Iterable, Iterator
from functools import partial
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from portal.base.crypto import reseal
from portal.base.crypto.errors import SealBroken
from portal.base.files import blobs
from portal.base.files.models import SealedFile

# Up to here a file is opened whole before its first byte leaves.
WHOLE_UP_TO = 25 * 1024 * 1024
KEY_BYTES = 32
QUOTA_LOCK = 0xF11E5


class FileTooLarge(Exception):
    """The file is more than may be opened at once."""


class QuotaFull(Exception):
    """The member's files would take more room than they may."""


def write(
    *,
    plan_id: UUID,
    member_id: UUID,
    holder_id: UUID,
    about_id: UUID,
    content_type: str,
    source: Iterable[bytes],
    original_name: str = "",
    quota: int | None = None,
) -> SealedFile:
    """Write a file now and bind it with the caller's transaction; rolled back, it is an orphan.

    Raises QuotaFull when the member's files come to more than `quota` bytes with this one.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A file is bound inside a transaction.")
    file = SealedFile(
        plan_id=plan_id,
        member_id=member_id,
        holder_id=holder_id,
        about_id=about_id,
        content_type=content_type,
        original_name=original_name,
    )
    room = None if quota is None else quota - _used(plan_id, member_id)
    file.key = os.urandom(KEY_BYTES)
    file.stored_as, file.size = blobs.write(file.key, _bound_to(file), _within(source, room))
    file.save(force_insert=True)
    return file


def read(file: SealedFile, up_to: int | None = None) -> bytes:
    """All of it, proven whole before a byte of it is given. Raises FileTooLarge."""
    most = WHOLE_UP_TO if up_to is None else up_to
    if file.size > most:
        raise FileTooLarge(f"File {file.pk} is larger than {most} bytes.")
    return b"".join(iter_plain(file))


def iter_plain(file: SealedFile) -> Iterator[bytes]:
    """Proven chunk by chunk. What was taken counts only when this ends without an error."""
    size = 0
    for chunk in _chunks(file):
        size += len(chunk)
        yield chunk
    if size != file.size:
        raise SealBroken(f"File {file.pk} has another size than it was written with.")


def find(file_id: UUID) -> SealedFile | None:
    """Under the context of its member alone: row-level security hides it from all others."""
    return SealedFile.objects.filter(pk=file_id, removed_at=None).first()


def hold(file_id: UUID) -> SealedFile | None:
    """As `find`, and nobody changes what it is about before the transaction ends."""
    rows = SealedFile.objects.select_for_update().filter(pk=file_id, removed_at=None)
    return rows.first()


def of_row(*, plan_id: UUID, member_id: UUID, about_id: UUID) -> list[SealedFile]:
    """What is bound to one row, in the order in which it was written."""
    rows = SealedFile.objects.filter(plan_id=plan_id, member_id=member_id, about_id=about_id)
    return list(rows.filter(removed_at=None).order_by("pk"))


def remove(file: SealedFile) -> None:
    """The row stays and says when; the key goes with it, so that no copy opens again."""
    file.key, file.removed_at = None, timezone.now()
    file.save(update_fields=["key", "removed_at"])
    _remove_after_commit(file.stored_as)


def remove_of(*, plan_id: UUID, member_id: UUID, about_ids: Collection[UUID]) -> None:
    rows = SealedFile.objects.filter(plan_id=plan_id, member_id=member_id, about_id__in=about_ids)
    for file in rows.filter(removed_at=None):
        remove(file)


def renewed(file: SealedFile, stale: set[str]) -> dict[str, str]:
    """For `crypto.reseal`: the file again, under another key of its own and in another place."""
    if file.key is None or "key" not in stale:
        return {}
    old, new_key = file.stored_as, os.urandom(KEY_BYTES)
    file.stored_as, _size = blobs.write(new_key, _bound_to(file), iter_plain(file))
    file.key = new_key
    _remove_after_commit(old, using=reseal.OWNER)
    return {"stored_as": file.stored_as}


def _chunks(file: SealedFile) -> Iterator[bytes]:
    try:
        yield from blobs.chunks(file.stored_as, _key_of(file), _bound_to(file))
        return
    except FileNotFoundError:
        moved = SealedFile.objects.filter(pk=file.pk, removed_at=None).first()
        if moved is None or moved.stored_as == file.stored_as:
            raise SealBroken(f"File {file.pk} is not in its place.") from None
    # Sealed anew since this row was read: the old place was empty before a byte was taken.
    yield from blobs.chunks(moved.stored_as, _key_of(moved), _bound_to(moved))


def _key_of(file: SealedFile) -> bytes:
    if file.key is None:
        raise SealBroken(f"File {file.pk} was removed.")
    return bytes(file.key)


def _bound_to(file: SealedFile) -> bytes:
    return b"1|file|" + file.pk.bytes


def _used(plan_id: UUID, member_id: UUID) -> int:
    # Two uploads at once would else both find the same room.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [QUOTA_LOCK, str(member_id)]
        )
    rows = SealedFile.objects.filter(plan_id=plan_id, member_id=member_id, removed_at=None)
    return int(rows.aggregate(used=Sum("size"))["used"] or 0)


def _within(source: Iterable[bytes], room: int | None) -> Iterator[bytes]:
    for piece in source:
        if room is not None:
            room -= len(piece)
            if room < 0:
                raise QuotaFull("There is no room left for this file.")
        yield piece


def _remove_after_commit(name: str, using: str = "default") -> None:
    transaction.on_commit(partial(blobs.remove, name), using=using, robust=True)
