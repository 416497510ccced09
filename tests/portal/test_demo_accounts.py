"""What a demo gives away so that it can be tried, and that nothing else does."""

import io
import json
from collections import Counter
from datetime import date
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts import demo
from accounts.models import Plan, TeamAssignment, TeamSeat, User
from portal.base import context
from portal.demo import load
from tests.accounts.test_sign_in import give_code


@pytest.fixture
def cedar(db: None) -> Plan:
    cache.clear()
    return load.load_plan("cedar", date(2026, 3, 9), lambda text: None)


def listed() -> dict[str, dict[str, Any]]:
    out = io.StringIO()
    call_command("demo_accounts", "--json", stdout=out)
    rows = json.loads(out.getvalue())
    assert {tuple(row) for row in rows} == {
        ("role", "plan", "url", "user_id", "password", "totp_secret", "member_id")
    }
    return {row["user_id"]: row for row in rows}


def test_one_member_has_no_second_step_yet(cedar: Plan) -> None:
    rows = listed()
    assert [name for name, row in rows.items() if row["totp_secret"] is None] == ["aaliyah.johnson"]
    out = io.StringIO()
    call_command("demo_accounts", stdout=out)
    assert "set up at first sign-in" in out.getvalue()


def test_members_are_listed_with_the_number_that_officers_search_by(cedar: Plan) -> None:
    rows = listed()
    with context.system("test", cedar.pk):
        ana = User.objects.select_related("member").get(username="cedar:ana.diaz").member
        assert rows["ana.diaz"]["member_id"] == ana.member_number
    assert {row["role"] for row in rows.values() if row["member_id"] is None} == {
        row["role"] for row in rows.values() if row["role"] != "member"
    }
    out = io.StringIO()
    call_command("demo_accounts", stdout=out)
    [line] = [one for one in out.getvalue().splitlines() if "  ana.diaz  " in one]
    assert line.endswith(ana.member_number)


def test_members_have_one_team_or_two_and_some_workers_are_on_neither(cedar: Plan) -> None:
    with context.system("test", cedar.pk):
        teams = Counter(TeamAssignment.objects.values_list("member_id", flat=True))
        ana = User.objects.get(username="cedar:ana.diaz")
        hers = set(
            TeamAssignment.objects.filter(member_id=ana.member_id).values_list("team_id", flat=True)
        )
        workers = User.objects.filter(plan=cedar, role="care_worker")
        seats = {w.user_id: set(TeamSeat.objects.filter(user=w).values_list("team_id", flat=True))
                 for w in workers}  # fmt: skip
    assert set(teams.values()) == {1, 2}
    assert any(not on & hers for on in seats.values())
    assert any(on & hers for on in seats.values())


def test_a_demo_is_tried_without_a_phone(cedar: Plan) -> None:
    browser = Client(headers={"host": cedar.host})
    page = browser.get(reverse("account_login")).text
    row = listed()["maeve.obrien"]
    assert row["password"] in page
    assert "maeve.obrien" in page
    browser.post(reverse("account_login"), {"login": "maeve.obrien", "password": row["password"]})
    person = User.objects.get(username="cedar:maeve.obrien")
    code = demo.code_for(person)
    assert code in browser.get(reverse("second_step")).text
    assert give_code(browser, code).url == reverse("home")
    # The one shown next is another: each works once.
    asked = browser.get(reverse("confirm")).text
    assert demo.code_for(person) != code
    assert demo.code_for(person) in asked
    answer = browser.post(reverse("confirm"), {"code": demo.code_for(person)})
    assert answer.url == reverse("account")


def test_the_command_prints_the_code(cedar: Plan) -> None:
    out, err = io.StringIO(), io.StringIO()
    call_command("demo_code", "maeve.obrien", plan="cedar", stdout=out, stderr=err)
    assert len(out.getvalue().strip()) == 6
    with pytest.raises(CommandError, match="no app that makes codes"):
        call_command("demo_code", "nobody", plan="cedar")


def test_outside_a_demo_nothing_is_given_away(cedar: Plan, settings: Any) -> None:
    settings.DEMO = False
    browser = Client(headers={"host": cedar.host})
    assert "maeve.obrien" not in browser.get(reverse("account_login")).text
    person = User.objects.get(username="cedar:maeve.obrien")
    login = {"login": "maeve.obrien", "password": "Made-up people only 7"}
    browser.post(reverse("account_login"), login)
    assert "show my code" not in browser.get(reverse("second_step")).text
    with pytest.raises(RuntimeError):
        demo.code_for(person)
    for command in (["demo_code", "maeve.obrien"], ["demo_accounts"]):
        with pytest.raises(CommandError):
            call_command(*command)
