from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal.base.ids import uuid7


class KeyHolder(models.Model):
    """Whose values a data key seals. Destroying the key makes all of them unreadable."""

    class Kind(models.TextChoices):
        MEMBER_RECORD = "member_record"
        # What must outlive a member's record by six years.
        MEMBER_PRIVACY = "member_privacy"
        PERSON = "person"
        PLAN = "plan"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    plan_id = models.UUIDField(null=True)
    wrapped = models.BinaryField(null=True)
    ring_key_id = models.CharField(max_length=16, blank=True)
    # The ring's newest key when the data key was made: no older one ever wrapped it.
    made_under = models.CharField(max_length=16, blank=True)
    # The data key before, for as long as something may still be sealed under it.
    old_wrapped = models.BinaryField(null=True)
    old_ring_key_id = models.CharField(max_length=16, blank=True)
    replaced_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    shredded_at = models.DateTimeField(null=True)
    shredded_by = models.UUIDField(null=True)
    # The place of its last change, replaced or destroyed, among all: caches watch the newest.
    epoch = models.BigIntegerField(default=0)

    class Meta:
        app_label = "base"
        indexes = [
            models.Index(fields=["epoch"], condition=Q(epoch__gt=0), name="keyholder_epoch"),
            models.Index(fields=["ring_key_id", "id"], name="keyholder_ring_key"),
            models.Index(
                fields=["id"], condition=Q(old_wrapped__isnull=False), name="keyholder_replaced"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["member_record", "member_privacy", "person", "plan"]),
                name="keyholder_kind",
            ),
            models.CheckConstraint(
                condition=(
                    Q(wrapped__isnull=False, shredded_at=None, shredded_by=None)
                    & ~Q(ring_key_id="")
                )
                | Q(
                    wrapped=None,
                    ring_key_id="",
                    old_wrapped=None,
                    shredded_at__isnull=False,
                    shredded_by__isnull=False,
                    epoch__gt=0,
                ),
                name="keyholder_whole_or_shredded",
            ),
            models.CheckConstraint(
                condition=Q(old_wrapped=None, old_ring_key_id="")
                | (Q(old_wrapped__isnull=False) & ~Q(old_ring_key_id="")),
                name="keyholder_old_key_whole",
            ),
        ]
