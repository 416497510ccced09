from django.db import models
from django.db.models import Q


class ReadOnly(models.Model):
    """That people may read and not write, for now. One row, or none: then all is as usual."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    since = models.DateTimeField()
    # What was promised. It ends when an operator says so, not by itself.
    until = models.DateTimeField(null=True)
    # {language: words}: nobody is shown words in a language that the page is not in.
    why = models.JSONField(default=dict)

    class Meta:
        app_label = "base"
        db_table = "base_readonly"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="read_only_once")]


class LastDone(models.Model):
    """When something was done last that operators must know of: a backup, scheduled work."""

    what = models.CharField(primary_key=True, max_length=20)
    at = models.DateTimeField()

    class Meta:
        app_label = "base"
        db_table = "base_lastdone"
