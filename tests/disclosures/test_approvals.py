"""An act of two people: asked for by one, decided by another who sees exactly what, done once."""

import datetime
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import (
    IntegrityError,
    ProgrammingError,
    close_old_connections,
    connection,
    transaction,
)
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Member, Plan, User
from disclosures import destroying
from disclosures.shredding import DESTROY_KEY
from phi_records.models import RecordItem
from portal.base import context, tasks
from portal.base.approvals import actions
from portal.base.approvals.models import Approval, ApprovalState
from portal.base.audit.models import Event
from portal.base.crypto.fields import SealedMixin
from portal.base.crypto.models import KeyHolder
from portal.base.files import sealed
from portal.base.outbox import sender
from portal.base.outbox.models import Mail
from tests import factories
from tests.base.trails import said
from tests.disclosures.test_incidents import events
from tests.messaging.conftest import acting

TRIES = 20


@pytest.fixture
def operator(plan: Plan) -> User:
    return factories.staff_user(plan, "ola.berg", "Ola Berg", "operator")


def late_member(plan: Plan) -> Member:
    """Someone who died: nothing forbids destroying their record."""
    found = factories.member(plan, "Lou", "Lane")
    with context.system("test", plan.pk):
        Member.objects.filter(pk=found.pk).update(deceased=True)
    return found


@pytest.fixture
def late(plan: Plan) -> Member:
    return late_member(plan)


def asked(by: User, member: Member, reason: str = "The contract ended.") -> Approval:
    with acting(by):
        return actions.ask(
            kind=DESTROY_KEY,
            about_id=member.record_holder_id,
            by=by,
            reason=reason,
            member_id=member.pk,
        )


def approved(by: User, approval: Approval) -> Approval:
    with acting(by):
        return actions.approve(
            approval_id=approval.pk, by=by, reason="I checked it.", seen=approval.digest
        )


def used(by: User, member: Member) -> Approval:
    """As the command does it."""
    bound = context.AccessContext(plan_id=by.plan_id, user_id=by.pk, role=context.SYSTEM_ROLE)
    with transaction.atomic(), context.bind(bound):
        return actions.use(kind=DESTROY_KEY, about_id=member.record_holder_id, by=by)


def again(approval: Approval) -> Approval:
    with context.system("test"):
        return Approval.objects.get(pk=approval.pk)


def whole(member: Member) -> bool:
    return KeyHolder.objects.get(pk=member.record_holder_id).wrapped is not None


@pytest.mark.promise("AM18")
def test_two_people_destroy_a_key_once(operator: User, privacy_officer: User, late: Member) -> None:
    approval = asked(operator, late)
    with pytest.raises(PermissionDenied, match="must approve this first"):
        used(operator, late)
    assert approved(privacy_officer, approval).state == ApprovalState.APPROVED
    assert whole(late)
    assert used(operator, late).state == ApprovalState.USED
    assert not whole(late)
    with pytest.raises(PermissionDenied, match="must approve this first"):
        used(operator, late)
    lines = {
        action: events(f"approval.{action}")[0].actor_id for action in ("asked", "approved", "used")
    }
    assert lines == {"asked": operator.pk, "approved": privacy_officer.pk, "used": operator.pk}
    [gone] = events("key.destroyed")
    assert (gone.actor_id, gone.member_id) == (operator.pk, late.pk)
    [line] = events("approval.asked")
    assert (line.purpose, line.basis) == ("disposal", "disposal")
    assert said(line) == {"kind": DESTROY_KEY}


def test_nobody_approves_what_they_asked_for(
    plan: Plan, privacy_officer: User, late: Member
) -> None:
    other = factories.staff_user(plan, "pia.moss", "Pia Moss", "privacy_officer")
    approval = asked(privacy_officer, late)
    with pytest.raises(PermissionDenied, match="another person must decide"):
        approved(privacy_officer, approval)
    assert again(approval).state == ApprovalState.WAITING
    assert approved(other, approval).decided_by == other.pk


