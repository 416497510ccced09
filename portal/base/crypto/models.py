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
    created_at = models.DateTimeField(default=timezone.now)
    shredded_at = models.DateTimeField(null=True)
    shredded_by = models.UUIDField(null=True)
    # 0 while the key lives; then its place in the order of destroyed keys, which caches watch.
    epoch = models.BigIntegerField(default=0)

    class Meta:
        app_label = "base"
        indexes = [
            models.Index(fields=["epoch"], condition=Q(epoch__gt=0), name="keyholder_epoch"),
            models.Index(fields=["ring_key_id", "id"], name="keyholder_ring_key"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["member_record", "member_privacy", "person", "plan"]),
                name="keyholder_kind",
            ),
            models.CheckConstraint(
                condition=(
                    Q(wrapped__isnull=False, shredded_at=None, shredded_by=None, epoch=0)
                    & ~Q(ring_key_id="")
                )
                | Q(
                    wrapped=None,
                    ring_key_id="",
                    shredded_at__isnull=False,
                    shredded_by__isnull=False,
                    epoch__gt=0,
                ),
                name="keyholder_whole_or_shredded",
            ),
        ]
