import hashlib
import secrets
import sqlite3

from django.utils.translation import gettext as _

from portal.base.files.blobs import CannotStore


class SeenOnDisk:
    """Names, however many, in little memory: a file that has no name and ends with the object.

    It holds marks of them under a key that is nowhere else.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._file = sqlite3.connect("", isolation_level=None)
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute("CREATE TABLE seen (mark BLOB PRIMARY KEY) WITHOUT ROWID")
        # One transaction that never ends: nothing of it is to last.
        self._file.execute("BEGIN")

    def isdisjoint(self, names: set[str]) -> bool:
        return not any(self._run("SELECT 1 FROM seen WHERE mark = ?", name) for name in names)

    def update(self, names: set[str]) -> None:
        for name in names:
            self._run("INSERT OR IGNORE INTO seen VALUES (?)", name)

    def close(self) -> None:
        self._file.close()

    def _run(self, sql: str, name: str) -> object:
        mark = hashlib.blake2b(name.encode(), digest_size=16, key=self._key).digest()
        try:
            return self._file.execute(sql, [mark]).fetchone()
        except sqlite3.Error:
            raise CannotStore(_("The disk for temporary files is full or broken.")) from None
