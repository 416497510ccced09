"""Putting a backup back: onto an empty instance, whole, and proven afterwards."""

import json
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, BinaryIO

from django.conf import settings
from django.db import OperationalError, connections
from django.utils import timezone

from portal.base import context
from portal.base.audit import check, findings, keys, seals, trail
from portal.base.audit.epoch import raise_epoch
from portal.base.backup import dump, facts, manifest, programs, sample
from portal.base.backup.manifest import Manifest
from portal.base.backup.problems import BackupProblem
from portal.base.backup.programs import OWNER
from portal.base.crypto import ring
from portal.base.embedded.problems import sentence_for
from portal.base.embedded.progress import step
from portal.base.files import blobs
from portal.base.standing import done

WAITING = ".restoring"
# The database's own, or what only a superuser may set: docs/operating.md has it.
NOT_OURS = (" DEFAULT ACL ", " SCHEMA - public ", " ACL - SCHEMA public ", " COMMENT - SCHEMA ")
DEFAULTS = "ALTER DEFAULT PRIVILEGES IN SCHEMA public"
USUAL = (
    f"{DEFAULTS} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO portal_app",
    f"{DEFAULTS} GRANT USAGE, SELECT ON SEQUENCES TO portal_app",
)
# None but its owner and the application may enter, as deploy/postgres/database.sql has it.
CLOSED = (
    "DO $$ BEGIN"
    " EXECUTE format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());"
    " EXECUTE format('GRANT CONNECT ON DATABASE %I TO portal_app', current_database());"
    " END $$",
)
NONE = (
    f"{DEFAULTS} REVOKE ALL ON TABLES FROM portal_app",
    f"{DEFAULTS} REVOKE ALL ON SEQUENCES FROM portal_app",
)


@dataclass
class Restored:
    manifest: Manifest
    epoch: int
    trail: findings.Report
    opened: sample.Opened
    mail_waiting: int
    # What the operator should still know, in sentences.
    remarks: list[str] = field(default_factory=list)


def restore(folder: Path) -> Restored:
    """Raises BackupProblem before anything is written, or says what was not as it should be."""
    made = manifest.load(folder)
    with step("Proving the backup"):
        manifest.check_parts(folder, made)
    try:
        _check_target(made)
        _check_keys(made)
        with step("Unpacking sealed files"):
            _unpack(folder / manifest.FILES, made)
        with step("Loading the database"):
            _execute(CLOSED)
            _load(folder / manifest.DATABASE)
        _move_in()
        kept = _put_second_place(folder / manifest.SECOND_PLACE)
    except OSError as error:
        raise BackupProblem(sentence_for(error)) from error
    except OperationalError as error:
        raise BackupProblem(programs.NO_DATABASE) from error
    return _prove(folder, made, [] if kept else [LOST_PLACE])


LOST_PLACE = (
    "There was no second place here, so the backup's copy became it. If the real one exists, put "
    "it where LOG_ANCHOR_PATH says before anyone works here, and restore once more into an empty "
    "database: then it tells which seals were lost. Later the two can't be brought together."
)


def _check_target(made: Manifest) -> None:
    if OWNER not in settings.DATABASES:
        raise BackupProblem("Set DATABASE_OWNER_URL: only the database's owner can restore.")
    if facts.tables():
        raise BackupProblem(
            "This database has tables already. A backup is restored into a new, empty one alone."
        )
    root = Path(settings.FILES_ROOT)
    if root.exists() and any(path.name != WAITING for path in root.iterdir()):
        raise BackupProblem(f"{root} (FILES_ROOT) is not empty: name an empty folder.")
    server = programs.server_major()
    if server < made.postgres:
        raise BackupProblem(
            f"The backup is from Postgres {made.postgres}; this one is {server}, which is older."
        )
    if not _true("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'portal_app')"):
        raise BackupProblem("There is no role portal_app: make it first (docs/operating.md).")
    if not _true("SELECT has_schema_privilege('portal_app', 'public', 'USAGE')"):
        raise BackupProblem("portal_app may not use the schema public: docs/operating.md has how.")


def _check_keys(made: Manifest) -> None:
    if missing := set(made.ring_keys) - set(ring.keys()):
        raise BackupProblem(
            f"KEY_RING lacks the key {', '.join(sorted(missing))}, without which the data stay "
            "closed. Use --keys, or the ring of that time."
        )
    if made.blind_key != facts.blind_key():
        raise BackupProblem("BLIND_KEY is another one than the backup's: no number would be found.")
    if not keys.can_sign():
        raise BackupProblem("Set LOG_SIGNING_KEY: the trail begins a new epoch after a restore.")
    if set(made.public_keys) - {keys.encoded(one) for one in keys.public_keys()}:
        raise BackupProblem(
            "The trail was signed with a key that is not here: set LOG_SIGNING_KEY to it, or put "
            "its public key into LOG_PUBLIC_KEY."
        )


