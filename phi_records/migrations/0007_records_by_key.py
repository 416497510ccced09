from django.db import migrations, models

from portal.base import policies

# An import must know in whose file a record stands that comes again, and nothing else of the files
# that it has not opened. The mark is keyed: it tells nothing but whether a content is the same.
KNOWN = """
CREATE FUNCTION phi_records_known(types text[], keys text[])
    RETURNS TABLE (member_id uuid, resource_type text, source_key text, id uuid, content_mark bytea,
                   feed text, received_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ SELECT member_id, resource_type, source_key, id, content_mark, feed,
                 received_at
          FROM (SELECT DISTINCT * FROM unnest(types, keys) AS asked (resource_type, source_key)) AS asked
          JOIN phi_records_recorditem USING (resource_type, source_key)
          WHERE plan_id = nullif(current_setting('app.plan', true), '')::uuid
            AND current_setting('app.role', true) = 'system' $$;
REVOKE ALL ON FUNCTION phi_records_known FROM PUBLIC;
GRANT EXECUTE ON FUNCTION phi_records_known TO portal_app;
"""


class Migration(migrations.Migration):
    dependencies = [("phi_records", "0006_written_by_system")]

    operations = [
        migrations.RemoveConstraint(model_name="recorditem", name="record_once"),
        migrations.AddConstraint(
            model_name="recorditem",
            constraint=models.UniqueConstraint(
                fields=("plan", "resource_type", "source_key", "member"), name="record_once"
            ),
        ),
        migrations.RunSQL(KNOWN, "DROP FUNCTION phi_records_known"),
        policies.tells_owner("phi_records_owner", "phi_records_recorditem"),
    ]
