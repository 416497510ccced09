from django.db import models
from django.db.models import Q

from portal.base.ids import uuid7


class MailState(models.TextChoices):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    BOUNCED = "bounced"
    FAILED = "failed"
    # There is no address to send it to, or nothing to tell any more: no try would change that.
    UNSENDABLE = "unsendable"


class Mail(models.Model):
    """A notification e-mail, written in the transaction of what it announces. No PHI in it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan_id = models.UUIDField()
    recipient_id = models.UUIDField()
    kind = models.CharField(max_length=40)
    event_id = models.UUIDField()
    state = models.CharField(max_length=10, choices=MailState, default=MailState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    next_attempt_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    reply_code = models.PositiveSmallIntegerField(null=True)

    class Meta:
        app_label = "base"
        db_table = "base_mail"
        constraints = [
            models.UniqueConstraint(
                fields=["event_id", "recipient_id", "kind"], name="mail_announced_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                name="mail_to_send",
                condition=Q(state__in=["waiting", "sending"]),
            )
        ]
