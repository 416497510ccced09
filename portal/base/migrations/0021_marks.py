"""A keyed mark on each line of the trail, from now on.

Sealed lines need none. Those that wait for a seal get theirs here, by the key ring of whoever
migrates: what stands there at that moment is what is vouched for.
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from portal.base.audit.marks import LENGTH, mark

# Not asked of the lines that are there: what a seal holds stays as it is.
COLUMN = f"""
ALTER TABLE base_event ADD COLUMN mark bytea;
ALTER TABLE base_event ADD CONSTRAINT base_event_marked
    CHECK (mark IS NOT NULL AND length(mark) = {LENGTH}) NOT VALID;
GRANT INSERT (mark) ON base_event TO portal_app;
"""
WAITING = """
SELECT id, row_hash FROM base_event WHERE (epoch, xid) >= (
    SELECT coalesce(max(epoch), 0), coalesce(max(to_xid), 0)::text::xid8 FROM (
        SELECT epoch, to_xid FROM base_seal ORDER BY number DESC LIMIT 1) AS last)
"""


def mark_what_waits(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(WAITING)
        marked = [(mark(bytes(leaf)), row_id) for row_id, leaf in cursor.fetchall()]
        cursor.execute("ALTER TABLE base_event DISABLE TRIGGER base_event_append_only")
        cursor.executemany("UPDATE base_event SET mark = %s WHERE id = %s", marked)
        cursor.execute("ALTER TABLE base_event ENABLE TRIGGER base_event_append_only")


class Migration(migrations.Migration):
    dependencies = [("base", "0020_own_tables_first")]

    operations = [
        migrations.RunSQL(COLUMN, "ALTER TABLE base_event DROP COLUMN mark;"),
        migrations.RunPython(mark_what_waits, migrations.RunPython.noop),
    ]
