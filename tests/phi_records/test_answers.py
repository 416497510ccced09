"""A filled-in form shows what was asked and what was answered."""

from typing import Any

import pytest

from phi_records.fhir.plain import describe, summarise


def _tables(*items: dict[str, Any], **fields: Any) -> list[tuple[str, list[list[str]]]]:
    resource = {"resourceType": "QuestionnaireResponse", "item": list(items), **fields}
    return [(one.heading, one.table.rows) for one in describe(resource) if one.table]


def _asked(text: str, *answers: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"linkId": "/1", "text": text, "answer": list(answers), **fields}


def test_each_question_has_its_answers_in_the_forms_order() -> None:
    race = _asked("Race", {"valueCoding": {"display": "White"}}, {"valueString": "Other"})
    same = _asked("Any pain?", {"valueBoolean": False})
    assert _tables(same, race, same) == [
        (
            "Questions and answers",
            [["Any pain?", "No"], ["Race", "White; Other"], ["Any pain?", "No"]],
        )
    ]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"valueBoolean": True}, "Yes"),
        ({"valueDecimal": 4}, "4"),
        ({"valueInteger": 0}, "0"),
        ({"valueDate": "2026-07-04"}, "Jul 4, 2026"),
        ({"valueDateTime": "2026-07-04T10:00:00-05:00"}, "Jul 4, 2026"),
        ({"valueTime": "10:30:00"}, "10:30 AM"),
        ({"valueString": "2026-07-04, or so"}, "2026-07-04, or so"),
        ({"valueUri": "https://example.org/a"}, "https://example.org/a"),
        ({"valueCoding": {"code": "at-risk"}}, "at-risk"),
        ({"valueQuantity": {"value": 5, "unit": "mg"}}, "5 mg"),
        ({"valueReference": {"reference": "Practitioner/a", "display": "Ana Roe"}}, "Ana Roe"),
        ({"valueAttachment": {"title": "Drawing"}}, "Drawing"),
        ({"valueAttachment": {"contentType": "image/png"}}, "A file"),
        ({}, "No answer"),
    ],
)
def test_an_answer_of_each_type(answer: dict[str, Any], said: str) -> None:
    assert _tables(_asked("What?", answer))[0][1] == [["What?", said]]


def test_a_question_without_words_is_told_by_its_number() -> None:
    one = {"linkId": "1", "answer": [{"valueBoolean": False}]}
    assert _tables(one, {**one, "linkId": "/44250-9"})[0][1] == [
        ["Question 1", "No"],
        ["Question 44250-9", "No"],
    ]


def test_groups_stand_under_their_own_headings() -> None:
    home = {"text": "Home", "item": [_asked("How many?", {"valueInteger": 6})]}
    asked = _asked("Do you smoke?", {"valueBoolean": True, "item": [_asked("Since when?")]})
    whole = {"text": "The whole form", "item": [{"text": "Money", "item": [home]}, asked, home]}
    sections = describe({"resourceType": "QuestionnaireResponse", "item": [whole]})
    assert sections[0].facts == [("Form", "The whole form")]
    assert _tables(whole) == [
        ("Money: Home", [["How many?", "6"]]),
        ("Questions and answers", [["Do you smoke?", "Yes"]]),
        ("Do you smoke?", [["Since when?", "No answer"]]),
        ("Home", [["How many?", "6"]]),
    ]


def test_a_form_goes_by_the_name_its_source_gives_it() -> None:
    named = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/display"}]}
    named["extension"][0]["valueString"] = "Hunger check"
    resource = {"resourceType": "QuestionnaireResponse", "_questionnaire": named}
    assert describe(resource)[0].facts == [("Form", "Hunger check")]
    assert summarise(resource).title == "Hunger check"
    assert summarise({"resourceType": "QuestionnaireResponse"}).title == "Filled-in form"
