from django.db import models
from django.db.models import F, Q
from django.utils import timezone

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
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    privacy_holder_id = models.UUIDField()
    reason = models.CharField(max_length=12, choices=OpeningReason)
    words = SealedTextField(seal_as="opening.words", holder="privacy_holder_id")
    opened_at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["plan", "user", "-until"], name="opening_of_user")]


class NoticeKind(models.TextChoices):
    PRACTICES = "npp"  # the notice of privacy practices of 45 CFR 164.520
    PRIVACY = "privacy"  # what this portal itself keeps and does
    TERMS = "terms"


class NoticeVersion(models.Model):
    """A plan's notice in each of its languages, as it was published. Append-only.

    What was in force at a moment can't change afterwards: no version takes effect before it is
    published, nor before the one that it follows. So anything that says when it came in says under
    which version, and needs no column for it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT)
    kind = models.CharField(max_length=8, choices=NoticeKind)
    number = models.PositiveSmallIntegerField()
    # {language: Markdown}. What is new beside the version before; nothing for the first.
    texts = models.JSONField()
    changes = models.JSONField(default=dict)
    published_at = models.DateTimeField()
    # Days in the plan's zone.
    published_on = models.DateField()
    effective_on = models.DateField()
    # When that day begins there; for the day of publication, when it was published.
    in_force_from = models.DateTimeField()
    # SHA-256, in hex, of all that readers are shown.
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "kind", "number"], name="notice_number_once"),
            models.CheckConstraint(
                condition=Q(effective_on__gte=F("published_on"))
                & Q(in_force_from__gte=F("published_at")),
                name="notice_never_before_published",
            ),
        ]

    def is_to_come(self) -> bool:
        return self.in_force_from > timezone.now()


class NoticeSight(models.TextChoices):
    SHOWN = "shown"  # named on the first page of a visit
    READ = "read"  # its page was opened
    CONFIRMED = "confirmed"  # "I have seen it"


class NoticeSeen(models.Model):
    """That a person was shown, opened or confirmed a version, the first time each. Append-only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(NoticeVersion, on_delete=models.PROTECT, related_name="sights")
    sight = models.CharField(max_length=9, choices=NoticeSight)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "version", "sight"], name="notice_sight_once")
        ]
