"""What turns the meaning of a record around shows in lists and on its page."""

from typing import Any

import pytest

from phi_records.fhir.plain import describe, summarise
from tests.phi_records.test_fhir_plain import facts


def medicine(**more: Any) -> dict[str, Any]:
    named = {"text": "Ibuprofen 200 mg"}
    dose = {"text": "Take 1 tablet 2 times a day"}
    return {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": named,
        "dosageInstruction": [dose],
        **more,
    }


def chip(resource: dict[str, Any]) -> tuple[str, str]:
    summary = summarise(resource)
    return summary.status_word, summary.status_tone


def test_what_must_not_be_taken_is_not_said_to_be_taken() -> None:
    summary = summarise(medicine(doNotPerform=True, authoredOn="2026-07-02"))
    assert (summary.title, summary.subtitle) == ("Do not take: Ibuprofen 200 mg", "")
    assert (summary.status_word, summary.status_tone) == ("Do not take", "bad")
    first, *_rest = describe(medicine(doNotPerform=True))
    assert first.text == "This record says what not to do."
    shown = facts(medicine(doNotPerform=True, authoredOn="2026-07-02"))
    assert shown["Where it stands"] == "Do not take"
    assert shown["How you should not take it"] == "Take 1 tablet 2 times a day"
    assert {"How to take it", "Ordered"} & shown.keys() == set()


def test_an_order_that_forbids_nothing_is_taken() -> None:
    assert chip(medicine(doNotPerform=False)) == ("Taking now", "good")
    assert facts(medicine(doNotPerform=False))["How to take it"]
    assert chip(medicine(doNotPerform=True, status="stopped")) == ("Stopped", "off")


@pytest.mark.parametrize("type", ["ServiceRequest", "CommunicationRequest"])
def test_other_orders_not_to_do_something_say_so(type: str) -> None:
    order = {"resourceType": type, "status": "active", "doNotPerform": True}
    order |= {"code": {"text": "Chest X-ray"}, "category": [{"text": "Chest X-ray"}]}
    assert summarise(order).title == "Do not do: Chest X-ray"
    assert chip(order) == ("Do not do this", "bad")
    assert facts(order)["Where it stands"] == "Do not do this"


def test_a_plan_tells_apart_what_to_do_and_what_not_to_do() -> None:
    lift = {"description": "Lift more than 10 pounds", "doNotPerform": True, "status": "scheduled"}
    walk = {"description": "Walk each day", "doNotPerform": False}
    steps = [{"detail": lift}, {"detail": walk}, {"reference": {"reference": "ServiceRequest/1"}}]
    order = {"resourceType": "ServiceRequest", "doNotPerform": True, "code": {"text": "Run"}}
    plan = {"resourceType": "CarePlan", "status": "active", "intent": "plan", "activity": steps}
    found = {one.heading: one.facts for one in describe(plan, {"ServiceRequest/1": order}.get)}
    assert found["What not to do"] == [
        ("Lift more than 10 pounds", "Do not do this"),
        ("Do not do: Run", "Do not do this"),
    ]
    assert found["What is planned"] == [("Walk each day", "Planned")]
    assert chip(plan) == ("Active", "good")


@pytest.mark.parametrize(
    ("intent", "word"),
    [
        ("proposal", "Suggested, not ordered"),
        ("plan", "Planned, not ordered"),
        ("option", "One of several choices"),
        ("instance-order", "Taking now"),
    ],
)
def test_what_nobody_ordered_is_not_taken(intent: str, word: str) -> None:
    shown = facts(medicine(intent=intent, authoredOn="2026-07-02"))
    assert shown["Where it stands"] == word
    assert ("Ordered" in shown) == (word == "Taking now")


def test_what_people_take_by_themselves_is_reported() -> None:
    assert chip(medicine(intent="plan", reportedBoolean=True))[0] == "Reported, not ordered"
    assert chip(medicine(intent="order", reportedBoolean=True))[0] == "Taking now"


