"""The second wall: a bug in a view can't show another member's row."""

import re
from datetime import UTC, date, datetime

import pytest
from django.conf import settings
from django.db import ProgrammingError, connection, transaction

from accounts import actions
from accounts.models import CareTeam, Member, TeamSeat
from portal.base import context
from portal.base.audit import trail
from portal.base.audit.models import Event
from portal.base.ids import uuid7
from portal.base.outbox import announce
from portal.base.outbox.models import Mail
from tests import factories

pytestmark = pytest.mark.promise("AM2")


def acting(user, member_id=None):
    return context.AccessContext(
        plan_id=user.plan_id,
        user_id=user.pk,
        role=user.role,
        member_id=member_id or user.member_id,
    )


def message_of(user, team):
    from messaging.models import Message, Thread

    member = user.member
    with context.system("test", user.plan_id), context.about_member(member.pk):
        now = datetime.now(UTC)
        thread = Thread.objects.create(
            plan_id=user.plan_id,
            member=member,
            record_holder_id=member.record_holder_id,
            team=team,
            subject="A question",
            started_at=now,
            last_message_at=now,
        )
        return Message.objects.create(
            plan_id=user.plan_id,
            member=member,
            record_holder_id=member.record_holder_id,
            thread=thread,
            author=user,
            from_team=False,
            body="Words",
            sent_at=now,
        )


def seen(model, user, member_id=None):
    with transaction.atomic(), context.bind(acting(user, member_id)):
        return set(model.objects.values_list("pk", flat=True))


def test_member_sees_own_row_and_no_other(member_user, stranger, other_plan_member):
    assert seen(Member, member_user) == {member_user.member_id}


def test_staff_see_members_of_their_plan_alone(
    care_worker, member_user, stranger, other_plan_member
):
    assert seen(Member, care_worker) == {member_user.member_id, stranger.member_id}


def test_words_need_the_member_bound_for_staff_too(care_worker, member_user, stranger, team):
    from messaging.models import Message

    message = message_of(member_user, team)
    assert seen(Message, care_worker) == set()
    assert seen(Message, care_worker, stranger.member_id) == set()
    assert seen(Message, care_worker, member_user.member_id) == {message.pk}


def test_nothing_without_a_context(member_user, team):
    message_of(member_user, team)
    assert Member.objects.count() == 0
    assert Event.objects.count() == 0


def test_row_of_another_member_cannot_be_written(member_user, stranger, team):
    row = Member(
        plan_id=stranger.plan_id,
        record_holder_id=stranger.member.record_holder_id,
        privacy_holder_id=stranger.member.privacy_holder_id,
        given_name="X",
        family_name="Y",
        birth_date=date(2000, 1, 1),
        member_number="N1",
    )
    with (
        transaction.atomic(),
        context.bind(acting(member_user)),
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction.atomic(),
    ):
        row.save()


def test_context_ends_with_its_block(member_user):
    with transaction.atomic():
        with context.bind(acting(member_user)):
            assert Member.objects.count() == 1
        assert Member.objects.count() == 0


def test_inner_context_gives_way_to_the_outer(member_user, stranger):
    with transaction.atomic(), context.bind(acting(member_user)):
        with context.bind(acting(stranger)):
            assert list(Member.objects.values_list("pk", flat=True)) == [stranger.member_id]
        assert list(Member.objects.values_list("pk", flat=True)) == [member_user.member_id]


def test_member_reads_events_about_themselves_alone(member_user, stranger, privacy_officer):
    for user in (member_user, stranger):
        with transaction.atomic(), context.bind(acting(user)):
            trail.record("record.opened", member_id=user.member_id)
    assert len(seen(Event, member_user)) == 1
    assert len(seen(Event, privacy_officer)) == 2


def mail_seen(**bound):
    with transaction.atomic(), context.bind(context.AccessContext(**bound)):
        return set(Mail.objects.values_list("recipient_id", flat=True))


def test_mail_is_for_its_recipient_and_the_teams(
    member_user, stranger, other_plan_member, care_worker, privacy_officer
):
    for user in (member_user, stranger, other_plan_member):
        with context.system("test", user.plan_id):
            announce.announce(
                plan_id=user.plan_id,
                recipient_id=user.pk,
                kind=announce.Kind.MESSAGE_ANSWERED,
                event_id=uuid7(),
            )
    of_plan = {member_user.pk, stranger.pk}
    assert seen(Mail, member_user) == set(mail_ids(member_user))
    assert mail_seen(plan_id=member_user.plan_id) == set()
    assert mail_seen(plan_id=care_worker.plan_id, role="care_worker") == of_plan
    assert mail_seen(plan_id=care_worker.plan_id, role="supervisor") == of_plan
    assert mail_seen(plan_id=care_worker.plan_id, role="operator") == of_plan
    assert seen(Mail, privacy_officer) == set()


def mail_ids(user):
    with context.system("test"):
        return list(Mail.objects.filter(recipient_id=user.pk).values_list("pk", flat=True))


def test_mail_of_someone_not_signed_in_is_added_and_not_seen(member_user):
    with (
        transaction.atomic(),
        context.bind(context.AccessContext(plan_id=member_user.plan_id)),
    ):
        actions.ask_for_reset(plan=member_user.plan, users=[member_user])
        assert not Mail.objects.exists()
        assert not Mail.objects.update(attempts=3)
    assert len(mail_ids(member_user)) == 1


