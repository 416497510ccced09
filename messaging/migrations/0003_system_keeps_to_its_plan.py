from django.db import migrations

from portal.base import policies


class Migration(migrations.Migration):
    dependencies = [("messaging", "0002_row_security")]

    operations = [
        policies.again(policies.index("messaging_thread", roles=("care_worker", "supervisor"))),
    ]
