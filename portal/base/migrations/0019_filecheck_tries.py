from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('base', '0018_filecheck'),
    ]

    operations = [
        migrations.AddField(
            model_name='filecheck',
            name='tries',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='filecheck',
            name='tried_at',
            field=models.DateTimeField(null=True),
        ),
    ]
