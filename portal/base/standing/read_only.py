"""Read-only mode: kept in the database, so that every process sees it from its next request."""

from contextvars import ContextVar
from datetime import datetime

from django.utils import timezone

from portal.base import context
from portal.base.audit import trail
from portal.base.standing.models import ReadOnly

# Of the request at hand: what it began under holds to its end.
_bound: ContextVar[bool] = ContextVar("read_only", default=False)


def state() -> ReadOnly | None:
    return ReadOnly.objects.first()


def is_on() -> bool:
    """Whether the request at hand may only read. Outside of a request nothing is held back."""
    return _bound.get()


bind = _bound.set
unbind = _bound.reset


def begin(*, client: str, until: datetime | None, why: dict[str, str]) -> None:
    """Begin it, or say anew how long it lasts and why."""
    with context.system(client):
        values = {"until": until, "why": why}
        ReadOnly.objects.update_or_create(
            pk=1, defaults=values, create_defaults={**values, "since": timezone.now()}
        )
        trail.record("portal.read_only_on")


def end(*, client: str) -> bool:
    with context.system(client):
        gone, _ = ReadOnly.objects.all().delete()
        if gone:
            trail.record("portal.read_only_off")
    return bool(gone)
