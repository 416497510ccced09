from django.db import migrations, models


class Migration(migrations.Migration):
    """One word for one thing: color, as it is written in the United States."""

    dependencies = [("accounts", "0014_known_roles")]

    operations = [
        migrations.RemoveConstraint("plan", "plan_colour_is_hex"),
        migrations.RenameField("plan", "colour", "color"),
        migrations.AddConstraint(
            "plan",
            models.CheckConstraint(
                condition=models.Q(color__regex=r"^#[0-9a-f]{6}$"), name="plan_color_is_hex"
            ),
        ),
    ]
