"""Records in plain language."""

import base64
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from phi_records.fhir import exact, statuses
from phi_records.fhir.check import check, is_date, is_reference
from phi_records.fhir.kinds import KINDS
from phi_records.fhir.money import amounts_of
from phi_records.fhir.plain import describe, summarise
from phi_records.fhir.reader import Entry, read
from phi_records.fhir.references import Index, index_of, subject_of
from phi_records.fhir.sections import PAGES
from phi_records.fhir.summaries import summary
from phi_records.fhir.words.common import everyday_name
from tests.phi_records.test_fhir_reader import REAL_DATA, needs_real_data

NAMES = st.sampled_from(
    """
    status code coding text display value unit start end period reference subject patient category
    item adjudication amount total type contained id valueQuantity referenceRange low high
    dosageInstruction timing repeat frequency doseAndRate doseQuantity participant member role
    content attachment data contentType billablePeriod name given component class payor
    """.split()  # noqa: SIM905
)
LEAVES = st.none() | st.booleans() | st.integers() | st.decimals() | st.floats() | st.text()
LEAVES |= st.sampled_from(["2023-02-29", "2020-01-01", "active", "1e9", "#a", "text/plain"])
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(), inner, max_size=6)
    ),
    max_leaves=40,
)
TYPES = st.sampled_from([*PAGES, "Goal", "Patient", "ImagingStudy", "CarePlan", "Basic", "Nope"])


@given(JSON)
def test_checking_never_raises(value: Any) -> None:
    assert isinstance(check(value), list)


@example("Condition", {"text": {"status": []}})
@example("Encounter", {"status": []})
@settings(max_examples=400, deadline=None)
@given(TYPES, st.dictionaries(NAMES | st.text(), JSON, max_size=8))
def test_plain_words_never_raise(type: str, fields: dict[str, Any]) -> None:
    resource = {**fields, "resourceType": type}
    assert check(resource) is not None
    summary = summarise(resource)
    assert summary.title
    for section in describe(resource):
        assert all(label and value for label, value in section.facts)
    assert subject_of(resource, Index()) is None or type == "Patient"


@needs_real_data
def test_records_made_by_others_read_as_words() -> None:
    for unit in list(read([REAL_DATA / "fhir"]))[::6]:
        for item in unit:
            if isinstance(item, Entry):
                shown = [summarise(item.resource).title, summarise(item.resource).subtitle]
                for section in describe(item.resource):
                    shown += [section.heading, *(word for fact in section.facts for word in fact)]
                for words in shown:
                    assert "{" not in words
                    assert "urn:uuid" not in words
                    assert not words.endswith(("(finding)", "(disorder)", "(procedure)"))


@needs_real_data
@pytest.mark.parametrize(
    ("type", "field", "share"),
    [("Condition", "code", 0.8), ("Procedure", "code", 0.8), ("Immunization", "vaccineCode", 0.9)],
)
def test_most_records_made_by_others_have_an_everyday_name(
    type: str, field: str, share: float
) -> None:
    named = []
    for unit in list(read([REAL_DATA / "fhir"]))[::3]:
        for item in unit:
            if isinstance(item, Entry) and item.type == type:
                codings = item.resource[field].get("coding", [])
                named.append(any(everyday_name(one) for one in codings))
    assert sum(named) / len(named) >= share


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("2024-02-29", True),
        ("2023-02-29", False),
        ("2023-13", False),
        ("2023", True),
        ("2023-04-31", False),
        ("2023-04-30T10:00:00Z", True),
        ("2023-04-30T10:00:00.123-05:00", True),
        ("2023-04-30T10:00:00", False),
        ("2023-04T10:00:00Z", False),
        ("0000", False),
        ("31/02/1990", False),
        ("٢٠٢٣", False),
    ],
)
def test_only_days_of_the_calendar_are_dates(text: str, good: bool) -> None:
    assert is_date(text) is good


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("#cover", True),
        ("Patient/1", True),
        ("Patient/1/_history/2", True),
        ("https://example.org/fhir/Patient/1", True),
        ("urn:uuid:bf3bcfb3-143f-61c6-3f15-fd27d8943700", True),
        ("Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|9999947219", True),
        ("urn:uuid:nope", False),
        ("Patiemt/1", False),
        ("javascript:alert(1)", False),
        ("", False),
    ],
)
def test_references_are_well_formed(text: str, good: bool) -> None:
    assert is_reference(text) is good


