"""Destroying a key: what stands against it, what goes with it, what pages say after."""

import ast
import datetime
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import CareTeam, Member, Plan, User
from disclosures.models import Disclosure
from disclosures.rules import kept_until
from messaging import actions as messaging
from messaging.models import Draft, Message, Thread, ThreadState
from phi_records.models import PatientLink, RecordItem
from portal.base import context
from portal.base.approvals import actions as approvals
from portal.base.approvals.models import Approval
from portal.base.audit import trail
from portal.base.audit.models import Event
from portal.base.crypto import keyring
from portal.base.crypto.errors import KeyDestroyed, KeyInUse
from portal.base.crypto.fields import BlindIndexField, SealedMixin
from portal.base.crypto.models import KeyHolder
from portal.base.files import sealed
from portal.base.files.models import SealedFile
from portal.base.ids import uuid7
from tests import factories
from tests.crypto.test_reseal import disclosure, draft
from tests.factories import destroy_key
from tests.messaging.conftest import acting
from tests.phi_records.bundles import document, load_for, observation
from tests.sweeps.test_code import modules

ClientFor = Callable[[User], Client]


@pytest.fixture
def operator(plan: Plan) -> User:
    return factories.staff_user(plan, "ola.berg", "Ola Berg", "operator")


@pytest.fixture
def ana(member_user: User, team: CareTeam, tmp_path: Path) -> Member:
    """A member with something in every sealed place."""
    member: Any = member_user.member
    load_for(member, tmp_path, observation("o1"), document("d1", b"Canary " * 4000))
    with acting(member_user):
        messaging.start_thread(
            by=member_user, member=member, team=team, subject="S", body="Words", key=uuid7()
        )
    with context.system("test", member.plan_id), context.about_member(member.pk):
        draft(member_user, member, factories.staff_user)
        disclosure(member_user, member)
    return member


def coverage(status: str, end: str = "") -> dict[str, Any]:
    period = {"start": "2019-01-01"} | ({"end": end} if end else {})
    return {
        "resourceType": "Coverage", "id": "c1", "status": status, "period": period,
        "beneficiary": {"reference": "Patient/p1"}, "payor": [{"display": "Cedar"}],
    }  # fmt: skip


def ended(member: Member, folder: Path) -> None:
    """All that forbids destroying the record has come to its end."""
    load_for(member, folder, coverage("active", "2020-12-31"))
    with context.system("test", member.plan_id):
        Thread.objects.update(state=ThreadState.CLOSED, answer_by=None)
        User.objects.filter(member=member).update(is_active=False)


def reasons(holder_id: Any) -> set[str]:
    with context.system("test"):
        return set(keyring.refusals(holder_id))


def give(member: Member, what: str = "record", **more: Any) -> str:
    """The command, once."""
    with context.system("test"):
        number = Member.objects.get(pk=member.pk).member_number
    out = StringIO()
    more = {"yes": True, "reason": "The contract ended."} | more
    call_command("shred", what, number, plan="cedar", by="ola.berg", stdout=out, **more)
    return out.getvalue()


def approve(member: Member) -> None:
    """The second person says yes to what waits."""
    officer = User.objects.get(username="cedar:pat.nolan")
    with acting(officer):
        waiting = Approval.objects.get(member_id=member.pk, state="waiting")
        approvals.approve(
            approval_id=waiting.pk, by=officer, reason="Checked.", seen=waiting.digest
        )


def shred(member: Member, what: str = "record", **more: Any) -> str:
    """Asked for, approved by another person, and done."""
    give(member, what)
    approve(member)
    return give(member, what, **more)


@pytest.mark.promise("AM18")
def test_what_still_lives_forbids_it(ana: Member, operator: User) -> None:
    with pytest.raises(CommandError) as refused:
        give(ana)
    for guard in ("accounts.open_account", "messaging.open_thread", "phi_records.coverage"):
        assert guard in str(refused.value)
    assert KeyHolder.objects.get(pk=ana.record_holder_id).wrapped
    with context.system("test"):
        line = Event.objects.get(action="key.destroyed")
    assert (line.outcome, line.actor_id, line.member_id) == ("refused", operator.pk, ana.pk)


