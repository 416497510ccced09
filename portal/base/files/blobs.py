"""Bytes on disk, sealed in chunks: a cut, a swap, a repeat or a flipped bit is an error.

Each file has its own key, so the counter alone makes each nonce new. The last chunk says that it
is the last, so a file cut between two chunks doesn't open.
"""

import errno
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils.translation import gettext as _

from portal.base.crypto.errors import SealBroken


class CannotStore(Exception):
    """The folder of sealed files, or a disk, takes no more: full, read-only or not there."""


VERSION = b"\x01"
CHUNK = 64 * 1024
TAG = 16


def is_name(text: str) -> bool:
    return len(text) == 32 and set(text) <= set("0123456789abcdef")


def write(key: bytes, bound_to: bytes, source: Iterable[bytes]) -> tuple[str, int]:
    """A new file's server-made name and the size of what is in it. It is whole, or not there."""
    name = secrets.token_hex(16)
    try:
        return name, _write(path_of(name), key, bound_to, source)
    except OSError as error:
        # Whoever reads input must not take this for a fault of the input.
        raise CannotStore(_why(error)) from error


def _why(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _("The disk of the sealed files (FILES_ROOT) is full: free some space.")
    return _("The folder of sealed files (FILES_ROOT) can’t be written to.")


def _write(path: Path, key: bytes, bound_to: bytes, source: Iterable[bytes]) -> int:
    if not path.parent.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync(path.parent.parent)
    part = path.with_suffix(".part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            size = _seal_into(out.write, key, bound_to, source)
            out.flush()
            os.fsync(out.fileno())
        part.rename(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync(path.parent)
    return size


def chunks(name: str, key: bytes, bound_to: bytes) -> Iterator[bytes]:
    """Each chunk is proven before it is given. That none is missing is known only at the end."""
    cipher, counter = AESGCM(key), 0
    with path_of(name).open("rb") as stored:
        if stored.read(len(VERSION)) != VERSION:
            raise SealBroken("A sealed file has another beginning than it was written with.")
        sealed, following = stored.read(CHUNK + TAG), b"more"
        while following:
            following = stored.read(CHUNK + TAG)
            try:
                yield cipher.decrypt(_nonce(counter, last=not following), sealed, bound_to)
            except (InvalidTag, ValueError):
                raise SealBroken(f"Chunk {counter} of a sealed file doesn't open.") from None
            sealed, counter = following, counter + 1


def remove(name: str) -> None:
    path_of(name).unlink(missing_ok=True)


def path_of(name: str) -> Path:
    # In folders of about 1/256 of all files, so that no folder grows huge.
    return Path(settings.FILES_ROOT) / name[:2] / name


def _seal_into(
    write: Callable[[bytes], object], key: bytes, bound_to: bytes, source: Iterable[bytes]
) -> int:
    cipher, size = AESGCM(key), 0
    write(VERSION)
    for counter, (chunk, last) in enumerate(_even(source)):
        write(cipher.encrypt(_nonce(counter, last=last), chunk, bound_to))
        size += len(chunk)
    return size


def _even(source: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Chunks of one size and whether each is the last; an empty file has one empty chunk."""
    held = bytearray()
    for piece in source:
        held += piece
        while len(held) > CHUNK:
            yield bytes(held[:CHUNK]), False
            del held[:CHUNK]
    yield bytes(held), True


def _nonce(counter: int, *, last: bool) -> bytes:
    return counter.to_bytes(11, "big") + bytes([last])


def _sync(folder: Path) -> None:
    """Until its folder is written too, a new name may be gone after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