def test_nesting_has_a_limit() -> None:
    deep: dict[str, Any] = {}
    for _level in range(100):
        deep = {"extension": [deep]}
    assert "nested" in check({"resourceType": "Basic", "id": "a", **deep})[0]


def test_reasons_hold_no_values() -> None:
    bad = {"resourceType": "Patient", "id": "a", "birthDate": "1990-02-31", "<b>x": "\x00secret"}
    assert all("1990" not in reason and "secret" not in reason for reason in check(bad))


def _index() -> Index:
    uuid = "urn:uuid:bf3bcfb3-143f-61c6-3f15-fd27d8943700"
    patient = {"resourceType": "Patient", "id": "1", "identifier": [{"system": "s", "value": "v"}]}
    return index_of([Entry(1, uuid, patient)], lookup={"Patient/9": "Patient/9"}.get)


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("urn:uuid:bf3bcfb3-143f-61c6-3f15-fd27d8943700", "Patient/1"),
        ("urn:uuid:BF3BCFB3-143F-61C6-3F15-FD27D8943700", "Patient/1"),
        ("Patient/1", "Patient/1"),
        ("Patient/1/_history/3", "Patient/1"),
        ("Patient?identifier=s|v", "Patient/1"),
        ("Patient?identifier=s%7Cv", "Patient/1"),
        ("Patient?_id=1", "Patient/1"),
        ("Patient?_format=json&_id=1", "Patient/1"),
        ("Patient/1?_format=json", "Patient/1"),
        (" Patient/1 ", "Patient/1"),
        ("urn:uuid:bf3bcfb3-143f-61c6-3f15-fd27d8943700#name", "Patient/1"),
        ("urn:uuid:bf3bcfb3-143f-61c6-3f15-fd27d8943700?_format=xml", "Patient/1"),
        ("Patient?name=Ana", None),
        ("https://elsewhere.example/Patient?_id=1", None),
        ("Patient/9", "Patient/9"),
        ("Patient/2", None),
        ("https://elsewhere.example/Patient/1", None),
        ("#1", None),
    ],
)
def test_a_resource_is_led_to_its_patient(reference: str, found: str | None) -> None:
    for field in ("subject", "patient", "beneficiary", "individual"):
        resource = {"resourceType": "Basic", field: {"reference": reference}}
        assert subject_of(resource, _index()) == found


def facts(resource: dict[str, Any]) -> dict[str, str]:
    return {label: value for section in describe(resource) for label, value in section.facts}


def test_a_result_is_compared_with_its_range() -> None:
    result = exact.loads(
        """{"resourceType": "Observation", "status": "final", "code": {"text": "A1C"},
        "effectiveDateTime": "2026-07-02", "valueQuantity": {"value": 7.60, "unit": "%"},
        "referenceRange": [{"low": {"value": 4.0, "unit": "%"},
        "high": {"value": 5.6, "unit": "%"}}]}"""
    )
    summary = summarise(result)
    assert (summary.title, summary.subtitle, summary.when) == ("A1C", "7.60 %", date(2026, 7, 2))
    assert (summary.status_word, summary.status_tone) == ("Above range", "due")
    assert facts(result)["Usual range"] == "4.0 to 5.6 %"


def test_blood_pressure_is_written_as_people_say_it() -> None:
    def part(code: str, value: int) -> dict[str, Any]:
        return {
            "code": {"coding": [{"code": code}]},
            "valueQuantity": {"value": value, "unit": "mm[Hg]"},
        }

    pressure = {
        "resourceType": "Observation",
        "component": [part("8462-4", 80), part("8480-6", 120)],
    }
    assert summarise(pressure).subtitle == "120/80 mmHg"


def _share(code: str, value: str) -> dict[str, Any]:
    return {
        "category": {"coding": [{"code": code}]},
        "amount": {"value": exact.loads(value), "currency": "USD"},
    }


