from django.db import models

from accounts.models import CareTeam, Member, Plan, User
from portal.base.crypto.fields import SealedTextField
from portal.base.ids import uuid7


class ThreadState(models.TextChoices):
    WAITING = "waiting"  # for the team
    ANSWERED = "answered"
    CLOSED = "closed"


class FileNews(models.TextChoices):
    """What became of a file in a conversation, for a side that has not seen it yet."""

    NONE = ""
    READY = "ready"  # only where the virus scanner kept people waiting
    STOPPED = "stopped"


class Thread(models.Model):
    """The head of a conversation between a member and a care team; words are in its messages."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    record_holder_id = models.UUIDField()
    team = models.ForeignKey(CareTeam, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    subject = SealedTextField(seal_as="thread.subject", holder="record_holder_id")
    state = models.CharField(max_length=10, choices=ThreadState, default=ThreadState.WAITING)
    answer_by = models.DateField(null=True)
    started_at = models.DateTimeField()
    last_message_at = models.DateTimeField()
    opened_by_team_at = models.DateTimeField(null=True)
    unread_by_member = models.BooleanField(default=False)
    has_files = models.BooleanField(default=False)
    file_news_for_member = models.CharField(
        max_length=7, choices=FileNews, blank=True, default=FileNews.NONE
    )
    file_news_for_team = models.CharField(
        max_length=7, choices=FileNews, blank=True, default=FileNews.NONE
    )

    class Meta:
        indexes = [
            models.Index(fields=["plan", "member", "-last_message_at"], name="thread_of_member"),
            models.Index(fields=["plan", "team", "state", "answer_by"], name="thread_of_team"),
        ]


class Message(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    record_holder_id = models.UUIDField()
    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    from_team = models.BooleanField()
    body = SealedTextField(seal_as="message.body", holder="record_holder_id")
    sent_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["plan", "member", "thread", "sent_at"], name="in_thread")]


class Draft(models.Model):
    """Words not sent yet: one per person and thread, or one for a new thread."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    record_holder_id = models.UUIDField()
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    thread = models.ForeignKey(Thread, null=True, on_delete=models.PROTECT, related_name="+")
    # To whom a new message goes, once chosen: it may be their team no more.
    team = models.ForeignKey(CareTeam, null=True, on_delete=models.PROTECT, related_name="+")
    subject = SealedTextField(seal_as="draft.subject", holder="record_holder_id", blank=True)
    body = SealedTextField(seal_as="draft.body", holder="record_holder_id", blank=True)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "member", "author", "thread"],
                name="one_draft_each",
                nulls_distinct=False,
            )
        ]
