from django.db import migrations, models

from portal.base import policies


class Migration(migrations.Migration):
    """No role but those that code knows; teams and logos are changed by commands alone."""

    dependencies = [("accounts", "0013_stopped_terms")]

    operations = [
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    role__in=[
                        "member",
                        "representative",
                        "care_worker",
                        "supervisor",
                        "privacy_officer",
                        "plan_admin",
                        "operator",
                    ]
                ),
                name="user_role_known",
            ),
        ),
        policies.written_by_system("accounts_careteam"),
        policies.written_by_system("accounts_teamseat"),
        policies.written_by_system("accounts_planlogo"),
    ]
