"""What stands in a record stands on its page."""

from typing import Any

import pytest

from phi_records.fhir.plain import describe, summarise
from tests.phi_records.test_fhir_plain import benefits, facts


def sections(resource: dict[str, Any]) -> dict[str, list[tuple[str, str]]]:
    return {one.heading: one.facts for one in describe(resource)}


def pictures(side: str, **more: Any) -> dict[str, Any]:
    return {
        "modality": {"display": "X-ray"},
        "bodySite": {"display": "Knee"},
        "laterality": {"system": "http://snomed.info/sct", "code": side},
        **more,
    }


def test_a_picture_test_says_which_side_and_what_it_shows() -> None:
    one = {"resourceType": "ImagingStudy", "description": "After the fall"}
    alone = {**one, "series": [pictures("7771000", description="From the front")]}
    assert summarise(alone).title == "X-ray of Knee (left)"
    told = facts(alone)
    assert told["Part of the body"] == "Knee (left)"
    assert told["What they show"] == "From the front"
    assert told["What it is about"] == "After the fall"
    both = {**one, "series": [pictures("7771000"), pictures("24028007")]}
    assert sections(both)["Pictures 1"][1] == ("Part of the body", "Knee (left)")
    assert sections(both)["Pictures 2"][1] == ("Part of the body", "Knee (right)")


def test_each_target_of_a_goal_keeps_its_own_day() -> None:
    targets = [
        {"measure": {"text": "Weight"}, "detailString": "80 kg", "dueDate": "2026-06-01"},
        {"measure": {"text": "Steps"}, "detailString": "8000", "dueDate": "2026-09-01"},
    ]
    goal = {"resourceType": "Goal", "statusReason": "Moved away", "target": targets}
    told = sections(goal)
    assert told["Target 1"] == [("Weight", "80 kg"), ("Reach it by", "Jun 1, 2026")]
    assert told["Target 2"] == [("Steps", "8000"), ("Reach it by", "Sep 1, 2026")]
    assert facts(goal)["Reason for this"] == "Moved away"
    assert "Reach it by" in dict(sections({**goal, "target": targets[:1]})["About this goal"])


def test_a_vaccine_says_its_series_and_how_long_it_keeps() -> None:
    vaccine = {
        "resourceType": "Immunization",
        "occurrenceString": "As a child",
        "expirationDate": "2027-01-31",
        "protocolApplied": [
            {"series": "Hepatitis B", "doseNumberPositiveInt": 2, "seriesDosesPositiveInt": 3}
        ],
    }
    told = facts(vaccine)
    assert (told["Series"], told["Dose"]) == ("Hepatitis B", "2 of 3")
    assert told["Use before"] == "Jan 31, 2027"
    assert summarise(vaccine).subtitle == "As a child"


def test_a_medicine_says_how_it_is_filled_and_swapped() -> None:
    months = {"value": 3, "unit": "month", "code": "mo"}
    order = {
        "resourceType": "MedicationRequest",
        "substitution": {"allowedBoolean": False, "reason": {"text": "Tried before"}},
        "dispenseRequest": {
            "initialFill": {"quantity": {"value": 7, "unit": "tablet"}},
            "expectedSupplyDuration": months,
        },
    }
    told = facts(order)
    assert told["May be swapped for one like it"] == "No"
    assert told["Why it is swapped or not"] == "Tried before"
    assert told["First fill: amount"] == "7 tablets"
    assert told["How long it lasts"] == "3 months"
    handed = {
        "resourceType": "MedicationDispense",
        "whenPrepared": "2026-05-01",
        "substitution": {"wasSubstituted": True},
    }
    told = facts(handed)
    assert (told["Made ready"], told["Swapped for one like it"]) == ("May 1, 2026", "Yes")


def test_two_amounts_of_a_dose_say_what_parts_them() -> None:
    rates = [
        {"type": {"text": kind}, "doseQuantity": {"value": amount, "unit": "mg"}}
        for kind, amount in (("Ordered", 10), ("Calculated", 12))
    ]
    told = facts(
        {"resourceType": "MedicationRequest", "dosageInstruction": [{"doseAndRate": rates}]}
    )
    assert told["Amount each time (ordered)"] == "10 mg"
    assert told["Amount each time (calculated)"] == "12 mg"


def test_a_step_of_a_plan_says_how_it_goes() -> None:
    step = {
        "detail": {"code": {"text": "Walk"}, "statusReason": {"text": "Rain"}},
        "progress": [{"text": "Twice this week"}],
        "outcomeCodeableConcept": [{"text": "Feels better"}],
    }
    told = facts({"resourceType": "CarePlan", "status": "active", "activity": [step]})
    assert told["Walk: Progress"] == "Twice this week"
    assert told["Walk: What came of it"] == "Feels better"
    assert told["Walk: Reason for this"] == "Rain"


def test_a_claim_says_what_changed_of_its_payment_and_what_is_left() -> None:
    spent = {
        "type": {"text": "Deductible"},
        "allowedMoney": {"value": 500, "currency": "USD"},
        "usedMoney": {"value": 120, "currency": "USD"},
    }
    claim = benefits(
        payment={
            "date": "2026-05-02",
            "adjustment": {"value": -5, "currency": "USD"},
            "adjustmentReason": {"text": "Paid twice before"},
        },
        benefitBalance=[{"category": {"text": "Medical"}, "financial": [spent]}],
    )
    told = facts(claim)
    assert told["Why the payment changed"] == "Paid twice before"
    balance = sections(claim)["What your plan covers, and what is used"]
    assert balance == [
        ("Medical, Deductible", "$500.00 in all"),
        ("Medical, Deductible", "$120.00 used"),
    ]


