"""What an outsider needs: the whole trail in a file, or single lines with their proofs.

docs/proof/verify_trail.py checks both, with the file of roots and the public key alone.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.utils import timezone

from portal.base.audit import rows, years
from portal.base.audit.models import DroppedYear, Seal
from portal.base.audit.seals import entries, signed_bytes
from portal.base.audit.trail import exported_line, row_hash
from portal.base.audit.tree import Tree

PROOFS, TRAIL = "member-portal-proofs/1", "member-portal-trail/1"
Progress = Callable[[int], None]


def no_progress(count: int) -> None:
    pass


class Prover:
    """Proofs of single lines. Remembers the last seal: lines that follow each other share it."""

    def __init__(self) -> None:
        self._seal: Seal | None = None
        self._tree = Tree([])
        self._position: dict[UUID, int] = {}

    def of(self, row: rows.Row) -> dict[str, Any] | None:
        """The line, its place under the seal, and the path to the signed root.

        None while no seal holds it.
        """
        if not self._is_under(self._seal, row):
            self._open(_seal_of(row))
        index = self._position.get(row["id"])
        if self._seal is None or index is None:
            return None
        return {
            "line": exported_line(row).decode(),
            "index": index,
            "path": [step.hex() for step in self._tree.path(index)],
            "seal": _seal_document(self._seal),
        }

    def _open(self, seal: Seal | None) -> None:
        self._seal = seal
        listed = entries(seal) if seal else []
        self._tree = Tree([leaf for _, leaf in listed])
        self._position = {row_id: index for index, (row_id, _) in enumerate(listed)}

    @staticmethod
    def _is_under(seal: Seal | None, row: rows.Row) -> bool:
        if seal is None or (seal.epoch, seal.partition) != (row["epoch"], row["year"]):
            return False
        return bool(seal.from_xid <= row["xid"] < seal.to_xid)


def _seal_of(row: rows.Row) -> Seal | None:
    near = Seal.objects.filter(epoch=row["epoch"], partition=row["year"], to_xid__gt=row["xid"])
    return near.filter(from_xid__lte=row["xid"]).order_by("to_xid").first()


def _seal_document(seal: Seal) -> dict[str, str]:
    return {"signed": signed_bytes(seal).decode(), "signature": bytes(seal.signature).hex()}


def document(proofs: Iterable[dict[str, Any]]) -> str:
    lines = [{"format": PROOFS, "made_at": timezone.now().isoformat()}, *proofs]
    return "".join(json.dumps(line) + "\n" for line in lines)


def of_event(event_id: UUID) -> dict[str, Any] | None:
    """The proof of one line that the bound context may see; None before it is sealed."""
    row = rows.by_id(event_id)
    return Prover().of(row) if row else None


def is_as_sealed(event_id: UUID) -> bool:
    """Whether the line is still the one that its seal holds: else its proof proves nothing."""
    row = rows.by_id(event_id)
    seal = _seal_of(row) if row else None
    return row is not None and seal is not None and (row["id"], row_hash(row)) in entries(seal)


def export_held(file: Path, year: int, members: set[UUID]) -> tuple[int, bytes]:
    """Copy out the lines of these members with their proofs; return how many, and the digest."""
    prover, count = Prover(), 0
    with _new_file(file) as out:
        _write(out, {"format": PROOFS, "made_at": timezone.now().isoformat(), "year": year})
        for row in rows.of_members(year, members):
            found = prover.of(row)
            if found is None:
                raise years.CannotDrop(f"Row {row['id']} is not sealed yet: run verify_log first.")
            _write(out, found)
            count += 1
    return count, _digest(file)


def export_trail(file: Path, progress: Progress = no_progress) -> tuple[int, int]:
    """Write every seal with the exact lines under it; return how many of both.

    Under a system context. Lines of a dropped year are gone; the signed note of that stands.
    """
    dropped = {note.year: note for note in DroppedYear.objects.order_by("year")}
    seals = count = 0
    with _new_file(file) as out:
        _write(out, {"format": TRAIL, "made_at": timezone.now().isoformat()})
        for note in dropped.values():
            _write(out, {"drop": _note_document(note)})
        for seal in Seal.objects.order_by("number").iterator(chunk_size=20):
            gone = seal.partition in dropped
            _write(out, {"seal": _seal_document(seal)} | ({"dropped": True} if gone else {}))
            for row in () if gone else rows.under(seal):
                out.write(exported_line(row).decode() + "\n")
                count += 1
            seals += 1
            progress(count)
        _write(out, {"end": True, "seals": seals, "rows": count})
    return seals, count


def _note_document(note: DroppedYear) -> dict[str, str]:
    signed = years.signed_bytes(note).decode()
    return {"signed": signed, "signature": bytes(note.signature).hex()}


def _new_file(file: Path) -> IO[str]:
    """Never over another file, and for its owner's eyes alone: it says who opened whose record."""
    handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    return os.fdopen(handle, "w", encoding="utf-8")


def _write(out: IO[str], line: dict[str, Any]) -> None:
    out.write(json.dumps(line) + "\n")


def _digest(file: Path) -> bytes:
    with file.open("rb+") as written:
        os.fsync(written.fileno())
        return hashlib.file_digest(written, "sha256").digest()
