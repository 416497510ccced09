from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_system_keeps_to_its_plan")]

    operations = [
        migrations.AddField(
            model_name="plan", name="own_holidays", field=models.JSONField(default=dict)
        ),
    ]