def test_coverage_says_its_number_and_its_turn() -> None:
    told = facts({"resourceType": "Coverage", "order": 2, "subscriberId": "C 100"})
    assert told["Number on the card"] == "C 100"
    assert told["Its turn among your plans"] == "2"


def test_a_target_of_none_is_told() -> None:
    none = {"measure": {"text": "Cigarettes a day"}, "detailInteger": 0}
    assert facts({"resourceType": "Goal", "target": [none]})["Cigarettes a day"] == "0"
    no = {"measure": {"text": "Smokes"}, "detailBoolean": False}
    assert facts({"resourceType": "Goal", "target": [no]})["Smokes"] == "No"


def test_who_gives_a_medicine_did_not_order_it() -> None:
    order = {
        "resourceType": "MedicationRequest",
        "requester": {"display": "Dr. Olson"},
        "performer": {"display": "Nurse Gable"},
    }
    told = facts(order)
    assert (told["Ordered by"], told["Who should give it"]) == ("Dr. Olson", "Nurse Gable")
    given = [{"actor": {"display": "Nurse Gable"}}]
    dose = {"resourceType": "MedicationAdministration", "status": "completed", "performer": given}
    assert facts(dose)["Given by"] == "Nurse Gable"


def test_a_medicine_that_begins_later_is_not_taken_now() -> None:
    bounds = {"start": "2199-01-01", "end": "2199-02-01"}
    dose = {"timing": {"repeat": {"boundsPeriod": bounds}}}
    order = {"resourceType": "MedicationRequest", "status": "active", "dosageInstruction": [dose]}
    assert summarise(order).status_word == "Starts Jan 1, 2199"
    again = {**order, "dosageInstruction": [dose, {"text": "Then daily"}]}
    assert summarise(again).status_word == "Taking now"


def test_pictures_that_were_called_off_were_not_taken() -> None:
    study = {"resourceType": "ImagingStudy", "status": "cancelled", "started": "2026-09-01"}
    told = facts(study)
    assert (told.get("Taken"), told["When"]) == (None, "Sep 1, 2026")


def test_what_is_not_decided_does_not_say_that_it_was() -> None:
    told = facts(benefits(outcome="queued", created="2026-09-01"))
    assert (told.get("Decided"), told["Written down"]) == (None, "Sep 1, 2026")
    ahead = {"start": "2026-01-01", "end": "2026-06-30"}
    told = facts(benefits(preAuthRef=["A-7"], preAuthRefPeriod=[ahead]))
    assert told["Approval number"] == "A-7"
    assert told["Approved for"] == "Jan 1, 2026 to Jun 30, 2026"


@pytest.mark.parametrize("more", [{"outcome": "queued"}, {"outcome": "error"}, {"status": "draft"}])
def test_what_is_not_decided_was_not_paid(more: dict[str, str]) -> None:
    paid = [{"category": {"coding": [{"code": "benefit"}]}, "amount": {"value": 80}}]
    claim = benefits(*paid)
    assert (summarise(claim).subtitle, facts(claim)["The plan paid"]) == (
        "The plan paid $80.00.",
        "$80.00",
    )
    waiting = {**claim, **more}
    told = facts(waiting)
    assert (told.get("The plan paid"), told["The plan would pay"]) == (None, "$80.00")
    assert "paid" not in summarise(waiting).subtitle
    assert not [table for one in describe(waiting) if (table := one.table) and "paid" in str(table)]


def test_an_allergy_is_one_wherever_it_is_told() -> None:
    peanuts = {"coding": [{"system": "http://snomed.info/sct", "code": "91935009"}]}
    for type in ("Condition", "AllergyIntolerance"):
        assert summarise({"resourceType": type, "code": peanuts}).title == "Peanut allergy"


def test_each_series_of_a_vaccine_is_told_by_itself() -> None:
    first = {"series": "Primary", "doseNumberPositiveInt": 2, "seriesDosesPositiveInt": 3}
    second = {"series": "Travel", "doseNumberString": "1"}
    vaccine = {"resourceType": "Immunization", "status": "completed", "primarySource": False}
    told = sections({**vaccine, "protocolApplied": [first, second]})
    assert told["Series 1"] == [("Dose", "2 of 3"), ("Series", "Primary")]
    assert told["Series 2"] == [("Dose", "1"), ("Series", "Travel")]
    one = facts({**vaccine, "protocolApplied": [first]})
    assert (one["Dose"], one["Who says so"]) == ("2 of 3", "Not who gave it")


def test_a_list_goes_by_its_own_title() -> None:
    kind = {"resourceType": "List", "code": {"text": "Allergies"}}
    assert summarise({**kind, "title": "Allergies at home"}).title == "Allergies at home"
    assert summarise(kind).title == "Allergies"


def test_an_intolerance_is_no_allergy() -> None:
    milk = {"resourceType": "AllergyIntolerance", "type": "intolerance", "category": ["food"]}
    assert facts(milk)["Kind"] == "Intolerance, not an allergy, Food"
    assert facts({**milk, "type": "allergy"})["Kind"] == "Food"


def test_where_a_medicine_is_handed_out_is_told() -> None:
    told = facts(
        {
            "resourceType": "MedicationDispense",
            "location": {"display": "Main Street"},
            "destination": {"display": "Home"},
            "whenPrepared": "2026-09-01",
        }
    )
    assert (told["Where"], told["Place of delivery"]) == ("Main Street", "Home")
    assert summarise({"resourceType": "MedicationDispense", "whenPrepared": "2026-09-01"}).when


def test_an_early_note_is_a_draft() -> None:
    note = {"resourceType": "Composition", "status": "preliminary"}
    assert summarise(note).status_word == "Draft"