@pytest.mark.parametrize(
    ("name", "email"),
    [("Ola Other", "OLA.BERG@mail.example"), ("ola  BERG", "second@mail.example")],
)
def test_a_second_account_is_no_second_person(
    plan: Plan, operator: User, privacy_officer: User, late: Member, name: str, email: str
) -> None:
    twin = factories.staff_user(plan, "ola.officer", name, "privacy_officer")
    with context.system("test", plan.pk):
        User.objects.filter(pk=twin.pk).update(email=email)
    approval = asked(operator, late)
    with pytest.raises(PermissionDenied, match="another person must decide"):
        approved(twin, approval)
    with context.system("test"):
        told = Mail.objects.filter(kind="approval_waits").values_list("recipient_id", flat=True)
        assert list(told) == [privacy_officer.pk]


def test_without_a_second_person_nothing_is_asked(privacy_officer: User, late: Member) -> None:
    with pytest.raises(PermissionDenied, match="Nobody else here may approve"):
        asked(privacy_officer, late)


def test_the_database_knows_that_it_must_be_another(
    operator: User, privacy_officer: User, late: Member
) -> None:
    approval = asked(operator, late)
    facts = {"state": "approved", "decided_by": operator.pk, "decided_at": timezone.now()}
    with (
        pytest.raises(IntegrityError, match="approval_by_another"),
        context.system("test"),
        transaction.atomic(),
    ):
        Approval.objects.filter(pk=approval.pk).update(**facts)


@pytest.mark.parametrize("column", ["digest", "asked_by", "about_id", "expires_at", "kind"])
def test_what_was_asked_for_is_no_ones_to_change(
    operator: User, privacy_officer: User, late: Member, column: str
) -> None:
    approval = asked(operator, late)
    with context.system("test"):
        with pytest.raises(ProgrammingError, match="denied"), transaction.atomic():
            Approval.objects.filter(pk=approval.pk).update(**{column: getattr(approval, column)})
        with pytest.raises(ProgrammingError, match="denied"), transaction.atomic():
            Approval.objects.filter(pk=approval.pk).delete()


def test_only_who_has_the_right_decides(
    operator: User, privacy_officer: User, care_worker: User, late: Member
) -> None:
    approval = asked(operator, late)
    other = factories.staff_user(operator.plan, "olaf.ray", "Olaf Ray", "operator")
    for who, error in ((care_worker, Http404), (other, Http404), (operator, PermissionDenied)):
        with pytest.raises(error):
            approved(who, approval)
    with pytest.raises(PermissionDenied):
        asked(care_worker, late)
    with pytest.raises(PermissionDenied):
        used(privacy_officer, late)


def test_why_someone_may_not_see_approvals_is_on_record(
    care_worker: User, client_for: Callable[[User], Client]
) -> None:
    assert client_for(care_worker).get(reverse("disclosures:approval-list")).status_code == 403
    [line] = events("request.refused")
    assert line.facts["decision"]


def test_another_plan_sees_nothing(
    operator: User, privacy_officer: User, other_plan: Plan, late: Member, client_for: Any
) -> None:
    approval = asked(operator, late)
    theirs = factories.staff_user(other_plan, "pat.nolan", "Pat Else", "privacy_officer")
    with pytest.raises(Http404):
        approved(theirs, approval)
    page = reverse("disclosures:approval-detail", args=[approval.pk])
    assert client_for(theirs).get(page).status_code == 404


@pytest.mark.promise("AM18")
def test_what_changed_since_it_was_asked_is_void(
    operator: User, privacy_officer: User, late: Member, client_for: Any
) -> None:
    approval = asked(operator, late)
    with context.system("test", late.plan_id), context.about_member(late.pk):
        before = destroying.facts(late.privacy_holder_id)
        Member.objects.get(pk=late.pk).save()
        assert destroying.facts(late.privacy_holder_id) == before
        changed = Member.objects.get(pk=late.pk)
        changed.given_name = "Lou"
        changed.save()
        # The same count and the same name, written again: not the rows that were seen.
        assert destroying.facts(late.privacy_holder_id) != before
    with_more(late)
    page = officer_page(client_for, privacy_officer, approval)
    assert "It changed after someone asked" in page.text
    assert "Approve it" not in page.text
    assert approved(privacy_officer, approval).state == ApprovalState.EXPIRED
    [line] = events("approval.expired")
    assert said(line) == {"kind": DESTROY_KEY, "reason_code": "changed"}
    # The next one is asked for what is there now.
    assert approved(privacy_officer, asked(operator, late)).state == ApprovalState.APPROVED


