from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from accounts.models import Member, Plan, User
from phi_records.models import RecordItem
from portal.base import context
from portal.base.audit.models import Event
from portal.base.ids import uuid7
from tests.phi_records.bundles import load_for, observation

ClientFor = Callable[[User], Client]
HOME = reverse("records:home")
TESTS = reverse("records:kind", args=["tests"])


@pytest.fixture
def item(member: Member, tmp_path: Path) -> RecordItem:
    load_for(member, tmp_path, observation("o1"))
    with context.system("test", member.plan_id), context.about_member(member.pk):
        return RecordItem.objects.get(resource_type="Observation")


def actions_of(plan: Plan, user: User) -> list[str]:
    with context.system("test", plan.pk):
        found = Event.objects.filter(actor_id=user.pk).order_by("at", "pk")
        return [f"{one.action} {one.outcome}" for one in found]


def test_a_member_reads_their_records(
    client_for: ClientFor, member_user: User, item: RecordItem
) -> None:
    client = client_for(member_user)
    assert TESTS in client.get(HOME).text
    listed = client.get(TESTS).text
    detail = reverse("records:detail", args=[item.pk])
    assert "Canary potassium" in listed
    assert detail in listed
    page = client.get(detail).text
    assert "Canary potassium" in page
    assert "lab" in page
    assert "ana.json" in page


def test_each_look_is_in_the_trail(
    client_for: ClientFor, plan: Plan, member_user: User, item: RecordItem
) -> None:
    client = client_for(member_user)
    client.get(TESTS)
    client.get(reverse("records:detail", args=[item.pk]))
    told = actions_of(plan, member_user)
    assert "records.listed permitted" in told
    assert "record.opened permitted" in told


def test_others_find_nothing_and_that_is_recorded(
    client_for: ClientFor,
    plan: Plan,
    stranger: User,
    other_plan_member: User,
    item: RecordItem,
) -> None:
    detail = reverse("records:detail", args=[item.pk])
    nowhere = reverse("records:detail", args=[uuid7()])
    for user in (stranger, other_plan_member):
        client = client_for(user)
        assert client.get(detail).status_code == client.get(nowhere).status_code == 404
        assert "Canary" not in client.get(HOME).text + client.get(TESTS).text
    assert "request.refused refused" in actions_of(plan, stranger)


def test_staff_have_no_records_of_their_own(
    client_for: ClientFor, care_worker: User, item: RecordItem
) -> None:
    client = client_for(care_worker)
    for url in (HOME, TESTS, reverse("records:detail", args=[item.pk])):
        assert client.get(url).status_code in {403, 404}


def test_an_unknown_kind_is_not_found(client_for: ClientFor, member_user: User) -> None:
    client = client_for(member_user)
    assert client.get(reverse("records:kind", args=["secrets"])).status_code == 404


def test_an_empty_kind_says_so(client_for: ClientFor, member_user: User) -> None:
    answer = client_for(member_user).get(TESTS)
    assert answer.status_code == 200
    assert "There are no tests in your plan record." in answer.text


@pytest.mark.parametrize("page", ["2", "99", "x", "-1"])
def test_lists_have_pages_of_25(
    client_for: ClientFor, member_user: User, member: Member, tmp_path: Path, page: str
) -> None:
    load_for(member, tmp_path, *(observation(f"o{n}", f"Test {n:02}") for n in range(30)))
    answer = client_for(member_user).get(TESTS, {"page": page})
    assert answer.status_code == 200
    assert len(answer.context["items"]) == (25 if page == "x" else 5)


def test_lists_and_details_take_as_many_queries_for_500_records_as_for_30(
    client_for: ClientFor,
    member_user: User,
    member: Member,
    tmp_path: Path,
    django_assert_max_num_queries: Any,
) -> None:
    client = client_for(member_user)
    counts = []
    for rows in (30, 500):
        several = [
            {**observation(f"o{n}"), "effectiveDateTime": f"2020-{n % 12 + 1:02}-{n % 28 + 1:02}"}
            for n in range(rows)
        ]
        load_for(member, tmp_path, *several)
        with context.system("test", member.plan_id), context.about_member(member.pk):
            first = RecordItem.objects.get(source_key="lab|o0")
        detail = reverse("records:detail", args=[first.pk])
        for url in (HOME, TESTS, f"{TESTS}?page=2", detail):
            client.get(url)
            with django_assert_max_num_queries(60) as seen:
                client.get(url)
            counts.append(len(seen))
    assert counts[:4] == counts[4:]


def test_reading_outside_a_session_that_passed_both_steps_is_refused(
    member_user: User, item: RecordItem
) -> None:
    from phi_records import access

    with context.system("test", member_user.plan_id), pytest.raises(PermissionDenied):
        access.get_item(member_user, item.pk)


def test_a_claim_shows_its_services_as_a_table_and_its_kind_once(
    client_for: ClientFor, member_user: User, member: Member, tmp_path: Path
) -> None:
    paid = {
        "category": {"coding": [{"code": "benefit"}]},
        "amount": {"value": 95, "currency": "USD"},
    }
    claim = {
        "resourceType": "ExplanationOfBenefit",
        "id": "e1",
        "status": "active",
        "patient": {"reference": "Patient/p1"},
        "item": [{"productOrService": {"text": "Canary visit"}, "adjudication": [paid]}],
    }
    load_for(member, tmp_path, claim)
    with context.system("test", member.plan_id), context.about_member(member.pk):
        item = RecordItem.objects.get(resource_type="ExplanationOfBenefit")
    page = client_for(member_user).get(reverse("records:detail", args=[item.pk])).text
    assert '<th scope="row" role="rowheader">Canary visit</th>' in page
    assert '<td role="cell" class="num" data-label="The plan paid"><span>$95.00</span>' in page
    assert page.count("Claims") == 1