def test_an_explanation_of_benefits_says_who_pays() -> None:
    shares = [_share("submitted", "1240.00"), _share("benefit", "1130.5"), _share("copay", "25")]
    claim = {
        "resourceType": "ExplanationOfBenefit",
        "status": "active",
        "outcome": "complete",
        "item": [
            {"productOrService": {"text": "Office visit (procedure)"}, "adjudication": shares}
        ],
    }
    summary = summarise(claim)
    assert summary.title == "Explanation of benefits: Office visit"
    assert summary.subtitle == "You may owe $25.00. The plan paid $1,130.50."
    assert facts(claim)["Billed"] == "$1,240.00"


def test_a_claim_that_says_nothing_of_a_share_does_not_say_zero() -> None:
    claim = {"resourceType": "ExplanationOfBenefit", "total": [_share("submitted", "10")]}
    assert "You may owe" not in facts(claim)


def test_a_dose_is_said_in_words() -> None:
    repeat = {"frequency": 2, "period": 1, "periodUnit": "d"}
    dose = {"timing": {"repeat": repeat}, "doseAndRate": [{"doseQuantity": {"value": 1}}]}
    medicine = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "medicationCodeableConcept": {"text": "Metformin 500 mg"},
        "dosageInstruction": [{**dose, "asNeededBoolean": True}],
    }
    summary = summarise(medicine)
    assert summary.subtitle == "Take 1, 2 times a day, only when needed"
    assert (summary.status_word, summary.status_tone) == ("Taking now", "good")


def test_a_note_is_shown_as_text() -> None:
    data = base64.b64encode("Résumé\nof a visit".encode()).decode()
    attachment = {"contentType": "text/plain; charset=utf-8", "data": data}
    note = {"resourceType": "DocumentReference", "content": [{"attachment": attachment}]}
    assert facts(note)["Text"] == "Résumé\nof a visit"


def test_names_come_from_what_a_reference_points_at() -> None:
    doctor = {"resourceType": "Practitioner", "name": [{"given": ["Ana"], "family": "Diaz"}]}
    medicine = {"resourceType": "MedicationRequest", "requester": {"reference": "Practitioner/1"}}
    sections = describe(medicine, {"Practitioner/1": doctor}.get)
    assert ("Ordered by", "Ana Diaz") in sections[0].facts


def test_kinds_have_names_and_words_for_nothing() -> None:
    assert len({kind.slug for kind in KINDS}) == 13
    assert all(str(kind.title) and str(kind.empty) and kind.icon for kind in KINDS)


def coded(code: str, display: str, text: str = "") -> dict[str, Any]:
    coding = {"system": "http://loinc.org", "code": code, "display": display}
    return {"coding": [coding], **({"text": text} if text else {})}


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        (coded("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"), "A1C (3-month blood sugar)"),
        (coded("4548-4", "Hemoglobin A1c", "Hemoglobin A1c"), "A1C (3-month blood sugar)"),
        (coded("4548-4", "Hemoglobin A1c", "Your sugar over 3 months"), "Your sugar over 3 months"),
        (coded("1-8", "Iron [Mass/volume] in Serum or Plasma"), "Iron in blood"),
        (coded("2-8", "HYDROcodone [Vicodin]"), "HYDROcodone [Vicodin]"),
        ({"coding": [{"code": "4548-4", "display": "Local"}]}, "Local"),
        ({"text": "Severe anxiety (panic) (finding"}, "Severe anxiety (panic)"),
    ],
)
def test_codes_go_by_their_everyday_names(code: dict[str, Any], shown: str) -> None:
    assert summarise({"resourceType": "Observation", "code": code}).title == shown


def test_a_consent_says_in_words_what_its_codes_mean() -> None:
    """By the examples of FHIR R4: OPTIN shares but for what is denied, OPTOUT the other way."""

    def of(system: str, code: str) -> dict[str, Any]:
        return {"system": f"http://terminology.hl7.org/CodeSystem/{system}", "code": code}

    rule = {"type": "deny", "purpose": [of("v3-ActReason", "HMARKT")]}
    consent = {
        "resourceType": "Consent",
        "scope": {"coding": [of("consentscope", "patient-privacy")]},
        "policyRule": {"coding": [of("v3-ActCode", "OPTIN")]},
        "provision": {"provision": [rule]},
    }
    told = facts(consent)
    assert told["What it is about"] == "Who may see health information"
    assert told["What holds if no rule says more"] == "It is allowed"
    assert told["What for"] == "Advertising"
    consent["policyRule"]["coding"] = [of("v3-ActCode", "OPTOUT")]
    assert facts(consent)["What holds if no rule says more"] == "It is NOT allowed"


