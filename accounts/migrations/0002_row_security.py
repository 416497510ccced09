from django.db import migrations

from portal.base import policies

STAFF = ("care_worker", "supervisor", "privacy_officer", "plan_admin")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_first"), ("base", "0002_trail")]

    operations = [
        policies.index("accounts_member", roles=STAFF, own=f"id = {policies.MEMBER}"),
        policies.index("accounts_teamassignment", roles=STAFF),
        policies.of_plan("accounts_careteam"),
        policies.of_plan("accounts_teamseat"),
    ]