def test_only_scheduled_work_changes_mail(member_user):
    with transaction.atomic(), context.bind(acting(member_user)):
        actions.ask_for_reset(plan=member_user.plan, users=[member_user])
        assert Mail.objects.update(attempts=3) == 0
        assert Mail.objects.all().delete()[0] == 0
    with context.system("test", member_user.plan_id):
        assert Mail.objects.update(attempts=3) == 1


def test_mail_of_another_plan_cannot_be_added(member_user, other_plan):
    with (
        transaction.atomic(),
        context.bind(acting(member_user)),
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction.atomic(),
    ):
        announce.announce(
            plan_id=other_plan.pk,
            recipient_id=member_user.pk,
            kind=announce.Kind.MESSAGE_ANSWERED,
            event_id=uuid7(),
        )


def plans_of_work(model, plan_id=None):
    with context.system("test", plan_id):
        return set(model.objects.values_list("plan_id", flat=True))


@pytest.mark.parametrize("model", [Member, CareTeam, Event, Mail])
def test_work_for_one_plan_sees_that_plan_alone(model, member_user, other_plan_member):
    for user in (member_user, other_plan_member):
        factories.team(user.plan, "Another team")
        with context.system("test", user.plan_id):
            trail.record("record.opened", member_id=user.member_id)
            actions.ask_for_reset(plan=user.plan, users=[user])
    both = {member_user.plan_id, other_plan_member.plan_id}
    assert plans_of_work(model) == both
    assert plans_of_work(model, member_user.plan_id) == {member_user.plan_id}


def test_work_for_one_plan_writes_nothing_of_another(member_user, other_plan):
    with context.system("test", member_user.plan_id):
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            CareTeam.objects.create(plan=other_plan, name="Primary", care_type="Primary")
        assert CareTeam.objects.filter(plan=other_plan).count() == 0


# As Postgres writes the condition of `policies.SYSTEM` back.
OF_ITS_PLAN = re.compile(
    r"= 'system'::text\) AND \(\(*NULLIF\(current_setting\('app\.plan'::text, true\), ''::text\)+"
    r"::uuid IS NULL\) OR \(plan_id = "
)


def test_every_policy_holds_work_to_its_plan(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT policyname, condition FROM pg_policies,"
            " LATERAL (VALUES (qual), (with_check)) AS both_of (condition)"
            # One that restricts comes on top of those that permit, and lets nobody see more.
            " WHERE condition LIKE '%''system''%' AND permissive = 'PERMISSIVE'"
        )
        found = cursor.fetchall()
    assert len(found) > 20
    assert [name for name, text in found if len(OF_ITS_PLAN.findall(text)) != 1] == []


def test_application_role_owns_nothing_and_bypasses_nothing(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False)
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        assert cursor.fetchone() == (0,)


PUBLIC_TABLES = {
    # Read before sign-in, or about no person; they hold no PHI, and secrets in them are sealed
    # or hashed. The e-mail address is a declared exception.
    "accounts_plan", "accounts_user", "accounts_totpdevice", "accounts_printedcodes",
    "accounts_printedcode", "accounts_knownbrowser", "accounts_signin", "accounts_emailchange",
    "account_emailaddress", "account_emailconfirmation",
    "auth_group", "auth_group_permissions", "auth_permission", "base_cache", "base_droppedyear",
    "base_epoch", "base_keyholder", "base_lastdone", "base_readonly", "base_seal",
    "django_content_type", "django_migrations", "django_session",
}  # fmt: skip


def test_every_private_table_has_its_policy(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, relrowsecurity FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
            " AND NOT relispartition"
        )
        found = dict(cursor.fetchall())
    assert {name for name, secured in found.items() if not secured} == PUBLIC_TABLES
    told = (settings.BASE_DIR / "docs" / "security.md").read_text()
    assert [name for name in found if f"`{name}`" not in told] == []


def test_tables_of_django_are_written_by_migrations_alone(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace ="
            " 'public'::regnamespace AND relname ~ '^(auth|django)_'"
            " AND has_table_privilege('portal_app', oid, 'INSERT, UPDATE, DELETE')"
        )
        assert [name for (name,) in cursor.fetchall()] == ["django_session"]


def test_settings_name_no_owner_for_the_application():
    assert settings.DATABASES["default"]["USER"] != settings.DATABASES["owner"]["USER"]


@pytest.mark.parametrize("who", ["member_user", "care_worker", "privacy_officer"])
def test_who_works_where_is_written_by_no_page(request, who, team, care_worker, plan):
    """A seat is a fact that decisions stand on: a view's mistake must not make one."""
    person = request.getfixturevalue(who)
    with context.bind(acting(person)):
        seats = TeamSeat.objects.filter(team=team)
        assert seats.exists()
        # Held, as a care worker's answer does, is not changed.
        with transaction.atomic():
            assert list(seats.select_for_update(no_key=True))
        for write in (
            lambda: TeamSeat.objects.create(plan=plan, team=team, user=person),
            lambda: seats.update(until=None),
            lambda: CareTeam.objects.create(plan=plan, name="Mine"),
        ):
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                write()
        with transaction.atomic():
            assert TeamSeat.objects.filter(pk__in=seats.values("pk"))._raw_delete("default") == 0
