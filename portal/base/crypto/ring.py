"""The key-encryption keys, the newest first, as settings took them from KEY_RING at boot."""

import base64
import binascii
import hashlib
import os
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from portal.base.crypto.errors import SealBroken

NONCE = 12


def key_id(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:16]


def _decode(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise ImproperlyConfigured("Each key of the ring is 32 bytes in base64.")
    return key


def keys() -> dict[str, bytes]:
    """Every key by its id, the newest first. Settings have looked at each of them at boot."""
    return _keys(tuple(settings.KEY_RING))


@lru_cache(maxsize=2)
def _keys(given: tuple[str, ...]) -> dict[str, bytes]:
    ring = {key_id(key): key for key in map(_decode, given)}
    if not ring:
        raise ImproperlyConfigured("KEY_RING must hold at least one key.")
    return ring


def newest() -> str:
    return next(iter(keys()))


def _bound_to(holder_id: UUID) -> bytes:
    return b"1|key-holder|" + holder_id.bytes


def wrap(holder_id: UUID, data_key: bytes) -> tuple[str, bytes]:
    """The id of the newest key, and the data key wrapped by it."""
    ring_key_id, key = next(iter(keys().items()))
    nonce = os.urandom(NONCE)
    return ring_key_id, nonce + AESGCM(key).encrypt(nonce, data_key, _bound_to(holder_id))


def unwrap(holder_id: UUID, ring_key_id: str, wrapped: bytes) -> bytes:
    key = keys().get(ring_key_id)
    if key is None:
        raise ImproperlyConfigured(
            f"The ring lacks key {ring_key_id}, which still wraps data keys: put it back, behind "
            "the newest key."
        )
    try:
        return AESGCM(key).decrypt(wrapped[:NONCE], wrapped[NONCE:], _bound_to(holder_id))
    except (InvalidTag, ValueError):
        raise SealBroken(f"The key of holder {holder_id} was altered.") from None
