"""From imported records to a person who reads them, by commands alone."""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts import access
from accounts.models import CareTeam, Plan, User
from portal.base import context
from portal.base.audit.models import Event
from portal.base.outbox import sender
from tests.phi_records.bundles import bundle, load, observation, patient


def run(*args: str) -> str:
    out = StringIO()
    call_command(*args, stdout=out)
    return out.getvalue()


def create(*args: str) -> str:
    return run("create_account", *args, "--plan", "cedar", "--email", "ana@example.test")


@pytest.fixture
def imported(plan: Plan, tmp_path: Path) -> Plan:
    path = tmp_path / "a.json"
    path.write_text(bundle(patient("M-77", family="Ruiz"), observation("o1")))
    load(plan, path)
    return plan


def account(plan: Plan, user_id: str) -> User | None:
    with context.system("test", plan.pk):
        return access.user_of_plan(plan, user_id)


def test_an_imported_member_gets_an_account(imported: Plan, team: CareTeam) -> None:
    said = create("Ana.Ruiz", "--member-number", "M-77", "--team", team.name)
    assert "ana.ruiz can sign in at cedar.localhost" in said
    user = account(imported, "ana.ruiz")
    assert user is not None
    assert user.get_full_name() == "Ana Ruiz"
    assert not user.has_usable_password()
    with context.system("test", imported.pk):
        assert [one.name for one in access.teams_of_member(access.own_member(user))] == [team.name]
        [line] = Event.objects.filter(action="account.created")
        assert (line.member_id, line.object_id) == (user.member_id, user.pk)


def test_the_first_mail_speaks_of_an_account_not_of_a_lost_password(imported: Plan) -> None:
    create("ana.ruiz", "--member-number", "M-77")
    assert sender.sweep() == 1
    first = mail.outbox[-1]
    assert first.subject == "Your account at Cedar Health Plan"
    assert "Someone asked" not in first.body
    link = re.search(r"https?://[^/\s]+(/\S+key\S+|/\S+reset/\S+)", str(first.body))
    assert link is not None
    browser = Client(headers={"host": imported.host})
    form = browser.get(link[1])
    page = browser.get(form.url).content.decode()
    assert "<h1>Choose a password</h1>" in page
    chosen = "a longer pass phrase 9"
    browser.post(form.url, {"password1": chosen, "password2": chosen})
    user = account(imported, "ana.ruiz")
    assert user is not None
    assert user.check_password(chosen)
    browser.post(reverse("account_reset_password"), {"email": user.email})
    sender.sweep()
    assert mail.outbox[-1].subject == "Choose a new password at Cedar Health Plan"


def test_staff_get_accounts_and_seats(plan: Plan) -> None:
    run("create_team", "Night team", "--plan", "cedar", "--about", "Care at night")
    create("sam.lee", "--role", "care_worker", "--name", "Sam Lee", "--team", "Night team")
    user = account(plan, "sam.lee")
    assert user is not None
    with context.system("test", plan.pk):
        assert [one.name for one in access.teams_of_user(user)] == ["Night team"]


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["ana.ruiz"], "needs --member-number"),
        (["ana.ruiz", "--member-number", "nobody"], "no member with this number"),
        (["a b", "--member-number", "M-77"], "A User ID has 3 to 60"),
        (["sam.lee", "--role", "operator"], "Staff need --name"),
        (["ana.ruiz", "--member-number", "M-77", "--team", "None"], "There is no team"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(
    imported: Plan, args: list[str], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        create(*args)
    assert account(imported, "ana.ruiz") is None


def test_nobody_gets_two_accounts(imported: Plan) -> None:
    create("ana.ruiz", "--member-number", "M-77")
    with pytest.raises(CommandError, match="has an account"):
        create("ana.ruiz", "--member-number", "M-77")
    with pytest.raises(CommandError, match="This member has an account already"):
        create("ana.ruiz2", "--member-number", "M-77")
