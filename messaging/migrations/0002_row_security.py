from django.db import migrations

from portal.base import policies

class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_first"), ("base", "0002_trail")]

    operations = [
        policies.index("messaging_thread", roles=("care_worker", "supervisor")),
        policies.content("messaging_message"),
        policies.content("messaging_draft"),
    ]
