import base64
import binascii
import json
import os
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from django.apps import apps
from django.core import checks
from django.db import models
from django.db.models.constants import OnConflict
from django.db.models.signals import post_init, pre_save
from encrypted_model_fields.fields import EncryptedMixin

from portal.base import context
from portal.base.crypto import keyring
from portal.base.crypto.blind import blind_index, normalise
from portal.base.crypto.errors import SealBroken, WrongPurpose
from portal.base.crypto.ring import NONCE
from portal.base.crypto.values import ForStorage, IdentifyingAttribute, Sealed, SealedAttribute

TEXT_PREFIX = "s1:"
BINARY_PREFIX = b"\x01"


class SealedMixin(EncryptedMixin):  # type: ignore[misc]
    """AES-256-GCM under the holder's key, bound to the field's label, the row and the holder.

    `seal_as` is the field's name for good: renaming a model or a field must not change it.
    """

    descriptor_class = SealedAttribute
    seal_as: str
    holder: str

    def __init__(self, *args: Any, seal_as: str, holder: str, **kwargs: Any) -> None:
        self.seal_as, self.holder = seal_as, holder
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "seal_as": self.seal_as, "holder": self.holder}

    def contribute_to_class(
        self, cls: type[models.Model], name: str, private_only: bool = False
    ) -> None:
        super().contribute_to_class(cls, name, private_only=private_only)
        if not cls._meta.abstract:
            post_init.connect(self._note_place, sender=cls)

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        return [*super().check(**kwargs), *self._check_sealing()]

    def _check_sealing(self) -> Iterator[checks.CheckMessage]:
        if not self.seal_as or "|" in self.seal_as:
            yield checks.Error("seal_as must be a label without '|'.", obj=self, id="crypto.E001")
        if not self.holder or not hasattr(self.model, self.holder):
            yield checks.Error(
                f"The model has no attribute {self.holder!r}.", obj=self, id="crypto.E002"
            )
        if self.unique or self.db_index or self.has_db_default():
            yield checks.Error(
                "A sealed field can't be unique, indexed or filled by the database.",
                obj=self,
                id="crypto.E003",
            )

    # Sealing and opening

    def _holder_id(self, instance: Any) -> UUID:
        holder_id = getattr(instance, self.holder)
        if holder_id is None:
            raise TypeError(f"{self}: the row has no key holder.")
        return holder_id if isinstance(holder_id, UUID) else UUID(str(holder_id))

    def _bound_to(self, instance: Any, holder_id: UUID) -> bytes:
        if instance.pk is None:
            raise TypeError(f"{self}: the row needs its key before it is sealed.")
        pk = instance._meta.pk.to_python(instance.pk)
        return f"1|{self.seal_as}|{pk}|{holder_id}".encode()

    def seal(self, instance: Any, value: Any) -> str | bytes:
        holder_id, nonce = self._holder_id(instance), os.urandom(NONCE)
        cipher = keyring.cipher_for(holder_id)
        bound_to = self._bound_to(instance, holder_id)
        return self._pack(nonce + cipher.encrypt(nonce, self._encode(value), bound_to))

    def open(self, instance: Any, sealed: Sealed) -> Any:
        holder_id = self._holder_id(instance)
        try:
            blob = self._unpack(sealed.raw)
            bound_to = self._bound_to(instance, holder_id)
            return self._decode(keyring.decrypt(holder_id, blob, bound_to))
        except (InvalidTag, ValueError):
            raise SealBroken(f"{self.seal_as} of {instance.pk} doesn't open here.") from None

    def value_in(self, instance: Any) -> Any:
        """What stands in the row, opened and not kept: for what seals values anew."""
        stored = instance.__dict__[self.attname]
        return self.open(instance, stored) if isinstance(stored, Sealed) else stored

    def is_current(self, instance: Any, sealed: Sealed) -> bool:
        """Whether it is sealed under the holder's newest data key, rather than one before."""
        holder_id = self._holder_id(instance)
        try:
            blob = self._unpack(sealed.raw)
            bound_to = self._bound_to(instance, holder_id)
            keyring.cipher_for(holder_id).decrypt(blob[:NONCE], blob[NONCE:], bound_to)
        except (InvalidTag, ValueError):
            return False
        return True

    def _pack(self, blob: bytes) -> str | bytes:
        return TEXT_PREFIX + base64.b64encode(blob).decode()

    def _unpack(self, raw: Any) -> bytes:
        if not isinstance(raw, str) or not raw.startswith(TEXT_PREFIX):
            raise ValueError
        body = raw.removeprefix(TEXT_PREFIX)
        try:
            blob = base64.b64decode(body, validate=True)
        except binascii.Error:
            raise ValueError from None
        # Base64 leaves spare bits at the end: only one spelling of a ciphertext counts.
        if base64.b64encode(blob).decode() != body:
            raise ValueError
        return blob

    def _encode(self, value: Any) -> bytes:
        return str(self.to_python(value)).encode()

    def _decode(self, raw: bytes) -> Any:
        return raw.decode()

    # Django's hooks

    def _note_place(self, instance: Any, **kwargs: Any) -> None:
        sealed = instance.__dict__.get(self.attname)
        if isinstance(sealed, Sealed) and self.holder in instance.__dict__:
            sealed.place = (instance.pk, instance.__dict__[self.holder])

    def to_python(self, value: Any) -> Any:
        # Skips the package's, which decrypts what a person typed into a form.
        return super(EncryptedMixin, self).to_python(value)

    def from_db_value(self, value: Any, *args: Any, **kwargs: Any) -> Sealed | None:
        return None if value is None else Sealed(value)

    def pre_save(self, instance: Any, add: bool) -> ForStorage:
        stored = instance.__dict__.get(self.attname)
        if isinstance(stored, Sealed):
            here = (instance.pk, instance.__dict__.get(self.holder))
            if stored.place != here or instance._state.adding:
                self.open(instance, stored)
            return ForStorage(stored.raw)
        value = getattr(instance, self.attname)
        if hasattr(value, "resolve_expression"):
            raise TypeError(f"{self}: an expression can't be sealed.")
        return ForStorage(None if value is None else self.seal(instance, value))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        # Not even None: update(field=None) would leave a blind index of what was there.
        if not isinstance(value, ForStorage):
            raise TypeError(f"{self}: sealed fields are written by save() and bulk_create() only.")
        return value.raw

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        return self.get_db_prep_value(value, connection)

    def get_prep_value(self, value: Any) -> Any:
        return value

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        # On a conflict the row keeps its own id, to which this ciphertext isn't bound.
        if getattr(compiler.query, "on_conflict", None) == OnConflict.UPDATE:
            raise TypeError(f"{self}: bulk_create(update_conflicts=True) would misplace it.")
        return "%s"

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def get_transform(self, lookup_name: str) -> None:
        return None


