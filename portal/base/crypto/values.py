"""What a sealed field holds of a row: its ciphertext until it is read, then its value."""

from typing import TYPE_CHECKING, Any

from django.db.models.query_utils import DeferredAttribute

if TYPE_CHECKING:
    from portal.base.crypto.fields import IdentifyingTextField, SealedMixin


class Sealed:
    """A ciphertext as it came from the database. It is no value: it can't be shown or assigned."""

    __slots__ = ("place", "raw")

    def __init__(self, raw: str | bytes) -> None:
        self.raw = raw
        self.place: tuple[Any, Any] | None = None

    def __repr__(self) -> str:
        return "<sealed>"

    def __str__(self) -> str:
        raise TypeError("A sealed value is read from its row only.")


class ForStorage:
    """A ciphertext made for, or checked against, the row that is being saved."""

    __slots__ = ("raw",)

    def __init__(self, raw: str | bytes | None) -> None:
        self.raw = raw


class SealedAttribute(DeferredAttribute):
    field: "SealedMixin"

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            instance.__dict__[name] = self._fetch(instance)
        value = instance.__dict__[name]
        if isinstance(value, Sealed):
            value = instance.__dict__[name] = self.field.open(instance, value)
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        name = self.field.attname
        if isinstance(value, Sealed) and (name in instance.__dict__ or not instance._state.adding):
            raise TypeError(f"{self.field}: a sealed value of another row can't be assigned.")
        instance.__dict__[name] = value

    def _fetch(self, instance: Any) -> Any:
        # Not refresh_from_db(): its helper object would fetch the holder in one more query.
        rows = type(instance)._base_manager.using(instance._state.db).filter(pk=instance.pk)
        return rows.values_list(self.field.attname, flat=True).get()


class IdentifyingAttribute(SealedAttribute):
    """Asks for the purpose at each reading, and keeps no opened value for a later one."""

    field: "IdentifyingTextField"

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        self.field.require_purpose()
        name = self.field.attname
        if name not in instance.__dict__:
            instance.__dict__[name] = self._fetch(instance)
        return self.field.value_in(instance)
