"""Words for what records write as codes, or leave out."""

from typing import Any

from phi_records.fhir import exact, words
from phi_records.fhir.plain import describe, summarise
from tests.phi_records.test_fhir_plain import benefits, facts


def test_what_the_plan_was_asked_before_care_is_no_bill() -> None:
    asked = benefits(use="predetermination")
    summary = summarise(asked)
    assert summary.title == "Answer: Question of what your plan would pay: Office visit"
    assert (summary.status_word, summary.subtitle) == ("Decided", "")
    assert "nothing was paid" in describe(asked)[0].text
    claim = {**benefits(use="preauthorization"), "resourceType": "Claim"}
    assert summarise(claim).title == "Request for approval before care: Office visit"
    assert summarise(benefits(use="claim")).title == "Explanation of benefits: Office visit"


def test_a_panel_lists_its_results() -> None:
    part = {
        "resourceType": "Observation",
        "code": {"text": "Sodium"},
        "valueQuantity": {"value": 140, "unit": "mmol/L"},
    }
    panel = {"resourceType": "Observation", "hasMember": [{"reference": "Observation/1"}]}
    assert summarise(panel).subtitle == "1 result"
    found = {one.heading: one.facts for one in describe(panel, {"Observation/1": part}.get)}
    assert found["Results"] == [("Sodium", "140 mmol/L")]


def test_a_result_without_a_value_says_why() -> None:
    why = {"dataAbsentReason": {"coding": [{"code": "not-performed"}]}}
    assert facts({"resourceType": "Observation", **why})["Result"] == "No result: Not performed"
    parts = [{"code": {"text": "Upper"}, **why}, {"code": {"text": "Lower"}, **why}]
    shown = facts({"resourceType": "Observation", "component": parts})
    assert shown["Upper"] == "No result: Not performed"


def test_a_number_that_cannot_be_printed_says_so() -> None:
    result = {"resourceType": "Observation", "valueQuantity": {"value": exact.loads("1e300")}}
    assert summarise(result).subtitle == "A number too large to show"


def test_codes_of_people_and_times_have_words() -> None:
    assert words.quantity({"value": 50, "code": "a"}) == "50 years"
    assert words.quantity({"value": 1, "unit": "mo"}) == "1 month"

    def person(**more: Any) -> dict[str, str]:
        return facts({"resourceType": "Patient", **more})

    assert person(communication=[{"language": {"text": "es"}}])["Language"] == "Spanish"
    unknown = {"coding": [{"code": "UNK"}], "text": "UNK"}
    assert person(maritalStatus=unknown)["Marital status"] == "Not known"
    role = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
    mother = [{"coding": [{"system": role, "code": "MTH"}]}]
    assert facts({"resourceType": "RelatedPerson", "relationship": mother})["Relationship"] == (
        "Mother"
    )