def test_a_file_that_was_removed_is_not_counted(late: Member) -> None:
    with context.system("test", late.plan_id), context.about_member(late.pk):
        files = [
            sealed.write(
                plan_id=late.plan_id,
                member_id=late.pk,
                holder_id=late.record_holder_id,
                about_id=late.pk,
                source=[b"Words"],
                content_type="text/plain",
            )
            for _file in range(2)
        ]
        before = destroying.facts(late.record_holder_id)
        sealed.remove(files[0])
        after = destroying.facts(late.record_holder_id)
    assert (before["rows"]["base.SealedFile"], after["rows"]["base.SealedFile"]) == (2, 1)
    # All the same, it is no longer what was asked for.
    assert before["content"] != after["content"]


def with_more(member: Member) -> None:
    """One more row under the key of the record."""
    with context.system("test", member.plan_id), context.about_member(member.pk):
        RecordItem(
            plan_id=member.plan_id,
            member=member,
            record_holder_id=member.record_holder_id,
            resource_type="Condition",
            kind="conditions",
            source_key=b"1" * 32,
            content="{}",
            content_mark=b"",
            file_position=0,
            received_at=timezone.now(),
        ).save()


@pytest.mark.parametrize("decided", [False, True])
def test_who_asked_takes_it_back(
    operator: User, privacy_officer: User, late: Member, decided: bool
) -> None:
    approval = asked(operator, late)
    if decided:
        approved(privacy_officer, approval)
    with acting(privacy_officer), pytest.raises(PermissionDenied, match="Only the person who"):
        actions.take_back(approval_id=approval.pk, by=privacy_officer)
    assert again(approval).is_open
    with acting(operator):
        actions.take_back(approval_id=approval.pk, by=operator)
    assert (again(approval).state, again(approval).reason_code) == ("expired", "taken_back")
    with acting(operator), pytest.raises(PermissionDenied, match="came to its end already"):
        actions.take_back(approval_id=approval.pk, by=operator)
    with pytest.raises(PermissionDenied, match="must approve this first"):
        used(operator, late)
    assert whole(late)
    [line] = events("approval.expired")
    assert (line.actor_id, line.facts["reason_code"]) == (operator.pk, "taken_back")
    # Nothing keeps them from asking once more.
    assert asked(operator, late).pk != approval.pk


def test_an_operator_takes_it_back_on_the_page(
    operator: User, late: Member, privacy_officer: User, client_for: Any
) -> None:
    approval = asked(operator, late)
    page = reverse("disclosures:approval-take-back", args=[approval.pk])
    assert client_for(privacy_officer).post(page).status_code == 404
    told = client_for(operator).post(page, follow=True).text
    assert "You took it back" in told
    assert "The person who asked took it back" in told
    assert page not in told


def test_it_expires_waiting_and_approved(
    operator: User, privacy_officer: User, late: Member, monkeypatch: Any
) -> None:
    approval = asked(operator, late)
    assert approval.expires_at - approval.asked_at == destroying.LASTS
    approved(privacy_officer, approval)
    after = approval.expires_at + datetime.timedelta(seconds=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: after)
    assert used(operator, late).state == ApprovalState.EXPIRED
    assert whole(late)


def test_the_task_ends_what_nobody_decided(
    operator: User, privacy_officer: User, late: Member, monkeypatch: Any
) -> None:
    approval = asked(operator, late)
    tasks.expire_approvals()
    assert again(approval).state == ApprovalState.WAITING
    after = approval.expires_at + datetime.timedelta(seconds=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: after)
    tasks.expire_approvals()
    found = again(approval)
    assert (found.state, found.reason_code) == ("expired", "time")
    assert events("approval.expired")[0].facts["reason_code"] == "time"
    with pytest.raises(PermissionDenied, match="decided already"):
        approved(privacy_officer, approval)


def test_a_guard_stands_at_each_step(operator: User, privacy_officer: User, late: Member) -> None:
    approval = asked(operator, late)
    account = factories._user(late.plan, "lou.lane", "Lou Lane", "member", late)
    with pytest.raises(PermissionDenied, match="can still sign in"):
        approved(privacy_officer, approval)
    with context.system("test", late.plan_id):
        User.objects.filter(pk=account.pk).update(is_active=False)
    approved(privacy_officer, approval)
    with context.system("test", late.plan_id):
        User.objects.filter(pk=account.pk).update(is_active=True)
    with pytest.raises(PermissionDenied, match="can still sign in"):
        used(operator, late)
    assert again(approval).state == ApprovalState.APPROVED
    assert whole(late)


