"""Sent once: a form that creates something carries a signed key that becomes the row's own."""

from uuid import UUID

from django.core import signing

from portal.base.ids import uuid7

SALT = "portal.once"
LIFETIME_SECONDS = 12 * 60 * 60  # a session's whole length


def new_key() -> str:
    return signing.dumps(str(uuid7()), salt=SALT)


def read_key(value: str) -> UUID | None:
    """The key, or None where it was altered, invented or is older than a session."""
    try:
        return UUID(signing.loads(value, salt=SALT, max_age=LIFETIME_SECONDS))
    except (signing.BadSignature, ValueError):
        return None
