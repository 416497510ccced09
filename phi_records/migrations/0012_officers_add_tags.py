from django.db import migrations

from portal.base import policies


class Migration(migrations.Migration):
    """An officer's word is written in the officer's own name, with the member's file open."""

    dependencies = [("phi_records", "0011_held")]

    operations = [
        policies.also_added_by("phi_records_stafftag", "privacy_officer", "said_by_id"),
    ]
