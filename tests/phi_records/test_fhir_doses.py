"""Doses in words: whole, or not at all."""

from typing import Any

import pytest
from django.utils import translation

from phi_records.fhir import exact
from phi_records.fhir.plain import describe, summarise
from phi_records.fhir.summaries import dose_text
from tests.phi_records.test_fhir_plain import facts

ASK = "Ask your pharmacist how to take it"


def timed(repeat: str, **more: Any) -> dict[str, Any]:
    return {"timing": {"repeat": exact.loads(repeat)}, **more}


def amount(written: str, unit: str) -> dict[str, Any]:
    low, _, high = written.partition("-")
    ends = [{"value": exact.loads(one), "unit": unit} for one in (low, high) if one]
    if len(ends) == 1:
        return {"doseAndRate": [{"doseQuantity": ends[0]}]}
    return {"doseAndRate": [{"doseRange": {"low": ends[0], "high": ends[1]}}]}


def medicine(*doses: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "status": "active",
        "medicationCodeableConcept": {"text": "Acetaminophen 325 mg"},
        "dosageInstruction": list(doses),
    }


@pytest.mark.parametrize(
    ("repeat", "shown"),
    [
        ('{"frequency": 1, "period": 1, "periodUnit": "d"}', "Once a day"),
        ('{"frequency": 2, "period": 1.0, "periodUnit": "d"}', "2 times a day"),
        ('{"frequency": 1, "frequencyMax": 3, "period": 1, "periodUnit": "d"}',
         "1 to 3 times a day"),
        ('{"period": 4, "periodMax": 6, "periodUnit": "h"}', "Every 4 to 6 hours"),
        ('{"frequency": 2, "period": 3, "periodUnit": "wk"}', "2 times every 3 weeks"),
        ('{"frequency": 1, "period": 30, "periodUnit": "min"}', "Every 30 minutes"),
        ('{"frequency": 1, "period": 1, "periodUnit": "mo"}', "Once a month"),
        ('{"when": ["ACM", "HS"]}', "Before breakfast, at bedtime"),
        ('{"when": ["PC"], "offset": 30}', "30 minutes after a meal"),
        ('{"timeOfDay": ["08:00:00", "20:30:00"]}', "At 8:00 AM, 8:30 PM"),
        ('{"frequency": 1, "period": 1, "periodUnit": "d", "dayOfWeek": ["mon", "thu"]}',
         "Once a day, on Monday, Thursday"),
        ('{"frequency": 1, "period": 1, "periodUnit": "d", "count": 5, "countMax": 7}',
         "Once a day, 5 to 7 times in all"),
        ('{"period": 1, "periodUnit": "d", "boundsDuration": {"value": 10, "code": "d"}}',
         "Once a day, for 10 days"),
        ('{"period": 1, "periodUnit": "d", "boundsRange": {"low": {"value": 7, "unit": "days"},'
         '"high": {"value": 10, "unit": "days"}}}', "Once a day, for 7 to 10 days"),
        ('{"period": 1, "periodUnit": "d", "boundsPeriod": {"start": "2026-07-01",'
         '"end": "2026-07-10"}}', "Once a day, from Jul 1, 2026, until Jul 10, 2026"),
        ('{"period": 1, "periodUnit": "d", "duration": 20, "durationUnit": "min"}',
         "Once a day, for 20 minutes each time"),
    ],
)  # fmt: skip
def test_how_often_is_said_whole(repeat: str, shown: str) -> None:
    assert dose_text(timed(repeat)) == shown


@pytest.mark.parametrize(
    "repeat",
    [
        '{"frequency": 1.5, "period": 1, "periodUnit": "d"}',
        '{"frequency": 2}',
        '{"frequency": null, "period": 1, "periodUnit": "d"}',
        '{"frequency": 2, "period": 1}',
        '{"frequency": 2, "period": 1e300, "periodUnit": "d"}',
        '{"period": 1, "periodUnit": "fortnight"}',
        '{"when": ["LUNCHTIME"]}',
        '{"when": ["MORN"], "offset": 30}',
        '{"timeOfDay": ["noon"]}',
        '{"dayOfWeek": ["someday"]}',
        '{"period": 1, "periodUnit": "d", "boundsDuration": {"value": 10, "code": "x"}}',
        '{"period": 1, "periodUnit": "d", "boundsPeriod": {}}',
        '{"period": 1, "periodUnit": "d", "skipDays": 3}',
    ],
)
def test_what_has_no_words_is_not_said_in_part(repeat: str) -> None:
    dose = timed(repeat, **amount("1", "tablet"))
    assert dose_text(dose) == ASK
    assert facts(medicine(dose))["Amount each time"] == "1 tablet"


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("QD", "Once a day"),
        ("BID", "2 times a day"),
        ("TID", "3 times a day"),
        ("QID", "4 times a day"),
        ("QOD", "Every 2 days"),
        ("Q4H", "Every 4 hours"),
        ("Q6H", "Every 6 hours"),
        ("AM", "In the morning"),
        ("PM", "In the afternoon"),
        ("BED", "At bedtime"),
        ("WK", "Once a week"),
        ("MO", "Once a month"),
        ("XYZ", ASK),
    ],
)
def test_how_often_by_its_code(code: str, shown: str) -> None:
    assert dose_text({"timing": {"code": {"coding": [{"code": code}]}}}) == shown
    assert dose_text({"timing": {"code": {"text": code}}}) == (shown if code != "XYZ" else "XYZ")


