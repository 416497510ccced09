"""Files an operator hands us, opened with distrust: links, bombs and paths that climb out."""

import gzip
import io
import os
import re
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from django.utils.translation import gettext as _

MAX_UNPACKED_BYTES = 500 * 1024 * 1024
MAX_LINES_BYTES = 20 * 1024 * 1024 * 1024
"""NDJSON is read line by line, so its length costs time, not memory."""
MAX_RATIO = 150
"""Real bundles shrink 10 to 40 times; a bomb shrinks a thousand times."""
RATIO_COUNTS_FROM = 8 * 1024 * 1024
MAX_ZIP_MEMBERS = 20_000
MAX_VALUES = 300_000
"""In one value. A small one takes fifty times as much memory as in the file; the densest records
of 5 MB hold as many."""

JSON_ENDINGS = (".json",)
LINE_ENDINGS = (".ndjson", ".jsonl")
_ARCHIVES = (".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".7z", ".rar", ".zst")
_PEOPLE = re.compile(r"(?<![a-z])patient", re.IGNORECASE)
# A text, or what opens, parts or closes values. Possessive: long texts take no memory to leave.
_SIGN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{,\]}]', re.DOTALL)
_GZIP, _ZIP = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


class Refused(Exception):
    """This file, or the rest of it, is not taken. The text is for the operator."""


@dataclass(frozen=True, slots=True)
class Source:
    """One stream of JSON, which can be opened again."""

    name: str
    packed_bytes: int | None
    _open: Callable[[], IO[bytes]]
    # What its archive says it holds: for a progress bar, not to be relied on.
    said_bytes: int

    @property
    def by_line(self) -> bool:
        return self.name.lower().removesuffix(".gz").endswith(LINE_ENDINGS)

    def open(self, most: int = MAX_UNPACKED_BYTES) -> BinaryIO:
        return io.BufferedReader(_Metered(self._open(), self.packed_bytes, most), 1 << 16)


def walk(paths: list[Path]) -> Iterator[Source | tuple[str, str]]:
    """Sources in a steady order; a pair (name, reason) for what is not taken."""
    for path in sorted(paths, key=_by_people):
        if path.is_dir():
            for inner in _files_below(path):
                name = _printable(inner.relative_to(path.parent).as_posix())
                if inner.name.startswith("."):
                    yield name, _("Its name begins with a dot: it is hidden, and passed over.")
                elif inner.is_symlink():
                    yield name, _("It is a link and not a file.")
                else:
                    yield from _open_file(inner, name)
        else:
            yield from _open_file(path, path.name)


