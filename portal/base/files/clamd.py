"""Asks a ClamAV daemon, by its own protocol (clamd(8), INSTREAM), whether bytes hold a virus."""

import socket
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from django.conf import settings

SECONDS = 30
PIECE = 64 * 1024
# Under "AlertExceedsMax" and "AlertEncrypted" it finds that it could not look, and no virus.
NOT_LOOKED = ("Heuristics.Limits.Exceeded", "Heuristics.Encrypted")


class Away(Exception):
    """The scanner can't be reached, or broke off."""


class Refused(Exception):
    """The scanner takes no such file, or can't read it."""


def ping() -> None:
    """Raises Away."""
    with _talking() as line:
        line.sendall(b"zPING\0")
        if _answer(line) != "PONG":
            raise Away("The scanner gives a strange answer.")


def answers() -> bool:
    try:
        ping()
    except Away:
        return False
    return True


def scan(source: Iterable[bytes]) -> str:
    """The name of what was found, or nothing. Raises Away or Refused."""
    with _talking() as line:
        try:
            line.sendall(b"zINSTREAM\0")
            for chunk in source:
                for at in range(0, len(chunk), PIECE):
                    piece = chunk[at : at + PIECE]
                    line.sendall(struct.pack(">I", len(piece)) + piece)
            line.sendall(struct.pack(">I", 0))
        except (BrokenPipeError, ConnectionResetError):
            # It answers before the end where the file is larger than it takes.
            pass
        said = _answer(line).removeprefix("stream: ")
    if said == "OK":
        return ""
    if said.startswith(NOT_LOOKED):
        raise Refused(said)
    if said.endswith(" FOUND"):
        return said.removesuffix(" FOUND")
    if said.endswith("ERROR"):
        raise Refused(said)
    raise Away("The scanner gives a strange answer.")


@contextmanager
def _talking() -> Iterator[socket.socket]:
    address = urlsplit(settings.CLAMD_URL)
    try:
        if address.scheme == "unix":
            line = socket.socket(socket.AF_UNIX)
            line.settimeout(SECONDS)
            line.connect(address.path)
        else:
            place = (address.hostname or "127.0.0.1", address.port or 3310)
            line = socket.create_connection(place, SECONDS)
    except OSError as error:
        raise Away(str(error)) from error
    with line:
        try:
            yield line
        except OSError as error:
            raise Away(str(error)) from error


def _answer(line: socket.socket) -> str:
    said = b""
    while not said.endswith(b"\0"):
        piece = line.recv(4096)
        if not piece or len(said) > 4096:
            raise Away("The scanner broke off.")
        said += piece
    return said[:-1].decode("utf-8", "replace")
