"""A sealed file opens whole, in its place, for its member; or it is an error."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from accounts.models import Member, User
from portal.base import context
from portal.base.crypto.errors import KeyDestroyed, SealBroken
from portal.base.files import blobs, sealed
from portal.base.files.models import SealedFile
from portal.base.ids import uuid7
from tests.factories import destroy_key

WORDS = b"Canary file words. "
SIZES = [0, 1, blobs.CHUNK - 1, blobs.CHUNK, blobs.CHUNK + 1, 3 * blobs.CHUNK]


@pytest.fixture
def opened(member: Member) -> Iterator[Member]:
    with context.system("test", member.plan_id), context.about_member(member.pk):
        yield member


def write(member: Member, raw: bytes = WORDS, **more: Any) -> SealedFile:
    return sealed.write(
        plan_id=member.plan_id,
        member_id=member.pk,
        holder_id=member.record_holder_id,
        about_id=uuid7(),
        content_type="text/plain",
        source=[raw],
        **more,
    )


def again(file: SealedFile) -> SealedFile:
    found = sealed.find(file.pk)
    assert found
    return found


@pytest.mark.parametrize("size", SIZES)
def test_what_was_written_comes_back(opened: Member, size: int) -> None:
    raw = os.urandom(size)
    file = write(opened, raw, original_name="Zoë's note.txt")
    assert file.size == size
    assert sealed.read(again(file)) == raw
    assert again(file).original_name == "Zoë's note.txt"


@pytest.mark.promise("AL2")
def test_neither_words_nor_name_are_on_disk(opened: Member, files_root: Path) -> None:
    write(opened, WORDS * 9000, original_name="Canary name")
    stored = [path for path in files_root.rglob("*") if path.is_file()]
    assert len(stored) == 1
    assert stored[0].stat().st_mode & 0o077 == 0
    assert b"Canary" not in stored[0].read_bytes()
    assert "Canary" not in str(stored[0])


@pytest.mark.parametrize("at", [0, 1, 40, blobs.CHUNK + blobs.TAG + 3, -1])
def test_a_flipped_bit_is_an_error(opened: Member, at: int) -> None:
    file = write(opened, WORDS * 9000)
    path = blobs.path_of(file.stored_as)
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(raw)
    with pytest.raises(SealBroken):
        sealed.read(file)


def pieces(file: SealedFile) -> list[bytes]:
    raw, step = blobs.path_of(file.stored_as).read_bytes(), blobs.CHUNK + blobs.TAG
    return [raw[:1], *(raw[at : at + step] for at in range(1, len(raw), step))]


@pytest.mark.parametrize(
    "order",
    [(0, 1, 2), (0, 2, 1, 3), (0, 1, 3), (0, 1, 1, 2, 3), (0, 1, 2, 3, 3), (0,), (), (0, 3)],
    ids=["cut", "swapped", "one left out", "doubled", "lengthened", "emptied", "gone", "end alone"],
)
def test_chunks_out_of_place_are_an_error(opened: Member, order: tuple[int, ...]) -> None:
    file = write(opened, WORDS * 9000)
    parts = pieces(file)
    assert len(parts) == 4
    blobs.path_of(file.stored_as).write_bytes(b"".join(parts[at] for at in order))
    with pytest.raises(SealBroken):
        sealed.read(file)


def test_a_cut_file_is_an_error_even_without_its_size(opened: Member) -> None:
    """The last chunk says that it is the last: nothing beside the file must be believed."""
    file = write(opened, WORDS * 9000)
    file.size = 2 * blobs.CHUNK
    blobs.path_of(file.stored_as).write_bytes(b"".join(pieces(file)[:3]))
    with pytest.raises(SealBroken):
        sealed.read(file)


def test_a_folder_that_takes_nothing_is_told_as_that(opened: Member, files_root: Path) -> None:
    files_root.write_text("a file in place of the folder")
    with pytest.raises(blobs.CannotStore):
        write(opened)


def test_a_full_disk_is_told_as_that(opened: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("portal.base.files.blobs.os.fsync", full)
    with pytest.raises(blobs.CannotStore, match=r"disk of the sealed files .* is full: free some"):
        write(opened)


def test_a_file_put_in_place_of_another_is_an_error(opened: Member) -> None:
    mine, other = write(opened), write(opened)
    blobs.path_of(other.stored_as).rename(blobs.path_of(mine.stored_as))
    with pytest.raises(SealBroken):
        sealed.read(mine)


def test_a_row_that_points_to_another_file_is_an_error(opened: Member) -> None:
    mine, other = write(opened), write(opened)
    mine.stored_as, mine.key = other.stored_as, other.key
    with pytest.raises(SealBroken):
        sealed.read(mine)


def test_a_lost_file_is_an_error(opened: Member) -> None:
    file = write(opened)
    blobs.remove(file.stored_as)
    with pytest.raises(SealBroken):
        sealed.read(file)


def test_other_members_and_scheduled_work_find_no_row(
    opened: Member, stranger: User, other_plan_member: User
) -> None:
    file = write(opened)
    assert stranger.member_id
    with context.about_member(stranger.member_id):
        assert sealed.find(file.pk) is None
    with context.system("test", other_plan_member.plan_id):
        assert sealed.find(file.pk) is None
    with (
        pytest.raises(Exception, match="row-level security"),
        transaction.atomic(),
        context.about_member(stranger.member_id),
    ):
        write(opened)


def test_a_destroyed_key_ends_its_files(opened: Member) -> None:
    file = write(opened)
    destroy_key(opened.record_holder_id)
    with pytest.raises(KeyDestroyed):
        sealed.read(again(file))


def test_a_removed_file_is_gone_with_its_key(
    opened: Member, django_capture_on_commit_callbacks: Any
) -> None:
    file = write(opened)
    with django_capture_on_commit_callbacks(execute=True):
        sealed.remove(file)
        assert blobs.path_of(file.stored_as).exists()
    assert not blobs.path_of(file.stored_as).exists()
    assert sealed.find(file.pk) is None
    with pytest.raises(SealBroken):
        sealed.read(SealedFile.objects.get(pk=file.pk))


def test_no_more_than_the_quota(opened: Member, files_root: Path) -> None:
    write(opened, b"x" * 60, quota=100)
    with pytest.raises(sealed.QuotaFull):
        write(opened, b"x" * 41, quota=100)
    write(opened, b"x" * 40, quota=100)
    assert len([path for path in files_root.rglob("*") if path.is_file()]) == 2


def test_a_huge_file_is_not_opened_at_once(opened: Member, monkeypatch: Any) -> None:
    monkeypatch.setattr(sealed, "WHOLE_UP_TO", 10)
    with pytest.raises(sealed.FileTooLarge):
        sealed.read(write(opened))