def _files_below(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        # Not walked into, but told of.
        names += [name for name in folders if Path(parent, name).is_symlink()]
        for name in sorted(names, key=_people_first):
            yield Path(parent, name)


def _people_first(name: str) -> tuple[bool, str]:
    """Bulk exports name files by what is in them, and records wait for their patients."""
    return not _PEOPLE.search(PurePosixPath(name).name), name


def _by_people(path: Path) -> bool:
    """What was named goes in the order in which it was named, people first."""
    return not _PEOPLE.search(path.name)


def _open_file(path: Path, name: str) -> Iterator[Source | tuple[str, str]]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            yield name, _("This is not a plain file.")
            return
        with path.open("rb") as file:
            start = file.read(4)
        size = path.stat().st_size
    except OSError as error:
        yield name, _("This file could not be opened: %s.") % (error.strerror or "?")
        return
    if start.startswith(_ZIP):
        yield from _members(path, name)
    elif start.startswith(_GZIP):
        yield from _gzipped(path, name, size)
    elif name.lower().endswith(".gz"):
        yield name, _("It is named .gz and is not packed with gzip.")
    elif name.lower().endswith(".zip"):
        yield name, _("It is named .zip and is not a zip file.")
    elif not name.lower().endswith(JSON_ENDINGS + LINE_ENDINGS):
        yield name, _("Only .json, .ndjson, .gz and .zip files are read.")
    else:
        yield Source(name, None, lambda: path.open("rb"), size)


def _gzipped(path: Path, name: str, size: int) -> Iterator[Source | tuple[str, str]]:
    try:
        with gzip.open(path) as file:
            inner = file.read(4)
    except (OSError, EOFError, ValueError):
        inner = b""  # Reading it again gives the reason, with the name of the file.
    except Exception as error:  # zlib.error has no stable base class
        if type(error).__name__ != "error":
            raise
        inner = b""
    if inner.startswith((_GZIP, *_ZIP)) or name.lower().endswith((".tgz", ".tar.gz")):
        yield name, _("An archive inside an archive is not opened. Unpack it first.")
        return
    yield Source(name, size, lambda: cast(IO[bytes], gzip.GzipFile(path)), _said_size(path, size))


def _said_size(path: Path, packed: int) -> int:
    """A gzip file ends with the size of what is in it, modulo 4 GB."""
    try:
        with path.open("rb") as file:
            file.seek(-4, os.SEEK_END)
            return max(int.from_bytes(file.read(4), "little"), packed)
    except OSError:
        return packed


def _members(path: Path, name: str) -> Iterator[Source | tuple[str, str]]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        yield name, _("This zip file is damaged or cut off.")
        return
    if len(members) > MAX_ZIP_MEMBERS:
        yield name, _("This zip file holds more than %d files.") % MAX_ZIP_MEMBERS
        return
    seen: set[str] = set()
    for member in sorted(members, key=lambda one: _people_first(one.filename)):
        if member.is_dir():
            continue
        shown = f"{name}/{_printable(member.filename)}"
        reason = _why_not(member, seen)
        seen.add(member.filename)
        if reason:
            yield shown, reason
        elif not _hidden(member.filename):
            opened = _member_opener(path, member)
            yield Source(shown, member.compress_size, opened, member.file_size)


def _member_opener(path: Path, member: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    def opened() -> IO[bytes]:
        with closing(zipfile.ZipFile(path)) as archive:  # the member keeps the file open
            stream = archive.open(member)
        if cast(zipfile.ZipExtFile, stream).peek(4).startswith((_GZIP, *_ZIP)):
            stream.close()
            raise Refused(_("An archive inside an archive is not opened. Unpack it first."))
        return stream

    return opened


def _why_not(member: zipfile.ZipInfo, seen: set[str]) -> str:
    raw = member.orig_filename.replace("\\", "/")
    parts = PurePosixPath(raw).parts
    if raw.startswith("/") or ".." in parts or ":" in raw[:3] or "\x00" in raw:
        return _("Its path in the archive leads out of the archive.")
    if stat.S_ISLNK(member.external_attr >> 16):
        return _("It is a link and not a file.")
    if member.flag_bits & 0x1:
        return _("It is locked with a password.")
    if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return _("It is packed in a way that is not read here. Use the usual one, Deflate.")
    if member.filename in seen:
        return _("Another file in this archive has the same name.")
    if raw.lower().endswith(_ARCHIVES):
        return _("An archive inside an archive is not opened. Unpack it first.")
    if not _hidden(raw) and not raw.lower().endswith(JSON_ENDINGS + LINE_ENDINGS):
        return _("Only .json, .ndjson, .gz and .zip files are read.")
    if _is_bomb(member.file_size, member.compress_size):
        return _bomb()
    return ""


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def _is_bomb(unpacked: int, packed: int) -> bool:
    return unpacked > RATIO_COUNTS_FROM and unpacked > MAX_RATIO * max(packed, 1)


def _bomb() -> str:
    return _("It unpacks to far more than its size (a “zip bomb”).")


def may_have_too_many_values(text: str | bytes) -> bool:
    """Told by what stands between values, or in a text: it costs next to nothing."""
    if len(text) <= MAX_VALUES:
        return False
    if isinstance(text, bytes):
        return sum(text.count(one) for one in (b",", b"[", b"{")) > MAX_VALUES
    return sum(text.count(one) for one in ",[{") > MAX_VALUES


def refuse_if_too_many_values(text: str, start: int = 0) -> None:
    """Of the one that begins there alone: the same whatever follows it, or is in a text."""
    depth = count = 0
    for found in _SIGN.finditer(text, start):
        sign = text[found.start()]
        depth += (sign in "[{") - (sign in "]}")
        count += sign in "[{,"
        if count > MAX_VALUES:
            raise Refused(_("It holds far more values than records of its size do (a “bomb”)."))
        if depth <= 0:
            return


def _printable(name: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in name)[:200]


class _Metered(io.RawIOBase):
    """Counts what comes out, and stops a bomb while it unfolds: headers can lie."""

    def __init__(self, inner: IO[bytes], packed: int | None, most: int) -> None:
        self._inner, self._packed, self._most, self._count = inner, packed, most, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        data = self._inner.read(len(view))
        self._count += len(data)
        if self._packed is not None and _is_bomb(self._count, self._packed):
            raise Refused(_bomb())
        if self._count > self._most:
            raise Refused(_("It is larger than %d MB.") % (self._most // (1024 * 1024)))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._inner.close()
        super().close()
