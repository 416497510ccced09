from uuid import UUID

import pytest
from django.db import connection

from portal.base.crypto import keyring
from portal.base.ids import uuid7
from tests.crypto.rows import SealedRow


@pytest.fixture(autouse=True)
def _cold_keys(monkeypatch):
    monkeypatch.setattr(keyring, "_cache", keyring._Cache())


@pytest.fixture
def plan_id() -> UUID:
    return uuid7()


@pytest.fixture
def holder_id(db, plan_id) -> UUID:
    return keyring.create_holder("person", plan_id)


@pytest.fixture
def table(db):
    columns = ", ".join(
        f'"{field.column}" {field.db_type(connection)}' for field in SealedRow._meta.fields
    )
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE tests_sealed_row ({columns}, UNIQUE (id))")


@pytest.fixture
def row(table, holder_id, plan_id) -> SealedRow:
    return SealedRow.objects.create(holder_id=holder_id, plan_id=plan_id, name="Ana Lima")
