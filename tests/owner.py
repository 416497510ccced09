"""The database as its owner has it: past all policies, triggers and grants."""

from typing import Any

import psycopg
from django.conf import settings


def connect_as_owner(database: str) -> psycopg.Connection[tuple[Any, ...]]:
    """Each statement commits by itself."""
    owner: dict[str, Any] = settings.DATABASES["owner"]
    given = {name: owner[name.upper()] for name in ("host", "port", "user", "password")}
    return psycopg.connect(**given, dbname=database, autocommit=True)