def test_a_code_and_its_own_numbers_must_agree() -> None:
    def both(code: str, times: int) -> str:
        repeat = {"frequency": times, "period": 1, "periodUnit": "d", "when": ["PC"]}
        return dose_text({"timing": {"code": {"coding": [{"code": code}]}, "repeat": repeat}})

    assert both("BID", 2) == "2 times a day, after a meal"
    assert both("BID", 4) == ASK


@pytest.mark.parametrize(
    ("written", "unit", "shown"),
    [
        ("1", "tablet", "Take 1 tablet"),
        ("1-2", "tablet", "Take 1 to 2 tablets"),
        ("0.5", "TAB", "Take 0.5 tablet"),
        ("2.0", "{tbl}", "Take 2 tablets"),
        ("2", "Capsules", "Take 2 capsules"),
        ("5", "mL", "Take 5 mL"),
    ],
)
def test_amounts_are_said_as_people_say_them(written: str, unit: str, shown: str) -> None:
    assert dose_text(amount(written, unit)) == shown


def test_what_is_not_swallowed_is_used() -> None:
    oral = {"route": {"coding": [{"code": "26643006", "display": "Oral"}]}}
    shot = {"route": {"coding": [{"code": "34206005", "display": "Under the skin"}]}}
    assert dose_text(amount("10", "U") | shot) == "Use 10 units"
    assert dose_text(amount("1", "puff") | oral) == "Take 1 puff"


def test_limits_stand_in_lists_and_on_the_page() -> None:
    most = {"numerator": {"value": 8, "unit": "tablet"}, "denominator": {"value": 24, "unit": "h"}}
    one = timed(
        '{"period": 4, "periodMax": 6, "periodUnit": "h"}',
        asNeededCodeableConcept={"text": "Pain"},
        maxDosePerPeriod=most,
        maxDosePerAdministration={"value": 2, "unit": "tablet"},
        site={"text": "Left side"},
        method={"text": "Chew"},
        **amount("1-2", "tablet"),
    )
    told = "Take 1 to 2 tablets, every 4 to 6 hours, only when needed: pain"
    limits = "No more than 8 tablets in 24 hours; No more than 2 tablets at one time"
    assert summarise(medicine(one)).subtitle == f"{told}; {limits}"
    [section] = [one for one in describe(medicine(one)) if one.heading == "How to take it"]
    assert section.facts == [
        ("How to take it", told),
        ("No more than", "8 tablets in 24 hours"),
        ("No more than", "2 tablets at one time"),
        ("How", "Chew"),
        ("Part of the body", "Left side"),
    ]
    written = medicine({"text": "Take for pain", "maxDosePerPeriod": most})
    assert summarise(written).subtitle == "Take for pain; No more than 8 tablets in 24 hours"
    most["numerator"] = {}
    assert facts(written)["No more than"] == ASK


def test_a_need_without_words_is_not_left_out() -> None:
    for_need = {"asNeededCodeableConcept": {"coding": [{"code": "123"}]}}
    assert dose_text(amount("1", "tablet") | for_need) == ASK
    assert facts(medicine(amount("1", "tablet") | for_need))["Only when needed"] == "Yes"


def test_speed_and_amounts_that_differ_are_told_one_by_one() -> None:
    drip = {"doseAndRate": [{"rateQuantity": {"value": 100, "unit": "mL/h"}}]}
    assert facts(medicine(drip))["How fast"] == "100 mL/h"
    several = [{"doseQuantity": {"value": n, "unit": "mg"}} for n in (5, 10)]
    shown = [value for one in describe(medicine({"doseAndRate": several})) for value in one.facts]
    assert ("How to take it", ASK) in shown
    assert ("Amount each time", "10 mg") in shown


def test_what_is_counted_in_braces_is_told_as_people_say_it() -> None:
    rated = {"rateQuantity": {"value": 1, "unit": "mL/h"}}
    for count, shown in ((1, "1 tablet"), (2, "2 tablets")):
        amount = {"value": count, "unit": "{tablet}"}
        dose = {"doseAndRate": [{"doseQuantity": amount, **rated}]}
        assert facts(medicine(dose))["Amount each time"] == shown
        assert facts({**medicine(), "dispenseRequest": {"quantity": amount}})["Amount"] == shown


