from django.db import migrations

from portal.base import policies

STAFF = ("care_worker", "supervisor", "privacy_officer", "plan_admin")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_erasable_number")]

    operations = [
        policies.again(policies.index("accounts_member", roles=STAFF, own=f"id = {policies.MEMBER}")),
        policies.again(policies.index("accounts_teamassignment", roles=STAFF)),
        policies.again(policies.of_plan("accounts_careteam")),
        policies.again(policies.of_plan("accounts_teamseat")),
        policies.again(policies.of_plan("accounts_planlogo")),
    ]
