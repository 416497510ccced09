"""A plan without a privacy officer, to whom all reports and alarms go."""

import pytest

from accounts.models import Plan
from disclosures import health
from portal.base import context
from tests import factories


@pytest.mark.promise("AH19")
def test_doctor_names_a_plan_without_a_privacy_officer(plan: Plan, other_plan: Plan) -> None:
    def told() -> list[str]:
        with context.system("test"):
            return [found.says.split(" has no privacy officer")[0] for found in health.officers()]

    officer = factories.staff_user(plan, "ola.berg", "Ola Berg", "privacy_officer")
    assert told() == ["Harbor Health Plan"]
    factories.staff_user(other_plan, "paula.grant", "Paula Grant", "plan_admin")
    assert told() == ["Harbor Health Plan"]
    officer.is_active = False
    with context.system("test"):
        officer.save(update_fields=["is_active"])
    assert sorted(told()) == ["Cedar Health Plan", "Harbor Health Plan"]
