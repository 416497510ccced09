from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("disclosures", "0008_misfiled")]

    operations = [
        migrations.AlterField(
            model_name="incident",
            name="kind",
            field=models.CharField(
                choices=[
                    ("seen", "Seen"),
                    ("sent", "Sent"),
                    ("lost", "Lost"),
                    ("account", "Account"),
                    ("other", "Other"),
                    ("trail", "Trail"),
                    ("misfiled", "Misfiled"),
                    ("virus", "Virus"),
                    ("refusals", "Refusals"),
                    ("outside", "Outside"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="incident",
            name="way",
            field=models.CharField(
                choices=[
                    ("button", "Button"),
                    ("not_me", "Not Me"),
                    ("message", "Message"),
                    ("alarm", "Alarm"),
                    ("disclosure", "Disclosure"),
                ],
                max_length=10,
            ),
        ),
    ]
