from uuid import UUID

from portal.base import context
from portal.base.registry import owner_finders


def register() -> None:
    owner_finders.sign_up("phi_records.owner", owner, "Of records.")


def owner(id: UUID) -> UUID | None:
    return context.owner_by("phi_records_owner", id)
