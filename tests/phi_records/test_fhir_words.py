"""Words for what records write as codes, or leave out."""

from decimal import Decimal
from typing import Any

import pytest

from phi_records.fhir import exact, statuses, words
from phi_records.fhir.plain import describe, summarise
from phi_records.fhir.trend import usual_range
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
    assert facts({"resourceType": "RelatedPerson", "relationship": mother})["Relation"] == "Mother"


def claim(amount: str, **shares: str) -> dict[str, Any]:
    told = {"eligible": amount, **shares}
    several = [
        {"category": {"coding": [{"code": code}]}, "amount": {"value": exact.loads(value)}}
        for code, value in told.items()
    ]
    return {
        "resourceType": "ExplanationOfBenefit",
        "status": "active",
        "outcome": "complete",
        "item": [{"sequence": 1, "adjudication": several}],
    }


@pytest.mark.promise
@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("24.999", "$25.00"),
        ("1234.567", "$1,234.57"),
        ("0.005", "$0.01"),
        ("112.41600000000001", "$112.42"),
        ("2.675", "$2.68"),
        ("-0.004", "$0.00"),
        ("-1234.565", "-$1,234.57"),
        ("0.1", "$0.10"),
    ],
)
def test_money_is_rounded_to_the_cent(amount: str, shown: str) -> None:
    assert words.money({"value": exact.loads(amount), "currency": "USD"}) == shown
    assert words.money_text(Decimal(amount), "CAD") == shown.replace("$", "") + " CAD"


def test_parts_of_a_cent_are_told_of_where_sums_may_be_off() -> None:
    parts = claim("140.52", benefit="112.41600000000001", coinsurance="28.104000000000003")
    assert summarise(parts).subtitle == "You may owe $28.10. The plan paid $112.42."
    assert "a cent off" in describe(parts)[0].text
    whole = claim("140.52", benefit="112.42", coinsurance="28.10")
    assert "a cent off" not in describe(whole)[0].text


def pressure(upper: str, lower: str, unit: str, lower_unit: str) -> dict[str, Any]:
    several = (("8480-6", upper, unit), ("8462-4", lower, lower_unit))
    parts = [
        {
            "code": {"coding": [{"code": code}], "text": code},
            "valueQuantity": {"value": exact.loads(value), **({"unit": named} if named else {})},
        }
        for code, value, named in several
    ]
    return {"resourceType": "Observation", "status": "final", "component": parts}


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        (("120", "80", "mm[Hg]", "mm[Hg]"), "120/80 mmHg"),
        (("16.0", "10.7", "kPa", "kPa"), "16.0/10.7 kPa"),
        (("120", "80", "", ""), "120/80"),
        (("120", "10.7", "mmHg", "kPa"), "8480-6: 120 mmHg, 8462-4: 10.7 kPa"),
    ],
)
def test_a_blood_pressure_keeps_its_unit(parts: tuple[str, str, str, str], shown: str) -> None:
    assert summarise(pressure(*parts)).subtitle == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("1.005", "1.005"),
        ("1.030", "1.030"),
        ("4.1331", "4.1331"),
        ("19360.648", "19,360.648"),
        ("82.39999999999999", "82.4"),
        ("55.29817776929245", "55.3"),
        ("0.007838219303482063", "0.00784"),
        ("1234567890", "1,234,567,890"),
    ],
)
def test_a_number_keeps_the_digits_of_its_source(written: str, shown: str) -> None:
    assert words.number_text(exact.loads(written)) == shown


@pytest.mark.parametrize(
    ("value", "high", "shown", "judged"),
    [
        ("1.005", "1.03", "1.005", "In range"),
        ("99.00000000000001", "99.1", "99", "In range"),
        ("99.00012345678", "99", "99.0001", "Above range"),
        ("98.99512345678", "99", "98.995", "In range"),
    ],
)
def test_a_shortened_number_stays_on_its_side_of_the_range(
    value: str, high: str, shown: str, judged: str
) -> None:
    result = {
        "resourceType": "Observation",
        "status": "final",
        "valueQuantity": {"value": exact.loads(value)},
        "referenceRange": [{"low": {"value": 1}, "high": {"value": exact.loads(high)}}],
    }
    summary = summarise(result)
    assert (summary.subtitle, summary.status_word) == (shown, judged)
    assert facts({"resourceType": "Observation", "component": [result, result]})[
        "Part of the result"
    ] == shown  # fmt: skip


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        ("mg/(24.h)", "1,500 mg/24 h"),
        ("mL/(min.m2)", "1,500 mL/(min.m2)"),
        ("score (of ten)", "1,500 score (of ten)"),
        ("mg{total}/dL", "1,500 mg/dL (total)"),
        ("mm[Hg]", "1,500 mmHg"),
    ],
)
def test_brackets_of_a_unit_are_kept_where_they_are_part_of_it(unit: str, shown: str) -> None:
    assert words.quantity({"value": 1500, "unit": unit}) == shown


