from django.db import models
from django.db.models import Q

from portal.base.crypto.fields import SealedJSONField, SealedTextField
from portal.base.ids import uuid7


class LetterState(models.TextChoices):
    WAITING = "waiting"
    PRINTED = "printed"
    MAILED = "mailed"
    RETURNED = "returned"


class Reason(models.TextChoices):
    """Why the post brought a letter back: what its yellow label says."""

    MOVED = "moved"
    NO_SUCH_ADDRESS = "no_such_address"
    NOT_KNOWN = "not_known"
    REFUSED = "refused"
    NOT_FETCHED = "not_fetched"
    OTHER = "other"


PRINTED = Q(
    printed_at__isnull=False,
    printed_by__isnull=False,
    batch_id__isnull=False,
    file_id__isnull=False,
) & ~Q(sha256="")
MAILED = Q(mailed_on__isnull=False, mailed_by__isnull=False)
RETURNED = Q(returned_on__isnull=False, returned_by__isnull=False) & ~Q(returned_reason="")
NOT_PRINTED = Q(printed_at=None, printed_by=None, batch_id=None, file_id=None, sha256="")
NOT_MAILED = Q(mailed_on=None, mailed_by=None)
NOT_RETURNED = Q(returned_on=None, returned_by=None, returned_reason="")


class Letter(models.Model):
    """A paper letter, written in the transaction of what it tells of: the twin of a mail."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan_id = models.UUIDField()
    member_id = models.UUIDField()
    # Of the member's privacy file, or of another person that the letter is for.
    holder_id = models.UUIDField()
    recipient_id = models.UUIDField()
    kind = models.CharField(max_length=40)
    event_id = models.UUIDField()
    language = models.CharField(max_length=10)
    # The name, then the lines of the address; empty where none is known.
    address = SealedTextField(seal_as="letter.address", holder="holder_id", blank=True)
    # What its kind needs to write it, beside the plan and the person.
    words = SealedJSONField(seal_as="letter.words", holder="holder_id", default=dict)
    state = models.CharField(max_length=10, choices=LetterState, default=LetterState.WAITING)
    created_at = models.DateTimeField(auto_now_add=True)
    printed_at = models.DateTimeField(null=True)
    printed_by = models.UUIDField(null=True)
    # Printed together: they come again as one file.
    batch_id = models.UUIDField(null=True)
    file_id = models.UUIDField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    # Printed without its address, which the sheet can't take: it is written on an envelope by hand.
    by_hand = models.BooleanField(default=False)
    mailed_on = models.DateField(null=True)
    mailed_by = models.UUIDField(null=True)
    returned_on = models.DateField(null=True)
    returned_by = models.UUIDField(null=True)
    returned_reason = models.CharField(max_length=20, choices=Reason, blank=True)
    replaces = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="replacement"
    )

    class Meta:
        app_label = "base"
        db_table = "base_letter"
        constraints = [
            models.UniqueConstraint(
                fields=["plan_id", "member_id", "event_id", "recipient_id", "kind"],
                name="letter_written_once",
                condition=Q(replaces=None),
            ),
            models.CheckConstraint(
                name="letter_state_told",
                condition=(Q(state="waiting") & NOT_PRINTED & NOT_MAILED & NOT_RETURNED)
                | (Q(state="printed") & PRINTED & NOT_MAILED & NOT_RETURNED)
                | (Q(state="mailed") & PRINTED & MAILED & NOT_RETURNED)
                | (Q(state="returned") & PRINTED & MAILED & RETURNED),
            ),
        ]
        indexes = [
            models.Index(fields=["plan_id", "state", "-id"], name="letters_in_state"),
            models.Index(
                fields=["plan_id", "batch_id"],
                name="letters_of_batch",
                condition=Q(batch_id__isnull=False),
            ),
        ]

    @property
    def number(self) -> str:
        """What stands on the paper, to find it by: the random end of its id."""
        end = self.pk.hex[-8:].upper()
        return f"{end[:4]}-{end[4:]}"

    @property
    def name(self) -> str:
        return str(self.address).partition("\n")[0]
