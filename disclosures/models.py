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


class Disclosure(models.Model):
    """What left the plan, to whom and why: the content of 45 CFR 164.528(b)(2). Append-only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT)
    member = models.ForeignKey(Member, on_delete=models.PROTECT)
    privacy_holder_id = models.UUIDField()
    disclosed_on = models.DateField()
    recipient = SealedTextField(seal_as="disclosure.recipient", holder="privacy_holder_id")
    recipient_address = SealedTextField(
        seal_as="disclosure.recipient_address", holder="privacy_holder_id", blank=True
    )
    what = SealedTextField(seal_as="disclosure.what", holder="privacy_holder_id")
    purpose = SealedTextField(seal_as="disclosure.purpose", holder="privacy_holder_id")
    basis = models.CharField(max_length=10, choices=Basis)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["plan", "member", "-disclosed_on"], name="disclosure_of_member")
        ]