def test_the_clinic_still_finds_the_name_it_knows() -> None:
    test = {"resourceType": "Observation", "code": coded("2947-0", "Sodium")}
    assert facts(test) == {"Test": "Sodium", "Code": "LOINC 2947-0"}
    test["code"] = coded("718-7", "Hemoglobin [Mass/volume] in Blood")
    assert facts(test)["Its name there"] == "Hemoglobin [Mass/volume] in Blood"


def test_words_begin_with_a_capital_and_doses_are_whole() -> None:
    dose = exact.loads(
        """{"doseAndRate": [{"doseQuantity": {"value": 1.0}}],
        "timing": {"repeat": {"frequency": 1, "period": 1.0, "periodUnit": "d"}}}"""
    )
    medicine = {"resourceType": "MedicationRequest", "dosageInstruction": [dose]}
    assert facts(medicine)["How to take it"] == "Take 1, once a day"
    cover = {"resourceType": "Claim", "insurance": [{"coverage": {"display": "private"}}]}
    assert facts(cover)["Plan"] == "Private"
    assert (
        facts({"resourceType": "MedicationRequest", "note": [{"text": "pH 7"}]})["Note"] == "pH 7"
    )


def test_a_long_questionnaire_is_one_list_of_answers() -> None:
    parts = [{"code": {"text": f"Question {n}?"}, "valueString": "No"} for n in range(9)]
    asked = {"resourceType": "Observation", "component": parts}
    assert summarise(asked).subtitle == "9 answers"
    [section] = [one for one in describe(asked) if one.heading == "Parts of the result"]
    assert section.facts[8] == ("Question 8?", "No")


def test_what_is_only_a_systems_own_is_not_shown() -> None:
    claim = {
        "resourceType": "Claim",
        "identifier": [{"value": "0993a376-3c98-220a-92a4-c2817cd03ef9"}],
        "total": {"value": 5},
    }
    assert "Claim number" not in facts(claim)
    assert describe(claim)[0].heading == "What it cost"
    record = {"resourceType": "Basic", "subject": {"display": "Ana"}, "intent": "order"}
    assert facts(record) == {}


def test_plans_goals_and_people_have_pages_of_their_own() -> None:
    step = {"detail": {"code": {"text": "Walk each day"}, "status": "in-progress"}}
    plan = {"resourceType": "CarePlan", "activity": [step]}
    assert facts(plan)["Walk each day"] == "In progress"
    goal = {"resourceType": "Goal", "target": [{"dueDate": "2027-01-02"}]}
    assert facts(goal)["Reach it by"] == "Jan 2, 2027"
    picture = {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "DX"}
    study = {"resourceType": "ImagingStudy", "series": [{"modality": picture}]}
    assert facts(study)["Test"] == "X-ray"
    married = {"coding": [{"code": "M"}], "text": "M"}
    person = {"resourceType": "Patient", "maritalStatus": married, "birthDate": "1984-03-12"}
    shown = facts(person)
    assert (shown["Marital status"], shown["Date of birth"]) == ("Married", "Mar 12, 1984")


def test_a_long_list_says_how_many_more() -> None:
    several = [{"display": f"Record {n}"} for n in range(20)]
    targets = facts({"resourceType": "Provenance", "target": several})["What it is about"]
    assert targets.endswith("Record 11, and 8 more")


def benefits(*shares: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "ExplanationOfBenefit",
        "status": "active",
        "outcome": "complete",
        "item": [{"productOrService": {"text": "office visit"}, "adjudication": [*shares]}],
        **more,
    }


DENIED = benefits(
    _share("submitted", "180"),
    _share("eligible", "0"),
    _share("benefit", "0"),
    payment={"date": "2026-07-02", "amount": {"value": 0}},
    processNote=[{"text": "We need more details from the clinic."}],
)


