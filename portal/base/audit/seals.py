"""Sealing finished events into a signed chain.

The database's owner can't be stopped from changing rows, only found out. Each batch is a Merkle
tree over the hashes of exported lines; its root is signed, chained to the one before, and written
to a second place. Only rows of transactions below the snapshot's xmin are sealed: no later commit
can slip in before them.
"""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from portal.base.audit import anchor, keys, marks
from portal.base.audit.models import Seal
from portal.base.audit.rows import doubled
from portal.base.audit.tree import merkle_root

LEAF = 32
ENTRY = 16 + LEAF
BATCH = 50_000
GENESIS = b"\0" * 32
LOCK = 0x5EA1  # one sealer at a time, for the length of its transaction
# A finished line waits seconds. When one waits this long, someone must look.
LATE = timedelta(minutes=5)
MOST = 2**63 - 1

Row = tuple[int, UUID, bytes, int]  # year, id, hash, transaction
Told = dict[int, list[dict[str, Any]]]  # by number, what the second place has beyond the last seal


class NotSealed(RuntimeError):
    """Sealing would sign over what must be looked at first."""


class EpochNeeded(NotSealed):
    """The database counts from a lower number than the last seal: it was restored or promoted."""


class RowForged(NotSealed):
    """A row that waits for a seal is not one that the portal wrote."""


class RowsGone(NotSealed):
    """The second place was told of rows that are not here as they were."""


def signed_bytes(seal: Seal) -> bytes:
    return json.dumps(
        [
            seal.number,
            seal.epoch,
            seal.from_xid,
            seal.to_xid,
            seal.partition,
            seal.count,
            bytes(seal.root).hex(),
            bytes(seal.previous).hex(),
            seal.sealed_at.astimezone(UTC).isoformat(),
        ],
        separators=(",", ":"),
    ).encode()


def chain_hash(seal: Seal) -> bytes:
    return hashlib.sha256(signed_bytes(seal) + bytes(seal.signature)).digest()


def entries(seal: Seal) -> list[tuple[UUID, bytes]]:
    """The manifest: id and hash of each row, in order."""
    manifest = bytes(seal.manifest)
    return [
        (UUID(bytes=manifest[i : i + 16]), manifest[i + 16 : i + ENTRY])
        for i in range(0, len(manifest), ENTRY)
    ]


def current_epoch() -> int:
    """Raises NotSealed where the database's owner took the count of epochs away."""
    return int(_one("SELECT epoch FROM base_epoch"))


def reached() -> int:
    """The transaction that the database comes to next: no row can claim it, or a later one."""
    return int(_one("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"))


def last_seal() -> Seal | None:
    return Seal.objects.order_by("-number").defer("manifest").first()


def require_epoch(last: Seal | None, epoch: int) -> None:
    """Refuse to go on where old and new lines would mix. Raises EpochNeeded."""
    if last is None or last.epoch != epoch:
        return
    counted = reached()
    if counted < last.to_xid:
        raise EpochNeeded(
            f"The database counts its transactions from {counted:,}, but seal {last.number} went "
            f"up to {last.to_xid:,}: it was restored or promoted. Stop the portal, then run "
            "`manage.py raise_log_epoch`."
        )


def seal_finished() -> int:
    """Seal what is finished; return how many rows. Under a system context, in a transaction.

    Raises NotSealed after a restore or a deletion, and NoSigningKey where the key is not.
    """
    keys.require()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    last, now = last_seal(), current_epoch()
    require_epoch(last, now)
    number = last.number + 1 if last else 1
    told = anchor.after(number - 1)
    # A seal of which a crash left only the line in the second place is made again as it was.
    until = told[number][0].get("to_xid", MOST) if number in told else MOST
    for epoch in _epochs(last, now):
        from_xid = last.to_xid if last and last.epoch == epoch else 0
        # What an earlier epoch left behind is finished: raising it waited for all who wrote.
        below = min(_finished_below() if epoch == now else MOST, until)
        rows, to_xid = _batch(epoch, from_xid, below)
        if rows:
            _seal(last, rows, told, epoch=epoch, from_xid=from_xid, to_xid=to_xid)
            return len(rows)
    _require_kept(told, number, [])
    return 0


def _require_kept(told: Told, number: int, found: list[tuple[UUID, bytes]]) -> None:
    """Refuse to sign over a deletion: the number's earlier lines must hold still."""
    for entry in told.get(number, []):
        if not anchor.is_kept(entry, found):
            raise RowsGone(
                f"The second place has seal {number} with {entry.get('count', 0):,} rows that "
                f"begin with {entry.get('first')}. They are not here as they were: rows were "
                "deleted or altered, or the database was restored. Only after a restore, stop the "
                "portal and run `manage.py raise_log_epoch`."
            )


