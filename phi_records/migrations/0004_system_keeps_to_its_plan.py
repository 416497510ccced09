from django.db import migrations

from portal.base import policies


class Migration(migrations.Migration):
    dependencies = [("phi_records", "0003_unit_whole")]

    operations = [
        policies.again(policies.of_plan("phi_records_directoryentry")),
        policies.again(policies.of_plan("phi_records_importedunit")),
        policies.again(policies.index("phi_records_patientlink", roles=("plan_admin",))),
    ]