def judged(value: dict[str, Any], **more: Any) -> str:
    limits = {side: {"value": n, **more} for side, n in (("low", 70), ("high", 99))}
    kind = {"type": limits["low"].pop("type")} if "type" in more else {}
    limits["high"].pop("type", None)
    result = {
        "resourceType": "Observation",
        "status": "final",
        "valueQuantity": value,
        "referenceRange": [{**limits, **kind}],
    }
    assert (usual_range(result) is None) == (statuses.limits_of(result) is None)
    return summarise(result).status_word


@pytest.mark.promise
def test_a_result_is_held_against_its_range_in_the_same_unit_alone() -> None:
    assert judged({"value": 5.5, "unit": "mmol/L"}, code="mg/dL") == "Final"
    assert judged({"value": 5.5, "code": "mmol/L"}, unit="mg/dL") == "Final"
    assert judged({"value": 60, "unit": "mg/dL"}, code="mg/dL") == "Below range"
    assert judged({"value": 60, "unit": "mg/dl", "code": "mg/dL"}, unit="mg/dL") == "Below range"
    assert judged({"value": 60, "unit": "mg/dL"}) == "Below range"
    assert judged({"value": 60}, unit="mg/dL") == "Final"


@pytest.mark.promise
def test_a_result_is_held_against_a_usual_range_alone() -> None:
    def of(code: str, text: str) -> str:
        return judged({"value": 60}, type={"coding": [{"code": code}], "text": text})

    assert of("treatment", "Treatment range") == of("therapeutic", "Therapeutic") == "Final"
    assert of("normal", "Normal") == of("", "Reference range") == "Below range"


@pytest.mark.promise
@pytest.mark.parametrize(
    ("codes", "word"),
    [
        (["H", "HH"], "Far above range"),
        (["HH", "H"], "Far above range"),
        (["L", "LL"], "Far below range"),
        (["N", "POS"], "Positive"),
        (["L", "H"], "Out of range"),
        (["H", "LL"], "Far out of range"),
    ],
)
def test_of_two_words_of_a_laboratory_the_graver_stands(codes: list[str], word: str) -> None:
    result = {"resourceType": "Observation", "status": "final", "valueQuantity": {"value": 9}}
    together = [{"coding": [{"code": code} for code in codes]}]
    apart = [{"coding": [{"code": code}]} for code in codes]
    for said in (together, apart):
        assert summarise({**result, "interpretation": said}).status_word == word
    assert facts({**result, "interpretation": together})["Rated as"] == word


@pytest.mark.promise
def test_a_claim_that_was_canceled_says_nothing_of_money_paid_or_owed() -> None:
    void = {**claim("140.00", benefit="112.00", coinsurance="28.00"), "status": "cancelled"}
    void["created"] = "2026-07-01"
    summary = summarise(void)
    assert (summary.status_word, summary.subtitle) == ("Canceled", "")
    [first, *_rest] = describe(void)
    assert first.heading == "What the claim said"
    assert first.text.startswith("This claim does not count any more.")
    assert facts(void)["Written down"] == "Jul 1, 2026"
    assert "Decided" not in facts(void)


@pytest.mark.promise
def test_what_stands_in_smaller_fields_is_told() -> None:
    vaccine = facts(
        {
            "resourceType": "Immunization",
            "doseQuantity": {"value": 0.5, "unit": "mL"},
            "reaction": [{"date": "2026-07-01", "detail": {"display": "Sore arm"}}],
        }
    )
    assert (vaccine["Amount"], vaccine["Reaction"]) == ("0.5 mL", "Sore arm")
    hives = {"exposureRoute": {"text": "By mouth"}, "note": [{"text": "At a party"}]}
    allergy = facts({"resourceType": "AllergyIntolerance", "reaction": [hives]})
    assert (allergy["Way into the body"], allergy["Note"]) == ("By mouth", "At a party")
    stage, sign = {"summary": {"text": "Stage 2"}}, {"code": [{"text": "Lump"}]}
    problem = facts({"resourceType": "Condition", "stage": [stage], "evidence": [sign]})
    assert (problem["Stage"], problem["Signs of it"]) == ("Stage 2", "Lump")
    free = {"type": {"text": "Retired"}, "period": {"end": "2026-07-01"}}
    cost = {"type": {"text": "Copay"}, "valueMoney": {"value": 20}, "exception": [free]}
    cover = facts({"resourceType": "Coverage", "costToBeneficiary": [cost]})
    assert cover["Copay"] == "$20.00"
    assert cover["Copay: exception"] == "Retired, Until Jul 1, 2026"
