"""Row-level security by itself, table by table: what each would see and write without the door."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import ProgrammingError, connection, transaction

from accounts.models import PlanLogo, User
from accounts.people_actions import Told, keep_registration
from phi_records import medications
from phi_records.models import RecordItem
from portal.base import context
from portal.base.audit import activity
from portal.base.audit.models import Outcome
from tests.messaging.conftest import acting
from tests.phi_records.bundles import bundle, load
from tests.sweeps.conftest import World, mark, say_why, see_notice

pytestmark = pytest.mark.promise("AM2")

CARE = frozenset({"care_worker", "supervisor"})
OFFICER = frozenset({"privacy_officer"})
STAFF = CARE | OFFICER | {"plan_admin"}
ROLES = (*sorted(STAFF), "operator", "member")
# The column by which a row is somebody's, whose it is here, and who else of the plan sees it.
OWNED: dict[str, tuple[str, str, frozenset[str]]] = {
    "accounts_member": ("id", "her file", STAFF),
    "accounts_registration": ("user_id", "care_worker", frozenset({"plan_admin", "operator"})),
    "accounts_teamassignment": ("member_id", "her file", STAFF),
    "base_approval": ("asked_by", "operator", OFFICER),
    "base_event": ("member_id", "her file", OFFICER),
    "base_filecheck": ("member_id", "her file", frozenset()),
    "base_job": ("owner_id", "member", frozenset()),
    "base_letter": ("member_id", "her file", OFFICER | {"plan_admin"}),
    "base_mail": ("recipient_id", "member", CARE | {"operator"}),
    "base_sealedfile": ("member_id", "her file", frozenset()),
    "base_securityevent": ("user_id", "member", OFFICER),
    "consents_noticeseen": ("user_id", "member", OFFICER),
    "consents_opening": ("member_id", "her file", OFFICER),
    "disclosures_disclosure": ("member_id", "her file", OFFICER),
    "disclosures_incident": ("reporter_id", "member", OFFICER),
    "disclosures_incidentnote": ("author_id", "privacy_officer", OFFICER),
    "messaging_draft": ("member_id", "her file", frozenset()),
    "messaging_message": ("member_id", "her file", frozenset()),
    "messaging_thread": ("member_id", "her file", CARE),
    "phi_records_medicineawaited": ("member_id", "her file", frozenset()),
    "phi_records_patientlink": ("member_id", "her file", frozenset({"plan_admin"})),
    "phi_records_stafftag": ("member_id", "her file", frozenset()),
    "phi_records_recorditem": ("member_id", "her file", frozenset()),
}
# Everyone of the plan reads these, and work alone writes them.
OF_PLAN = {
    "accounts_careteam", "accounts_planlogo", "accounts_teamseat", "consents_noticeversion",
    "phi_records_directoryentry", "phi_records_importedunit",
}  # fmt: skip
# Whoever may read these, work alone writes them; and who else adds a row in their own name.
BY_WORK = OF_PLAN | {"accounts_registration", "phi_records_medicineawaited", "phi_records_stafftag"}
ADDED_BY = {"phi_records_stafftag": ("privacy_officer", "said_by_id")}
# Of those, what not everyone reads: the row is the care worker's.
READ_BY_FEW = {"accounts_registration": {"care_worker", "plan_admin"}}
# She sees these of hers and may not change them; who does.
NOT_HERS_TO_CHANGE = {
    "base_filecheck": "work",
    "base_letter": "plan_admin",
    "disclosures_incident": "privacy_officer",
}


def query(sql: str, *values: object) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else [(cursor.rowcount,)]


def count(table: str, column: str, value: object) -> int:
    return int(query(f"SELECT count(*) FROM {table} WHERE {column} = %s", value)[0][0])  # noqa: S608


@pytest.fixture
def furnished(world: World, tmp_path: Path) -> World:
    """A row also for each table that the world leaves empty."""
    doctor = {"resourceType": "Practitioner", "id": "d9", "name": [{"family": "Okafor"}]}
    path = tmp_path / "directory.json"
    path.write_text(bundle(doctor))
    load(world.plan, path)
    await_medicine(world)
    with context.system("test", world.plan.pk):
        keep_registration(world.people["care_worker"], Told("Canary", "Canary", "123456789"))
    ana = world.people["member"]
    say_why(world)
    mark(world)
    see_notice(world)
    with context.system("test", world.plan.pk):
        PlanLogo.objects.create(plan=world.plan, name="a.svg", content=b"<svg/>")
        activity.note(
            "signin.session", user_id=ana.pk, outcome=Outcome.PERMITTED, address="127.0.0.1"
        )
    return world


def await_medicine(world: World) -> None:
    with context.system("test", world.plan.pk), context.about_member(world.member.pk):
        row = RecordItem.objects.filter(member=world.member).first()
        assert row
        row.awaits = "lab|m1"
        medications.wait([row])


def spies(world: World) -> Iterator[tuple[str, context.AccessContext]]:
    """Everyone of the other plan that there could be, with the file of one of ours open."""
    other = {"plan_id": world.other_plan.pk, "member_id": world.member.pk}
    user = world.people["other_plan_member"].pk
    for role in ROLES:
        yield role, context.AccessContext(**other, user_id=user, role=role)
    yield "work", context.AccessContext(**other, role=context.SYSTEM_ROLE)


def colleagues(world: World) -> Iterator[tuple[User, context.AccessContext]]:
    """Everyone of the plan with the file of another member open."""
    other = world.people["stranger"]
    for role in ROLES:
        person = other if role == "member" else world.people[role]
        yield (
            person,
            context.AccessContext(
                plan_id=world.plan.pk, user_id=person.pk, role=role, member_id=other.member_id
            ),
        )


def rows_of(world: World) -> dict[str, str]:
    """One row of each table, as JSON, as work for the plan sees it with Ana's file open."""
    found = {}
    with context.system("test", world.plan.pk), context.about_member(world.member.pk):
        for table in sorted({*OWNED, *OF_PLAN}):
            rows = query(f"SELECT to_jsonb(t)::text FROM {table} t LIMIT 1")  # noqa: S608
            assert rows, f"{table}: nothing to keep"
            found[table] = rows[0][0]
    return found


