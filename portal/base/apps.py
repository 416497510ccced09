from typing import Any

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

ROLE = """
SELECT rolsuper OR rolbypassrls
    OR EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid AND relkind IN ('r', 'p'))
FROM pg_roles WHERE rolname = current_user
"""


class BaseConfig(AppConfig):
    name = "portal.base"
    label = "base"
    role_checked = False

    def ready(self) -> None:
        connection_created.connect(self.refuse_unsafe_role, dispatch_uid="refuse_unsafe_role")

    def refuse_unsafe_role(self, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
        """Row-level security means nothing to a table's owner: never serve as one."""
        if self.role_checked or connection.alias != "default":
            return
        with connection.cursor() as cursor:
            cursor.execute(ROLE)
            if cursor.fetchone()[0]:
                raise ImproperlyConfigured(
                    "DATABASE_URL signs in as a role that owns tables or passes by row-level "
                    "security. Use the application's role; the owner belongs in DATABASE_OWNER_URL."
                )
        self.role_checked = True
