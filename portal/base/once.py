"""Sent once: a form that creates something carries a signed key that becomes the row's own."""

from uuid import UUID

from django.core import signing

from portal.base.ids import uuid7

SALT = "portal.once"
LIFETIME_SECONDS = 12 * 60 * 60  # a session's whole length


def new_key(user_id: UUID) -> str:
    return signing.dumps([str(user_id), str(uuid7())], salt=SALT)


def read_key(signed: str, user_id: UUID) -> UUID | None:
    """The key made for this person; None where it is someone else's, altered or too old."""
    try:
        owner, key = signing.loads(signed, salt=SALT, max_age=LIFETIME_SECONDS)
        return UUID(key) if owner == str(user_id) else None
    except (signing.BadSignature, ValueError, TypeError):
        return None