def test_the_walls_are_all_known(db: None) -> None:
    walled = query(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
        " AND relnamespace = 'public'::regnamespace AND relrowsecurity"
    )
    assert {table for (table,) in walled} == {*OWNED, *OF_PLAN}


def test_no_table_shows_a_row_of_another_plan(furnished: World) -> None:
    found = []
    for table in rows_of(furnished):
        with transaction.atomic(), context.bind(context.AccessContext()):
            if query(f"SELECT 1 FROM {table} LIMIT 1"):  # noqa: S608
                found.append(f"{table}: seen without a context")
        for who, spy in spies(furnished):
            with transaction.atomic(), context.bind(spy):
                if count(table, "plan_id", furnished.plan.pk):
                    found.append(f"{table}: seen by {who} of another plan")
    assert found == []


def test_within_a_plan_each_table_shows_what_a_role_works_with(furnished: World) -> None:
    found = []
    for table, (column, whose, others) in OWNED.items():
        key: UUID = furnished.member.pk if whose == "her file" else furnished.people[whose].pk
        mine = " AND actor_id IS DISTINCT FROM %s" if table == "base_event" else ""
        for person, colleague in colleagues(furnished):
            if person.pk == key:
                continue
            asked = f"SELECT count(*) FROM {table} WHERE {column} = %s{mine}"  # noqa: S608
            with transaction.atomic(), context.bind(colleague):
                seen = query(asked, key, *([person.pk] if mine else []))[0][0]
            if bool(seen) != (person.role in others):
                found.append(f"{table}: {person.role} sees {seen}")
    assert found == []


def test_nobody_adds_a_row_to_another_plan(furnished: World) -> None:
    found = []
    for table, row in rows_of(furnished).items():
        for who, spy in spies(furnished):
            with transaction.atomic(), context.bind(spy):
                if adds(table, row):
                    found.append(f"{table}: added to by {who} of another plan")
                transaction.set_rollback(True)
    assert found == []


