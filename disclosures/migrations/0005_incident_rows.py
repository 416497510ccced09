from django.db import migrations

from portal.base import policies

OFFICER = ("privacy_officer",)


class Migration(migrations.Migration):
    dependencies = [("disclosures", "0004_incidents"), ("base", "0007_system_keeps_to_its_plan")]

    operations = [
        policies.index("disclosures_incident", roles=OFFICER, own=f"reporter_id = {policies.USER}"),
        policies.index("disclosures_incidentnote", roles=OFFICER, own="false"),
        policies.append_only("disclosures_incidentnote"),
        migrations.RunSQL(
            "REVOKE DELETE ON disclosures_incident FROM portal_app",
            "GRANT DELETE ON disclosures_incident TO portal_app",
        ),
    ]