@pytest.mark.parametrize(
    ("status", "end", "stands"),
    [
        ("active", "", True),
        ("active", "2999-12-31", True),
        ("active", str(datetime.date.today().year), True),  # noqa: DTZ011
        ("active", "2020-12-31", False),
        ("cancelled", "", False),
    ],
)
def test_coverage_that_goes_on_forbids_it(
    ana: Member, tmp_path: Path, status: str, end: str, stands: bool
) -> None:
    load_for(ana, tmp_path, coverage(status, end))
    assert ("phi_records.coverage" in reasons(ana.record_holder_id)) is stands


def test_the_record_goes_when_nothing_stands_against_it(
    ana: Member, operator: User, privacy_officer: User, tmp_path: Path, monkeypatch: Any
) -> None:
    ended(ana, tmp_path)
    assert reasons(ana.record_holder_id) == set()
    monkeypatch.setattr("builtins.input", lambda words: "no")
    with pytest.raises(CommandError, match="Nothing was destroyed"):
        shred(ana, yes=False)
    said = give(ana)
    assert "4  Records" in said
    assert "1  Files" in said
    assert KeyHolder.objects.get(pk=ana.record_holder_id).shredded_by == operator.pk
    with context.system("test"):
        line = Event.objects.get(action="key.destroyed", outcome="permitted")
    assert (line.actor_id, line.member_id) == (operator.pk, ana.pk)
    with pytest.raises(CommandError, match="was destroyed on"):
        give(ana)


@pytest.mark.promise("AM18")
def test_one_person_destroys_nothing(
    ana: Member, operator: User, privacy_officer: User, tmp_path: Path
) -> None:
    ended(ana, tmp_path)
    with pytest.raises(CommandError, match="Say why with --reason"):
        give(ana, reason="")
    assert "The privacy officers were asked" in give(ana)
    for _ in "12":
        with pytest.raises(CommandError, match="waits for a privacy officer"):
            give(ana)
    assert KeyHolder.objects.get(pk=ana.record_holder_id).wrapped


def test_what_changed_after_it_was_approved_is_not_destroyed(
    ana: Member, operator: User, privacy_officer: User, tmp_path: Path
) -> None:
    ended(ana, tmp_path)
    give(ana)
    approve(ana)
    load_for(ana, tmp_path, observation("o1", "Another value"))
    with pytest.raises(CommandError, match="no longer what was approved"):
        give(ana)
    assert KeyHolder.objects.get(pk=ana.record_holder_id).wrapped
    with context.system("test"):
        assert Approval.objects.get().reason_code == "changed"
    assert "The privacy officers were asked" in give(ana)