def test_a_condition_that_only_the_source_knows_is_told() -> None:
    known = medicine(extension=[{"url": "https://ehr.example/color", "valueString": "red"}])
    assert chip(known) == ("Taking now", "good")
    extension = {"modifierExtension": [{"url": "https://ehr.example/not", "valueBoolean": True}]}
    for odd in (medicine(**extension), medicine(dosageInstruction=[extension])):
        assert chip(odd) == ("Taking now, with a condition", "due")
        assert "a condition that this page can’t show" in describe(odd)[0].text
    wrong = medicine(status="entered-in-error", **extension)
    assert chip(wrong) == ("Entered by mistake", "bad")


@pytest.mark.parametrize(
    ("resource", "word", "label", "denied"),
    [
        ({"resourceType": "Immunization", "status": "not-done"}, "Not given", "When", "Given"),
        ({"resourceType": "Immunization", "status": "completed"}, "Given", "Given", "When"),
        (
            {"resourceType": "MedicationStatement", "status": "not-taken"},
            "Not taking",
            "Not taken",
            "Taken",
        ),
        ({"resourceType": "Observation", "status": "cancelled"}, "Canceled", "When", "Taken"),
    ],
)
def test_a_label_says_nothing_that_the_status_denies(
    resource: dict[str, Any], word: str, label: str, denied: str
) -> None:
    day = {"occurrenceDateTime": "2023-10-01", "effectiveDateTime": "2023-10-01"}
    assert chip(resource | day)[0] == word
    assert facts(resource | day)[label] == "Oct 1, 2023"
    assert denied not in facts(resource | day)


def test_what_did_not_happen_says_why() -> None:
    why = {"text": "Fever"}
    for type in ("Procedure", "Immunization"):
        resource = {"resourceType": type, "status": "not-done", "statusReason": why}
        assert facts(resource)["Why not"] == "Fever"
    stopped = medicine(status="stopped", statusReason=why)
    assert facts(stopped)["Reason for this"] == "Fever"


@pytest.mark.parametrize(
    ("resource", "word"),
    [
        ({"resourceType": "Immunization", "status": "completed", "isSubpotent": True},
         "Given, may not protect"),
        ({"resourceType": "Patient", "active": False}, "No longer in use"),
        ({"resourceType": "Patient", "link": [{"type": "replaced-by"}]},
         "Replaced by another record"),
        ({"resourceType": "DocumentReference", "status": "current",
          "docStatus": "entered-in-error"}, "Entered by mistake"),
        ({"resourceType": "Goal", "lifecycleStatus": "cancelled",
          "achievementStatus": {"coding": [{"code": "achieved"}]}}, "Canceled"),
        ({"resourceType": "Goal", "lifecycleStatus": "completed",
          "achievementStatus": {"coding": [{"code": "achieved"}]}}, "Reached"),
        ({"resourceType": "MedicationDispense", "status": "completed"}, "Handed out"),
        ({"resourceType": "MedicationAdministration", "status": "not-done"}, "Not given"),
        ({"resourceType": "DeviceUseStatement", "status": "intended"}, "Planned"),
    ],
)  # fmt: skip
def test_each_kind_says_what_became_of_it(resource: dict[str, Any], word: str) -> None:
    assert chip(resource)[0] == word
    assert facts(resource)["Where it stands"] == word


def test_a_refusal_to_share_is_no_consent() -> None:
    def consent(type: str) -> dict[str, Any]:
        return {"resourceType": "Consent", "status": "active", "provision": {"type": type}}

    assert summarise(consent("permit")).title == "Consent to share"
    assert summarise(consent("deny")).title == "No to sharing"


def test_a_bound_on_a_number_is_kept() -> None:
    kilograms = {"value": 200, "unit": "kg", "comparator": ">"}
    weight = {"resourceType": "Observation", "valueQuantity": kilograms}
    assert summarise(weight).subtitle == "More than 200 kg"
    parts = [
        {"code": {"text": code, "coding": [{"code": code}]}, "valueQuantity": value}
        for code, value in (
            ("8480-6", {"value": 250, "unit": "mmHg", "comparator": ">"}),
            ("8462-4", {"value": 140, "unit": "mmHg"}),
        )
    ]
    pressure = {"resourceType": "Observation", "component": parts}
    assert "more than 250" in summarise(pressure).subtitle
