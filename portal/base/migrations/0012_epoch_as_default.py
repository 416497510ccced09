from django.db import migrations

# A function that reads a table is run anew for each line of the trail; a constant costs nothing.
CONSTANT = """
DO $$ BEGIN
    EXECUTE format(
        'ALTER TABLE base_event ALTER COLUMN epoch SET DEFAULT %s', (SELECT epoch FROM base_epoch));
END $$;
DROP FUNCTION portal_epoch();
"""
LOOKED_UP = """
CREATE FUNCTION portal_epoch() RETURNS int LANGUAGE sql STABLE
    AS $$ SELECT epoch FROM base_epoch $$;
ALTER TABLE base_event ALTER COLUMN epoch SET DEFAULT portal_epoch();
"""


class Migration(migrations.Migration):
    dependencies = [("base", "0011_jobs")]

    operations = [migrations.RunSQL(CONSTANT, LOOKED_UP)]
