"""A model of these tests alone, over a temporary table: all kinds of sealed fields in one row."""

from django.db import models
from django.test.utils import isolate_apps

from portal.base.crypto.fields import (
    BlindIndexField,
    SealedBinaryField,
    SealedDateField,
    SealedJSONField,
    SealedTextField,
)
from portal.base.ids import uuid7

with isolate_apps("portal.base"):

    class SealedRow(models.Model):
        id = models.UUIDField(primary_key=True, default=uuid7)
        plan_id = models.UUIDField()
        holder_id = models.UUIDField(null=True)
        note = models.TextField(default="")
        name = SealedTextField(seal_as="tests.row.name", holder="holder_id")
        nickname = SealedTextField(seal_as="tests.row.nickname", holder="holder_id", null=True)
        born = SealedDateField(seal_as="tests.row.born", holder="holder_id", null=True)
        content = SealedJSONField(seal_as="tests.row.content", holder="holder_id", null=True)
        scan = SealedBinaryField(seal_as="tests.row.scan", holder="holder_id", null=True)
        name_index = BlindIndexField(source="name", seal_as="tests.row.name_index", null=True)

        class Meta:
            app_label = "base"
            db_table = "tests_sealed_row"
