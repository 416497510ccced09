"""What was refused, called off, void or over is never told as if it held."""

import base64
from typing import Any

import pytest

from phi_records.fhir.plain import describe, summarise
from phi_records.fhir.sections.page import MORE
from phi_records.fhir.summaries import result_text
from phi_records.fhir.trend import trend_of
from tests.phi_records.test_fhir_plain import facts

VOID = ("entered-in-error", "cancelled")


def headings(resource: dict[str, Any]) -> list[str]:
    return [one.heading for one in describe(resource)]


def sodium(status: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": status,
        "code": {"text": "Sodium"},
        "valueQuantity": {"value": 190, "unit": "mmol/L"},
    }


@pytest.mark.parametrize("status", VOID)
def test_a_void_result_is_no_value_in_a_report(status: str) -> None:
    report = {"resourceType": "DiagnosticReport", "result": [{"reference": "Observation/1"}]}
    [section] = [one for one in describe(report, {"Observation/1": sodium(status)}.get)][:1]
    [(_name, said)] = section.facts
    assert said in ("Entered by mistake", "Canceled")
    [section] = [one for one in describe(report, {"Observation/1": sodium("final")}.get)][:1]
    assert section.facts == [("Sodium", "190 mmol/L")]
    [section] = [one for one in describe(report, {"Observation/1": sodium("preliminary")}.get)][:1]
    assert section.facts == [("Sodium", "190 mmol/L (Early result)")]


@pytest.mark.parametrize("status", VOID)
def test_nothing_was_taken_for_a_void_report(status: str) -> None:
    void = {"resourceType": "DiagnosticReport", "status": status}
    assert facts({**void, "effectiveDateTime": "2026-07-02"})["When"] == "Jul 2, 2026"


