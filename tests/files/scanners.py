"""Virus scanners for tests: a real clamd with one signature of its own, and one that misbehaves."""

import contextlib
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal.base.embedded.scanner import find_clamd

# In two parts, so that no scanner of a developer's machine takes this file for one.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
CONFIG = """Foreground yes
LocalSocket {folder}/clamd.ctl
DatabaseDirectory {folder}/signatures
TemporaryDirectory {folder}
LogFile {folder}/clamd.log
StreamMaxLength 12M
AlertExceedsMax yes
MaxFileSize 2M
MaxThreads 2
SelfCheck 0
"""


@contextlib.contextmanager
def real(folder: Path) -> Iterator[str]:
    """Its address. The only thing that it knows is the test file of EICAR."""
    program = find_clamd()
    if program is None:
        pytest.skip("NO CLAMD WAS FOUND: install clamav-daemon.")
    (folder / "signatures").mkdir()
    (folder / "signatures" / "local.ndb").write_text(f"Eicar-Test:0:*:{EICAR.hex()}\n")
    (folder / "clamd.conf").write_text(CONFIG.format(folder=folder))
    running = subprocess.Popen(
        [program, "--config-file", str(folder / "clamd.conf")],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until = time.monotonic() + 30
        while not (folder / "clamd.ctl").exists():
            assert running.poll() is None, (folder / "clamd.log").read_text()
            assert time.monotonic() < until, "clamd does not start."
            time.sleep(0.1)
        yield f"unix://{folder}/clamd.ctl"
    finally:
        running.terminate()
        running.wait(10)


class OddScanner:
    """Speaks the protocol, and answers whatever it is told to. `taken` is what it was sent."""

    def __init__(self) -> None:
        self.answer = b"stream: OK\0"
        self.breaks_off = False
        self.chokes_on: bytes | None = None
        self.taken = b""
        self.on_file: Callable[[], None] = lambda: None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                with client, client.makefile("rb") as line:
                    self._talk(client, line)

    def _talk(self, client: socket.socket, line: object) -> None:
        read = line.read  # type: ignore[attr-defined]
        with contextlib.suppress(OSError, struct.error):
            if read(6) == b"zPING\0":
                client.sendall(b"PONG\0")
                return
            read(4)  # the rest of zINSTREAM\0
            self.taken = b""
            while size := struct.unpack(">I", read(4))[0]:
                self.taken += read(size)
                if self.breaks_off or self.taken == self.chokes_on:
                    return
            self.on_file()
            client.sendall(self.answer)
