from django.db import migrations

from portal.base import policies


class Migration(migrations.Migration):
    dependencies = [("disclosures", "0002_row_security")]

    operations = [
        policies.again(policies.index("disclosures_disclosure", roles=("privacy_officer",))),
    ]
