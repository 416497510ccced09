"""The columns of a draft, its words in the clear. Made by `migrate --run-syncdb`."""

import pghistory
from django.db import models


@pghistory.track()
class Draft(models.Model):
    objects: "models.Manager[Draft]" = models.Manager()

    id = models.UUIDField(primary_key=True)
    plan_id = models.UUIDField()
    member_id = models.UUIDField()
    record_holder_id = models.UUIDField()
    author_id = models.UUIDField()
    thread_id = models.UUIDField(null=True)
    team_id = models.UUIDField(null=True)
    subject = models.TextField(blank=True)
    body = models.TextField(blank=True)
    saved_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["plan_id", "member_id", "author_id"], name="tracked_own")]
