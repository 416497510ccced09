"""What a backup says of itself, so that a restore can prove that it has all of it."""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from portal.base.backup.problems import BackupProblem

FORMAT = 1
NAME = "manifest.json"
DATABASE, FILES, SECOND_PLACE, SETTINGS = (
    "database.dump",
    "files.tar",
    "second-place.jsonl",
    "settings.json",
)
PARTS = (DATABASE, FILES, SECOND_PLACE, SETTINGS)
BLOCK = 1024 * 1024


@dataclass(frozen=True)
class Part:
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    made_at: str
    version: str
    postgres: int
    plans: int
    rows: dict[str, int]
    files: int
    # Rows of files that were gone from their folder when it was copied.
    files_missing: int
    # Of grants, policies and triggers.
    rules: str
    last_seal: int
    last_root: str
    # What must be at hand to read it. None of these is a secret.
    ring_keys: list[str]
    blind_key: str
    public_keys: list[str]
    migrations: list[str]
    parts: dict[str, Part]
    format: int = FORMAT


def part_of(path: Path) -> Part:
    with path.open("rb") as file:
        digest, size = hashlib.sha256(), 0
        while block := file.read(BLOCK):
            digest.update(block)
            size += len(block)
    return Part(size, digest.hexdigest())


def save(manifest: Manifest, folder: Path) -> None:
    body = asdict(manifest)
    text = json.dumps({**body, "sha256": _digest(body)}, indent=1) + "\n"
    write(folder / NAME, lambda file: file.write(text.encode()))


def write(path: Path, fill: Callable[[BinaryIO], Any]) -> None:
    """A new file of the owner's alone, on the disk when this returns."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        fill(file)
        file.flush()
        os.fsync(file.fileno())


def load(folder: Path) -> Manifest:
    """The manifest, if it is as it was written. Raises BackupProblem."""
    path = folder / NAME
    if not path.exists():
        raise BackupProblem(f"{folder} is no whole backup: it has no {NAME}.")
    try:
        body = json.loads(path.read_text())
        said = body.pop("sha256")
        if said != _digest(body):
            raise ValueError
        parts = {name: Part(**part) for name, part in body.pop("parts").items()}
        known = Manifest(**body, parts=parts)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BackupProblem(f"{path} is damaged: it is not as it was written.") from None
    if known.format != FORMAT:
        raise BackupProblem(f"{path} has format {known.format}; this version reads {FORMAT}.")
    return known


def check_parts(folder: Path, manifest: Manifest) -> None:
    """Raises BackupProblem that names the first part that is not as it was written."""
    for name in PARTS:
        path, said = folder / name, manifest.parts.get(name)
        if said is None or not path.exists():
            raise BackupProblem(f"The backup is not whole: its part {name} is missing.")
        if path.stat().st_size != said.size:
            raise BackupProblem(
                f"The backup is damaged: its part {name} has {path.stat().st_size:,} bytes, and "
                f"{said.size:,} were written."
            )
        if part_of(path) != said:
            raise BackupProblem(f"The backup is damaged: its part {name} has other contents.")


def _digest(body: dict[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