class SealedTextField(SealedMixin, models.TextField):  # type: ignore[misc, type-arg]
    pass


class IdentifyingTextField(SealedTextField):
    """What someone told to say who they are. It opens, and is written, for that purpose alone.

    The purpose is that of the access context, which the rules were asked for. Elsewhere reading it
    is an error: in a page, a copy and a list as much as in a shell. A list that doesn't touch it
    pays nothing.
    """

    PURPOSE = "identification"
    descriptor_class = IdentifyingAttribute

    def require_purpose(self) -> None:
        now = context.current_or_none()
        if now is None or now.purpose != self.PURPOSE:
            raise WrongPurpose(f"{self.seal_as} is read and written to know who someone is only.")

    def pre_save(self, instance: Any, add: bool) -> ForStorage:
        stored = instance.__dict__.get(self.attname)
        if not isinstance(stored, Sealed) or instance._state.adding:
            self.require_purpose()
        made = super().pre_save(instance, add)
        if made.raw is not None:
            # What was typed does not stay in the row for a reader without the purpose.
            kept = instance.__dict__[self.attname] = Sealed(made.raw)
            kept.place = (instance.pk, instance.__dict__[self.holder])
        return made


class SealedDateField(SealedMixin, models.DateField):  # type: ignore[misc, type-arg]
    def _decode(self, raw: bytes) -> date:
        return date.fromisoformat(raw.decode())


