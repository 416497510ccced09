"""Care plans and consents: nothing that was agreed is left out."""

from typing import Any

import pytest

from phi_records.fhir.plain import describe
from tests.phi_records.test_fhir_plain import facts


def plan(**detail: Any) -> dict[str, Any]:
    return {"resourceType": "CarePlan", "status": "active", "activity": [{"detail": detail}]}


@pytest.mark.promise
def test_a_medicine_of_a_care_plan_is_told_with_its_amount_and_time() -> None:
    told = facts(
        plan(
            status="scheduled",
            productCodeableConcept={"text": "Aspirin 81 mg"},
            dailyAmount={"value": 2, "unit": "tablet"},
            scheduledTiming={"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
            description="With food",
        )
    )
    assert told["Aspirin 81 mg"] == "Scheduled"
    assert told["Aspirin 81 mg: Amount a day"] == "2 tablets"
    assert told["Aspirin 81 mg: When"] == "2 times a day"
    assert told["Aspirin 81 mg: What it is about"] == "With food"


def test_a_step_of_a_care_plan_tells_what_stands_beside_its_code() -> None:
    told = facts(plan(code={"text": "Walk"}, description="In the park", scheduledString="Daily"))
    assert (told["Walk"], told["Walk: When"]) == ("Planned", "Daily")
    assert told["Walk: What it is about"] == "In the park"
    assert facts(plan(description="In the park"))["In the park"] == "Planned"
    bounds = {"value": 3, "code": "mo", "comparator": "<="}
    odd = plan(code={"text": "Walk"}, scheduledTiming={"repeat": {"boundsDuration": bounds}})
    assert facts(odd)["Walk: When"] == "At most 3 months"


@pytest.mark.promise
def test_a_consent_says_whom_it_denies() -> None:
    consent: dict[str, Any] = {
        "resourceType": "Consent",
        "status": "active",
        "provision": {
            "type": "permit",
            "provision": [
                {
                    "type": "deny",
                    "actor": [
                        {
                            "role": {"coding": [{"code": "R"}], "text": "Receiver"},
                            "reference": {"reference": "Practitioner/1", "display": "Dr. No"},
                        }
                    ],
                }
            ],
        },
    }
    consent["provision"]["provision"].append({"type": "permit", "code": [{"text": "Labs"}]})
    found = {one.heading: one.facts for one in describe(consent)}
    denied = "Rule 1.1: NOT allowed (exception to rule 1)"
    assert found["Rule 1: allowed"] == [("What this rule does", "Allows this")]
    assert found[denied] == [
        ("What this rule does", "Does NOT allow this"),
        ("Who", "Dr. No (Receiver)"),
    ]
    assert found["Rule 1.2: allowed (exception to rule 1)"] == [
        ("What this rule does", "Allows this"),
        ("What it is about", "Labs"),
    ]
    del consent["provision"]["provision"][0]["actor"][0]["reference"]["display"]
    assert facts(consent)["Who"] == "Not named in this record (Receiver)"


@pytest.mark.promise
def test_what_is_said_of_two_parts_is_not_read_as_said_of_either() -> None:
    sick = [{"code": {"text": one}, "outcome": {"text": "Died"}} for one in ("Stroke", "Cancer")]
    family = {"resourceType": "FamilyMemberHistory", "condition": sick}
    found = {one.heading: one.facts for one in describe(family)}
    assert found["Condition 1"] == [("What it is", "Stroke"), ("Outcome", "Died")]
    assert found["Condition 2"] == [("What it is", "Cancer"), ("Outcome", "Died")]
    due = {"code": {"text": "Earliest"}, "value": "2026-01-02"}
    advice = {"resourceType": "ImmunizationRecommendation", "recommendation": [
        {"dateCriterion": [due, {**due, "code": {"text": "Latest"}}]},
    ]}  # fmt: skip
    found = {one.heading: one.facts for one in describe(advice)}
    assert found["Vaccine to get: Date 2"] == [
        ("What it is", "Latest"),
        ("Value", "Jan 2, 2026"),
    ]