def consent(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Consent", "status": "active", **more}


OPT_OUT, OPT_IN = ({"coding": [{"code": one}]} for one in ("OPTOUT", "OPTIN"))
DENY, PERMIT = {"type": "deny"}, {"type": "permit"}
TREATMENT, RESEARCH, ADVANCE = (
    {"coding": [{"code": one}]} for one in ("treatment", "research", "adr")
)


@pytest.mark.parametrize(
    ("more", "title"),
    [
        ({"policyRule": OPT_OUT}, "No to sharing"),
        ({"policyRule": OPT_IN}, "Consent to share"),
        ({"provision": {"provision": [DENY, DENY]}}, "No to sharing"),
        ({"provision": {"provision": [PERMIT, DENY]}}, "Choice about sharing"),
        ({"provision": {**PERMIT, "provision": [DENY]}}, "Choice about sharing"),
        ({"policyRule": OPT_OUT, "provision": {"provision": [PERMIT]}}, "Choice about sharing"),
        ({"policyRule": OPT_OUT, "provision": {**PERMIT}}, "Choice about sharing"),
        ({}, "Choice about sharing"),
        ({"status": "rejected", "provision": PERMIT}, "Choice about sharing"),
        ({"status": "proposed", "provision": PERMIT}, "Choice about sharing"),
        ({"status": "entered-in-error", "provision": DENY}, "Choice about sharing"),
        ({"scope": TREATMENT, "provision": DENY}, "No to treatment"),
        ({"scope": TREATMENT, "provision": PERMIT}, "Consent to treatment"),
        ({"scope": RESEARCH, "policyRule": OPT_OUT}, "No to research"),
        ({"scope": RESEARCH, "provision": PERMIT, "status": "rejected"}, "Choice about research"),
        ({"scope": ADVANCE, "provision": DENY}, "No consent"),
        ({"scope": ADVANCE, "provision": PERMIT}, "Consent"),
        ({"scope": ADVANCE}, "Consent form"),
    ],
)
def test_the_name_of_a_consent_says_what_all_of_its_rules_say(
    more: dict[str, Any], title: str
) -> None:
    assert summarise(consent(**more)).title == title


def test_a_consent_that_ended_is_not_active() -> None:
    ended = consent(provision={**PERMIT, "period": {"end": "2020-06-01"}})
    assert summarise(ended).status_word == "Ended Jun 1, 2020"
    later = consent(provision={**PERMIT, "period": {"start": "2999-06-01"}})
    assert summarise(later).status_word == "Starts Jun 1, 2999"


def test_what_holds_without_a_rule_is_told_in_words() -> None:
    label = "What holds if no rule says more"
    assert facts(consent(policyRule=OPT_OUT))[label] == "It is NOT allowed"
    assert facts(consent(policyRule=OPT_IN))[label] == "It is allowed"
    assert facts(consent(policyRule={"text": "State law"}))[label] == "State law"


def test_a_consent_has_the_day_it_was_given() -> None:
    assert summarise(consent(dateTime="2026-11-01")).when_text == "Nov 1, 2026"


@pytest.mark.parametrize(
    ("named", "field", "status"),
    [
        ("MedicationRequest", "dosageInstruction", "cancelled"),
        ("MedicationRequest", "dosageInstruction", "stopped"),
        ("MedicationRequest", "dosageInstruction", "entered-in-error"),
        ("MedicationStatement", "dosage", "not-taken"),
        ("MedicationStatement", "dosage", "entered-in-error"),
        ("MedicationDispense", "dosageInstruction", "declined"),
    ],
)
def test_nobody_is_told_to_take_what_was_called_off(named: str, field: str, status: str) -> None:
    dose = [{"text": "Take 2 tablets", "doseAndRate": []}]
    order = {"resourceType": named, "status": status, field: dose}
    assert summarise(order).subtitle == ""
    told = facts(order)
    assert "How to take it" not in told
    assert told["How it was to be taken"] == "Take 2 tablets"
    in_force = {**order, "status": "active"}
    assert summarise(in_force).subtitle == facts(in_force)["How to take it"] == "Take 2 tablets"


@pytest.mark.parametrize("status", VOID)
def test_a_canceled_supply_was_not_picked_up(status: str) -> None:
    supply = {"resourceType": "MedicationDispense", "status": status}
    told = facts({**supply, "whenHandedOver": "2026-07-02"})
    assert (told.get("Picked up"), told["When"]) == (None, "Jul 2, 2026")


@pytest.mark.parametrize("status", ["not-done", "entered-in-error"])
def test_a_dose_that_was_not_given_has_no_way_that_it_was(status: str) -> None:
    given = {
        "resourceType": "MedicationAdministration",
        "status": status,
        "dosage": {"dose": {"value": 4, "unit": "mg"}},
    }
    assert "How it was given" not in headings(given)
    assert "How it was to be given" in headings(given)


def test_each_usual_range_says_for_whom_it_is() -> None:
    def limits(low: int, high: int, **more: Any) -> dict[str, Any]:
        return {"low": {"value": low}, "high": {"value": high}, **more}

    ranges = [
        limits(12, 16, appliesTo=[{"text": "Women"}], age={"low": {"value": 18, "code": "a"}}),
        limits(14, 18, appliesTo=[{"text": "Men"}]),
    ]
    told = facts({"resourceType": "Observation", "referenceRange": ranges})
    assert told["Usual range (women, 18 years or higher)"] == "12 to 16"
    assert told["Usual range (men)"] == "14 to 18"


def test_two_units_of_a_range_are_both_told() -> None:
    ends = {"low": {"value": 70, "code": "mg"}, "high": {"value": 1, "code": "g"}}
    told = facts({"resourceType": "Observation", "referenceRange": [ends]})
    assert told["Usual range"] == "70 mg to 1 g"


def test_who_left_a_team_is_no_member() -> None:
    def person(name: str, **period: str) -> dict[str, Any]:
        role = [{"text": "Nurse"}]
        return {"role": role, "member": {"display": name}, "period": period}

    people = [
        person("Ann", start="2020-01-01"),
        person("Bo", end="2021-06-01"),
        person("Cy", start="2999-06-01"),
    ]
    team = {"resourceType": "CareTeam", "status": "active", "participant": people}
    assert summarise(team).subtitle == "Ann"
    found = {one.heading: one.facts for one in describe(team)}
    assert found["People"] == [("Nurse", "Ann"), ("Nurse", "Cy (starts Jun 1, 2999)")]
    assert found["People who left"] == [("Nurse", "Bo (ended Jun 1, 2021)")]


def test_a_step_is_what_its_order_is() -> None:
    plan = {
        "resourceType": "CarePlan",
        "status": "active",
        "activity": [{"reference": {"reference": "ServiceRequest/1"}}],
    }
    order = {"resourceType": "ServiceRequest", "status": "revoked", "code": {"text": "X-ray"}}
    [_about, steps] = describe(plan, {"ServiceRequest/1": order}.get)
    assert steps.facts == [("X-ray", "Canceled")]
    [_about, steps] = describe(plan, {"ServiceRequest/1": {**order, "status": "unknown"}}.get)
    assert steps.facts == [("X-ray", "Planned")]


def test_nothing_is_planned_in_a_plan_that_was_called_off() -> None:
    step = {"detail": {"code": {"text": "Walk more"}}}
    plan = {"resourceType": "CarePlan", "status": "revoked", "activity": [step]}
    [_about, steps] = describe(plan)
    assert (steps.heading, steps.facts) == ("What was planned", [("Walk more", "Canceled")])


@pytest.mark.parametrize("status", ["preparation", "not-done", "on-hold", "entered-in-error"])
def test_nobody_did_what_was_not_done(status: str) -> None:
    plan = {"resourceType": "Procedure", "status": status}
    told = facts({**plan, "performer": [{"actor": {"display": "Dr. Bo"}}]})
    assert (told.get("Done by"), told["Who"]) == (None, "Dr. Bo")


@pytest.mark.parametrize(
    ("kind", "encoding"),
    [
        ("text/plain; charset=iso-8859-1", "latin-1"),
        ('text/plain;charset="windows-1252"', "cp1252"),
        ("text/plain; charset=UTF-16", "utf-16"),
        ("text/plain; charset=nonsense", "utf-8"),
        ("text/plain; charset=punycode", "utf-8"),
        ("text/plain", "utf-8"),
    ],
)
def test_a_text_is_read_as_it_was_written(kind: str, encoding: str) -> None:
    data = base64.b64encode("Señal: 5 µg".encode(encoding)).decode()
    told = facts({"resourceType": "Binary", "contentType": kind, "data": data})
    assert told["Text"] == "Señal: 5 µg"


def test_an_error_of_processing_is_no_refusal() -> None:
    claim = {"resourceType": "ExplanationOfBenefit", "status": "active", "outcome": "error"}
    assert summarise(claim).status_word == "Could not be processed"


def test_a_result_of_several_times_says_them() -> None:
    several = {"event": ["2026-07-01", "2026-07-02"]}
    result = {"resourceType": "Observation", "status": "final", "effectiveTiming": several}
    assert facts(result)["Taken"] == "On Jul 1, 2026, Jul 2, 2026"
    assert summarise(result).when_text == "Jul 1, 2026"


@pytest.mark.parametrize(
    ("above", "below", "shown"),
    [
        ({"value": 1}, {"value": 128}, "1:128"),
        ({"value": 1, "unit": "1"}, {"value": 128, "comparator": ">"}, "1 per more than 128"),
        ({"value": 1, "comparator": "<"}, {"value": 8}, "Less than 1:8"),
        ({"value": 5, "unit": "mg"}, {"value": 1, "unit": "mL"}, "5 mg per 1 mL"),
    ],
)
def test_a_titer_is_written_as_laboratories_do(
    above: dict[str, Any], below: dict[str, Any], shown: str
) -> None:
    ratio = {"numerator": above, "denominator": below}
    assert facts({"resourceType": "Observation", "valueRatio": ratio})["Result"] == shown


def test_a_page_that_cannot_show_all_says_so() -> None:
    notes = [{"text": f"Note {number}"} for number in range(201)]
    [section] = [one for one in describe({"resourceType": "Goal", "note": notes}) if one.facts]
    assert (len(section.facts), section.text) == (200, str(MORE))
    [section] = [one for one in describe({"resourceType": "Goal", "note": notes[1:]}) if one.facts]
    assert (len(section.facts), section.text) == (200, "")


def test_a_record_of_too_many_or_too_deep_parts_says_so() -> None:
    def told(**more: Any) -> list[str]:
        return [one.text for one in describe({"resourceType": "Basic", **more}) if one.text]

    part = {"a": {"b": 1, "c": [{"d": 1}]}}
    assert told(parts=[part] * 60) == []
    assert told(parts=[{"b": {"x": number}} for number in range(201)]) == [str(MORE)]
    deep: dict[str, Any] = {"x": {"y": 1}, "z": "last"}
    for _level in range(6):
        deep = {"x": deep, "n": 1}
    assert told(top=deep) == [str(MORE)]


def test_a_claim_of_too_many_services_says_so() -> None:
    items = [{"productOrService": {"text": f"Service {n}"}} for n in range(201)]
    claim = {"resourceType": "Claim", "status": "active", "item": items}
    [section] = [one for one in describe(claim) if one.table]
    assert section.table
    assert (len(section.table.rows), section.text) == (200, str(MORE))


def pulse(rate: int, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": f"2026-01-{rate % 28 + 1:02}",
        "valueQuantity": {"value": rate, "unit": "/min"},
        **more,
    }


def test_what_was_seen_of_another_is_not_read_as_the_members_own() -> None:
    own, of_hers = pulse(72), pulse(80, focus=[{"reference": "Patient/p1"}])
    fetus = pulse(155, focus=[{"display": "Fetus"}])
    unnamed = pulse(150, focus=[{"reference": "RelatedPerson/kid"}])
    assert summarise(fetus).title == "Heart rate (about: Fetus)"
    assert summarise(unnamed).title == "Heart rate (about: someone else, or a thing)"
    assert summarise(of_hers).title == summarise(own).title == "Heart rate"
    told = {label: value for section in describe(fetus) for label, value in section.facts}
    assert told["Not about the member, but about"] == "Fetus"
    assert [one.text for one in trend_of(own, [of_hers, fetus, unnamed])] == [
        result_text(own),
        result_text(of_hers),
    ]
    assert trend_of(fetus, [own, of_hers]) == []


def test_a_part_keeps_its_words_and_what_it_points_at() -> None:
    event = {
        "resourceType": "AdverseEvent",
        "text": {"div": "<div>Narrative</div>"},
        "suspectEntity": [{"instance": {"display": "Amoxicillin"}}],
    }
    told = [fact for section in describe(event) for fact in section.facts]
    assert "Amoxicillin" in [value for _label, value in told]
    assert not any("Narrative" in value for _label, value in told)
    answer = {"resourceType": "ClaimResponse", "processNote": [{"number": 1, "text": "By July 9"}]}
    assert "By July 9" in [value for section in describe(answer) for _l, value in section.facts]


def test_a_recording_and_a_sample_are_told_of() -> None:
    strip = pulse(1, valueQuantity=None, specimen={"display": "Urine midstream"})
    strip |= {"valueSampledData": {"origin": {"value": 0}, "period": 10, "dimensions": 1}}
    del strip["valueQuantity"]
    assert "recording" in result_text(strip)
    told = {label: value for section in describe(strip) for label, value in section.facts}
    assert told["Sample"] == "Urine midstream"
