from django.db import models

from accounts.models import Member, Plan, User
from portal.base.crypto.fields import SealedTextField
from portal.base.ids import uuid7


class Basis(models.TextChoices):
    """Grounds that belong in an accounting of disclosures (45 CFR 164.512, 164.502(a)(2)(ii))."""

    REQUIRED_BY_LAW = "512a"
    PUBLIC_HEALTH = "512b"
    ABUSE_VICTIM = "512c"
    HEALTH_OVERSIGHT = "512d"
    COURT = "512e"
    LAW_ENFORCEMENT = "512f"
    CORONER = "512g"
    ORGAN_DONATION = "512h"
    RESEARCH = "512i"
    SERIOUS_THREAT = "512j"
    MILITARY = "512k1"
    PROTECTIVE = "512k3"
    STATE_DEPARTMENT = "512k4"
    PUBLIC_BENEFITS = "512k6"
    WORKERS_COMPENSATION = "512l"
    HHS = "502a2ii"
    MISTAKE = "mistake"


class IncidentKind(models.TextChoices):
    SEEN = "seen"  # by someone who had no business there
    SENT = "sent"  # to the wrong person
    LOST = "lost"  # paper or a device
    ACCOUNT = "account"  # used by someone else
    OTHER = "other"
    TRAIL = "trail"  # the trail doesn't match its seals
    MISFILED = "misfiled"  # records stood in another person's file
    MIXED = "mixed"  # one id of an import came for two people
    VIRUS = "virus"  # in a file that someone sent
    REFUSALS = "refusals"  # one person or account was refused again and again
    GUESSING = "guessing"  # many wrong passwords, at whatever User IDs
    OUTSIDE = "outside"  # staff read from outside the member's team, with a reason


class IncidentWay(models.TextChoices):
    """How it came to us."""

    BUTTON = "button"
    NOT_ME = "not_me"
    MESSAGE = "message"
    ALARM = "alarm"
    DISCLOSURE = "disclosure"  # what an officer wrote down as sent by mistake


class IncidentState(models.TextChoices):
    OPEN = "open"
    TAKEN = "taken"
    CLOSED = "closed"


class IncidentOutcome(models.TextChoices):
    NO_PROBLEM = "no_problem"
    PUT_RIGHT = "put_right"
    MAY_BE_BREACH = "may_be_breach"
    KNOWN = "known"
    UNCLEAR = "unclear"


class Disclosure(models.Model):
    """What left the plan, to whom and why: the content of 45 CFR 164.528(b)(2). Append-only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    privacy_holder_id = models.UUIDField()
    disclosed_on = models.DateField()
    recipient = SealedTextField(seal_as="disclosure.recipient", holder="privacy_holder_id")
    recipient_address = SealedTextField(
        seal_as="disclosure.recipient_address", holder="privacy_holder_id", blank=True
    )
    what = SealedTextField(seal_as="disclosure.what", holder="privacy_holder_id")
    purpose = SealedTextField(seal_as="disclosure.purpose", holder="privacy_holder_id")
    basis = models.CharField(max_length=10, choices=Basis)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["plan", "member", "-disclosed_on"], name="disclosure_of_member")
        ]


class Incident(models.Model):
    """That something may have gone wrong with someone's privacy (45 CFR 164.308(a)(6))."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    member = models.ForeignKey(Member, null=True, on_delete=models.PROTECT, related_name="+")
    # None: the portal noticed it by itself.
    reporter = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    # The member's privacy file, or the plan.
    holder_id = models.UUIDField()
    kind = models.CharField(max_length=10, choices=IncidentKind)
    way = models.CharField(max_length=10, choices=IncidentWay)
    told = SealedTextField(seal_as="incident.told", holder="holder_id", blank=True)
    # What it is about, where the report points to something: a message, a line of the trail.
    about_kind = models.CharField(max_length=10, blank=True)
    about_id = models.UUIDField(null=True)
    opened_at = models.DateTimeField()
    state = models.CharField(max_length=6, choices=IncidentState, default=IncidentState.OPEN)
    owner = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=15, choices=IncidentOutcome, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "kind", "about_id"],
                name="one_alarm_open",
                condition=models.Q(way="alarm") & ~models.Q(state="closed"),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(state="closed", closed_at__isnull=False) & ~models.Q(outcome="")
                | ~models.Q(state="closed") & models.Q(closed_at=None, outcome=""),
                name="closed_with_outcome",
            ),
        ]
        indexes = [
            models.Index(fields=["plan", "state", "-opened_at"], name="incident_list"),
            models.Index(fields=["plan", "member"], name="incident_of_member"),
        ]


class IncidentNote(models.Model):
    """What an officer found or did. Append-only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="+")
    holder_id = models.UUIDField()
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    text = SealedTextField(seal_as="incident_note.text", holder="holder_id")
    written_at = models.DateTimeField()
