from django.db import migrations

from portal.base import policies

# One list for all languages was read by English pages; the others had no lines of their own.
BY_LANGUAGE = """
UPDATE accounts_plan SET crisis_lines =
    CASE WHEN crisis_lines = '[]' THEN '{}' ELSE jsonb_build_object('en', crisis_lines) END
WHERE jsonb_typeof(crisis_lines) = 'array'
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_theme")]

    operations = [
        migrations.RunSQL(BY_LANGUAGE, reverse_sql=migrations.RunSQL.noop),
        policies.of_plan("accounts_planlogo"),
    ]
