from django.db import migrations, models

NEWS = [("", "None"), ("ready", "Ready"), ("stopped", "Stopped")]


class Migration(migrations.Migration):
    dependencies = [("messaging", "0006_tells_owner")]

    operations = [
        migrations.AddField(
            model_name="thread",
            name=name,
            field=models.CharField(blank=True, choices=NEWS, default="", max_length=7),
        )
        for name in ("file_news_for_member", "file_news_for_team")
    ]
