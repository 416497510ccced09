"""Making a backup: in a folder that has its name only when it is whole and on the disk."""

import contextlib
import fcntl
import json
import os
import shutil
import tarfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import OperationalError, connections, transaction
from django.utils import timezone

from portal.base.backup import escrow, facts, manifest, programs
from portal.base.backup.manifest import Manifest
from portal.base.backup.problems import BackupProblem
from portal.base.backup.programs import OWNER
from portal.base.embedded.problems import sentence_for
from portal.base.embedded.progress import step
from portal.base.files import blobs

PARTIAL = ".partial"
RECEIPT = "restored.json"
NAMED = "%Y%m%dT%H%M%SZ"
# What another machine must be told besides its secrets and the addresses of its servers.
SETTINGS = (
    "BASE_DOMAIN", "PUBLIC_SCHEME", "PORT", "TRUSTED_PROXIES", "SECURITY_DAYS", "IDLE_SECONDS",
    "DEFAULT_FROM_EMAIL",
)  # fmt: skip


@dataclass(frozen=True)
class Made:
    folder: Path
    manifest: Manifest
    # When one of those here was last put back somewhere: asked before the old ones go.
    tried: datetime | None
    dropped: int


def make(root: Path, *, keep: int = 0) -> Made:
    """A new backup in a folder of its own below `root`; of the older, `keep` - 1 stay, or all."""
    if OWNER not in settings.DATABASES:
        raise BackupProblem("Set DATABASE_OWNER_URL: the application's role would see no rows.")
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        escrow.refuse_keys_near(root)
        with _alone(root):
            made = _make(root)
            return Made(*made, last_tried(root), _drop_old(root, keep))
    except OSError as error:
        raise BackupProblem(sentence_for(error)) from error
    except OperationalError as error:
        raise BackupProblem(programs.NO_DATABASE) from error


def whole(root: Path) -> list[Path]:
    """The backups below this folder that were finished, the oldest first."""
    return sorted(path.parent for path in root.glob(f"*Z/{manifest.NAME}"))


def last_tried(root: Path) -> datetime | None:
    """When one of them was last put back somewhere, which is the only check of a backup."""
    times = []
    for receipt in root.glob(f"*Z/{RECEIPT}"):
        with contextlib.suppress(ValueError, KeyError, OSError):
            times.append(datetime.fromisoformat(json.loads(receipt.read_text())["at"]))
    return max(times, default=None)


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    with (root / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupProblem(f"Another backup to {root} is being made.") from None
        # Of runs that were killed: nobody else is here.
        for left in root.glob(f"*{PARTIAL}"):
            shutil.rmtree(left)
        yield


def _make(root: Path) -> tuple[Path, Manifest]:
    partial = root / f"{timezone.now().astimezone(UTC):{NAMED}}{PARTIAL}"
    final = partial.with_suffix("")
    if final.exists():
        raise BackupProblem(f"{final} is there already: wait a second.")
    partial.mkdir(mode=0o700)
    try:
        made = _fill(partial)
        _sync(partial)
        partial.rename(final)
        _sync(root)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return final, made


def _fill(folder: Path) -> Manifest:
    held = folder / "held"
    began = timezone.now()
    with _snapshot() as snapshot:
        if facts.being_replaced():
            raise BackupProblem(
                "Keys are being replaced: run `manage.py rotate_keys --reseal-data` to its end, "
                "then make the backup. Files move meanwhile."
            )
        with step("Counting rows"):
            told = facts.told()
        with step("Copying the database"):
            _dump(folder / manifest.DATABASE, snapshot)
        manifest.write(held, _write_held)
    # After the database: a file is written before its row, and one without a row does no harm.
    with step("Copying sealed files"):
        files, missing = _copy_files(folder / manifest.FILES, held)
    held.unlink()
    with step("Copying the second place of the trail and proving what was written"):
        manifest.write(folder / manifest.SECOND_PLACE, _copy_second_place)
        manifest.write(folder / manifest.SETTINGS, _write_settings)
        parts = {name: manifest.part_of(folder / name) for name in manifest.PARTS}
    made = Manifest(
        made_at=began.isoformat(),
        version=_version(),
        postgres=programs.server_major(),
        files=files,
        files_missing=missing,
        parts=parts,
        **told,
    )
    manifest.save(made, folder)
    return made


@contextlib.contextmanager
def _snapshot() -> Iterator[str]:
    """One moment that counts, rows and names of files are all of. Nobody is held up by it."""
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def _dump(path: Path, snapshot: str) -> None:
    programs.run(
        programs.find("pg_dump"),
        "--format=custom",
        f"--snapshot={snapshot}",
        f"--file={path}",
        *(f"--exclude-table-data=public.{name}" for name in facts.LEFT_OUT),
        what="The database could not be copied",
    )
    path.chmod(0o600)
    _sync(path)


def _write_held(out: BinaryIO) -> None:
    """The names of the files that rows hold. There may be millions, so they wait on the disk."""
    with connections[OWNER].chunked_cursor() as cursor:
        cursor.execute("SELECT stored_as FROM base_sealedfile WHERE removed_at IS NULL ORDER BY 1")
        while rows := cursor.fetchmany(10_000):
            out.write("".join(f"{name}\n" for (name,) in rows).encode())


def _copy_files(path: Path, held: Path) -> tuple[int, int]:
    """How many were copied, and how many were not there: removed since, or lost."""
    count = missing = 0

    def fill(out: BinaryIO) -> None:
        nonlocal count, missing
        with tarfile.open(fileobj=out, mode="w|") as archive, held.open() as names:
            for name in map(str.strip, names):
                try:
                    source = blobs.path_of(name).open("rb")
                except FileNotFoundError:
                    missing += 1
                    continue
                with source:
                    archive.addfile(_entry(name, os.fstat(source.fileno()).st_size), source)
                count += 1

    manifest.write(path, fill)
    return count, missing


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


def _copy_second_place(out: BinaryIO) -> None:
    with contextlib.suppress(FileNotFoundError), Path(settings.LOG_ANCHOR_PATH).open("rb") as now:
        shutil.copyfileobj(now, out)


def _write_settings(out: BinaryIO) -> None:
    known: dict[str, Any] = {name: getattr(settings, name) for name in SETTINGS}
    out.write((json.dumps(known, indent=1) + "\n").encode())


def _version() -> str:
    """Nothing is installed under our name, so no package knows it."""
    project = Path(settings.BASE_DIR) / "pyproject.toml"
    return str(tomllib.loads(project.read_text())["project"]["version"])


def _drop_old(root: Path, keep: int) -> int:
    old = whole(root)[:-keep] if keep else []
    for folder in old:
        # First its name: what is cut short in the middle must not look like a backup.
        gone = folder.with_suffix(PARTIAL)
        folder.rename(gone)
        shutil.rmtree(gone)
    return len(old)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