def _epochs(last: Seal | None, now: int) -> list[int]:
    """Those that may hold rows to seal. Once an epoch has a seal, the earlier are closed."""
    earliest = last.epoch if last else 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT epoch FROM base_event WHERE epoch >= %s AND epoch < %s ORDER BY epoch",
            [earliest, now],
        )
        return [*(epoch for (epoch,) in cursor.fetchall()), now]


def _finished_below() -> int:
    return int(_one("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"))


def _batch(epoch: int, from_xid: int, below: int) -> tuple[list[Row], int]:
    """The next rows in order, and the transaction that the batch after them begins with."""
    rows = _rows(epoch, from_xid, below, BATCH + 1)
    if len(rows) <= BATCH:
        return rows, min(below, rows[-1][3] + 1) if rows and below == MOST else below
    # A transaction's rows stay together, so that the next batch begins at a whole one.
    cut = rows[-1][3]
    kept = [row for row in rows if row[3] < cut]
    if kept:
        return kept, cut
    return _rows(epoch, from_xid, cut + 1, None), cut + 1


def _rows(epoch: int, from_xid: int, to_xid: int, limit: int | None) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT extract(year FROM at AT TIME ZONE 'UTC')::int, id, row_hash,
                      xid::text::bigint, mark
               FROM base_event WHERE epoch = %s AND xid >= %s::text::xid8 AND xid < %s::text::xid8
               ORDER BY xid, id LIMIT %s""",
            [epoch, from_xid, to_xid, limit],
        )
        found = [(*row[:2], bytes(row[2] or b""), row[3], bytes(row[4] or b"")) for row in cursor]
    for _, row_id, leaf, _, mark in found:
        _require_written(row_id, leaf, mark)
    if copied := doubled([row[1] for row in found]):
        raise RowForged(f"Row {min(copied)} stands twice: the database's owner copied it.")
    return [row[:4] for row in found]


def _require_written(row_id: UUID, leaf: bytes, mark: bytes) -> None:
    """Raises where the row has no hash, or no mark that only the portal can make."""
    if len(leaf) != LEAF:
        raise RowsGone(f"Row {row_id} has no hash of its own: its owner changed it.")
    if not marks.fits(leaf, mark):
        raise RowForged(
            f"Row {row_id} carries no mark of this portal: the database's owner put it in or "
            "altered it, or KEY_RING here lacks the key of the process that wrote it."
        )


def _seal(last: Seal | None, rows: list[Row], told: Told, **place: int) -> None:
    # A batch never crosses a partition: a partition is dropped with its own proofs.
    years: dict[int, list[tuple[UUID, bytes]]] = {}
    for year, row_id, leaf, _ in rows:
        years.setdefault(year, []).append((row_id, leaf))
    number = last.number + 1 if last else 1
    # All are looked at before the first is signed.
    for position, (_, found) in enumerate(sorted(years.items())):
        _require_kept(told, number + position, found)
    for year, found in sorted(years.items()):
        last = _append(last, found, told, partition=year, **place)


def _append(last: Seal | None, found: list[tuple[UUID, bytes]], told: Told, **place: int) -> Seal:
    number = last.number + 1 if last else 1
    seal = Seal(
        number=number,
        count=len(found),
        manifest=b"".join(row_id.bytes + leaf for row_id, leaf in found),
        root=merkle_root([leaf for _, leaf in found]),
        previous=chain_hash(last) if last else GENESIS,
        sealed_at=_first_sealed(told.get(number, [])),
        **place,
    )
    seal.signature = keys.sign(signed_bytes(seal))
    # The second place is written first: a root there without its seal is made again as it was,
    # a seal without its root would look like a cut chain.
    anchor.append(
        {
            "number": seal.number,
            "chain": chain_hash(seal).hex(),
            "count": seal.count,
            "first": str(found[0][0]),
            "root": seal.root.hex(),
            "to_xid": seal.to_xid,
            "sealed_at": seal.sealed_at.isoformat(),
        }
    )
    seal.save(force_insert=True)
    return seal


def _first_sealed(told: list[dict[str, Any]]) -> datetime:
    """With the same time the same seal comes out, to the last bit of its signature."""
    at = told[0].get("sealed_at") if told else None
    return datetime.fromisoformat(at) if at else timezone.now()


def waiting_since() -> datetime | None:
    """When the oldest line was written that no seal holds yet. Under a system context."""
    last = last_seal()
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT at FROM base_event WHERE (epoch, xid) >= (%s, %s::text::xid8)
               ORDER BY epoch, xid, id LIMIT 1""",
            [last.epoch if last else 0, last.to_xid if last else 0],
        )
        found = cursor.fetchone()
    return found[0] if found else None


def is_late() -> bool:
    since = waiting_since()
    return since is not None and timezone.now() - since > LATE


def _one(query: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query)
        found = cursor.fetchone()
    if found is None:
        raise NotSealed(f"The database answers nothing to {query!r}: its owner emptied that table.")
    return found[0]
