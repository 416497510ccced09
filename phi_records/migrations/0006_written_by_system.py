from django.db import migrations

from portal.base import policies


class Migration(migrations.Migration):
    """What every role of a plan may read, imports alone write."""

    dependencies = [("phi_records", "0005_directory_tells_where_from")]

    operations = [
        policies.written_by_system("phi_records_directoryentry"),
        policies.written_by_system("phi_records_importedunit"),
    ]