def test_asked_twice_is_one(operator: User, privacy_officer: User, late: Member) -> None:
    other = factories.staff_user(operator.plan, "olaf.ray", "Olaf Ray", "operator")
    first = asked(operator, late)
    assert asked(operator, late, "Another reason").pk == first.pk
    assert asked(other, late).pk == first.pk
    with context.system("test"):
        assert Approval.objects.count() == 1
        assert Mail.objects.filter(kind="approval_waits").count() == 1


def test_asking_for_a_privacy_file_is_not_what_forbids_it(
    operator: User, privacy_officer: User, late: Member, monkeypatch: Any, client_for: Any
) -> None:
    factories.destroy_key(late.record_holder_id)
    with acting(operator):
        approval = actions.ask(
            kind=DESTROY_KEY,
            about_id=late.privacy_holder_id,
            by=operator,
            reason="Six years are over.",
            member_id=late.pk,
        )
    assert "Lou Lane" in officer_page(client_for, privacy_officer, approval).text
    assert approved(privacy_officer, approval).state == ApprovalState.APPROVED
    bound = context.AccessContext(
        plan_id=late.plan_id, user_id=operator.pk, role=context.SYSTEM_ROLE
    )
    with transaction.atomic(), context.bind(bound):
        actions.use(kind=DESTROY_KEY, about_id=late.privacy_holder_id, by=operator)
    # What is left says when, who and why, and no longer whose.
    page = officer_page(client_for, privacy_officer, approval)
    assert "Six years are over." in page.text
    assert "Destroyed on" in page.text
    assert "Lou" not in page.text


@pytest.mark.parametrize("way", ["approve", "use"])
def test_twenty_at_once_are_one(commits: str, way: str) -> None:
    plan = factories.plan("cedar")
    operator = factories.staff_user(plan, "ola.berg", "Ola Berg", "operator")
    officer = factories.staff_user(plan, "pat.nolan", "Pat Nolan", "privacy_officer")
    late = late_member(plan)
    approval = asked(operator, late)
    if way == "use":
        approved(officer, approval)
    start = Barrier(TRIES)

    def press(number: int) -> bool:
        start.wait()
        try:
            if way == "approve":
                return approved(officer, approval).state == ApprovalState.APPROVED
            return used(operator, late).state == ApprovalState.USED
        except PermissionDenied:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(TRIES) as pool:
        done = list(pool.map(press, range(TRIES)))
    assert done.count(True) == 1
    assert len(events("approval.approved")) == 1
    assert len(events("key.destroyed")) == (way == "use")
    close_old_connections()


# The pages


def officer_page(client_for: Callable[[User], Client], who: User, approval: Approval) -> Any:
    return fresh(client_for, who).get(reverse("disclosures:approval-detail", args=[approval.pk]))


def fresh(client_for: Callable[[User], Client], who: User) -> Client:
    client = client_for(who)
    factories.type_a_code(client, who)
    return client


def test_an_officer_reads_exactly_what_and_approves(
    operator: User, privacy_officer: User, late: Member, client_for: Any
) -> None:
    with_more(late)
    approval = asked(operator, late, "The contract ended in 2019.")
    officer = fresh(client_for, privacy_officer)
    listed = officer.get(reverse("disclosures:approval-list"))
    assert '<span class="count">1' in listed.text
    assert "Ola Berg, Operator" in listed.text
    assert "Lou Lane" not in listed.text
    page = officer.get(reverse("disclosures:approval-detail", args=[approval.pk]))
    shown = {one["label"]: one["value"] for one in page.context["what"]}
    assert shown == {
        "Destroy the key of": "A member's record",
        "Member": "Lou Lane",
        "Member ID": late.member_number,
        "Records": "1",
    }
    assert "The contract ended in 2019." in page.text
    approve = reverse("disclosures:approval-approve", args=[approval.pk])
    nothing = officer.post(approve, {"seen": approval.digest, "reason": " "})
    assert "Write the reason." in nothing.text
    assert nothing.status_code == 422
    old = officer.post(approve, {"seen": "0" * 64, "reason": "Checked."}, follow=True)
    assert "This page was too old." in old.text
    assert "You approved it" not in old.text
    done = officer.post(approve, {"seen": approval.digest, "reason": "Checked."}, follow=True)
    assert "You approved it" in done.text
    assert "Checked." in done.text
    assert events("approval.opened")[0].member_id == late.pk
    with context.system("test"):
        assert Mail.objects.filter(kind="approval_decided").get().recipient_id == operator.pk