def test_what_changed_before_it_was_approved_is_asked_anew(
    ana: Member, operator: User, privacy_officer: User, tmp_path: Path
) -> None:
    ended(ana, tmp_path)
    give(ana)
    load_for(ana, tmp_path, observation("o9"))
    said = give(ana, reason="The contract ended, I looked again.")
    assert "It changed since someone asked" in said
    assert "The privacy officers were asked." in said
    with context.system("test"):
        states = list(Approval.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["expired", "waiting"]
    approve(ana)
    assert "Destroyed." in give(ana)


def test_a_guard_that_came_after_the_approval_forbids_it(
    ana: Member, operator: User, privacy_officer: User, tmp_path: Path
) -> None:
    ended(ana, tmp_path)
    give(ana)
    approve(ana)
    with context.system("test", ana.plan_id):
        User.objects.filter(member=ana).update(is_active=True)
    with pytest.raises(CommandError, match=r"accounts\.open_account"):
        give(ana)
    assert KeyHolder.objects.get(pk=ana.record_holder_id).wrapped


def test_nothing_else_in_the_code_destroys_a_key() -> None:
    callers = [name for name, tree in modules() if "keyring.shred" in ast.unparse(tree)]
    assert callers == ["disclosures/destroying.py"]


def test_only_an_operator_does_it(ana: Member, care_worker: User) -> None:
    with pytest.raises(CommandError, match="operator"):
        call_command("shred", "record", "1", plan="cedar", by="sam.reyes")


@pytest.mark.promise("AM18")
def test_the_privacy_file_outlives_the_record_six_years(
    ana: Member, operator: User, privacy_officer: User, tmp_path: Path, monkeypatch: Any
) -> None:
    ended(ana, tmp_path)
    assert reasons(ana.privacy_holder_id) == {"accounts.record_first", "disclosures.six_years"}
    shred(ana)
    assert reasons(ana.privacy_holder_id) == {"disclosures.six_years"}
    monkeypatch.setattr("disclosures.shredding.kept_until", lambda day: day)  # six years on
    shred(ana, "privacy-file")
    assert KeyHolder.objects.get(pk=ana.privacy_holder_id).shredded_at


def test_staff_stay_named_six_years(plan: Plan, care_worker: User) -> None:
    assert reasons(care_worker.holder_id) == {"accounts.open_account"}
    with context.system("test", plan.pk):
        User.objects.filter(pk=care_worker.pk).update(is_active=False)
    assert reasons(care_worker.holder_id) == set()
    with acting(care_worker):
        trail.record("inbox.opened")
    assert reasons(care_worker.holder_id) == {"disclosures.six_years"}


def test_a_plan_with_a_portal_keeps_its_key(plan: Plan) -> None:
    with context.system("test"):
        holder_id = keyring.create_holder("plan", plan.pk)
    assert reasons(holder_id) == {"accounts.plan_here"}
    with context.system("test"), pytest.raises(KeyInUse, match="portal"):
        keyring.shred(holder_id, by=uuid7())


def test_six_years_from_a_leap_day() -> None:
    assert kept_until(datetime.date(2024, 2, 29)) == datetime.date(2030, 3, 1)
    assert kept_until(datetime.date(2026, 1, 2)) == datetime.date(2032, 1, 2)


@pytest.mark.promise("AM18")
def test_every_sealed_place_is_unreadable_after(ana: Member) -> None:
    destroy_key(ana.record_holder_id)
    destroy_key(ana.privacy_holder_id)
    opened = set()
    with context.system("test", ana.plan_id), context.about_member(ana.pk):
        for model in (Member, RecordItem, Thread, Message, Draft, Disclosure, SealedFile):
            row = model.objects.filter(**({"pk": ana.pk} if model is Member else {})).first()
            for field in model._meta.concrete_fields:
                if isinstance(field, SealedMixin):
                    with pytest.raises(KeyDestroyed):
                        getattr(row, field.attname)
                    opened.add(model)
        with pytest.raises(KeyDestroyed):
            sealed.read(SealedFile.objects.get())
    assert len(opened) == 7


def test_marks_made_of_what_was_sealed_go_too(ana: Member) -> None:
    destroy_key(ana.record_holder_id)
    destroy_key(ana.privacy_holder_id)
    with context.system("test", ana.plan_id), context.about_member(ana.pk):
        for field in Member._meta.concrete_fields:
            if isinstance(field, BlindIndexField):
                assert getattr(Member.objects.get(pk=ana.pk), field.attname) is None
        assert {bytes(row.content_mark) for row in RecordItem.objects.all()} == {b""}
        assert not PatientLink.objects.filter(member=ana).exists()


def test_pages_say_when_it_was_destroyed(
    ana: Member, member_user: User, care_worker: User, privacy_officer: User,
    client_for: ClientFor,
) -> None:  # fmt: skip
    with context.system("test", ana.plan_id), context.about_member(ana.pk):
        item = RecordItem.objects.get(resource_type="DocumentReference")
        thread, row = Thread.objects.get(), Disclosure.objects.get()
    mine, team, officer = (client_for(u) for u in (member_user, care_worker, privacy_officer))
    destroy_key(ana.record_holder_id)
    for path in (reverse("home"), reverse("records:home")):
        assert mine.get(path).status_code == 200, path
    destroy_key(ana.privacy_holder_id)
    gone = [
        reverse("records:detail", args=[item.pk]),
        reverse("records:file", args=[item.pk, 1]),
        reverse("records:kind", args=["documents"]),
    ]
    for path in gone:
        answer = mine.get(path)
        assert answer.status_code == 410, path
        assert "This was destroyed on" in answer.text
    shown = [
        (mine, reverse("messaging:inbox")),
        (mine, reverse("messaging:thread-detail", args=[thread.pk])),
        (mine, reverse("disclosures:who-has-seen")),
        (team, f"{reverse('messaging:team-inbox')}?view=all"),
        (team, reverse("messaging:team-thread", args=[thread.pk])),
        (officer, reverse("disclosures:disclosure-detail", args=[row.pk])),
    ]
    for client, path in shown:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "Destroyed on" in answer.text, path
