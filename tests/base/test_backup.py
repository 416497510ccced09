"""What a backup refuses, and what is left when it can't be made."""

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from portal.base.backup import dump, escrow, manifest, programs
from portal.base.backup.problems import BackupProblem

pytestmark = pytest.mark.promise("AH19")
PASSPHRASE = "six words that nobody would guess"


def test_a_full_disk_leaves_nothing_behind(owner, tmp_path, monkeypatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(manifest.os, "fsync", full)
    with pytest.raises(CommandError, match=r"disk is full: .* No backup was made"):
        call_command("backup", str(tmp_path / "backups"))
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [".lock"]


def test_pg_dump_tells_of_a_full_disk_too(owner, tmp_path) -> None:
    with pytest.raises(BackupProblem, match="disk is full"):
        programs.run(Path("/bin/sh"), "-c", "echo 'No space left on device' >&2; exit 1", what="It")


def test_two_at_once_are_one(owner, tmp_path) -> None:
    with (tmp_path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(CommandError, match="Another backup"):
            call_command("backup", str(tmp_path))


def test_all_in_it_is_the_owners_alone(owner, tmp_path) -> None:
    call_command("backup", str(tmp_path / "backups"))
    [folder] = dump.whole(tmp_path / "backups")
    assert {path.name for path in folder.iterdir()} == {*manifest.PARTS, manifest.NAME}
    modes = {path.stat().st_mode & 0o077 for path in (folder, *folder.iterdir())}
    assert modes == {0}
    assert settings.SECRET_KEY not in (folder / manifest.SETTINGS).read_text()


def test_the_programs_of_an_older_server_are_refused(owner, monkeypatch) -> None:
    monkeypatch.setattr(programs, "_major", lambda path: 14)
    with pytest.raises(BackupProblem, match=r"needs pg_dump of version 18 .*found: 14"):
        programs.find("pg_dump")


def test_the_oldest_program_that_fits_is_taken(owner, monkeypatch) -> None:
    versions = {Path("/a"): 19, Path("/b"): 18, Path("/c"): 17}
    monkeypatch.setattr(programs, "_candidates", lambda name: iter(versions))
    monkeypatch.setattr(programs, "_major", versions.__getitem__)
    assert programs.find("pg_dump") == Path("/b")


def test_without_the_owner_it_says_what_is_missing(tmp_path, monkeypatch) -> None:
    monkeypatch.delitem(settings.DATABASES, "owner")
    with pytest.raises(CommandError, match="DATABASE_OWNER_URL"):
        call_command("backup", str(tmp_path))


def test_the_keys_come_back_with_the_passphrase_alone(tmp_path) -> None:
    path = tmp_path / "portal.keys"
    with pytest.raises(BackupProblem, match="fewer than 16"):
        escrow.save(path, {"KEY_RING": "abc"}, "short")
    escrow.save(path, {"KEY_RING": "abc"}, PASSPHRASE)
    assert escrow.load(path, PASSPHRASE) == {"KEY_RING": "abc"}
    assert path.stat().st_mode & 0o077 == 0
    for damaged in (path.read_text().replace('"salt": "', '"salt": "AAAA'), "{}", "no keys"):
        path.write_text(damaged)
        with pytest.raises(BackupProblem, match=r"doesn't open|holds no keys"):
            escrow.load(path, PASSPHRASE)


def test_an_escrow_is_never_written_over(tmp_path) -> None:
    path = tmp_path / "portal.keys"
    escrow.save(path, {"KEY_RING": "abc"}, PASSPHRASE)
    with pytest.raises(BackupProblem, match="name a new file"):
        escrow.save(path, {"KEY_RING": "other"}, PASSPHRASE)


def test_the_keys_open_on_a_machine_without_settings(tmp_path) -> None:
    path = tmp_path / "portal.keys"
    escrow.save(path, {"KEY_RING": "abc"}, PASSPHRASE)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "portal.base.backup.escrow", str(path)],
        input=PASSPHRASE + "\n",
        env={"PATH": os.environ["PATH"]},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout.replace("Passphrase: ", "")) == (0, "KEY_RING=abc\n")


def test_what_is_no_backup_is_named(tmp_path) -> None:
    with pytest.raises(BackupProblem, match=r"it has no manifest\.json"):
        manifest.load(tmp_path)
    (tmp_path / manifest.NAME).write_text("{}")
    with pytest.raises(BackupProblem, match="is damaged"):
        manifest.load(tmp_path)
