from django.db import migrations

# The officer's search by person finds who tried to sign in, when nobody was signed in yet. Few
# rows are like this, so that other appends don't pay for it.
TRIES = """
CREATE INDEX base_event_tries ON base_event (plan_id, object_id, at DESC)
    WHERE actor_id IS NULL AND object_kind = 'user';
"""


class Migration(migrations.Migration):
    dependencies = [("base", "0008_mail_for_its_recipient")]
    operations = [migrations.RunSQL(TRIES, "DROP INDEX base_event_tries;")]
