"""The key that signs the trail, and those that anyone may check it with."""

import base64
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings


class NoSigningKey(RuntimeError):
    """This process may check the trail, not seal it."""


def can_sign() -> bool:
    return bool(settings.LOG_SIGNING_KEY)


def sign(data: bytes) -> bytes:
    return _private().sign(data)


def is_signed(data: bytes, signature: bytes) -> bool:
    return any(_verifies(key, data, signature) for key in public_keys())


def is_signed_publicly(data: bytes, signature: bytes) -> bool:
    """Whether it can be checked without the signing key, where LOG_PUBLIC_KEY is set."""
    if not settings.LOG_PUBLIC_KEYS:
        return is_signed(data, signature)
    return any(_verifies(key, data, signature) for key in _listed())


def public_keys() -> list[Ed25519PublicKey]:
    """Today's first, then the earlier ones, whose seals still stand."""
    known = [_private().public_key()] if can_sign() else []
    return known + [key for key in _listed() if key not in known]


def pem(key: Ed25519PublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def encoded(key: Ed25519PublicKey) -> str:
    """As LOG_PUBLIC_KEY takes it."""
    return base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def require() -> None:
    if not can_sign():
        raise NoSigningKey("LOG_SIGNING_KEY is not set here, so nothing can be sealed or signed.")


def _private() -> Ed25519PrivateKey:
    require()
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(settings.LOG_SIGNING_KEY))


def _listed() -> list[Ed25519PublicKey]:
    return [_public(text) for text in settings.LOG_PUBLIC_KEYS]


@lru_cache
def _public(text: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(text))


def _verifies(key: Ed25519PublicKey, data: bytes, signature: bytes) -> bool:
    try:
        key.verify(signature, data)
    except InvalidSignature:
        return False
    return True
