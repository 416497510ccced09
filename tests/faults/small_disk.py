"""A disk that is small, and full when a test says so."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="A SMALL DISK CAN BE MOUNTED BY ROOT ALONE: a full disk isn't tried."
)


@dataclass
class Disk:
    folder: Path

    @property
    def filler(self) -> Path:
        return self.folder / "filler"

    def fill(self) -> None:
        """To its last byte, whoever writes beside us meanwhile."""
        with contextlib.suppress(OSError), self.filler.open("ab", buffering=0) as out:
            for size in (2**20, 4096, 512):
                with contextlib.suppress(OSError):
                    while True:
                        out.write(b"\0" * size)
        assert os.statvfs(self.folder).f_bavail == 0

    def make_room(self) -> None:
        self.filler.unlink()


@contextlib.contextmanager
def mounted(folder: Path, megabytes: int) -> Iterator[Disk]:
    folder.mkdir(exist_ok=True)
    size = f"size={megabytes}m,mode=0711"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)], check=True)
    try:
        yield Disk(folder)
    finally:
        # Lazily: what was written may still be open.
        subprocess.run(["umount", "-l", str(folder)], check=True)
