from django.db import migrations

TABLES = (
    "auth_group, auth_group_permissions, auth_permission, django_content_type, django_migrations"
)


class Migration(migrations.Migration):
    """The application reads Django's groups, permissions, types and migrations; it writes none."""

    dependencies = [
        ("accounts", "0015_color"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunSQL(
            f"REVOKE INSERT, UPDATE, DELETE ON {TABLES} FROM portal_app",
            f"GRANT INSERT, UPDATE, DELETE ON {TABLES} TO portal_app",
        ),
    ]
