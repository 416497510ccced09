"""Records that have no page of their own: every field under an everyday name, in both languages."""

from typing import Any

import pytest
from django.utils import translation

from phi_records.fhir import words
from phi_records.fhir.plain import describe, summarise
from tests.phi_records.test_fhir_plain import facts

# What R4 lets these hold, but for what every resource may (id, text, contained ...).
FIELDS = {
    "AdverseEvent": """actuality category event encounter date detected recordedDate
        resultingCondition location seriousness severity outcome recorder contributor
        suspectEntity""",
    "ClaimResponse": """type use created insurer requestor request outcome disposition preAuthRef
        preAuthPeriod item adjudication total payment processNote addItem insurance error""",
    "ClinicalImpression": """statusReason code description encounter effectiveDateTime date
        assessor previous problem investigation summary finding prognosisCodeableConcept note
        supportingInfo""",
    "Communication": """basedOn partOf inResponseTo category priority medium topic about encounter
        sent received recipient sender reasonCode payload note""",
    "CoverageEligibilityResponse": """purpose servicedDate created requestor request outcome
        disposition insurer insurance preAuthRef error benefitPeriod inforce""",
    "DetectedIssue": """code severity identifiedDateTime author implicated evidence detail
        mitigation""",
    "Device": """udiCarrier statusReason distinctIdentifier manufacturer manufactureDate
        expirationDate lotNumber serialNumber deviceName modelNumber partNumber type
        specialization version property owner contact location note safety parent""",
    "DeviceRequest": """basedOn priority codeCodeableConcept parameter encounter
        occurrenceTiming authoredOn requester performerType performer reasonCode insurance
        supportingInfo note""",
    "FamilyMemberHistory": """date name relationship sex bornDate ageAge estimatedAge
        deceasedBoolean reasonCode note condition""",
    "Flag": "category code period encounter author",
    "ImmunizationRecommendation": """date authority recommendation vaccineCode targetDisease
        contraindicatedVaccineCode forecastStatus forecastReason dateCriterion description series
        doseNumberPositiveInt seriesDosesPositiveInt supportingImmunization""",
    "Media": """type modality view encounter createdDateTime issued operator reasonCode bodySite
        deviceName device duration content note""",
    "NutritionOrder": """encounter dateTime orderer allergyIntolerance foodPreferenceModifier
        excludeFoodModifier oralDiet schedule nutrient texture fluidConsistencyType instruction
        supplement enteralFormula note""",
    "RelatedPerson": "relationship name telecom gender birthDate address period communication",
    "RiskAssessment": """basedOn method code encounter occurrenceDateTime condition performer
        reasonCode basis prediction mitigation note outcome probabilityDecimal qualitativeRisk
        relativeRisk whenPeriod rationale""",
    "ServiceRequest": """basedOn replaces category priority code orderDetail quantityQuantity
        encounter occurrenceTiming asNeededBoolean authoredOn requester performerType performer
        locationCode reasonCode insurance supportingInfo specimen bodySite note
        patientInstruction relevantHistory""",
    "Specimen": """type receivedTime parent request collection collector collectedDateTime
        duration quantity method bodySite fastingStatusCodeableConcept processing container
        condition note""",
    "SupplyDelivery": """basedOn partOf type suppliedItem quantity itemCodeableConcept
        occurrenceDateTime supplier destination receiver""",
    "Task": """basedOn partOf statusReason businessStatus priority code description for encounter
        executionPeriod authoredOn lastModified requester performerType owner location reasonCode
        insurance note relevantHistory input output""",
    "VisionPrescription": """created encounter dateWritten prescriber lensSpecification product
        eye sphere cylinder axis prism amount base add power backCurve diameter duration color
        brand note""",
}


@pytest.mark.parametrize("type", sorted(FIELDS))
def test_every_field_of_a_kind_without_a_page_has_an_everyday_name(type: str) -> None:
    with translation.override("es"):
        bare = [key for key in FIELDS[type].split() if words.label(key) == words.plain_code(key)]
        # The same word in both.
        assert set(bare) <= {"base", "color", "total"}
        assert words.type_name(type) != words.plain_code(type)


def order(**more: Any) -> dict[str, Any]:
    return {"resourceType": "ServiceRequest", "status": "active", "intent": "order", **more}


def test_an_order_says_how_often_in_a_sentence() -> None:
    repeat = {"frequency": 2, "period": 1, "periodUnit": "wk", "timeOfDay": ["08:00:00"]}
    told = facts(
        order(
            code={"text": "Dressing change"},
            authoredOn="2026-03",
            occurrenceTiming={"repeat": repeat},
            asNeededBoolean=True,
            priority="stat",
        )
    )
    assert told["When"] == "2 times a week, at 8:00 AM"
    assert told["Written down"] == "March 2026"
    assert (told["Only when needed"], told["How urgent"]) == ("Yes", "At once")


def test_what_a_timing_can_not_say_in_words_stays() -> None:
    told = facts(order(occurrenceTiming={"repeat": {"frequency": 2, "someday": "tomorrow"}}))
    assert "Tomorrow" in told.values()


def test_words_of_a_status_are_those_of_the_list() -> None:
    told = facts({"resourceType": "EpisodeOfCare", "statusHistory": [{"status": "onhold"}]})
    assert told["Status"] == "On hold"


@pytest.mark.parametrize(
    ("resource", "title"),
    [
        ({"resourceType": "Device", "deviceName": [{"name": "Pump"}]}, "Pump"),
        (
            {"resourceType": "DeviceRequest", "codeCodeableConcept": {"text": "Wheelchair"}},
            "Order for a device: Wheelchair",
        ),
        (
            {"resourceType": "AdverseEvent", "event": {"text": "Fall"}},
            "Something that went wrong: Fall",
        ),
        (
            {"resourceType": "FamilyMemberHistory", "relationship": {"text": "Grandmother"}},
            "Health of a family member: Grandmother",
        ),
        (
            {
                "resourceType": "ImmunizationRecommendation",
                "recommendation": [{"vaccineCode": [{"text": "Flu"}]}],
            },
            "Vaccines to get: Flu",
        ),
        ({"resourceType": "NutritionOrder"}, "Diet order"),
    ],
)
def test_a_kind_without_a_page_is_named_by_what_it_is_about(
    resource: dict[str, Any], title: str
) -> None:
    assert summarise(resource).title == title


def test_that_an_answer_was_sent_is_not_that_it_was_yes() -> None:
    answer = {
        "resourceType": "CoverageEligibilityResponse",
        "status": "active",
        "outcome": "complete",
        "insurance": [{"inforce": False}],
    }
    assert summarise(answer).status_word == "Decided"
    found = {one.heading: one.facts for one in describe(answer)}
    assert found["Coverage"] == [("Coverage is in force", "No")]


def test_an_hour_of_no_day_is_said_without_its_seconds() -> None:
    result = {"resourceType": "Observation", "code": {"text": "Went to bed"}}
    assert summarise({**result, "valueTime": "22:05:00"}).subtitle == "10:05 PM"
    assert summarise({**result, "valueTime": "25:99:00"}).subtitle == "25:99:00"


def test_why_there_is_no_result_is_told_in_spanish() -> None:
    system = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
    coding = {"system": system, "code": "asked-declined", "display": "Asked But Declined"}
    with translation.override("es"):
        shown = summarise({"resourceType": "Observation", "dataAbsentReason": {"coding": [coding]}})
    assert shown.subtitle == "Sin resultado: Se preguntó, pero no hubo respuesta"
