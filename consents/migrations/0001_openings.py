import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import portal.base.crypto.fields
import portal.base.ids
from portal.base import policies


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0016_tables_of_django"),
        ("base", "0002_trail"),
    ]

    operations = [
        migrations.CreateModel(
            name="Opening",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.base.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("privacy_holder_id", models.UUIDField()),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("asked", "Member Asked"),
                            ("team_asked", "Team Asked"),
                            ("standing_in", "Standing In"),
                            ("urgent", "Urgent"),
                            ("other", "Other"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "words",
                    portal.base.crypto.fields.SealedTextField(
                        holder="privacy_holder_id", seal_as="opening.words"
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.member",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="accounts.plan"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["plan", "user", "-until"], name="opening_of_user")
                ],
            },
        ),
        policies.index(
            "consents_opening",
            roles=("privacy_officer",),
            own=f"user_id = {policies.USER} OR member_id = {policies.MEMBER}",
        ),
        policies.append_only("consents_opening"),
    ]