def test_an_officer_refuses_and_it_stays_in_the_history(
    operator: User, privacy_officer: User, late: Member, client_for: Any
) -> None:
    approval = asked(operator, late)
    officer = fresh(client_for, privacy_officer)
    refuse = reverse("disclosures:approval-refuse", args=[approval.pk])
    done = officer.post(refuse, {"reason": "A court asked for it."}, follow=True)
    assert "You refused it" in done.text
    assert events("approval.refused")[0].actor_id == privacy_officer.pk
    with pytest.raises(PermissionDenied):
        used(operator, late)
    assert "Nothing waits" in officer.get(reverse("disclosures:approval-list")).text
    past = officer.get(reverse("disclosures:approval-list") + "?show=past")
    assert "Refused" in past.text
    mine = client_for(operator).get(reverse("disclosures:approval-detail", args=[approval.pk]))
    assert "A court asked for it." in mine.text


def in_another_tab(officer: User, operator: User, approval: Approval, how: str) -> None:
    with acting(operator if how == "taken_back" else officer):
        if how == "taken_back":
            actions.take_back(approval_id=approval.pk, by=operator)
        elif how == "refused":
            actions.refuse(approval_id=approval.pk, by=officer, reason="Keep it.")
        elif how == "approved":
            actions.approve(
                approval_id=approval.pk, by=officer, reason="Checked.", seen=approval.digest
            )
    if how == "expired":
        with context.system("test"):
            Approval.objects.filter(pk=approval.pk).update(
                state="expired", reason_code="time", ended_at=timezone.now()
            )


MEANWHILE = {
    "approved": "Already approved on ",
    "refused": "Already refused on ",
    "taken_back": "The person who asked took it back. Nothing was changed.",
    "expired": "Nobody decided or used it in time. Nothing was changed.",
}


@pytest.mark.parametrize("how", MEANWHILE)
@pytest.mark.parametrize("reason", ["Checked.", ""])
@pytest.mark.parametrize("way", ["approve", "refuse"])
def test_an_old_tab_says_what_became_of_it(
    operator: User, privacy_officer: User, late: Member, client_for: Any, how: str, reason: str,
    way: str,
) -> None:  # fmt: skip
    other = factories.staff_user(operator.plan, "pia.moss", "Pia Moss", "privacy_officer")
    approval, officer = asked(operator, late), fresh(client_for, privacy_officer)
    in_another_tab(other, operator, approval, how)
    before = again(approval)
    page = reverse(f"disclosures:approval-{way}", args=[approval.pk])
    told = officer.post(page, {"seen": approval.digest, "reason": reason}, follow=True)
    assert told.redirect_chain[-1][0] == reverse("disclosures:approval-detail", args=[approval.pk])
    assert MEANWHILE[how] in told.text
    by_her = " by Pia Moss, Privacy officer. Nothing was changed." in told.text
    assert by_her == (how in {"approved", "refused"})
    assert "You cannot open this page" not in told.text
    now = again(approval)
    assert (now.state, now.decided_by) == (before.state, before.decided_by)
    # Whoever has no right to decide is told nothing of it.
    stranger = factories.staff_user(operator.plan, "paula.grant", "Paula Grant", "plan_admin")
    answer = fresh(client_for, stranger).post(page, {"reason": "Checked."}, follow=True)
    assert answer.status_code in (403, 404)
    assert MEANWHILE[how] not in answer.text


