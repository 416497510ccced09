from django.db import migrations

# For `doctor`: names of the oldest files that rows hold, of the newest, and of some that stand
# together at a random place in the order of their random names. Each comes from an index.
SOME = """
CREATE FUNCTION portal_files_some(few integer) RETURNS SETOF text
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$ (SELECT stored_as::text FROM base_sealedfile WHERE removed_at IS NULL
           ORDER BY id LIMIT few)
          UNION (SELECT stored_as::text FROM base_sealedfile WHERE removed_at IS NULL
           ORDER BY id DESC LIMIT few)
          UNION (SELECT stored_as::text FROM base_sealedfile WHERE removed_at IS NULL
           AND stored_as >= (SELECT md5(random()::text)) ORDER BY stored_as LIMIT few) $$;
REVOKE ALL ON FUNCTION portal_files_some FROM PUBLIC;
GRANT EXECUTE ON FUNCTION portal_files_some TO portal_app;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('base', '0022_letters_by_hand'),
    ]

    operations = [
        migrations.RunSQL(SOME, "DROP FUNCTION portal_files_some"),
    ]