def test_steps_are_told_in_their_order() -> None:
    later = {"sequence": 2, "text": "2 tablets a day"}
    early = {"sequence": 1, "text": "1 tablet a day"}
    assert summarise(medicine(later, early)).subtitle == (
        "First: 1 tablet a day; Then: 2 tablets a day"
    )
    headings = [one.heading for one in describe(medicine(later, early))]
    assert headings[1:] == ["First: how to take it", "Then: how to take it"]


def test_days_of_a_dose_are_told_without_an_hour_left_out() -> None:
    assert dose_text({"timing": {"event": ["2026-07-01"]}}) == "On Jul 1, 2026"
    assert dose_text({"timing": {"event": ["2026-07-01T08:00:00Z"]}}) == ASK


def test_doses_have_their_spanish() -> None:
    dose = timed('{"period": 4, "periodMax": 6, "periodUnit": "h"}', **amount("1-2", "tablet"))
    with translation.override("es"):
        assert dose_text(dose) == "Tome 1 a 2 tabletas, cada 4 a 6 horas"


def test_a_dose_of_an_older_form_is_not_left_out() -> None:
    older = timed('{"period": 1, "periodUnit": "d"}', doseQuantity={"value": 3, "unit": "mg"})
    assert dose_text(older) == ASK


def test_a_dose_that_someone_gave_is_no_instruction() -> None:
    dose = {"dose": {"value": 4, "unit": "mg"}, "route": {"text": "Into a vein"}}
    given = {"resourceType": "MedicationAdministration", "status": "completed", "dosage": dose}
    [section] = [one for one in describe(given) if one.heading == "How it was given"]
    assert section.facts == [("Amount", "4 mg"), ("Way it is taken", "Into a vein")]
    assert "How to take it" not in facts(given)


@pytest.mark.promise
def test_a_step_that_is_like_another_is_not_left_out() -> None:
    taper = [
        {"sequence": n, **amount(f"{many}", "tablet")} for n, many in enumerate((4, 2, 4, 2, 1))
    ]
    assert summarise(medicine(*taper)).subtitle == (
        "First: Take 4 tablets; Then: Take 2 tablets; Then: Take 4 tablets; Then: Take 2 tablets; "
        "Then: Take 1 tablet"
    )


def test_what_has_no_place_among_the_steps_is_not_called_the_first() -> None:
    doses = [{"sequence": 1, "text": "One"}, {"text": "Any time"}, {"sequence": 2, "text": "Two"}]
    assert summarise(medicine(*doses)).subtitle == "Any time; First: One; Then: Two"


@pytest.mark.parametrize(
    ("written", "shown"),
    [("1.125", "1.125 mL"), ("4.125", "4.125 mL"), ("0.33333333333333", "0.333 mL")],
)
def test_a_dose_keeps_its_digits(written: str, shown: str) -> None:
    assert dose_text(amount(written, "mL")) == f"Take {shown}"


def test_no_tablet_is_not_one() -> None:
    assert dose_text(amount("0", "tablet")) == "Take 0 tablets"
    assert dose_text(amount("0-1", "tablet")) == "Take 0 to 1 tablet"


@pytest.mark.promise
def test_a_timing_without_a_sentence_gives_its_facts_one_by_one() -> None:
    bounds = '"boundsDuration": {"value": 10, "code": "d", "comparator": "<="}'
    often = timed(
        f'{{"frequency": 3, "period": 1, "periodUnit": "d", {bounds}}}', **amount("1", "tablet")
    )
    assert facts(medicine(often)) | {
        "How to take it": ASK,
        "How often": "3 times a day",
        "For how long": "At most 10 days",
        "Amount each time": "1 tablet",
    } == facts(medicine(often))
    early = facts(medicine(timed('{"when": ["MORN"], "offset": 30}', **amount("1", "tablet"))))
    assert (early["When"], early["Minutes before or after that"]) == ("In the morning", "30")
    odd = facts(medicine(timed('{"count": 5, "timeOfDay": ["08:00:00"], "period": 1}')))
    assert (odd["When"], odd["How many times"]) == ("At 8:00 AM", "5 times")


@pytest.mark.promise
def test_a_long_instruction_is_whole_on_its_page_and_cut_with_a_sign_in_a_list() -> None:
    long = "Take one tablet with food. " * 94 + "Never with alcohol."
    told = medicine({"text": long, "patientInstruction": long})
    assert facts(told)["How to take it"] == facts(told)["In your clinic’s words"] == long
    assert summarise(told).subtitle.endswith(" …")
