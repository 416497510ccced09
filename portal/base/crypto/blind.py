import base64
import hashlib
import hmac
import unicodedata
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def normalise(value: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", value).split()).casefold()


def _key(label: str, plan_id: UUID) -> bytes:
    key = base64.b64decode(settings.BLIND_KEY, validate=True)
    if len(key) < 32:
        raise ImproperlyConfigured("BLIND_KEY must be at least 32 bytes.")
    return hmac.digest(key, f"1|{label}|{plan_id}".encode(), hashlib.sha256)


def blind_index(
    label: str, plan_id: UUID, value: str, *, normalise: Callable[[str], str] = normalise
) -> bytes:
    """What a BlindIndexField holds for this value, at its full 256 bits."""
    # Without a plan, equal values of two plans would show as equal.
    plan_id = plan_id if isinstance(plan_id, UUID) else UUID(str(plan_id))
    return hmac.digest(_key(label, plan_id), normalise(value).encode(), hashlib.sha256)