def adds(table: str, row: str) -> bool:
    """Policies are asked before the rest: that the row is there already comes later."""
    columns = query(
        "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        " AND has_column_privilege(attrelid, attnum, 'INSERT')",
        table,
    )[0][0]
    asked = f"SELECT {columns} FROM jsonb_populate_record(NULL::{table}, %s::jsonb)"  # noqa: S608
    return goes(f"INSERT INTO {table} ({columns}) {asked} ON CONFLICT DO NOTHING", row)


def goes(sql: str, *values: object) -> bool:
    """Whether a statement was let through, and changed something if it changes rows."""
    try:
        with transaction.atomic():
            done = query(sql, *values)
    except ProgrammingError as refused:
        if not re.search("row-level security|permission denied", str(refused)):
            raise
        return False
    return sql.startswith("INSERT") or bool(done[0][0])


def rewritten(table: str) -> str:
    """A statement that writes anew what the application may change, or any column if nothing."""
    columns = query(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
        " AND NOT attisdropped AND has_column_privilege(attrelid, attnum, 'UPDATE')",
        table,
    )
    column = min((name for (name,) in columns), default="plan_id")
    return f"UPDATE {table} SET {column} = {column}"  # noqa: S608


@contextmanager
def reading_her_file(world: World, who: str) -> Iterator[None]:
    """Someone, or work, with Ana's file open. What they write is undone."""
    work = context.system("test", world.plan.pk)
    with transaction.atomic():
        acts = work if who == "work" else acting(world.people[who])
        with acts, context.about_member(world.member.pk):
            yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("who", ["member", "care_worker", "privacy_officer", "plan_admin"])
def test_what_work_alone_writes_others_read(furnished: World, who: str) -> None:
    rows, found = rows_of(furnished), []
    for table in sorted(BY_WORK):
        with reading_her_file(furnished, who):
            seen = bool(query(f"SELECT 1 FROM {table} LIMIT 1"))  # noqa: S608
            assert seen == (who in READ_BY_FEW.get(table, {who})), "to be read"
            adding, _column = ADDED_BY.get(table, ("", ""))
            if who != adding and adds(table, rows[table]):
                found.append(f"{table}: added to")
            if goes(rewritten(table)):
                found.append(f"{table}: changed")
            if goes(f"DELETE FROM {table}"):  # noqa: S608
                found.append(f"{table}: removed from")
        with reading_her_file(furnished, "work"):
            assert adds(table, rows[table])
    assert found == []


@pytest.mark.parametrize(("table", "by"), ADDED_BY.items())
def test_who_adds_to_it_does_so_in_their_own_name(
    furnished: World, table: str, by: tuple[str, str]
) -> None:
    who, column = by
    row = json.loads(rows_of(furnished)[table])
    assert row[column] == str(furnished.people[who].pk)
    another = row | {column: str(furnished.people["supervisor"].pk)}
    with reading_her_file(furnished, who):
        assert adds(table, json.dumps(row))
        assert not adds(table, json.dumps(another))
    with reading_her_file(furnished, "supervisor"):
        assert not adds(table, json.dumps(another))


@pytest.mark.parametrize(("table", "by"), NOT_HERS_TO_CHANGE.items())
def test_what_others_found_out_about_her_she_does_not_change(
    furnished: World, table: str, by: str
) -> None:
    with reading_her_file(furnished, "member"):
        assert query(f"SELECT 1 FROM {table} LIMIT 1"), "to be read"  # noqa: S608
        assert not goes(rewritten(table))
    with reading_her_file(furnished, by):
        assert goes(rewritten(table))


def test_where_someone_signed_in_is_kept_for_its_time(furnished: World) -> None:
    with context.system("test", furnished.plan.pk):
        assert query("SELECT 1 FROM base_securityevent LIMIT 1")
        assert not goes("DELETE FROM base_securityevent")
