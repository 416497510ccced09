"""Sent once: a form carries the signed key of the message that it will become."""

from uuid import UUID

from django.core import signing

from portal.base.ids import uuid7

SALT = "messaging.send_key"


def new_key(user_id: UUID) -> str:
    return signing.dumps([str(user_id), str(uuid7())], salt=SALT)


def read_key(signed: str, user_id: UUID) -> UUID | None:
    """The key, if we made it for this person; a key of someone else's form is none."""
    try:
        owner, key = signing.loads(signed, salt=SALT)
        return UUID(key) if owner == str(user_id) else None
    except (signing.BadSignature, ValueError, TypeError):
        return None
