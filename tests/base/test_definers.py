"""Functions that run as the owner of the tables: no trick of their caller makes them tell more."""
# ruff: noqa: S608  our own names

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import ProgrammingError, connection, transaction

from accounts.models import CareTeam, User
from portal.base import context
from portal.base.ids import uuid7
from tests.base.test_row_security import acting, message_of

pytestmark = pytest.mark.promise("AM2")
FORGED = uuid7()
# Each with a call, the table that it reads, and a row that would answer the call.
DEFINERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "portal_files_held": (
        "SELECT * FROM portal_files_held(ARRAY['forged'])",
        "base_sealedfile",
        {"stored_as": "forged"},
    ),
    "portal_files_some": (
        "SELECT * FROM portal_files_some(9)",
        "base_sealedfile",
        {"id": FORGED, "stored_as": "forged"},
    ),
    "messaging_owner": (
        f"SELECT * FROM messaging_owner('{FORGED}')",
        "messaging_thread",
        {"id": FORGED, "member_id": FORGED},
    ),
    "phi_records_owner": (
        f"SELECT * FROM phi_records_owner('{FORGED}')",
        "phi_records_recorditem",
        {"id": FORGED, "member_id": FORGED},
    ),
    "phi_records_known": (
        "SELECT member_id FROM phi_records_known(ARRAY['Patient'], ARRAY['forged'])",
        "phi_records_recorditem",
        {"member_id": FORGED, "resource_type": "Patient", "source_key": "forged"},
    ),
}
SAFE = ["search_path=pg_catalog, public, pg_temp"]


def rows(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def as_system(member_user: User) -> Iterator[UUID]:
    with transaction.atomic(), context.system("test", member_user.plan_id):
        assert rows("SELECT current_user") == [("portal_app",)]
        yield member_user.plan_id


@pytest.mark.parametrize("name", DEFINERS)
def test_a_temporary_table_does_not_stand_in_for_ours(name: str, as_system: UUID) -> None:
    call, table, row = DEFINERS[name]
    rows(f"CREATE TEMPORARY TABLE {table} AS SELECT * FROM public.{table} WHERE false")
    row = {**row, "plan_id": as_system} if "member_id" in row else row
    columns, places = ", ".join(row), ", ".join(["%s"] * len(row))
    rows(f"INSERT INTO pg_temp.{table} ({columns}) VALUES ({places})", *row.values())
    # To the application itself the temporary one comes first.
    assert len(rows(f"SELECT 1 FROM {table}")) == 1
    assert rows(call) == []


def test_each_looks_for_its_tables_in_ours_first(db: None) -> None:
    found = rows(
        "SELECT proname, proconfig FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace"
        " WHERE prosecdef AND nspname <> 'pg_catalog'"
    )
    assert dict(found) == dict.fromkeys(DEFINERS, SAFE)


def test_a_temporary_function_or_type_does_not_stand_in_for_one_of_postgres(
    member_user: User, team: CareTeam
) -> None:
    message = message_of(member_user, team)
    ask = f"SELECT * FROM messaging_owner('{message.pk}')"
    with transaction.atomic(), context.system("test", member_user.plan_id):
        assert rows(ask) == [(member_user.member_id,)]
    with transaction.atomic(), context.bind(acting(member_user)):
        rows(
            "CREATE FUNCTION pg_temp.current_setting(text, boolean) RETURNS text"
            " LANGUAGE sql AS $$ SELECT 'system' $$"
        )
        rows("CREATE DOMAIN pg_temp.uuid AS text")
        assert rows("SELECT pg_temp.current_setting('app.role', true)") == [("system",)]
        assert rows(ask) == []


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE FUNCTION public.current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT '' $$",
        "CREATE TABLE public.forged ()",
        "CREATE SCHEMA forged",
        "ALTER FUNCTION messaging_owner SET search_path = pg_temp",
        "ALTER TABLE messaging_thread DISABLE ROW LEVEL SECURITY",
    ],
)
def test_the_application_changes_nothing_where_they_look(db: None, statement: str) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        rows(statement)
