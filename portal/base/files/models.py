from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal.base.crypto.fields import SealedBinaryField, SealedTextField
from portal.base.ids import uuid7


class Scan(models.TextChoices):
    WAITING = "waiting"
    CLEAN = "clean"
    INFECTED = "infected"
    UNREADABLE = "unreadable"  # the scanner takes no such file


class SealedFile(models.Model):
    """A file of a member's, written to disk before and bound by this row when it commits."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan_id = models.UUIDField()
    member_id = models.UUIDField()
    holder_id = models.UUIDField()
    # The row that it belongs to: a record, later a message.
    about_id = models.UUIDField()
    size = models.PositiveBigIntegerField()
    content_type = models.CharField(max_length=100)
    # Made by the server: nobody's words reach the disk.
    stored_as = models.CharField(max_length=32, unique=True)
    original_name = SealedTextField(seal_as="file.name", holder="holder_id", blank=True)
    # Of this file alone. Gone with the file when it is removed.
    key = SealedBinaryField(seal_as="file.key", holder="holder_id", null=True)
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "base"
        db_table = "base_sealedfile"
        indexes = [
            models.Index(
                fields=["plan_id", "member_id", "about_id"],
                name="files_of_row",
                condition=Q(removed_at=None),
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(removed_at=None, key__isnull=False)
                | Q(removed_at__isnull=False, key__isnull=True),
                name="file_removed_with_its_key",
            )
        ]


class FileCheck(models.Model):
    """What the virus scanner says of a file that someone uploaded. Other files have none.

    Apart from the file, because scheduled work looks for what waits in the files of all members.
    """

    file_id = models.UUIDField(primary_key=True)
    plan_id = models.UUIDField()
    member_id = models.UUIDField()
    uploaded_by = models.UUIDField()
    state = models.CharField(max_length=10, choices=Scan, default=Scan.WAITING)
    # The scanner's own name for it.
    virus = models.CharField(max_length=200, blank=True)
    uploaded_at = models.DateTimeField(default=timezone.now)
    scanned_at = models.DateTimeField(null=True)
    # How often, and when last, the scanner broke off at it and went on with others.
    tries = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "base"
        db_table = "base_filecheck"
        indexes = [
            models.Index(
                fields=["uploaded_at"], name="files_to_scan", condition=Q(state=Scan.WAITING)
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=Scan.WAITING, scanned_at=None, virus="")
                | Q(state__in=[Scan.CLEAN, Scan.UNREADABLE], scanned_at__isnull=False, virus="")
                | (Q(state=Scan.INFECTED, scanned_at__isnull=False) & ~Q(virus="")),
                name="file_check_told",
            )
        ]
