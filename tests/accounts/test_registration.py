"""What someone told to say who they are serves that alone: not even a slip reads it otherwise."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.forms import model_to_dict
from django.http import Http404
from django.template import Context, Template

from accounts.models import Plan, Registration, User
from accounts.people_actions import Told, keep_registration
from consents.access import Refused
from consents.identifying import Why, identify, masked
from consents.rules import Purpose
from portal.base import context
from portal.base.audit.models import Event
from portal.base.crypto.errors import WrongPurpose
from portal.base.management import asking
from tests import factories

pytestmark = pytest.mark.promise("AM14")
TOLD = Told("Canary Samuel Lee", "Canary North Clinic", "123456789")
OTHER = [one for one in Purpose if one is not Purpose.IDENTIFICATION]
FIELDS = ("legal_name", "site", "tax_id")


@pytest.fixture
def sam(care_worker: User) -> User:
    with context.system("test", care_worker.plan_id):
        keep_registration(care_worker, TOLD)
    return care_worker


@pytest.fixture
def plan_admin(plan: Plan) -> User:
    return factories.staff_user(plan, "lee.wong", "Lee Wong", "plan_admin")


@contextmanager
def for_purpose(plan: Plan, purpose: str) -> Iterator[None]:
    now = context.AccessContext(plan_id=plan.pk, role=context.SYSTEM_ROLE, purpose=purpose)
    with transaction.atomic(), context.bind(now):
        yield


@contextmanager
def acting(user: User) -> Iterator[None]:
    now = context.AccessContext(plan_id=user.plan_id, user_id=user.pk, role=user.role)
    with transaction.atomic(), context.bind(now):
        yield


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("purpose", [*OTHER, ""], ids=lambda one: str(one) or "none")
def test_it_opens_for_no_other_purpose(sam: User, purpose: str, field: str) -> None:
    with for_purpose(sam.plan, Purpose.IDENTIFICATION):
        row = Registration.objects.get()
        assert getattr(row, field) == getattr(TOLD, field)
    with for_purpose(sam.plan, purpose):
        # Neither one that was opened before for the right purpose, nor a fresh one.
        for one in (row, Registration.objects.get(), Registration.objects.only("plan").get()):
            with pytest.raises(WrongPurpose):
                getattr(one, field)


def test_it_does_not_open_outside_a_context(sam: User) -> None:
    with for_purpose(sam.plan, Purpose.IDENTIFICATION):
        row = Registration.objects.get()
        assert row.tax_id == TOLD.tax_id
    with pytest.raises(WrongPurpose):
        row.tax_id  # noqa: B018


@pytest.mark.parametrize("purpose", [Purpose.IDENTIFICATION, Purpose.OPERATIONS])
def test_no_page_form_or_copy_shows_it_by_a_slip(sam: User, purpose: Purpose) -> None:
    ways: list[Any] = [
        lambda row: Template("{{ row.tax_id }}").render(Context({"row": row})),
        model_to_dict,
        lambda row: {one.name: one.value_from_object(row) for one in row._meta.concrete_fields},
    ]
    with for_purpose(sam.plan, purpose):
        for way in ways:
            row = Registration.objects.get()
            if purpose is Purpose.IDENTIFICATION:
                assert TOLD.tax_id in str(way(row))
            else:
                with pytest.raises(WrongPurpose):
                    way(row)
            assert "Canary" not in repr(row) + repr(row.__dict__) + repr(vars(row))
        assert "Canary" not in repr(list(Registration.objects.values()))


def test_a_list_that_does_not_touch_it_asks_nothing(
    sam: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Registration.tax_id.field, "open", lambda *_args: pytest.fail("opened"))
    with for_purpose(sam.plan, ""):
        [row] = Registration.objects.all()
        assert row.user_id == sam.pk


def test_a_row_saved_as_it_is_stays_sealed_and_nothing_is_written_for_another_purpose(
    sam: User, privacy_officer: User
) -> None:
    with for_purpose(sam.plan, Purpose.OPERATIONS):
        Registration.objects.get().save()
        changed = Registration.objects.get()
        changed.site = "Elsewhere"
        with pytest.raises(WrongPurpose), transaction.atomic():
            changed.save()
        with pytest.raises(WrongPurpose):
            changed.site  # noqa: B018
        copied = Registration.objects.get()
        copied.pk, copied._state.adding = privacy_officer.pk, True
        with pytest.raises(WrongPurpose), transaction.atomic():
            copied.save(force_insert=True)
    with for_purpose(sam.plan, Purpose.IDENTIFICATION):
        row = Registration.objects.get()
        assert [getattr(row, field) for field in FIELDS] == list(vars(TOLD).values())
        row.site = "Elsewhere"
        row.save()
        assert Registration.objects.get().site == "Elsewhere"
    assert "Elsewhere" not in repr(vars(row))


def test_the_database_holds_none_of_it_in_the_clear(sam: User) -> None:
    with context.system("test", sam.plan_id), connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(t)::text FROM accounts_registration t")
        [(stored,)] = cursor.fetchall()
    assert "Canary" not in stored
    assert TOLD.tax_id not in stored


def lines(plan: Plan) -> list[Event]:
    with context.system("test", plan.pk):
        return list(Event.objects.filter(action="account.identified").order_by("pk"))


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("plan_admin", True), ("operator", True), ("privacy_officer", False),
        ("supervisor", False), ("care_worker", False), ("member", False),
    ],
)  # fmt: skip
def test_who_may_look_up_whose_account_it_is(
    sam: User, member_user: User, role: str, may: bool
) -> None:
    by = (
        member_user
        if role == "member"
        else factories.staff_user(sam.plan, "pat.roe", "Pat Roe", role)
    )
    with acting(by):
        if may:
            found = identify(by=by, user=sam, why=Why.CALL)
            assert (found.legal_name, found.site) == (TOLD.legal_name, TOLD.site)
        else:
            with pytest.raises(Refused):
                identify(by=by, user=sam, why=Why.CALL)
        with pytest.raises(WrongPurpose):
            Registration(tax_id="1").tax_id  # noqa: B018
    assert [(one.actor_id, one.object_id, one.purpose) for one in lines(sam.plan)] == (
        [(by.pk, sam.pk, Purpose.IDENTIFICATION)] if may else []
    )


def test_each_look_is_a_line_and_the_number_is_masked(sam: User, plan_admin: User) -> None:
    with acting(plan_admin):
        assert identify(by=plan_admin, user=sam, why=Why.CALL).tax_id == "•••••6789"
        whole = identify(by=plan_admin, user=sam, why=Why.REPORT, whole=True)
        assert whole.tax_id == TOLD.tax_id
    found = [one.facts for one in lines(sam.plan)]
    assert [(one["reason_code"], one["kind"]) for one in found] == [
        ("call", "masked"), ("report", "whole"),
    ]  # fmt: skip
    assert all("view plan_admin identification registrant" in one["decision"] for one in found)
    assert TOLD.tax_id not in repr(found)
    assert masked("123") == "123"


def test_another_plans_account_and_one_that_told_nothing_are_refused(
    sam: User, plan_admin: User, other_plan: Plan
) -> None:
    theirs = factories.staff_user(other_plan, "kim.lee", "Kim Lee", "plan_admin")
    with acting(theirs), pytest.raises(Refused):
        identify(by=theirs, user=sam, why=Why.CALL)
    with acting(plan_admin), pytest.raises(Http404):
        identify(by=plan_admin, user=plan_admin, why=Why.CALL)
    assert lines(sam.plan) == []


def create(monkeypatch: pytest.MonkeyPatch, *args: str, tax_id: str = "12-3456789") -> None:
    monkeypatch.setattr("sys.stdin", StringIO("Canary Samuel Lee\nCanary North Clinic\n"))
    monkeypatch.setattr(asking, "getpass", lambda _question: tax_id)
    call_command(
        "create_account", "sam.lee", *args, "--identified", "--plan", "cedar",
        "--email", "sam@example.test", stdout=StringIO(),
    )  # fmt: skip


STAFF = ("--role", "care_worker", "--name", "Sam Lee")


def shown(*args: str) -> str:
    out = StringIO()
    call_command("identify_account", *args, "--plan", "cedar", "--why", "call", stdout=out)
    return out.getvalue()


@pytest.mark.promise("AM13")
def test_the_command_asks_who_they_are_and_another_tells_it(
    plan: Plan, plan_admin: User, privacy_officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(monkeypatch, *STAFF)
    told = shown("sam.lee", "--by", plan_admin.user_id)
    assert told == ("Legal name: Canary Samuel Lee\nSite: Canary North Clinic\nTax ID: •••••6789\n")
    assert "123456789" in shown("sam.lee", "--by", plan_admin.user_id, "--whole-tax-id")
    with pytest.raises(CommandError, match="Your role does not"):
        shown("sam.lee", "--by", privacy_officer.user_id)
    *_allowed, refused = lines(plan)
    assert (refused.actor_id, refused.outcome) == (privacy_officer.pk, "refused")
    assert refused.purpose == Purpose.IDENTIFICATION
    assert "view privacy_officer identification registrant" in refused.facts["decision"]
    assert refused.facts["reason_code"] == "call"
    with pytest.raises(CommandError, match="Nothing is kept"):
        shown(plan_admin.user_id, "--by", plan_admin.user_id)
    with pytest.raises(CommandError, match="no account"):
        shown("nobody.here", "--by", plan_admin.user_id)


@pytest.mark.promise("AM13")
def test_half_of_it_makes_no_account(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    for args, tax_id, told in (
        (STAFF, "12345678", "9 digits"),
        (STAFF, "12345678x", "9 digits"),
        (("--member-number", "M1"), "123456789", "no member|for staff"),
    ):
        with pytest.raises(CommandError, match=told):
            create(monkeypatch, *args, tax_id=tax_id)
    monkeypatch.setattr("sys.stdin", StringIO("\n\n"))
    monkeypatch.setattr(asking, "getpass", lambda _question: "123456789")
    with pytest.raises(CommandError, match="all needed"):
        call_command(
            "create_account", "sam.lee", *STAFF, "--identified", "--plan", "cedar",
            "--email", "sam@example.test", stdout=StringIO(),
        )  # fmt: skip
    with context.system("test", plan.pk):
        assert not User.objects.exists()
