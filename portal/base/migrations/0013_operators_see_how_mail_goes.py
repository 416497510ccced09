from django.db import migrations

from portal.base import policies


def readers(*roles: str) -> str:
    return policies.of_role_or_own(roles, f"recipient_id = {policies.USER}")


ANSWERING = ("care_worker", "supervisor")
# Operators see that mail did not go out, to mend it. No name and no address stands in the table.
READ = f"ALTER POLICY base_mail_read ON base_mail USING ({readers(*ANSWERING, 'operator')});"
BEFORE = f"ALTER POLICY base_mail_read ON base_mail USING ({readers(*ANSWERING)});"


class Migration(migrations.Migration):
    dependencies = [("base", "0012_epoch_as_default")]
    operations = [migrations.RunSQL(READ, BEFORE)]
