"""Whether what is sealed opens: some of every kind of key, of every table and of the files."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps

from portal.base.backup.problems import BackupProblem
from portal.base.backup.programs import OWNER
from portal.base.crypto import keyring
from portal.base.crypto.errors import KeyDestroyed, SealBroken
from portal.base.crypto.fields import SealedMixin
from portal.base.crypto.models import KeyHolder
from portal.base.files import sealed
from portal.base.files.models import SealedFile

EACH = 20


@dataclass
class Opened:
    holders: Counter[str] = field(default_factory=Counter)
    values: int = 0
    files: int = 0


def open_some() -> Opened:
    """Raises BackupProblem that names what doesn't open."""
    found = Opened()
    try:
        for kind in KeyHolder.Kind:
            for holder in _some(KeyHolder, kind=kind, wrapped__isnull=False):
                keyring.cipher_for(holder.pk)
                found.holders[kind.value] += 1
        for model in apps.get_models():
            fields = [one for one in model._meta.concrete_fields if isinstance(one, SealedMixin)]
            if fields and model._meta.managed:
                found.values += sum(_open(row, fields) for row in _some(model))
        for file in _some(SealedFile, removed_at=None):
            found.files += _read(file)
    except SealBroken as broken:
        raise BackupProblem(f"What is sealed doesn't open. {broken}") from broken
    return found


def _some(model: Any, **chosen: Any) -> list[Any]:
    """Of all members, which the owner alone sees."""
    return list(model._base_manager.using(OWNER).filter(**chosen).order_by("pk")[:EACH])


def _open(row: Any, fields: list[SealedMixin]) -> int:
    count = 0
    for one in fields:
        try:
            count += one.value_in(row) is not None
        except KeyDestroyed:
            continue
    return count


def _read(file: SealedFile) -> int:
    try:
        for _chunk in sealed.iter_plain(file):
            pass
    except KeyDestroyed:
        return 0
    return 1