def test_a_claim_that_was_turned_down_says_so_and_why_and_what_to_do() -> None:
    summary = summarise(DENIED)
    assert (summary.status_word, summary.status_tone) == ("Not paid", "bad")
    assert summary.subtitle == "The plan did not pay this claim."
    why, next_step, *_rest = describe(DENIED)
    assert why.heading == "Why the plan did not pay"
    assert why.facts == [("Reason", "We need more details from the clinic.")]
    assert "appeal" in next_step.text
    assert facts(DENIED)["The plan paid"] == "$0.00"
    assert "Price the plan agreed to" not in facts(DENIED)
    assert "Paid on" not in facts(DENIED)


def test_a_claim_that_a_deductible_used_up_was_not_turned_down() -> None:
    spent = benefits(
        _share("submitted", "180"), _share("eligible", "120"), _share("benefit", "0"),
        _share("deductible", "120"),
    )  # fmt: skip
    assert summarise(spent).status_word == "Decided"
    assert "Why the plan did not pay" not in {one.heading for one in describe(spent)}
    uncovered = benefits(
        _share("submitted", "9"), _share("noncovered", "9"), _share("benefit", "0")
    )
    assert summarise(uncovered).status_word == "Not paid"


def test_what_the_plan_explains_is_told_apart_from_the_bill() -> None:
    bill = {**benefits(), "resourceType": "Claim"}
    assert summarise(benefits()).title == "Explanation of benefits: Office visit"
    assert summarise(bill).title == "Bill to your plan: Office visit"
    assert describe(benefits(_share("copay", "25")))[0].text.startswith("This is not a bill.")


def test_services_of_a_claim_are_one_table_without_empty_columns() -> None:
    [table] = [one.table for one in describe(benefits(_share("submitted", "180"))) if one.table]
    assert table.columns == ["Service", "Billed"]
    assert table.rows == [["Office visit", "$180.00"]]
    assert table.numbers_from == 1


def test_days_of_a_service_are_no_numbers() -> None:
    resource = benefits(_share("submitted", "180"))
    resource["item"][0]["servicedDate"] = "2026-07-02"
    [table] = [one.table for one in describe(resource) if one.table]
    assert (table.columns, table.numbers_from) == (["Service", "When", "Billed"], 2)


def pressure(upper: float, lower: float) -> dict[str, Any]:
    def part(code: str, value: float, high: int) -> dict[str, Any]:
        return {
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "valueQuantity": {"value": value},
            "referenceRange": [{"low": {"value": 60}, "high": {"value": high}}],
        }

    parts = [part("8480-6", upper, 129), part("8462-4", lower, 79)]
    return {"resourceType": "Observation", "status": "final", "component": parts}


@pytest.mark.parametrize(
    ("upper", "lower", "word", "tone"),
    [
        (120, 70, "In range", "good"),
        (130, 83, "Above range", "due"),
        (120, 83, "Above range", "due"),
        (130, 50, "Out of range", "due"),
    ],
)
def test_a_panel_stands_where_its_parts_stand(
    upper: float, lower: float, word: str, tone: str
) -> None:
    summary = summarise(pressure(upper, lower))
    assert (summary.status_word, summary.status_tone) == (word, tone)


def test_a_panel_with_a_part_that_nobody_judged_is_not_called_in_range() -> None:
    panel = pressure(120, 70)
    panel["component"][0].pop("referenceRange")
    assert summarise(panel).status_word == "Final"
    panel["component"][1]["interpretation"] = [{"coding": [{"code": "HH"}]}]
    assert summarise(panel).status_word == "Far above range"


def rated(*interpretations: dict[str, Any], **more: Any) -> dict[str, Any]:
    ranges = [{"low": {"value": 12}}]
    result = {"resourceType": "Observation", "status": "final", "referenceRange": ranges, **more}
    return {**result, "valueQuantity": {"value": 13}, "interpretation": list(interpretations)}


