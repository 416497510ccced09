#!/usr/bin/env python3
"""Check an exported audit trail, or single lines of it, trusting nobody who made them.

    pip install cryptography
    python verify_trail.py --roots roots.jsonl --key public-key.pem EXPORT

Needs no Django, no database and nothing else of the portal; README.md beside it tells the format.
Ends with 0 when all is proven, 1 with the first thing that is wrong, 2 when a file can't be read.
"""

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

MOST_HASHES = 24
GENESIS = "0" * 64
FIELDS = (
    "number", "epoch", "from_xid", "to_xid", "year", "count", "root", "previous", "sealed_at",
)  # fmt: skip


class Wrong(Exception):
    """What is not as it must be, in a sentence."""


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def read_keys(path: Path) -> list[Ed25519PublicKey]:
    blocks = re.findall(
        r"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", path.read_text(), re.S
    )
    keys = [load_pem_public_key(block.encode()) for block in blocks]
    if not keys or not all(isinstance(key, Ed25519PublicKey) for key in keys):
        raise Wrong(f"{path} holds no Ed25519 public key.")
    return keys  # type: ignore[return-value]


def is_signed(keys: list[Ed25519PublicKey], text: str, signature: str) -> bool:
    for key in keys:
        try:
            key.verify(bytes.fromhex(signature), text.encode())
        except InvalidSignature:
            continue
        return True
    return False


class Roots:
    """The file of roots: what stood outside the database when each seal was made."""

    def __init__(self, path: Path, keys: list[Ed25519PublicKey]) -> None:
        self.chains: dict[int, dict[str, dict[str, Any]]] = {}
        self.lost: set[int] = set()
        self.drops: set[str] = set()
        for line in path.read_text(errors="replace").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue  # half a line, of a crash: its seal was written again
            if "number" in entry:
                self.chains.setdefault(entry["number"], {})[entry["chain"]] = entry
            elif "dropped" in entry:
                self.drops.add(entry["record"])
            elif "epoch" in entry:
                self._restored(entry, keys)

    def earlier(self, seal: dict[str, Any]) -> list[dict[str, Any]]:
        """Other lines for a seal: the first try did not reach the database, or it was deleted."""
        found = self.chains.get(seal["number"], {})
        return [entry for chain, entry in found.items() if chain != seal["chain"]]

    @property
    def newest(self) -> int:
        return max(self.chains, default=0)

    def _restored(self, entry: dict[str, Any], keys: list[Ed25519PublicKey]) -> None:
        """A restore forgot the seals after one; a signed line says from where it went on."""
        said = ["epoch", entry["epoch"], entry["after"], entry["at"]]
        if is_signed(keys, json.dumps(said, separators=(",", ":")), entry["signature"]):
            gone = {number for number in self.chains if number > entry["after"]}
            self.lost |= gone
            for number in gone:
                del self.chains[number]


def read_seal(
    document: dict[str, str], keys: list[Ed25519PublicKey], roots: Roots
) -> dict[str, Any]:
    """The signed facts of a seal, once its signature and its place outside are right."""
    text, signature = document["signed"], document["signature"]
    seal = dict(zip(FIELDS, json.loads(text), strict=True))
    if not is_signed(keys, text, signature):
        raise Wrong(f"Seal {seal['number']} has a false signature.")
    seal["chain"] = sha256(text.encode(), bytes.fromhex(signature)).hex()
    seal["witnessed"] = seal["chain"] in roots.chains.get(seal["number"], {})
    if not seal["witnessed"] and seal["number"] <= roots.newest:
        raise Wrong(f"Seal {seal['number']} is not the one in the file of roots.")
    if any(entry["count"] > seal["count"] for entry in roots.earlier(seal)):
        raise signed_anew(seal)
    return seal


def signed_anew(seal: dict[str, Any]) -> Wrong:
    return Wrong(f"Seal {seal['number']} was signed anew: rows under it were deleted or altered.")


def leaf_of(line: bytes) -> bytes:
    return sha256(b"\0", sha256(line))


def check_proof(proof: dict[str, Any], keys: list[Ed25519PublicKey], roots: Roots) -> str:
    """Climb from the line to the signed root; return the id of the line."""
    seal = read_seal(proof["seal"], keys, roots)
    row_id = json.loads(proof["line"])[0]
    if not seal["witnessed"]:
        raise Wrong(f"The file of roots is older than the seal of row {row_id}: get a newer copy.")
    path = [bytes.fromhex(step) for step in proof["path"]]
    index, width, node = proof["index"], seal["count"], leaf_of(proof["line"].encode())
    if len(path) > MOST_HASHES or not 0 <= index < width:
        raise Wrong(f"The proof of row {row_id} can't be one: its place is outside the batch.")
    while width > 1:
        if index ^ 1 < width:
            if not path:
                raise Wrong(f"The proof of row {row_id} is too short.")
            beside = path.pop(0)
            node = sha256(b"\1", beside, node) if index & 1 else sha256(b"\1", node, beside)
        index, width = index // 2, (width + 1) // 2
    if path or node.hex() != seal["root"]:
        raise Wrong(f"Row {row_id} does not stand under seal {seal['number']}: it was altered.")
    return str(row_id)


