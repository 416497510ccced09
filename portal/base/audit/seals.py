"""Sealing finished events into a signed chain, and proving the trail whole.

The database's owner can't be stopped from changing rows, only found out. Each batch is a Merkle
tree over the hashes of exported lines; its root is signed, chained to the one before, and written
to a second place. Only rows of transactions below the snapshot's xmin are sealed: no later commit
can slip in before them.
"""

import base64
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.db import connection
from django.utils import timezone

from portal.base.audit.models import Seal
from portal.base.audit.trail import COLUMNS, row_hash

ENTRY = 48
BATCH = 50_000
GENESIS = b"\0" * 32
LOCK = 0x5EA1  # one sealer at a time, for the length of its transaction


@dataclass(frozen=True)
class Fault:
    """The first thing found wrong: which row or seal, and how."""

    kind: str  # altered, deleted, reordered, forged, or seal
    row_id: UUID | None
    seal: int
    sentence: str


def merkle_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1: leaves and nodes hash under different first bytes."""
    level = [hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves]
    if not level:
        return hashlib.sha256(b"").digest()
    while len(level) > 1:
        paired = [
            hashlib.sha256(b"\1" + level[i] + level[i + 1]).digest()
            for i in range(0, len(level) - 1, 2)
        ]
        level = paired + level[len(paired) * 2 :]
    return level[0]


def _key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(settings.LOG_SIGNING_KEY))


def public_key() -> bytes:
    return _key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _signed_bytes(seal: Seal) -> bytes:
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
    return hashlib.sha256(_signed_bytes(seal) + bytes(seal.signature)).digest()


def seal_finished() -> int:
    """Seal what is finished; return how many rows. Under a system context, in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        last = Seal.objects.order_by("-number").first()
        cursor.execute("SELECT epoch FROM base_epoch")
        epoch = cursor.fetchone()[0]
        from_xid = last.to_xid if last and last.epoch == epoch else 0
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        to_xid = cursor.fetchone()[0]
        cursor.execute(
            """SELECT extract(year FROM at AT TIME ZONE 'UTC')::int, id, row_hash,
                      xid::text::bigint
               FROM base_event WHERE epoch = %s AND xid >= %s::text::xid8 AND xid < %s::text::xid8
               ORDER BY xid, id LIMIT %s""",
            [epoch, from_xid, to_xid, BATCH + 1],
        )
        rows = cursor.fetchall()
    if len(rows) > BATCH:
        # A transaction's rows stay together, so that the next batch begins at a whole xid.
        to_xid = rows[-1][3]
        kept = [row for row in rows if row[3] < to_xid]
        if not kept:
            raise RuntimeError("One transaction wrote more audit rows than a batch holds.")
        rows = kept
    if not rows:
        return 0
    previous = last
    # A batch never crosses a partition: a partition is dropped with its own proofs.
    years: dict[int, list[tuple[UUID, bytes]]] = {}
    for year, row_id, leaf, _ in rows:
        years.setdefault(year, []).append((row_id, bytes(leaf)))
    for year, entries in sorted(years.items()):
        previous = _append(
            previous,
            epoch=epoch,
            from_xid=from_xid,
            to_xid=to_xid,
            partition=year,
            entries=entries,
        )
    return len(rows)


def _append(
    last: Seal | None,
    *,
    epoch: int,
    from_xid: int,
    to_xid: int,
    partition: int,
    entries: list[tuple[UUID, bytes]],
) -> Seal:
    seal = Seal(
        number=last.number + 1 if last else 1,
        epoch=epoch,
        from_xid=from_xid,
        to_xid=to_xid,
        partition=partition,
        count=len(entries),
        manifest=b"".join(row_id.bytes + leaf for row_id, leaf in entries),
        root=merkle_root([leaf for _, leaf in entries]),
        previous=chain_hash(last) if last else GENESIS,
        sealed_at=timezone.now(),
    )
    seal.signature = _key().sign(_signed_bytes(seal))
    # The second place is written first: a root there without its row is seen and harmless,
    # a row without its root would look like a cut chain.
    _anchor(seal)
    seal.save(force_insert=True)
    return seal


def _anchor(seal: Seal) -> None:
    path = Path(settings.LOG_ANCHOR_PATH)
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"number": seal.number, "chain": chain_hash(seal).hex()}) + "\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _anchored() -> dict[int, set[str]]:
    path = Path(settings.LOG_ANCHOR_PATH)
    found: dict[int, set[str]] = {}
    if path.exists():
        for line in path.read_text().splitlines():
            entry = json.loads(line)
            found.setdefault(entry["number"], set()).add(entry["chain"])
    return found


def verify(progress: Callable[[int], None] = lambda count: None) -> Fault | None:
    """Check every seal and every sealed row; return the first fault, or None."""
    anchored = _anchored()
    previous: Seal | None = None
    done = 0
    for seal in Seal.objects.order_by("number").iterator(chunk_size=20):
        fault = _verify_seal(seal, previous, anchored) or _verify_rows(seal)
        if fault:
            return fault
        done += seal.count
        progress(done)
        previous = seal
    last = previous.number if previous else 0
    if anchored and max(anchored) > last:
        return Fault(
            "deleted", None, last + 1, f"Seal {last + 1} is in the second place but not here."
        )
    return _outside_every_seal(previous, done) or _unsealed_intruder(previous)


