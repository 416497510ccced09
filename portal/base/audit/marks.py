"""A keyed mark on each line: whoever writes to the database alone can't make one.

A line that no seal holds yet has nothing else to be known by. The sealer looks at each mark before
it signs, so a mark is needed no longer than until then, and keys of the ring may change.
"""

import hashlib
import hmac
from functools import lru_cache

from portal.base.crypto import ring

LENGTH = 32
_LABEL = b"1|trail-mark"


def mark(row_hash: bytes) -> bytes:
    """The mark of a line, by the newest key of the ring; over its hash, and so over its text."""
    return hmac.digest(_keys()[0], row_hash, "sha256")


def fits(row_hash: bytes, mark: bytes) -> bool:
    """Whether any key of the ring made this mark for this line."""
    return any(hmac.compare_digest(hmac.digest(key, row_hash, "sha256"), mark) for key in _keys())


def _keys() -> tuple[bytes, ...]:
    return _derived(tuple(ring.keys().values()))


@lru_cache(maxsize=2)
def _derived(given: tuple[bytes, ...]) -> tuple[bytes, ...]:
    # A key of its own for this: the ring's keys wrap other keys, and do nothing else.
    return tuple(hmac.digest(key, _LABEL, hashlib.sha256) for key in given)
