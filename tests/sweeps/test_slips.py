"""What is never changed or removed is kept from the owner's own slips too, by triggers."""

from pathlib import Path

import psycopg
import pytest
from django.core.cache import cache

from portal.base import context
from portal.base.audit import seals
from tests.owner import connect_as_owner
from tests.sweeps.conftest import make_world, mark, say_why, see_notice

# With a column to write anew.
APPEND_ONLY = {
    "base_droppedyear": "year",
    "base_event": "id",
    "base_seal": "number",
    "consents_noticeseen": "id",
    "consents_noticeversion": "id",
    "consents_opening": "id",
    "phi_records_stafftag": "id",
    "disclosures_disclosure": "id",
    "disclosures_incidentnote": "id",
}
NEVER_REMOVED = (*APPEND_ONLY, "base_keyholder")


def slips(raw: psycopg.Connection) -> list[str]:
    """Which statements went through."""
    asked = [f"UPDATE {table} SET {key} = {key}" for table, key in APPEND_ONLY.items()]  # noqa: S608
    asked += [f"DELETE FROM {table}" for table in NEVER_REMOVED]  # noqa: S608
    asked += [f"TRUNCATE {table} CASCADE" for table in NEVER_REMOVED]
    return [statement for statement in asked if _goes(raw, statement)]


def _goes(raw: psycopg.Connection, statement: str) -> bool:
    try:
        raw.execute(statement)
    except psycopg.errors.RaiseException as refused:
        if "never" not in str(refused):
            raise
        return False
    return True


@pytest.mark.promise("AM19")
def test_the_owner_removes_nothing_by_mistake(commits: str, tmp_path: Path) -> None:
    cache.clear()
    world = make_world(tmp_path)
    say_why(world)
    mark(world)
    see_notice(world)
    with context.system("test"):
        assert seals.seal_finished()
    with connect_as_owner(commits) as raw:
        raw.execute("INSERT INTO base_droppedyear VALUES (2001, now(), 0, 0, '', '')")
        for table in NEVER_REMOVED:
            found = raw.execute(f"SELECT 1 FROM {table}").fetchone()  # noqa: S608
            assert found, f"{table}: nothing to keep"
        assert slips(raw) == []