def test_a_result_is_called_what_the_laboratory_calls_it() -> None:
    """Its own word goes before the range, also where it is one that no code stands for."""
    assert summarise(rated()).status_word == "In range"
    low, detected = ({"coding": [{"code": code}]} for code in ("L", "DET"))
    assert summarise(rated(low)).status_word == "Below range"
    assert summarise(rated(detected)).status_word == "Detected"
    odd = rated({"text": "Too low for your age"})
    assert (summarise(odd).status_word, facts(odd)["Rated as"]) == ("Final", "Too low for your age")
    early = rated(low, status="preliminary")
    assert (summarise(early).status_word, facts(early)["Rated as"]) == (
        "Early result", "Below range",
    )  # fmt: skip


@pytest.mark.promise
@pytest.mark.parametrize(
    "codes", ["NEG POS", "DET ND", "R S", "I S", "NEG DET", "N H", "N A", "POS IND", "H L N"]
)
def test_words_of_a_laboratory_that_deny_each_other_are_none_of_them(codes: str) -> None:
    apart = [{"coding": [{"code": one}]} for one in codes.split()]
    together = {"coding": [one["coding"][0] for one in apart]}
    for several in (apart, [together]):
        result = rated(*several)
        assert (summarise(result).status_word, summarise(result).status_tone) == (
            "Not clear", "wait",
        )  # fmt: skip
        said = set(facts(result)["Rated as"].casefold().split(", "))
        assert said == {str(statuses._RESULTS[one][0]).casefold() for one in codes.split()}


@pytest.mark.parametrize(
    ("codes", "word"),
    [
        ("NEG A", "Out of range"),
        ("POS H", "Above range"),
        ("RR WR", "Reactive"),
        ("N ND", "In range"),
    ],
)
def test_words_of_a_laboratory_that_agree_are_told_by_the_graver(codes: str, word: str) -> None:
    assert (
        summarise(rated(*({"coding": [{"code": one}]} for one in codes.split()))).status_word
        == word
    )


@pytest.mark.parametrize(
    ("codes", "word"),
    [("S S", "Susceptible"), ("S R", "Resistant"), ("R I", "Final"), ("N NEG", "Final")],
)
def test_parts_that_stand_to_no_range_are_not_called_out_of_one(codes: str, word: str) -> None:
    parts = [
        {"code": {"text": f"Part {code}"}, "interpretation": [{"coding": [{"code": code}]}]}
        for code in codes.split()
    ]
    panel = {"resourceType": "Observation", "status": "final", "component": parts}
    assert summarise(panel).status_word == word
    named = codes.split()[-1]
    assert f"Part {named}: Rated as" in facts(panel)


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        ("x10(3)/uL", "x10(3)/uL"), ("(mg.h)/L", "(mg.h)/L"), ("mm(Hg)", "mm(Hg)"),
        ("{tablet}", "tablet"), ("{Ehrlich'U}/dL", "Ehrlich'U/dL"),
        ("count/{slide}", "count/slide"),
        ("mg/dL{creat}", "mg/dL (creat)"), ("mg/dL (calc)", "mg/dL (calc)"),
        ("mm[Hg]{sitting}", "mmHg (sitting)"), ("mg/dL{}", "mg/dL"), ("mg/(24.h)", "mg/24 h"),
    ],
)  # fmt: skip
def test_what_is_part_of_a_unit_stays(unit: str, shown: str) -> None:
    result = {"resourceType": "Observation", "valueQuantity": {"value": 2, "unit": unit}}
    assert summarise(result).subtitle == f"2 {shown}"


@pytest.mark.parametrize(
    ("value", "limit", "word"),
    [
        ("ug/mL{FEU}", "ug/mL{FEU}", "Above range"),
        ("ug/mL{DDU}", "ug/mL{FEU}", "Final"),
        ("", "mg/dL", "Final"),
        ("mg/dL", "", "Above range"),
    ],
)
def test_a_value_is_held_against_a_range_in_its_own_unit(value, limit, word) -> None:
    result = {
        "resourceType": "Observation", "status": "final",
        "valueQuantity": {"value": 9, "unit": value},
        "referenceRange": [{"high": {"value": 5, "unit": limit}}],
    }  # fmt: skip
    assert summarise(result).status_word == word


def test_a_number_of_three_places_is_whole() -> None:
    value = {"value": exact.loads("1234567.125"), "unit": "IU/mL"}
    result = {"resourceType": "Observation", "valueQuantity": value}
    assert summarise(result).subtitle == "1,234,567.125 IU/mL"


