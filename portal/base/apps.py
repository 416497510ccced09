import contextlib
from typing import Any

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

# Of the role that signed in and of every role it could act as, by inheritance or SET ROLE.
# Before Postgres 16, who may make roles may also join any that is no superuser.
ROLE = """
SELECT bool_or(rolsuper OR rolbypassrls OR rolcreaterole
    OR EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid AND relkind IN ('r', 'p')))
FROM pg_roles WHERE pg_has_role(session_user, oid, 'MEMBER')
"""


def check_role() -> None:
    """For the start of web and worker. A database that doesn't answer yet is no reason to refuse:
    the first connection to it is checked all the same."""
    default = connections["default"]
    with contextlib.suppress(OperationalError):
        default.ensure_connection()
    # Processes fork from here, and a connection must not be shared with a child.
    default.close()
    default.close_pool()  # type: ignore[attr-defined]  # the stubs know no pool


def refuse_encoding(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """In any other than UTF-8 some words can't be kept, and the first is met months later."""
    encoding = connection.connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        connection.close()
        raise ImproperlyConfigured(
            f"The database is in {encoding}, and must be in UTF8: make it anew with "
            "deploy/postgres/database.sql."
        )


class BaseConfig(AppConfig):
    name = "portal.base"
    label = "base"
    role_checked = False

    def ready(self) -> None:
        from portal.base.words import speak_plainly

        speak_plainly()
        connection_created.connect(refuse_encoding, dispatch_uid="refuse_encoding")
        connection_created.connect(self.refuse_unsafe_role, dispatch_uid="refuse_unsafe_role")

    def refuse_unsafe_role(self, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
        """Row-level security means nothing to a table's owner: never serve as one."""
        if self.role_checked or connection.alias != "default":
            return
        with connection.cursor() as cursor:
            cursor.execute(ROLE)
            (unsafe,) = cursor.fetchone()
        if unsafe:
            # Left open, it would serve whatever this thread asks next.
            connection.close()
            raise ImproperlyConfigured(
                "DATABASE_URL signs in as a role that owns tables, passes by row-level security or "
                "may make roles, or is a member of one. Use the application's role; the owner "
                "belongs in DATABASE_OWNER_URL."
            )
        self.role_checked = True
