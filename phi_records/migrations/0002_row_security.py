from django.db import migrations

from portal.base import policies

class Migration(migrations.Migration):
    dependencies = [("phi_records", "0001_first"), ("base", "0002_trail")]

    operations = [
        policies.content("phi_records_recorditem"),
        policies.of_plan("phi_records_directoryentry"),
        policies.of_plan("phi_records_importedunit"),
        policies.index("phi_records_patientlink", roles=("plan_admin",)),
    ]
