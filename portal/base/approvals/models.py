from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from portal.base.crypto.fields import SealedJSONField, SealedTextField
from portal.base.ids import uuid7


class ApprovalState(models.TextChoices):
    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    USED = "used"
    EXPIRED = "expired"


class Void(models.TextChoices):
    """Why nothing can be done with it any more."""

    TIME = "time"
    CHANGED = "changed"
    TAKEN_BACK = "taken_back"


OPEN = (ApprovalState.WAITING, ApprovalState.APPROVED)
DECIDED = Q(decided_by__isnull=False, decided_at__isnull=False)
NOT_DECIDED = Q(decided_by=None, decided_at=None)
NOT_VOID = Q(reason_code="")


class Approval(models.Model):
    """That one person asks for an act, and what a second person says of it.

    What was asked for stays as it is: the application may change none of it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan_id = models.UUIDField()
    kind = models.CharField(max_length=60)
    # What the act is done to, and whose it is.
    about_id = models.UUIDField()
    member_id = models.UUIDField(null=True)
    # The plan's: the act itself may destroy a person's key, and who asked for that stays known.
    holder_id = models.UUIDField()
    facts = SealedJSONField(seal_as="approval.facts", holder="holder_id")
    # A keyed mark of the act, its facts and its reason: of all that the second person sees.
    digest = models.CharField(max_length=64)
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField(default=timezone.now)
    reason = SealedTextField(seal_as="approval.reason", holder="holder_id")
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=ApprovalState, default=ApprovalState.WAITING)
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_reason = SealedTextField(
        seal_as="approval.decided_reason", holder="holder_id", blank=True
    )
    # When it was used, or found void.
    ended_at = models.DateTimeField(null=True)
    reason_code = models.CharField(max_length=10, choices=Void, blank=True)

    class Meta:
        app_label = "base"
        db_table = "base_approval"
        constraints = [
            models.UniqueConstraint(
                fields=["plan_id", "kind", "about_id"],
                condition=Q(state__in=OPEN),
                name="approval_open_once",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")),
                name="approval_by_another",
            ),
            models.CheckConstraint(
                name="approval_state_told",
                condition=(Q(state="waiting", ended_at=None) & NOT_DECIDED & NOT_VOID)
                | (Q(state__in=["approved", "refused"], ended_at=None) & DECIDED & NOT_VOID)
                | (Q(state="used", ended_at__isnull=False) & DECIDED & NOT_VOID)
                | (
                    Q(state="expired", ended_at__isnull=False) & (DECIDED | NOT_DECIDED) & ~NOT_VOID
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["plan_id", "state", "-id"], name="approvals_in_state"),
            models.Index(
                fields=["expires_at"], name="approvals_to_expire", condition=Q(state__in=OPEN)
            ),
        ]

    @property
    def is_open(self) -> bool:
        return self.state in OPEN
