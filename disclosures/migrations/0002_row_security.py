from django.db import migrations

from portal.base import policies

class Migration(migrations.Migration):
    dependencies = [("disclosures", "0001_first"), ("base", "0002_trail")]

    operations = [
        policies.index("disclosures_disclosure", roles=("privacy_officer",)),
        policies.append_only("disclosures_disclosure"),
    ]
