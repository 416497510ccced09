"""Each role comes to a page that says what it can do, and none to one that refuses it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests import factories


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("operator", ("Hello, Olga", "manage.py reset_second_step", "Your account", "System")),
        ("plan_admin", ("Hello, Olga", "are not built yet", "Your account")),
        ("care_worker", ("You are on no team yet", "Your account")),
        ("supervisor", ("You are on no team yet",)),
    ],
)
def test_a_home_says_what_the_role_can_do(plan: Any, role: str, words: tuple[str, ...]) -> None:
    client = factories.signed_in(factories.staff_user(plan, "olga", "Olga Reyes", role))
    page = client.get(reverse("home")).text
    for said in words:
        assert said in page


def test_a_worker_with_a_team_comes_to_its_inbox(
    care_worker: User, client_for: Callable[[User], Client]
) -> None:
    assert client_for(care_worker).get(reverse("home")).url == reverse("messaging:team-inbox")


@pytest.mark.parametrize("role", ["operator", "plan_admin"])
def test_no_link_leads_where_the_role_may_not_go(plan: Any, role: str) -> None:
    client = factories.signed_in(factories.staff_user(plan, "olga", "Olga Reyes", role))
    page = client.get(reverse("home")).text
    assert reverse("messaging:team-inbox") not in page
    assert reverse("disclosures:trail-search") not in page
