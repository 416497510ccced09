from django.db import migrations, models


class Migration(migrations.Migration):
    """Whoever asked for an act of two people may take that back."""

    dependencies = [("base", "0016_letters_stay")]

    operations = [
        migrations.AlterField(
            model_name="approval",
            name="reason_code",
            field=models.CharField(
                blank=True,
                choices=[("time", "Time"), ("changed", "Changed"), ("taken_back", "Taken Back")],
                max_length=10,
            ),
        ),
    ]