def _unpack(archive: Path, made: Manifest) -> None:
    """Beside their place, on the same disk: they move in when the database is there."""
    waiting = Path(settings.FILES_ROOT) / WAITING
    shutil.rmtree(waiting, ignore_errors=True)
    waiting.mkdir(mode=0o700, parents=True)
    count = 0
    with tarfile.open(archive, mode="r|") as entries:
        for entry in entries:
            if not blobs.is_name(entry.name) or not entry.isfile():
                raise BackupProblem(f"{manifest.FILES} holds what is no sealed file.")
            folder = waiting / entry.name[:2]
            folder.mkdir(mode=0o700, exist_ok=True)
            manifest.write(folder / entry.name, partial(_extract, entries, entry))
            count += 1
    if count != made.files:
        raise BackupProblem(f"{manifest.FILES} holds {count:,} files; {made.files:,} were copied.")


def _extract(entries: tarfile.TarFile, entry: tarfile.TarInfo, out: BinaryIO) -> None:
    if source := entries.extractfile(entry):
        shutil.copyfileobj(source, out)


def _load(path: Path) -> None:
    program = programs.find("pg_restore")
    listed = programs.run(program, "--list", str(path), what=f"{path.name} can't be read")
    ours = [line for line in listed.splitlines() if not any(one in line for one in NOT_OURS)]
    with NamedTemporaryFile("w", suffix=".list") as chosen, _no_default_rights():
        chosen.write("\n".join(ours) + "\n")
        chosen.flush()
        programs.run(
            program,
            "--single-transaction",
            "--exit-on-error",
            "--no-owner",
            f"--use-list={chosen.name}",
            f"--dbname={connections[OWNER].settings_dict['NAME']}",
            str(path),
            what="The database could not be loaded, and is still empty",
        )


@contextmanager
def _no_default_rights() -> Iterator[None]:
    """New tables would give the application more than the backup's: rights to change the trail."""
    _execute(NONE)
    try:
        yield
    finally:
        _execute(USUAL)


def _move_in() -> None:
    waiting = Path(settings.FILES_ROOT) / WAITING
    for folder in waiting.iterdir():
        folder.rename(waiting.parent / folder.name)
    waiting.rmdir()


def _put_second_place(copy: Path) -> bool:
    """Whether there was one: it must remember what the database forgot, so it is never replaced."""
    place = Path(settings.LOG_ANCHOR_PATH)
    if place.exists() and place.stat().st_size:
        return True
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    with copy.open("rb") as source:
        manifest.write(place, lambda out: shutil.copyfileobj(source, out))
    return not copy.stat().st_size


def _prove(folder: Path, made: Manifest, remarks: list[str]) -> Restored:
    with step("Counting rows"):
        _check_counts(made)
    epoch, _after = raise_epoch()
    with context.system("command:restore"):
        trail.record("backup.restored", facts={"epoch": epoch, "count": sum(made.rows.values())})
    with step("Proving the trail"):
        report = _prove_trail()
    with step("Opening samples of what is sealed"):
        opened = sample.open_some()
    if made.files_missing:
        remarks.append(
            f"{made.files_missing:,} files were gone from their folder when the backup was made."
        )
    if report.lost:
        remarks.append(
            f"Seals {report.lost[0]:,} to {report.lost[1]:,} are younger than the backup and lost."
        )
    _note(folder, remarks)
    return Restored(made, epoch, report, opened, _mail_waiting(), remarks)


def _check_counts(made: Manifest) -> None:
    here = facts.rows()
    wrong = [
        f"{name} has {here.get(name, 0):,} rows and should have {count:,}"
        for name, count in sorted(made.rows.items())
        if here.get(name) != count
    ]
    if wrong:
        raise BackupProblem(f"The database is not whole: {'; '.join(wrong)}.")
    if facts.rules() != made.rules:
        raise BackupProblem("Grants, policies or triggers are not as they were: don't use it.")


def _prove_trail() -> findings.Report:
    while True:
        with context.system("command:restore"):
            if not seals.seal_finished():
                break
    with context.system("command:restore"):
        report = check.verify()
    if report.fault:
        raise BackupProblem(f"The trail is NOT whole. {report.fault.sentence}")
    return report


def _note(folder: Path, remarks: list[str]) -> None:
    """Here, and beside the backup: the next backup there tells the portal that it came from."""
    done.note(done.RESTORE)
    receipt = {"at": timezone.now().isoformat()}
    try:
        with suppress(FileNotFoundError):
            (folder / dump.RECEIPT).unlink()
        manifest.write(folder / dump.RECEIPT, lambda out: out.write(json.dumps(receipt).encode()))
    except OSError:
        remarks.append(f"{folder} takes no note of this restore: the portal won't know of it.")


def _mail_waiting() -> int:
    return int(_one("SELECT count(*) FROM base_mail WHERE state IN ('waiting', 'sending')"))


def _true(query: str) -> bool:
    return bool(_one(query))


def _one(query: str) -> Any:
    with connections[OWNER].cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


def _execute(statements: tuple[str, ...]) -> None:
    with connections[OWNER].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
