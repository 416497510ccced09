"""The same facts in plain columns. Made by `migrate --run-syncdb` in the bench's database."""

from django.conf import settings
from django.db import models


class Record(models.Model):
    objects: "models.Manager[Record]" = models.Manager()

    id = models.UUIDField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    kind = models.CharField(max_length=20)
    happened_on = models.DateField(null=True)
    service = models.TextField()
    owed = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    paid = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    outcome = models.CharField(max_length=20)
    source = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["user", "kind", "-happened_on"], name="bare_list")]


class Thread(models.Model):
    objects: "models.Manager[Thread]" = models.Manager()

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    unread = models.BooleanField(default=False)
