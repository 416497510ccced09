from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal.base.ids import uuid7


class JobState(models.TextChoices):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    EXPIRED = "expired"


AT_WORK = (JobState.WAITING, JobState.RUNNING)


class Job(models.Model):
    """Long work that one person asked for. No PHI in it: what it makes is a sealed file."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    plan_id = models.UUIDField()
    owner_id = models.UUIDField()
    # Whose information it works with.
    member_id = models.UUIDField()
    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=JobState, default=JobState.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    # Where the next step goes on, in words of its kind.
    cursor = models.CharField(max_length=100, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    # While a worker has it. A worker that was killed leaves it, and the next one takes over.
    leased_until = models.DateTimeField(null=True)
    # Leases that came to nothing since the last step that was kept.
    tries = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    reason_code = models.CharField(max_length=20, blank=True)

    class Meta:
        app_label = "base"
        db_table = "base_job"
        constraints = [
            models.UniqueConstraint(
                fields=["plan_id", "owner_id", "kind"],
                condition=Q(state__in=AT_WORK),
                name="job_one_at_a_time",
            )
        ]
        indexes = [
            models.Index(fields=["plan_id", "owner_id", "-asked_at"], name="jobs_of_owner"),
            models.Index(fields=["asked_at"], name="jobs_to_do", condition=Q(state__in=AT_WORK)),
            models.Index(
                fields=["expires_at"], name="jobs_to_expire", condition=Q(state=JobState.DONE)
            ),
        ]

    @property
    def now(self) -> str:
        """Its state: past its time it is over, also before the task has removed what it made."""
        over = self.expires_at is not None and self.expires_at <= timezone.now()
        return JobState.EXPIRED if over and self.state == JobState.DONE else self.state

    @property
    def at_work(self) -> bool:
        return self.state in AT_WORK
