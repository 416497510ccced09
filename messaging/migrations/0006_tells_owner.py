from django.db import migrations

from portal.base import policies


class Migration(migrations.Migration):
    dependencies = [("messaging", "0005_thread_has_files")]

    operations = [policies.tells_owner("messaging_owner", "messaging_thread", "messaging_message")]
