from django.db import migrations

from portal.base import policies

# What officers add. What was told is no one's to change.
ADDED = "state, owner_id, closed_at, outcome"


class Migration(migrations.Migration):
    dependencies = [("disclosures", "0005_incident_rows")]

    operations = [
        policies.changed_by("disclosures_incident", "privacy_officer"),
        migrations.RunSQL(
            "REVOKE UPDATE ON disclosures_incident FROM portal_app;"
            f"GRANT UPDATE ({ADDED}) ON disclosures_incident TO portal_app",
            f"REVOKE UPDATE ({ADDED}) ON disclosures_incident FROM portal_app;"
            "GRANT UPDATE ON disclosures_incident TO portal_app",
        ),
    ]