@pytest.mark.parametrize("way", ["approve", "refuse"])
def test_what_is_over_before_the_task_looks_can_not_be_decided(
    operator: User, privacy_officer: User, late: Member, client_for: Any, way: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    approval = asked(operator, late)
    monkeypatch.setattr(actions, "is_over", lambda _approval: True)
    officer = fresh(client_for, privacy_officer)
    page = reverse(f"disclosures:approval-{way}", args=[approval.pk])
    told = officer.post(page, {"seen": approval.digest, "reason": "Checked."}, follow=True)
    assert MEANWHILE["expired"] in told.text
    assert again(approval).reason_code == "time"


def test_what_forbids_it_by_now_is_said_on_its_page(
    operator: User, privacy_officer: User, late: Member, client_for: Any
) -> None:
    approval, officer = asked(operator, late), fresh(client_for, privacy_officer)
    factories._user(late.plan, "lou.lane", "Lou Lane", "member", late)
    page = reverse("disclosures:approval-approve", args=[approval.pk])
    told = officer.post(page, {"seen": approval.digest, "reason": "Checked."}, follow=True)
    assert "This may not be done now." in told.text
    assert told.status_code == 200
    assert again(approval).state == ApprovalState.WAITING


def test_what_came_to_its_end_is_not_taken_back(
    operator: User, privacy_officer: User, late: Member, client_for: Any
) -> None:
    approval = asked(operator, late)
    browser = client_for(operator)
    in_another_tab(privacy_officer, operator, approval, "refused")
    page = reverse("disclosures:approval-take-back", args=[approval.pk])
    told = browser.post(page, follow=True)
    assert "This came to its end already. Nothing was changed." in told.text
    assert told.status_code == 200


def test_deciding_takes_a_fresh_code(
    operator: User, privacy_officer: User, late: Member, client_for: Any
) -> None:
    approval, officer = asked(operator, late), client_for(privacy_officer)
    for name in ("approval-approve", "approval-refuse"):
        page = reverse(f"disclosures:{name}", args=[approval.pk])
        answer = officer.post(page, {"seen": approval.digest, "reason": "Checked."})
        assert answer["Location"].startswith(reverse("confirm"))
    assert again(approval).state == ApprovalState.WAITING


def test_an_operator_asks_on_the_page_and_reads_no_name(
    operator: User, privacy_officer: User, late: Member, client_for: Any
) -> None:
    browser = client_for(operator)
    form = {"what": "record", "who": late.member_number, "reason": "The contract ended."}
    page = browser.post(reverse("disclosures:key-ask"), form, follow=True)
    assert "It waits for their approval" in page.text
    assert "Approve it" not in page.text
    assert "Lou" not in page.text
    assert again(Approval(pk=page.context["approval"]["id"])).asked_by == operator.pk
    once_more = browser.post(reverse("disclosures:key-ask"), form | {"reason": "B"}, follow=True)
    assert "This was asked for before, for the reason below." in once_more.text
    assert "The contract ended." in once_more.text
    assert (
        page.context["approval"]["reference"]
        in browser.get(reverse("disclosures:approval-list")).text
    )


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"what": ""}, "Choose what must be destroyed."),
        ({"who": ""}, "Enter whose it is."),
        ({"reason": " "}, "Write the reason."),
        ({"who": "M0"}, "Nobody"),
        ({"what": "person", "who": "no.one"}, "Nobody here has this User ID."),
        ({"what": "person", "who": "ola.berg"}, "can still sign in"),
        ({"what": "privacy-file"}, "Destroy that one first."),
    ],
)
def test_what_is_wrong_with_asking_is_told(
    operator: User, privacy_officer: User, late: Member, client_for: Any, changed: Any, told: str
) -> None:
    form = {"what": "record", "who": late.member_number, "reason": "The contract ended."}
    page = client_for(operator).post(reverse("disclosures:key-ask"), form | changed)
    assert told in page.text
    with context.system("test"):
        assert not Approval.objects.exists()


def test_the_mail_tells_that_something_waits_and_no_more(
    operator: User, privacy_officer: User, late: Member, mailoutbox: Any
) -> None:
    asked(operator, late)
    sender.sweep()
    [mail] = mailoutbox
    assert mail.to == [privacy_officer.email]
    assert "waits for your approval" in mail.subject
    for word in ("key", "destroy", "Lou", "Lane", "Ola", late.member_number, "contract"):
        assert word not in mail.subject + mail.body


def test_every_table_that_a_key_seals_has_its_words() -> None:
    sealed = {
        model._meta.label
        for model in apps.get_models()
        if any(isinstance(one, SealedMixin) for one in model._meta.concrete_fields)
    }
    # An approval is sealed under the plan's key.
    assert sealed - {"base.Approval"} == set(destroying.ROWS)


def test_lines_name_their_object(operator: User, privacy_officer: User, late: Member) -> None:
    approval = asked(operator, late)
    with context.system("test"):
        line = Event.objects.get(action="approval.asked")
    assert (line.object_kind, line.object_id) == ("approval", approval.pk)
