"""Bills with as many columns as payers give: nothing of them is cut off at any width."""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Plan, User
from phi_records.models import RecordItem
from portal.base import context
from tests.browser.conftest import Site
from tests.browser.people import Person
from tests.browser.visitor import browser, visitor
from tests.phi_records.bundles import bundle, load, patient

pytestmark = pytest.mark.browser

# Amounts in a service's column, each with its own code, and beside them the days of a stay.
AMOUNTS = ("submitted", "discount", "eligible", "benefit", "noncovered", "paidbypatient",
           "memberliability")  # fmt: skip


def bill(id: str, amounts: tuple[str, ...]) -> dict[str, Any]:
    several = [
        {"category": {"coding": [{"code": code}]}, "amount": {"value": 1234.5, "currency": "USD"}}
        for code in amounts
    ]
    services = [
        {
            "productOrService": {"text": f"Outpatient rehabilitation of the shoulder, part {part}"},
            "servicedPeriod": {"start": f"2024-05-0{part}", "end": f"2024-05-1{part}"},
            "quantity": {"value": part},
            "adjudication": several if part == 1 else several[:1],
        }
        for part in (1, 2)
    ]
    return {
        "resourceType": "ExplanationOfBenefit",
        "id": id,
        "status": "active",
        "patient": {"reference": "Patient/p1"},
        "item": services,
    }


@pytest.mark.parametrize("amounts", [AMOUNTS[:2], AMOUNTS[:3], AMOUNTS])
def test_a_bill_fits_its_page_however_many_amounts_it_has(
    amounts: tuple[str, ...],
    chromium: str,
    cedar: Plan,
    people: dict[str, Person],
    site: Site,
    tmp_path: Path,
) -> None:
    with context.system("test", cedar.pk):
        member = User.objects.in_plan(cedar, "ana.diaz").member
    named = {"family": member.family_name, "given": [member.given_name]}
    born = {"birthDate": str(member.birth_date), "name": [named]}
    file = tmp_path / "bill.json"
    file.write_text(bundle(patient(member.member_number) | born, bill("wide", amounts)))
    [outcome] = load(cedar, file)
    assert outcome.added["ExplanationOfBenefit"] + outcome.changed["ExplanationOfBenefit"] == 1
    with context.system("test", cedar.pk), context.about_member(member.pk):
        bills = RecordItem.objects.filter(resource_type="ExplanationOfBenefit")
        path = reverse("records:detail", args=[bills.latest("received_at").pk])
    with browser(chromium) as running:
        at = visitor(running, site.origin(cedar.host), "small")
        people["ana.diaz"].sign_in(at)
        at.go(path)
        for width in (320, 700, 820, 1024, 1280):
            at.page.set_viewport_size({"width": width, "height": 800})
            at.check(f"bill-{len(amounts)}-{width}")
            cut = at.page.evaluate(
                "[...document.querySelectorAll('main .scroll')]"
                ".some((one) => one.scrollWidth > one.clientWidth)"
            )
            assert not cut, f"{len(amounts)} amounts at {width}"
            assert at.page.get_by_text("$1,234.50").count()