def test_a_bare_code_is_no_name() -> None:
    ndc = {"coding": [{"system": "http://hl7.org/fhir/sid/ndc", "code": "00093-4157-01"}]}
    order = {"resourceType": "MedicationRequest", "medicationCodeableConcept": ndc}
    assert summarise(order).title == "Medicine (code 00093-4157-01)"
    assert summarise({"resourceType": "MedicationRequest"}).title == "Medicine"
    done = {"resourceType": "Procedure", "code": {"coding": [{"code": "99213"}]}}
    assert summarise(done).title == "Procedure (code 99213)"
    assert summarise({**done, "code": {"text": "Checkup"}}).title == "Checkup"


def test_questionnaires_are_test_results() -> None:
    asked = {"resourceType": "Observation", "category": [{"coding": [{"code": "survey"}]}]}
    assert summarise(asked).kind.slug == "tests"


def test_the_members_own_card_is_about_them() -> None:
    language = {"coding": [{"system": "urn:ietf:bcp:47", "code": "en"}]}
    card = {
        "resourceType": "Patient",
        "name": [{"given": ["Ana"], "family": "Díaz"}],
        "communication": [{"language": language}],
    }
    summary = summarise(card)
    assert (summary.title, summary.subtitle) == ("About you", "Ana Díaz")
    assert (facts(card)["Name"], facts(card)["Language"]) == ("Ana Díaz", "English")


def test_costs_and_plans_are_named_without_codes() -> None:
    system = "http://terminology.hl7.org/CodeSystem/coverage-copay-type"
    visit = {"coding": [{"system": system, "code": "gpvisit"}]}
    cover = {
        "resourceType": "Coverage",
        "costToBeneficiary": [{"type": visit, "valueMoney": {"value": 25}}],
    }
    assert facts(cover)["Visit to your doctor"] == "$25.00"
    plan = {"resourceType": "CarePlan", "title": "Plan for: High blood pressure"}
    assert summarise(plan).title == "Plan for: High blood pressure"
    assert summarise({**plan, "title": "Diabetes"}).title == "Care plan: Diabetes"


def test_a_weight_is_told_in_pounds_too() -> None:
    weight = {"value": exact.loads("82.4"), "unit": "kg", "code": "kg"}
    shown = summarise({"resourceType": "Observation", "valueQuantity": weight}).subtitle
    assert shown == "82.4 kg (181.7 lb)"


def _adjudged(code: str, amount: str) -> dict[str, Any]:
    coded = {"coding": [{"code": code}]}
    return {"category": coded, "amount": {"value": Decimal(amount), "currency": "USD"}}


def test_services_are_added_up_only_where_no_total_is_stated() -> None:
    services = [
        {"adjudication": [_adjudged("benefit", "7"), _adjudged("copay", "5")]},
        {"adjudication": [_adjudged("copay", "6")], "net": {"value": Decimal(40)}},
    ]
    claim = {
        "resourceType": "ExplanationOfBenefit",
        "total": [_adjudged("benefit", "80")],
        "item": services,
    }
    found = amounts_of(claim)
    sums = {"paid": 80, "copay": 11, "billed": 40}
    assert found.by_name == {name: {"USD": amount} for name, amount in sums.items()}
    assert found.get("you_owe") == {"USD": 11}


def test_a_claim_is_added_up_once_for_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def counted(resource: Any) -> Any:
        asked.append(resource)
        return amounts_of(resource)

    for module in (summary, statuses):
        monkeypatch.setattr(module, "amounts_of", counted)
    claim = {"resourceType": "ExplanationOfBenefit", "status": "active", "outcome": "complete"}
    assert summarise({**claim, "total": [_adjudged("benefit", "80")]}).subtitle
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("type", "title"), [("Encounter", "Hospital stay"), ("Well child visit", "Well child visit")]
)
def test_a_visit_is_told_by_where_it_was_if_its_type_says_nothing(type: str, title: str) -> None:
    visit = {"resourceType": "Encounter", "type": [{"text": type}], "class": {"code": "IMP"}}
    assert summarise(visit).title == title
