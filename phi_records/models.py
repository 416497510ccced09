from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Member, Plan, User
from phi_records.fhir import exact
from portal.base.crypto.fields import SealedTextField
from portal.base.ids import uuid7


class RecordItem(models.Model):
    """One FHIR R4 resource about a member, kept whole and sealed, and the columns lists need."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    record_holder_id = models.UUIDField()
    kind = models.CharField(max_length=20)
    resource_type = models.CharField(max_length=60)
    # The source's own identity of the resource; full length, never cut.
    source_key = models.CharField(max_length=300)
    happened_on = models.DateField(null=True)
    # Exact JSON text: numbers keep their last digit. Read it through `access.resource_of`.
    content = SealedTextField(seal_as="record.content", holder="record_holder_id")
    # Keyed, so that equal contents of two members can't be told to be equal.
    content_mark = models.BinaryField(max_length=32)
    # What it tells of that is more sensitive (`consents.question.Tag`): keyed marks, others
    # for each member, so that without the key nobody learns which tag it is (see `marks`).
    tag_marks = ArrayField(models.BinaryField(max_length=32), default=list)
    # Of what it points at, whose tags it has too: keyed, others for each member (see `links`).
    link_marks = ArrayField(models.BinaryField(max_length=16), default=list)
    feed = models.CharField(max_length=60)
    # Sources put people's names into file names.
    file_name = SealedTextField(seal_as="record.file_name", holder="record_holder_id")
    file_position = models.PositiveIntegerField()
    received_at = models.DateTimeField()
    # Not stored: what it points at, where that was just read; whether it points at a medicine, the
    # name of one that is not here, and whether it is of one that is known by its number alone.
    names: "frozenset[str] | None" = None
    points = False
    awaits = ""
    unnamed = False

    class Meta:
        constraints = [
            models.UniqueConstraint(
                # In this order, so that a key is found in whosever file it stands.
                fields=["plan", "resource_type", "source_key", "member"],
                name="record_once",
            )
        ]
        indexes = [
            models.Index(fields=["plan", "member", "kind", "-happened_on"], name="record_list")
        ]


class MedicineAwaited(models.Model):
    """A record that points at a medicine which is not here: it gets its tags when that comes."""

    record = models.OneToOneField(
        RecordItem, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    # Of the medicine's name. Keyed, and another for each member.
    mark = models.BinaryField(max_length=32, db_index=True)


class StaffTag(models.Model):
    """A privacy officer's word that a record has a tag, or has it no more. Append-only: of each
    tag the last word holds, over what codes and labels say."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    record_holder_id = models.UUIDField()
    # No foreign key: the word outlasts a record that is taken out of a wrong file.
    record_id = models.UUIDField(db_index=True)
    # "+hiv" puts it on, "-hiv" takes it off. Sealed, as it tells of health or of a danger, and
    # filled up with spaces: its length would tell as well.
    word = SealedTextField(seal_as="staff_tag.word", holder="record_holder_id")
    reason = SealedTextField(seal_as="staff_tag.reason", holder="record_holder_id")
    said_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    said_at = models.DateTimeField()


class DirectoryEntry(models.Model):
    """A practitioner, organization or place named by records. About no member: not PHI."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT)
    resource_type = models.CharField(max_length=60)
    source_key = models.CharField(max_length=300)
    identifier = models.CharField(max_length=300, blank=True)
    name = models.CharField(max_length=300)
    content = models.JSONField(encoder=exact.Encoder, decoder=exact.Decoder)
    feed = models.CharField(max_length=60, blank=True, default="")
    # Of the file, or of the part of it that went in as one; not its name, which senders make of
    # people's names: these rows are not sealed.
    file_sha256 = models.CharField(max_length=64, blank=True, default="")
    # These two are not known of entries that came in before we kept them.
    file_position = models.PositiveIntegerField(null=True)
    received_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "resource_type", "source_key"], name="directory_once"
            )
        ]
        indexes = [models.Index(fields=["plan", "identifier"], name="directory_identifier")]


class ImportedUnit(models.Model):
    """A bundle, or a run of NDJSON lines, that was taken in: what a next run may pass over."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT)
    digest = models.BinaryField(max_length=32)
    feed = models.CharField(max_length=60)
    finished_at = models.DateTimeField(auto_now_add=True)
    counts = models.JSONField(default=dict)
    # Not, while records of it wait for their patient: a next run takes those, and nothing else.
    whole = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "digest"], name="imported_once")]


class PatientLink(models.Model):
    """Which member a source's patient id means, by a keyed mark of that id."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    mark = models.BinaryField(max_length=32)
    # Since when nothing more is taken under this id, as it came for another person too.
    held_at = models.DateTimeField(null=True)
    # Not stored: whether it is of a UUID that is kept to its feed, as it came for two people.
    apart = False

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "mark"], name="patient_linked_once")]
