"""What no row holds goes, once it is old; what a row holds stays."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from accounts.models import Member
from portal.base import context
from portal.base.files import blobs, sealed, sweep
from portal.base.files.models import SealedFile
from portal.base.tasks import sweep_files
from tests import factories
from tests.files.test_sealed import write


@pytest.fixture
def member(own_database: str, django_db_blocker: Any) -> Iterator[Member]:
    """With real commits: the sweep asks in a transaction of its own."""
    with django_db_blocker.unblock():
        yield factories.member(factories.plan("cedar"), "Ana", "Diaz")


def committed(member: Member) -> SealedFile:
    with context.system("test", member.plan_id), context.about_member(member.pk):
        return write(member)


def orphan(member: Member) -> Path:
    with context.system("test", member.plan_id), context.about_member(member.pk):
        path = blobs.path_of(write(member).stored_as)
        transaction.set_rollback(True)
    return path


def age(path: Path, seconds: float = sweep.GRACE_SECONDS + 60) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_old_orphans_go_and_bound_files_stay(member: Member) -> None:
    kept, left, young = committed(member), orphan(member), orphan(member)
    part = left.with_suffix(".part")
    part.write_bytes(b"cut short")
    note = left.with_name("note of an operator.txt")
    note.write_bytes(b"Do not lose me.")
    for path in (blobs.path_of(kept.stored_as), left, part, note):
        age(path)
    with context.system("test"):
        found = sweep.sweep()
    assert (found.kept, found.orphans, found.unfinished) == (1, 1, 1)
    assert not left.exists()
    assert not part.exists()
    assert young.exists()
    assert note.exists()
    with context.system("test", member.plan_id), context.about_member(member.pk):
        assert sealed.read(SealedFile.objects.get()) == b"Canary file words. "


def test_a_removal_cut_short_is_finished(member: Member, monkeypatch: Any) -> None:
    file = committed(member)
    path = blobs.path_of(file.stored_as)
    with monkeypatch.context() as patch:
        patch.setattr(blobs, "remove", lambda name: None)  # killed before it
        with context.system("test", member.plan_id), context.about_member(member.pk):
            sealed.remove(SealedFile.objects.get())
    assert path.exists()
    age(path)
    sweep_files()
    assert not path.exists()
    with context.system("test", member.plan_id), context.about_member(member.pk):
        assert SealedFile.objects.get().removed_at


def test_nothing_to_sweep(member: Member, files_root: Path) -> None:
    assert not files_root.exists()
    sweep_files()


def test_outside_a_transaction_nothing_is_written(member: Member, files_root: Path) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        write(member)
    assert not files_root.exists()
