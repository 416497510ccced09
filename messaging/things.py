from collections.abc import Collection
from uuid import UUID

from django.urls import reverse

from accounts.models import User
from messaging import access
from portal.base import context
from portal.base.crypto.shown import shown
from portal.base.registry import Thing, owner_finders, thing_finders


def register() -> None:
    thing_finders.sign_up(
        "messaging.threads", threads, "Conversations, and messages in them, by their subject."
    )
    owner_finders.sign_up("messaging.owner", owner, "Of conversations, and messages in them.")


def owner(id: UUID) -> UUID | None:
    return context.owner_by("messaging_owner", id)


def threads(user: User, ids: Collection[UUID]) -> dict[UUID, Thing]:
    """A member's conversations, by their own ids and by those of the messages in them."""
    return {
        about: Thing(shown(thread, "subject"), reverse("messaging:thread-detail", args=[thread.pk]))
        for about, thread in access.own_threads(user, ids).items()
    }
