"""What of the mail has not gone out: counts alone, whoever it is for."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Min, Q
from django.utils import timezone

from portal.base.audit import trail
from portal.base.outbox.announce import wake
from portal.base.outbox.models import Mail, MailState

# Nothing is to be done about these.
OVER = (MailState.SENT, MailState.UNSENDABLE)
# Nothing more happens to these unless someone asks for it.
GIVEN_UP = (MailState.BOUNCED, MailState.FAILED)


@dataclass(frozen=True)
class Group:
    """Mail of one kind that is in one state, after one reply of the mail server."""

    kind: str
    state: MailState
    reply_code: int | None
    count: int
    oldest: datetime
    next_attempt_at: datetime

    @property
    def given_up(self) -> bool:
        return self.state in GIVEN_UP


def undelivered(plan_id: UUID) -> list[Group]:
    rows = (
        Mail.objects.filter(plan_id=plan_id)
        .exclude(state__in=OVER)
        .values("kind", "state", "reply_code")
        .annotate(
            count=Count("pk"),
            oldest=Min("created_at"),
            next_attempt_at=Min("next_attempt_at"),
        )
        .order_by("kind", "state", "reply_code")
    )
    return [
        Group(
            kind=row["kind"],
            state=MailState(row["state"]),
            reply_code=row["reply_code"],
            count=row["count"],
            oldest=row["oldest"],
            next_attempt_at=row["next_attempt_at"],
        )
        for row in rows
    ]


def retry(plan_id: UUID) -> int:
    """Let all that was given up, or turned away for now, wait as if it were new. Under a system
    context.
    """
    now = timezone.now()
    turned_away = Q(state=MailState.WAITING, attempts__gt=0, next_attempt_at__gt=now)
    found = Mail.objects.filter(Q(state__in=GIVEN_UP) | turned_away, plan_id=plan_id)
    count = found.update(state=MailState.WAITING, attempts=0, reply_code=None, next_attempt_at=now)
    if count:
        trail.record("mail.retried", object_kind="mail", facts={"count": count})
        transaction.on_commit(wake, robust=True)
    return count
