from django.db import models

from accounts.models import Member, Plan, User
from portal.base.crypto.fields import SealedTextField
from portal.base.ids import uuid7


class OpeningReason(models.TextChoices):
    MEMBER_ASKED = "asked"  # the member called or came
    TEAM_ASKED = "team_asked"
    STANDING_IN = "standing_in"  # for someone on the team who is away
    URGENT = "urgent"  # someone may be in danger
    OTHER = "other"


class Opening(models.Model):
    """Why someone who is not on a member's team reads their messages, and until when. Append-only.

    The member reads it beside each look that it allowed.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    privacy_holder_id = models.UUIDField()
    reason = models.CharField(max_length=12, choices=OpeningReason)
    words = SealedTextField(seal_as="opening.words", holder="privacy_holder_id")
    opened_at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["plan", "user", "-until"], name="opening_of_user")]