def root_of(leaves: list[bytes]) -> str:
    while len(leaves) > 1:
        pairs = zip(leaves[::2], leaves[1::2], strict=False)
        above = [sha256(b"\1", left, right) for left, right in pairs]
        leaves = above + leaves[len(above) * 2 :]
    return (leaves[0] if leaves else sha256()).hex()


class Trail:
    """A whole trail, read seal by seal."""

    def __init__(self, lines: Iterator[bytes], keys: list[Ed25519PublicKey], roots: Roots) -> None:
        self.lines, self.keys, self.roots = lines, keys, roots
        self.number, self.chain = 0, GENESIS
        self.rows = self.gone = self.unwitnessed = 0
        self.dropped: set[int] = set()

    def check(self) -> None:
        for line in self.lines:
            entry = json.loads(line)
            if "drop" in entry:
                self._drop(entry["drop"])
            elif "seal" in entry:
                self._seal(read_seal(entry["seal"], self.keys, self.roots), "dropped" in entry)
            elif entry.get("end"):
                return self._end(entry)
        raise Wrong("The export ends too early: its last lines are missing.")

    def _drop(self, note: dict[str, str]) -> None:
        _, year, at, *_ = json.loads(note["signed"])
        record = sha256(note["signed"].encode(), bytes.fromhex(note["signature"])).hex()
        told = record in self.roots.drops
        if not told or not is_signed(self.keys, note["signed"], note["signature"]):
            raise Wrong(f"The note that the year {year} was dropped is false.")
        self.dropped.add(year)
        print(f"The year {year} was dropped on {at}, as a signed note says.")

    def _seal(self, seal: dict[str, Any], dropped: bool) -> None:
        number = seal["number"]
        if number != self.number + 1:
            raise Wrong(f"Seal {self.number + 1} is missing.")
        if seal["previous"] != self.chain:
            raise Wrong(f"Seal {number} is not chained to the one before it.")
        if dropped and seal["year"] not in self.dropped:
            raise Wrong(f"The rows of seal {number} are left out, and no note says why.")
        if dropped:
            self.gone += seal["count"]
        else:
            self._rows(seal)
        self.unwitnessed += not seal["witnessed"]
        self.number, self.chain = number, seal["chain"]

    def _rows(self, seal: dict[str, Any]) -> None:
        leaves, first = [], None
        for _ in range(seal["count"]):
            line = next(self.lines, b"{}").rstrip(b"\n")
            if not line.startswith(b"["):
                raise Wrong(f"Under seal {seal['number']} rows are missing.")
            first = first or json.loads(line)[0]
            leaves.append(leaf_of(line))
        if root_of(leaves) != seal["root"]:
            raise Wrong(f"A row under seal {seal['number']} was altered, moved or exchanged.")
        for entry in self.roots.earlier(seal):
            # Lines of older versions hold no root.
            root = entry.get("root", root_of(leaves[: entry["count"]]))
            if entry["first"] != first or root != root_of(leaves[: entry["count"]]):
                raise signed_anew(seal)
        self.rows += len(leaves)

    def _end(self, entry: dict[str, Any]) -> None:
        if (entry["seals"], entry["rows"]) != (self.number, self.rows) or next(self.lines, b""):
            raise Wrong("The export does not end where it says that it does.")
        if self.roots.newest > self.number:
            raise Wrong(
                f"The file of roots knows seals up to {self.roots.newest}, the export ends with "
                f"{self.number}: seals are missing, or the roots were copied after the export."
            )

    def notes(self) -> str:
        said = (
            (self.gone, "rows are gone with the years dropped."),
            (self.unwitnessed, "seals are newer than the file of roots: signed, not witnessed."),
            (len(self.roots.lost), "seals were lost in a restore."),
        )
        return "".join(f"\n{count:,} {words}" for count, words in said if count)


def check(export: Path, keys: list[Ed25519PublicKey], roots: Roots) -> str:
    with export.open("rb") as lines:
        kind = json.loads(next(lines, b"{}")).get("format")
        if kind == "member-portal-proofs/1":
            ids = [check_proof(json.loads(line), keys, roots) for line in lines]
            return f"Proven: {len(ids):,} rows stand in the trail unaltered."
        if kind != "member-portal-trail/1":
            raise Wrong(f"{export} is not an export of the trail.")
        trail = Trail(lines, keys, roots)
        trail.check()
    return f"Proven: {trail.rows:,} rows under {trail.number:,} seals, none missing.{trail.notes()}"


def main() -> NoReturn:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("export", type=Path)
    parser.add_argument("--roots", type=Path, required=True, help="the second place, or a copy")
    parser.add_argument("--key", type=Path, required=True, help="public key or keys (PEM)")
    given = parser.parse_args()
    try:
        keys = read_keys(given.key)
        print(check(given.export, keys, Roots(given.roots, keys)))
    except Wrong as wrong:
        sys.exit(f"NOT proven. {wrong}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"A file can't be read: {type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(2)
    sys.exit(0)


if __name__ == "__main__":
    main()
