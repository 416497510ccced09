"""Whether the keys that are set here are those that the data were made with. Writes nothing."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from portal.base.audit import keys, seals
from portal.base.crypto import ring
from portal.base.crypto.errors import KeyDestroyed, SealBroken
from portal.base.crypto.fields import BlindIndexField
from portal.base.crypto.models import KeyHolder
from portal.base.health.found import Check, Found

PROBE = b"doctor"


def key_ring() -> Iterator[Found]:
    """Those of today, and those that data are being taken from."""
    for key, by in (("wrapped", "ring_key_id"), ("old_wrapped", "old_ring_key_id")):
        held = KeyHolder.objects.filter(**{f"{key}__isnull": False})
        for name in held.values_list(by, flat=True).distinct():
            holder = held.filter(**{by: name}).values_list("pk", key).first()
            try:
                if holder:
                    ring.unwrap(holder[0], name, bytes(holder[1]))
            except (ImproperlyConfigured, SealBroken) as error:
                yield Found(str(error))


def blind_key() -> Iterator[Found]:
    if not all(_fits(field, row) for field, row in _some_with_an_index()):
        yield Found(
            _(
                "BLIND_KEY is not the key that members’ numbers are found by: nobody is found by "
                "number, and an import takes everyone for new. Stop imports and put the right key "
                "back (docs/runbooks/lost-key.md)."
            )
        )


def signing_key() -> Iterator[Found]:
    if keys.can_sign() and not keys.is_signed_publicly(PROBE, keys.sign(PROBE)):
        yield Found(
            _(
                "LOG_SIGNING_KEY belongs to no key in LOG_PUBLIC_KEY: put back the one that is "
                "wrong, or add the new signing key's public key, which `manage.py log_public_key` "
                "prints (docs/runbooks/lost-key.md)."
            )
        )
    newest = seals.last_seal()
    if newest and not keys.is_signed_publicly(seals.signed_bytes(newest), bytes(newest.signature)):
        yield Found(
            _(
                "The newest seal of the trail does not fit LOG_PUBLIC_KEY (where that is not set, "
                "LOG_SIGNING_KEY): put the right key back (docs/runbooks/lost-key.md), then run "
                "`manage.py verify_log`."
            )
        )


CHECKS: list[Check] = [key_ring, blind_key, signing_key]


def _some_with_an_index() -> Iterator[tuple[BlindIndexField, Any]]:
    """The oldest and the newest row of each: a wrong key may have been set for a while."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, BlindIndexField):
                rows = model._base_manager.filter(**{f"{field.attname}__isnull": False})
                for row in (rows.order_by("pk").first(), rows.order_by("pk").last()):
                    if row:
                        yield field, row


def _fits(field: BlindIndexField, row: Any) -> bool:
    try:
        return field.fits(row)
    except (ImproperlyConfigured, SealBroken, KeyDestroyed):
        # The ring lacks a key, which is told by itself.
        return True
