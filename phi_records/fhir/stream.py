"""A bundle too large for memory, one entry at a time.

Written on the standard library's scanner, so that large and small bundles are judged alike.
ijson's C backend crashes the process on a number of 5,000 digits and turns half characters
into question marks.
"""

import codecs
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from phi_records.fhir import exact
from phi_records.fhir.check import MAX_DEPTH
from phi_records.fhir.sources import (
    Refused,
    may_have_too_many_values,
    refuse_if_too_many_values,
)

MAX_VALUE_CHARACTERS = 32 * 1024 * 1024
_CHUNK = 1 << 20
MAX_FIELDS = 1000
"""Of a bundle, which has a dozen."""
_OF_USE = frozenset({"resourceType", "type", "meta"})
_SPACE = re.compile(r"[ \t\r\n]*")


class BundleStream:
    """Iterate for the entries; then `root` holds what else is needed, and `sha256` the hash."""

    def __init__(self, stream: BinaryIO) -> None:
        self.root: dict[str, Any] = {}
        self._stream, self._hash = stream, hashlib.sha256()
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._text, self._at, self._ended = "", 0, False
        self._may_be_dense = False
        self.size = 0

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def __iter__(self) -> Iterator[Any]:
        self._expect("{")
        more = self._peek() != "}"
        while more:
            key = self._value()
            if not isinstance(key, str):
                raise Refused(self._broken())
            if key in self.root:
                self.root[exact.TWICE] = "\x00"
            self.root[key] = None
            if len(self.root) > MAX_FIELDS:
                raise Refused(
                    _("It is JSON but not FHIR: it has more than %d fields.") % MAX_FIELDS
                )
            self._expect(":")
            if key == "entry" and self._peek() == "[":
                self.root[key] = []
                yield from self._elements()
            else:
                value = self._value()
                self.root[key] = value if key in _OF_USE or key == "entry" else None
            more = self._again("}")
        self._expect("}")
        if self._peek():
            raise Refused(self._broken())

    def _elements(self) -> Iterator[Any]:
        self._expect("[")
        more = self._peek() != "]"
        while more:
            yield self._value()
            more = self._again("]")
        self._expect("]")

    def _again(self, end: str) -> bool:
        if self._peek() == end:
            return False
        self._expect(",")
        return True

    def _expect(self, character: str) -> None:
        if self._peek() != character:
            raise Refused(self._broken())
        self._at += 1

    def _peek(self) -> str:
        """The next character that is not a space; nothing at the end."""
        while True:
            found = _SPACE.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text) or not self._read(_CHUNK):
                return self._text[self._at : self._at + 1]

    def _value(self) -> Any:
        self._peek()
        while True:
            try:
                value, end = self._scanned()
            except RecursionError:
                raise Refused(_("It is nested more than %d levels deep.") % MAX_DEPTH) from None
            except json.JSONDecodeError as error:
                end = len(self._text)
                if error.pos < end - 64 and not error.msg.startswith("Unterminated"):
                    raise Refused(_("It is not JSON, so nothing of it was taken.")) from None
            except ValueError:
                raise Refused(_("It holds a number that is not JSON.")) from None
            else:
                if end < len(self._text) or self._ended:
                    self._at = end
                    return value
            # Perhaps only the first part of it is here. Doubling keeps the retries few.
            if not self._read(max(_CHUNK, min(end - self._at, MAX_VALUE_CHARACTERS // 4))):
                try:
                    value, self._at = self._scanned()
                except ValueError:
                    raise Refused(self._broken()) from None
                return value

    def _scanned(self) -> tuple[Any, int]:
        """The same for one value whatever follows it: read from a little, or from all of it."""
        if self._may_be_dense:
            refuse_if_too_many_values(self._text, self._at)
        return exact.scan(self._text, self._at)

    def _read(self, size: int) -> bool:
        if self._ended:
            return False
        data = self._stream.read(size)
        self._hash.update(data)
        self.size += len(data)
        self._ended = not data
        try:
            self._text = self._text[self._at :] + self._decode(data, self._ended)
        except UnicodeDecodeError:
            raise Refused(_("It is not UTF-8 text.")) from None
        self._at = 0
        self._may_be_dense = may_have_too_many_values(self._text)
        # One character outside of the usual ones makes all of a text take four bytes each.
        if max(len(self._text), sys.getsizeof(self._text) // 2) > MAX_VALUE_CHARACTERS:
            limit = MAX_VALUE_CHARACTERS // (1024 * 1024)
            raise Refused(_("It holds one entry larger than %d MB.") % limit)
        return not self._ended

    def _broken(self) -> str:
        if self._ended:
            return _("It is cut off before its end, so nothing of it was taken.")
        return _("It is not JSON, so nothing of it was taken.")