def _verify_seal(seal: Seal, previous: Seal | None, anchored: dict[int, set[str]]) -> Fault | None:
    def fault(sentence: str) -> Fault:
        return Fault("seal", None, seal.number, sentence)

    if seal.number != (previous.number + 1 if previous else 1):
        return fault(f"Seal {seal.number} does not follow the one before it: one is missing.")
    if bytes(seal.previous) != (chain_hash(previous) if previous else GENESIS):
        return fault(f"Seal {seal.number} is not chained to the one before it.")
    try:
        _key().public_key().verify(bytes(seal.signature), _signed_bytes(seal))
    except InvalidSignature:
        return fault(f"Seal {seal.number} has a false signature.")
    if chain_hash(seal).hex() not in anchored.get(seal.number, set()):
        return fault(f"Seal {seal.number} is not the one that stands in the second place.")
    if merkle_root([leaf for _, leaf in _entries(seal)]) != bytes(seal.root):
        return fault(f"Seal {seal.number} has a list of rows that is not the signed one.")
    return None


def _entries(seal: Seal) -> list[tuple[UUID, bytes]]:
    manifest = bytes(seal.manifest)
    return [
        (UUID(bytes=manifest[i : i + 16]), manifest[i + 16 : i + ENTRY])
        for i in range(0, len(manifest), ENTRY)
    ]


def _rows(seal: Seal) -> Iterator[dict[str, Any]]:
    names = ", ".join(COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT {names}, row_hash FROM base_event
                WHERE epoch = %s AND xid >= %s::text::xid8 AND xid < %s::text::xid8
                  AND at >= make_timestamptz(%s, 1, 1, 0, 0, 0, 'UTC')
                  AND at < make_timestamptz(%s, 1, 1, 0, 0, 0, 'UTC')
                ORDER BY xid, id""",  # noqa: S608
            [
                seal.epoch,
                seal.from_xid,
                seal.to_xid,
                seal.partition,
                seal.partition + 1,
            ],
        )
        columns = [*COLUMNS, "row_hash"]
        for row in cursor:
            found = dict(zip(columns, row, strict=True))
            if isinstance(found["facts"], str):
                found["facts"] = json.loads(found["facts"])
            yield found


def _verify_rows(seal: Seal) -> Fault | None:
    expected = _entries(seal)
    found = list(_rows(seal))
    ids = {row["id"] for row in found}
    known = {row_id for row_id, _ in expected}
    for position, (row_id, leaf) in enumerate(expected):
        if row_id not in ids:
            return _row_fault("deleted", row_id, seal)
        row = found[position]
        if row["id"] != row_id:
            kind = "reordered" if row["id"] in known else "forged"
            return _row_fault(kind, row["id"], seal)
        if row_hash(row) != leaf or bytes(row["row_hash"]) != leaf:
            return _row_fault("altered", row_id, seal)
    if len(found) > len(expected):
        return _row_fault("forged", found[len(expected)]["id"], seal)
    return None


def _row_fault(kind: str, row_id: UUID, seal: Seal) -> Fault:
    return Fault(kind, row_id, seal.number, f"Row {row_id} in seal {seal.number} was {kind}.")


def _outside_every_seal(last: Seal | None, sealed: int) -> Fault | None:
    """A row that claims an older place than the last seal, and stands under none of them."""
    if last is None:
        return None
    older = """FROM base_event WHERE (epoch, xid) < (%s, %s::text::xid8)"""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {older}", [last.epoch, last.to_xid])
        if cursor.fetchone()[0] == sealed:
            return None
        known = {row_id for seal in Seal.objects.all() for row_id, _ in _entries(seal)}
        cursor.execute(
            f"SELECT id {older} ORDER BY epoch, xid, id",
            [last.epoch, last.to_xid],
        )
        row_id = next(found for (found,) in cursor if found not in known)
    return Fault("forged", row_id, 0, f"Row {row_id} was put into the past: no seal holds it.")


def _unsealed_intruder(last: Seal | None) -> Fault | None:
    """Rows not sealed yet must at least carry their own hash."""
    names = ", ".join(COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT {names}, row_hash FROM base_event
                WHERE (epoch, xid) >= (%s, %s::text::xid8) ORDER BY epoch, xid, id""",  # noqa: S608
            [last.epoch if last else 0, last.to_xid if last else 0],
        )
        for row in cursor:
            found = dict(zip([*COLUMNS, "row_hash"], row, strict=True))
            if isinstance(found["facts"], str):
                found["facts"] = json.loads(found["facts"])
            if row_hash(found) != bytes(found["row_hash"]):
                row_id = found["id"]
                return Fault("altered", row_id, 0, f"Row {row_id}, not sealed yet, was altered.")
    return None
