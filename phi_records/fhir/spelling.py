"""One spelling for what is the same: ids tell capitals apart, UUIDs do not (RFC 9562, 4)."""

import re

UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
# The name of a resource in its bundle.
URN = re.compile(rf"urn:uuid:({UUID.pattern})", re.IGNORECASE)
_WHOLE = re.compile(rf"(?:urn:uuid:)?(?<![\w.\-]){UUID.pattern}(?![\w.\-])", re.IGNORECASE)


def one_spelling(name: str) -> str:
    """Of an id, a "Type/id" or an address: each part that is a UUID, and no other."""
    return _WHOLE.sub(lambda found: found[0].lower(), name)
