"""A yes that owes something is a no to whoever does not carry it out."""

import ast
from dataclasses import replace

import pytest
from django.urls import reverse

from accounts.models import Member, User
from consents import rules
from consents.access import Refused, require
from consents.question import Act, Category, Item, Obligation, Purpose
from disclosures import destroying
from disclosures.models import Disclosure, Incident
from messaging import access as messaging_access
from messaging.models import Thread
from portal.base import context, once
from portal.base.registry import Step
from tests.messaging.conftest import acting
from tests.sweeps.test_code import modules

pytestmark = pytest.mark.promise("AL2")
# Who carries out what, and how that is seen: by the tests of approvals.
CARRIED_OUT = {"disclosures/destroying.py": "{Obligation.SECOND_APPROVER}"}


def owing(monkeypatch: pytest.MonkeyPatch, *owed: Obligation) -> None:
    """As if each rule of the house owed this too."""
    changed = {
        key: replace(rule, obligations=rule.obligations | set(owed))
        for key, rule in rules.BY_QUESTION.items()
    }
    monkeypatch.setattr(rules, "BY_QUESTION", changed)


@pytest.mark.parametrize("owed", sorted(Obligation))
def test_a_page_that_does_not_know_what_it_owes_shows_nothing(
    care_worker: User, member: Member, owed: Obligation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look() -> None:
        with acting(care_worker), messaging_access.file_for(care_worker, member.pk, Act.VIEW):
            pass

    look()
    owing(monkeypatch, owed)
    with pytest.raises(Refused, match="The privacy rules do not let this go there"):
        look()


def test_a_list_leaves_out_whoever_owes_something(
    care_worker: User, member: Member, team: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    with context.system("test"):
        Thread.objects.create(
            plan=member.plan, member=member, record_holder_id=member.record_holder_id, team=team,
            subject="Plain", started_at=member.user.created_at,
            last_message_at=member.user.created_at,
        )  # fmt: skip

    def listed() -> int:
        with acting(care_worker):
            page = messaging_access.team_threads(care_worker, messaging_access.View.ALL)
        return len(page.object_list)

    assert listed() == 1
    owing(monkeypatch, Obligation.ACCOUNT)
    assert listed() == 0


def test_what_is_carried_out_is_no_bar_and_what_is_more_is(
    privacy_officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with acting(privacy_officer):
        destroying.require(privacy_officer, Step.ASK)
        # The same question by someone who knows of no second person.
        with pytest.raises(Refused):
            require(
                by=privacy_officer,
                act=Act.ASK_TO_DESTROY,
                purpose=Purpose.DISPOSAL,
                items=[Item(Category.KEYS)],
            )
        owing(monkeypatch, Obligation.ACCOUNT)
        with pytest.raises(Refused):
            destroying.require(privacy_officer, Step.ASK)


def test_nobody_says_that_they_carry_out_what_no_test_has_seen() -> None:
    found = {
        name: ast.unparse(word.value).removeprefix("frozenset(").removesuffix(")")
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for word in node.keywords
        if word.arg == "carries_out" and not name.startswith("consents/")
    }
    assert found == CARRIED_OUT


@pytest.mark.promise("AL12")
@pytest.mark.parametrize(("basis", "reports"), [("mistake", 1), ("512b", 0)])
def test_a_mistake_is_accounted_for_and_looked_into(
    privacy_officer: User, member: Member, client_for: object, basis: str, reports: int
) -> None:
    client = client_for(privacy_officer)
    form = {
        "send_key": once.new_key(privacy_officer.pk), "member_number": member.member_number,
        "disclosed_on": "2026-01-02", "recipient": "County", "what": "One result",
        "purpose": "Wrong address", "basis": basis,
    }  # fmt: skip
    for _twice in range(2):
        assert client.post(reverse("disclosures:disclosure-new"), form).status_code == 302
    with context.system("test"):
        row = Disclosure.objects.get()
        found = Incident.objects.filter(kind="sent", about_id=row.pk, member=member)
        ids = list(found.values_list("pk", flat=True))
    assert len(ids) == reports
    if reports:
        page = client.get(reverse("disclosures:incident-detail", args=[ids[0]])).text
        assert reverse("disclosures:disclosure-detail", args=[row.pk]) in page
