"""UUIDv7 keys, made in Python because a row's key must be known before it is sealed."""

import os
import time
from uuid import UUID


def uuid7() -> UUID:
    """A time-ordered key (RFC 9562, section 5.7): 48 bits of milliseconds, 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return UUID(int=value)


def reference(row_id: UUID) -> str:
    """What a person reads out on the telephone: the random end of a row's key."""
    return row_id.hex[-12:].upper()
