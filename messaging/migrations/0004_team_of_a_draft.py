import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_first"),
        ("messaging", "0003_system_keeps_to_its_plan"),
    ]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="team",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, to="accounts.careteam"
            ),
        ),
    ]
