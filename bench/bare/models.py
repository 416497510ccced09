"""The same facts in plain columns. Made by `migrate --run-syncdb` in the bench's database."""

from django.conf import settings
from django.db import models


class Record(models.Model):
    objects: "models.Manager[Record]" = models.Manager()

    id = models.UUIDField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    kind = models.CharField(max_length=20)
    happened_on = models.DateField(null=True)
    title = models.TextField()
    subtitle = models.TextField()
    date_text = models.TextField()
    kind_title = models.TextField()
    icon = models.TextField()
    status_tone = models.TextField()
    status_text = models.TextField()
    source = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["user", "kind", "-happened_on"], name="bare_list")]

    @property
    def status_chip(self) -> dict[str, str] | None:
        return {"tone": self.status_tone, "text": self.status_text} if self.status_text else None


class Thread(models.Model):
    objects: "models.Manager[Thread]" = models.Manager()

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    unread = models.BooleanField(default=False)
