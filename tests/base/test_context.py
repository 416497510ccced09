from dataclasses import replace

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Member
from portal.base import context

ROLE = "care_worker"


def setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s, true)", [name])
        return str(cursor.fetchone()[0])


def test_the_database_hears_of_changes_it_can_see_and_of_no_others(member: Member) -> None:
    bound = context.AccessContext(plan_id=member.plan_id, role=ROLE, member_id=member.pk)
    with transaction.atomic(), context.bind(bound):
        with CaptureQueriesContext(connection) as seen:
            with context.about_member(
                member.pk, purpose="own_access", basis="to_the_member"
            ) as now:
                assert (now.purpose, now.basis) == ("own_access", "to_the_member")
            assert len(seen) == 0
            with context.bind(replace(bound, member_id=None)):
                pass
            assert len(seen) == 2
        assert setting("app.member") == str(member.pk)


def test_each_part_that_policies_read_is_written_and_taken_back(member: Member) -> None:
    outer = context.AccessContext()
    inner = {
        "plan_id": ("app.plan", member.plan_id),
        "user_id": ("app.user", member.pk),
        "role": ("app.role", ROLE),
        "member_id": ("app.member", member.pk),
    }
    with transaction.atomic(), context.bind(outer):
        for field, (name, value) in inner.items():
            with context.bind(replace(outer, **{field: value})):
                assert setting(name) == str(value)
            assert setting(name) == ""
