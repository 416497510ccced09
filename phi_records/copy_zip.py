"""The zip of a copy, made of sealed pieces without ever being whole in memory."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from portal.base.files import sealed
from portal.base.files.models import SealedFile


def by_name(parts: list[SealedFile]) -> dict[str, list[SealedFile]]:
    """Of several by one name each is a piece of it."""
    found: dict[str, list[SealedFile]] = {}
    for one in parts:
        if one.original_name:
            found.setdefault(one.original_name, []).append(one)
    return found


def joined(parts: list[SealedFile], before: bytes = b"", after: bytes = b"") -> Iterator[bytes]:
    yield before
    for part in parts:
        yield from sealed.iter_plain(part)
    yield after


class _Taken(io.RawIOBase):
    """Where the zip is written to, piece by piece: it is never whole in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken, self.pieces = b"".join(self.pieces), []
        return taken


def zipped(entries: Iterable[tuple[str, Iterable[bytes]]]) -> Iterator[bytes]:
    out = _Taken()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in entries:
            with archive.open(name, "w") as entry:
                for piece in pieces:
                    entry.write(piece)
                    yield out.take()
    yield out.take()