class SealedJSONField(SealedMixin, models.JSONField):  # type: ignore[misc]
    def _encode(self, value: Any) -> bytes:
        text = json.dumps(value, cls=self.encoder, ensure_ascii=False, separators=(",", ":"))
        return text.encode()

    def _decode(self, raw: bytes) -> Any:
        return json.loads(raw, cls=self.decoder)


class SealedBinaryField(SealedMixin, models.BinaryField):  # type: ignore[misc, type-arg]
    def get_internal_type(self) -> str:
        return "BinaryField"

    def _pack(self, blob: bytes) -> bytes:
        return BINARY_PREFIX + blob

    def _unpack(self, raw: Any) -> bytes:
        blob = bytes(raw) if isinstance(raw, (bytes, bytearray, memoryview)) else b""
        if not blob.startswith(BINARY_PREFIX):
            raise ValueError
        return blob[1:]

    def _encode(self, value: Any) -> bytes:
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise TypeError(f"{self}: only bytes can be sealed here.")
        return bytes(value)

    def _decode(self, raw: bytes) -> bytes:
        return raw


class BlindIndexField(models.BinaryField):  # type: ignore[type-arg]
    """Finds equal values of `source` within one plan without opening any."""

    def __init__(
        self,
        *args: Any,
        source: str,
        seal_as: str,
        plan: str = "plan_id",
        normalise: Callable[[str], str] = normalise,
        **kwargs: Any,
    ) -> None:
        self.source, self.seal_as, self.plan, self.normalise = source, seal_as, plan, normalise
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        ours = {"source": self.source, "seal_as": self.seal_as, "plan": self.plan}
        return name, path, args, {**kwargs, **ours, "normalise": self.normalise}

    def contribute_to_class(
        self, cls: type[models.Model], name: str, private_only: bool = False
    ) -> None:
        super().contribute_to_class(cls, name, private_only=private_only)
        if not cls._meta.abstract:
            pre_save.connect(self._refuse_half, sender=cls)

    def _refuse_half(self, update_fields: Any = None, **kwargs: Any) -> None:
        if update_fields and self.source in update_fields and self.attname not in update_fields:
            raise TypeError(f"{self}: save it together with {self.source}.")

    def pre_save(self, instance: Any, add: bool) -> bytes | None:
        source = instance.__dict__.get(self.source)
        if not instance._state.adding and isinstance(source, Sealed):
            stored = getattr(instance, self.attname)
            return None if stored is None else bytes(stored)
        made = self._made(instance)
        setattr(instance, self.attname, made)
        return made

    def fits(self, instance: Any) -> bool:
        """Whether the index in the row is what today's BLIND_KEY makes of the value there."""
        return bytes(getattr(instance, self.attname)) == self._made(instance)

    def _made(self, instance: Any) -> bytes | None:
        value = getattr(instance, self.source)
        if value in (None, ""):
            return None
        plan_id = getattr(instance, self.plan)
        return blind_index(self.seal_as, plan_id, value, normalise=self.normalise)

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name in ("exact", "in", "isnull") else None


def reseal(instance: models.Model, holder_id: UUID) -> None:
    """Move a row to another key holder. The caller saves it, or nothing has happened."""
    fields = [field for field in instance._meta.concrete_fields if isinstance(field, SealedMixin)]
    for field in fields:
        getattr(instance, field.attname)
    for holder in {field.holder for field in fields}:
        setattr(instance, holder, holder_id)


@checks.register("models")
def check_labels(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    owners: dict[tuple[str, str], Any] = {}
    errors: list[checks.CheckMessage] = []
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_concrete_fields:
            if not isinstance(field, (SealedMixin, BlindIndexField)):
                continue
            # A field and its blind index may share a label: they never share a key.
            kind = "blind" if isinstance(field, BlindIndexField) else "sealed"
            first = owners.setdefault((kind, field.seal_as), field)
            if first is not field:
                message = f"seal_as {field.seal_as!r} is taken by {first}."
                errors.append(checks.Error(message, obj=field, id="crypto.E004"))
    return errors
