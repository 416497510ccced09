import contextlib
import errno
import json
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import TextIO

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from phi_records.fhir.reader import Problem

_ROWS = ({"file", "position", "reason"}, {"file", "position", "note"})
_MOST = 100_000


class ErrorsFile:
    """One line of JSON for each thing set aside: file, position and reason. Made when needed.

    What was taken in and asks something of the operator has a note in the place of the reason.

    Nothing of a record stands in it, but senders put people's names into names of files: it is
    for its owner's eyes alone.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.count, self.notes = path, 0, 0
        self._file: TextIO | None = None

    def __enter__(self) -> "ErrorsFile":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file:
            with contextlib.suppress(OSError):  # told already, when a line did not fit
                self._file.close()

    def add(self, problems: list[Problem], notes: list[Problem]) -> None:
        self._write("reason", problems)
        self._write("note", notes)
        self.count += len(problems)
        self.notes += len(notes)

    def _write(self, kind: str, problems: list[Problem]) -> None:
        if not problems:
            return
        if self._file is None:
            self._file = self._opened()
        try:
            for one in problems:
                row = {"file": one.file, "position": one.position, kind: one.reason}
                print(json.dumps(row, ensure_ascii=False), file=self._file)
            self._file.flush()
        except OSError as error:
            raise self._unwritable(error.strerror or "?") from None

    def check(self, inputs: Iterable[Path]) -> None:
        """Told at the start, not after an hour of import, and before anything is lost."""
        if not self.path.parent.is_dir():
            raise self._unwritable(os.strerror(errno.ENOENT))
        if not self.path.is_file() or self.path.is_symlink():
            return
        whole = self.path.resolve()
        if any(whole.is_relative_to(one.resolve()) for one in inputs):
            raise self._unwritable(_("it is among what is to be imported"))
        if not self._is_ours():
            raise self._unwritable(_("it is there already, and is no errors file of an import"))

    def _is_ours(self) -> bool:
        try:
            with self.path.open("rb") as file:
                first = file.readline(_MOST)
            row = json.loads(first or "{}")
        except (OSError, ValueError, RecursionError):
            return False
        return not first or (isinstance(row, dict) and any(set(row) == one for one in _ROWS))

    def _opened(self) -> TextIO:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        try:
            handle = os.open(self.path, flags, 0o600)
            # A device, such as /dev/null, is everyone's.
            if stat.S_ISREG(os.fstat(handle).st_mode):
                os.fchmod(handle, 0o600)
        except OSError as error:
            raise self._unwritable(error.strerror or "?") from None
        return os.fdopen(handle, "w", encoding="utf-8", errors="replace")

    def _unwritable(self, reason: str) -> CommandError:
        said = {"path": self.path, "reason": reason}
        return CommandError(_("The errors file %(path)s can’t be written: %(reason)s.") % said)
