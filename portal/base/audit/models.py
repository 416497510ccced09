from django.db import models

from portal.base.ids import uuid7


class Outcome(models.TextChoices):
    PERMITTED = "permitted"
    REFUSED = "refused"


class Event(models.Model):
    """One line of the trail: a read, a write or a refusal. Append-only, partitioned by year.

    Ids are plain values, not foreign keys: the trail outlives what it speaks of.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField()
    plan_id = models.UUIDField(null=True)
    actor_id = models.UUIDField(null=True)
    on_behalf_of = models.UUIDField(null=True)
    actor_role = models.CharField(max_length=30)
    client = models.CharField(max_length=60)
    member_id = models.UUIDField(null=True)
    action = models.CharField(max_length=60)
    purpose = models.CharField(max_length=40)
    basis = models.CharField(max_length=60)
    outcome = models.CharField(max_length=10, choices=Outcome)
    object_kind = models.CharField(max_length=40)
    object_id = models.UUIDField(null=True)
    session = models.CharField(max_length=16)
    facts = models.JSONField(default=dict)
    row_hash = models.BinaryField(max_length=32)
    # None on lines from before there were marks: seals held them already.
    mark = models.BinaryField(max_length=32, null=True)

    class Meta:
        app_label = "base"
        db_table = "base_event"
        managed = False


class Seal(models.Model):
    """A signed batch of finished events, chained to the one before it."""

    number = models.BigIntegerField(primary_key=True)
    epoch = models.IntegerField()
    from_xid = models.BigIntegerField()
    to_xid = models.BigIntegerField()
    partition = models.IntegerField()
    count = models.IntegerField()
    # 48 bytes for each row in order: its id (16) and its hash (32).
    manifest = models.BinaryField()
    root = models.BinaryField(max_length=32)
    previous = models.BinaryField(max_length=32)
    signature = models.BinaryField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta:
        app_label = "base"
        db_table = "base_seal"
        indexes = [models.Index(fields=["epoch", "partition", "to_xid"], name="seal_of_row")]


class DroppedYear(models.Model):
    """That a year's rows were dropped when their time was over. Written by the owner, signed."""

    year = models.IntegerField(primary_key=True)
    dropped_at = models.DateTimeField()
    rows = models.BigIntegerField()
    # What was on hold, copied out first; the digest is that of the file.
    kept = models.BigIntegerField()
    export_digest = models.BinaryField(max_length=32)
    signature = models.BinaryField(max_length=64)

    class Meta:
        app_label = "base"
        db_table = "base_droppedyear"


class SecurityEvent(models.Model):
    """A sign-in or its failure, with the address it came from. Expires; see activity.py."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField()
    plan_id = models.UUIDField(null=True)
    # Whose account was tried; empty for a User ID that nobody has.
    user_id = models.UUIDField(null=True)
    what = models.CharField(max_length=60)
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason_code = models.CharField(max_length=40, blank=True)
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=60, blank=True)
    session = models.CharField(max_length=16, blank=True)
    expires_at = models.DateTimeField()

    class Meta:
        app_label = "base"
        db_table = "base_securityevent"
        indexes = [
            models.Index(fields=["plan_id", "user_id", "-at"], name="security_of_person"),
            models.Index(fields=["expires_at"], name="security_expired"),
        ]
