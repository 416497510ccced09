"""Records that ended or have not begun, appointments, and what allergies are to."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from phi_records.fhir import words
from phi_records.fhir.plain import summarise
from tests.phi_records.test_fhir_plain import facts

FUTURE = (timezone.localdate() + timedelta(days=40)).isoformat()


def chip(resource: dict[str, Any]) -> tuple[str, str]:
    summary = summarise(resource)
    return summary.status_word, summary.status_tone


@pytest.mark.parametrize("type", ["Coverage", "CareTeam", "CarePlan", "EpisodeOfCare"])
def test_what_ended_or_has_not_begun_is_not_active(type: str) -> None:
    def of(**period: str) -> dict[str, Any]:
        return {"resourceType": type, "status": "active", "period": period}

    assert chip(of(start="2017-01-01", end="2017-06-30")) == ("Ended Jun 30, 2017", "off")
    assert chip(of(start="2017", end=str(timezone.localdate().year))) == ("Active", "good")
    assert chip(of(start="2017-01-01", end=FUTURE)) == ("Active", "good")
    assert chip(of(start=FUTURE)) == (f"Starts {words.moment_text(FUTURE)}", "plan")
    assert chip({**of(end="2017-06-30"), "status": "entered-in-error"})[1] == "bad"


def test_coverage_shows_both_ends_in_lists() -> None:
    period = {"start": "2017-01-01", "end": "2017-06-30"}
    cover = {"resourceType": "Coverage", "type": {"text": "dental"}, "period": period}
    assert summarise(cover).subtitle == "Dental, Jan 1, 2017 to Jun 30, 2017"


def test_a_goal_that_starts_later_is_not_active() -> None:
    goal = {"resourceType": "Goal", "lifecycleStatus": "active", "startDate": FUTURE}
    assert chip(goal)[1] == "plan"
    assert chip({**goal, "startDate": "2017-01-01"}) == ("Active", "good")


def test_a_start_to_come_is_not_told_as_past() -> None:
    assert words.period({"start": FUTURE}).startswith("From ")
    assert words.period({"start": "2017-01-01"}) == "Since Jan 1, 2017"


def appointment(**more: Any) -> dict[str, Any]:
    actors = [
        {"reference": "Patient/1", "display": "Ana Diaz"},
        {"reference": "Practitioner/2", "display": "Dr. Lee"},
        {"reference": "Location/3", "display": "Room 4"},
    ]
    return {
        "resourceType": "Appointment",
        "status": "booked",
        "start": "2027-03-10T15:00:00Z",
        "minutesDuration": 30,
        "patientInstruction": "Do not eat.\nBring your list.",
        "participant": [{"actor": one} for one in actors],
        **more,
    }


def test_an_appointment_says_when_with_whom_and_what_to_do() -> None:
    with timezone.override("America/New_York"):
        shown = facts(appointment())
        assert shown["When"] == "Mar 10, 2027, 10:00 AM EST"
        assert summarise(appointment()).subtitle == "10:00 AM EST, Dr. Lee, Room 4"
        late = appointment(start="2027-03-10T22:30:00-08:00")
        assert facts(late)["When"] == "Mar 11, 2027, 1:30 AM EST"
        assert summarise(late).when_text == "Mar 11, 2027"
    assert (shown["With"], shown["Place"], shown["How long"]) == ("Dr. Lee", "Room 4", "30 min")
    assert shown["In your clinic’s words"] == "Do not eat.\nBring your list."
    assert "Who you saw" not in shown


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("booked", "Booked"),
        ("noshow", "You did not come"),
        ("cancelled", "Canceled"),
        ("fulfilled", "Done"),
        ("waitlist", "On a waiting list"),
    ],
)
def test_an_appointment_says_what_became_of_it(status: str, word: str) -> None:
    assert chip(appointment(status=status))[0] == word


def test_a_person_who_declined_is_told_so() -> None:
    actor = {"actor": {"display": "Dr. Lee"}, "status": "declined"}
    assert facts(appointment(participant=[actor]))["With"] == "Dr. Lee (said no)"


def test_an_allergy_without_a_code_is_to_what_there_was_a_reaction_to() -> None:
    reaction = {
        "substance": {"text": "Penicillin"},
        "manifestation": [{"text": "Hives"}],
        "severity": "severe",
    }
    allergy = {"resourceType": "AllergyIntolerance", "criticality": "high", "reaction": [reaction]}
    summary = summarise({**allergy, "category": ["medication"]})
    assert (summary.title, summary.subtitle) == ("Penicillin", "Hives (severe), High risk")
    shown = facts(allergy)
    assert (shown["Allergy"], shown["Risk"], shown["How bad"]) == ("Penicillin", "High", "Severe")
    assert summarise({**allergy, "code": {"text": "Drugs"}}).title == "Drugs"


def ordered(*ends: str) -> dict[str, Any]:
    doses = [{"timing": {"repeat": {"boundsPeriod": {"end": end} if end else {}}}} for end in ends]
    return {"resourceType": "MedicationRequest", "status": "active", "dosageInstruction": doses}


@pytest.mark.promise
def test_a_medicine_whose_doses_are_all_over_is_not_taken_now() -> None:
    assert chip(ordered("2026-02-01", "2026-01-01")) == ("Ended Feb 1, 2026", "off")
    assert chip(ordered("2026-02-01", FUTURE)) == ("Taking now", "good")
    assert chip(ordered("2026-02-01", "")) == ("Taking now", "good")
    filled = {**ordered(), "dispenseRequest": {"validityPeriod": {"end": "2026-02-01"}}}
    assert facts(filled)["Can be filled"] == "Until Feb 1, 2026"


@pytest.mark.promise
def test_an_appointment_tells_who_said_no() -> None:
    def answered(**said: str) -> dict[str, Any]:
        one = appointment(comment="Bring your card")
        for who in one["participant"]:
            who["status"] = said.get(who["actor"]["reference"].partition("/")[0], "accepted")
        return one

    assert chip(answered(Patient="declined")) == ("You said no", "off")
    assert chip({**answered(Patient="declined"), "status": "cancelled"})[0] == "Canceled"
    assert chip(answered(Practitioner="declined"))[0] == "Booked"
    assert "Dr. Lee (said no)" in summarise(answered(Practitioner="declined")).subtitle
    assert facts(answered())["Note"] == "Bring your card"


def test_nobody_was_seen_in_a_visit_that_was_canceled() -> None:
    seen = [{"individual": {"display": "Dr. Lee"}}]
    visit = {"resourceType": "Encounter", "status": "cancelled", "participant": seen}
    assert facts(visit)["With"] == "Dr. Lee"
    assert facts({**visit, "status": "finished"})["Who you saw"] == "Dr. Lee"
