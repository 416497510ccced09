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

CUT = """() => [...document.querySelectorAll("main .scroll")]
  .some((one) => one.scrollWidth > one.clientWidth)"""
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


def file_bill(plan: Plan, person: Person, file: Path, amounts: tuple[str, ...]) -> str:
    """The address of its page."""
    with context.system("test", plan.pk):
        member = User.objects.in_plan(plan, person.user_id).member
    named = {"family": member.family_name, "given": [member.given_name]}
    known = {"birthDate": str(member.birth_date), "name": [named]}
    file.write_text(bundle(patient(member.member_number) | known, bill(file.stem, amounts)))
    [outcome] = load(plan, file)
    assert outcome.added["ExplanationOfBenefit"] == 1
    with context.system("test", plan.pk), context.about_member(member.pk):
        bills = RecordItem.objects.filter(resource_type="ExplanationOfBenefit")
        return reverse("records:detail", args=[bills.latest("received_at").pk])


def test_a_bill_fits_its_page_however_many_amounts_it_has(
    chromium: str, cedar: Plan, people: dict[str, Person], site: Site, tmp_path: Path
) -> None:
    ana = people["ana.diaz"]
    paths = {
        count: file_bill(cedar, ana, tmp_path / f"bill-{count}.json", AMOUNTS[:count])
        for count in (2, 3, len(AMOUNTS))
    }
    with browser(chromium) as running:
        at = visitor(running, site.origin(cedar.host), "small")
        ana.sign_in(at)
        for count, path in paths.items():
            at.go(path)
            at.check(f"bill-{count}")
            for width in (320, 700, 820, 1024, 1280):
                at.page.set_viewport_size({"width": width, "height": 800})
                at.fits(f"bill-{count}-{width}")
                assert not at.page.evaluate(CUT), f"{count} amounts at {width}"
                assert at.page.get_by_text("$1,234.50").count()
