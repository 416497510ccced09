import django.db.models.deletion
import portal.base.ids
from django.conf import settings
from django.db import migrations, models

from portal.base import policies


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0017_state"),
        ("consents", "0001_openings"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="NoticeVersion",
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
                (
                    "kind",
                    models.CharField(
                        choices=[("npp", "Practices"), ("privacy", "Privacy"), ("terms", "Terms")],
                        max_length=8,
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("texts", models.JSONField()),
                ("changes", models.JSONField(default=dict)),
                ("published_at", models.DateTimeField()),
                ("published_on", models.DateField()),
                ("effective_on", models.DateField()),
                ("in_force_from", models.DateTimeField()),
                ("digest", models.CharField(max_length=64)),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="accounts.plan"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="NoticeSeen",
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
                (
                    "sight",
                    models.CharField(
                        choices=[("shown", "Shown"), ("read", "Read"), ("confirmed", "Confirmed")],
                        max_length=9,
                    ),
                ),
                ("at", models.DateTimeField()),
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
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sights",
                        to="consents.noticeversion",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="noticeversion",
            constraint=models.UniqueConstraint(
                fields=("plan", "kind", "number"), name="notice_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="noticeversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("effective_on__gte", models.F("published_on")),
                    ("in_force_from__gte", models.F("published_at")),
                ),
                name="notice_never_before_published",
            ),
        ),
        migrations.AddConstraint(
            model_name="noticeseen",
            constraint=models.UniqueConstraint(
                fields=("user", "version", "sight"), name="notice_sight_once"
            ),
        ),
        policies.of_plan("consents_noticeversion"),
        policies.append_only("consents_noticeversion"),
        policies.written_by_system("consents_noticeversion"),
        policies.index(
            "consents_noticeseen", roles=("privacy_officer",), own=f"user_id = {policies.USER}"
        ),
        policies.append_only("consents_noticeseen"),
    ]
