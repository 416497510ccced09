from django.db import migrations

# What runs as the owner must not take a caller's temporary table for ours.
FIXED = "ALTER FUNCTION portal_files_held(text[]) SET search_path = pg_catalog, public, pg_temp"


class Migration(migrations.Migration):
    dependencies = [("base", "0019_filecheck_tries")]

    operations = [migrations.RunSQL(FIXED, migrations.RunSQL.noop)]
