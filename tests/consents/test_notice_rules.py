"""A notice of privacy practices holds what the law requires and asks nobody to give up a right."""

import re
from datetime import date
from pathlib import Path

import pytest

from consents import notice_rules
from consents.notice_rules import LANGUAGES, REQUIRED, Element

FOLDER = Path(notice_rules.__file__).parent / "notices"
TEXTS = {language: (FOLDER / f"npp.{language}.md").read_text() for language in LANGUAGES}


@pytest.mark.promise("AL3")
@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_notice_holds_every_element_and_no_waiver(language: str) -> None:
    text = TEXTS[language]
    assert notice_rules.missing_elements(text, language) == []
    assert notice_rules.waivers(text, language) == []
    assert notice_rules.unknown_placeholders(text) == []


@pytest.mark.promise("AL3")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("element", REQUIRED, ids=lambda element: element.key)
def test_a_notice_without_an_element_is_told_so(element: Element, language: str) -> None:
    blocks = re.split(r"\n\s*\n|\n(?=- )", TEXTS[language])
    kept = [b for b in blocks if not re.search(element.words[language], " ".join(b.split()))]
    assert len(kept) < len(blocks)
    assert element in notice_rules.missing_elements("\n\n".join(kept), language)


@pytest.mark.promise("AL3")
def test_the_header_must_be_in_capitals() -> None:
    header = notice_rules.HEADERS["en"]
    text = TEXTS["en"].replace(header, header.capitalize())
    assert [e.key for e in notice_rules.missing_elements(text, "en")] == ["header"]


def test_an_example_belongs_to_its_own_purpose() -> None:
    text = TEXTS["en"].replace("For example, we look at a bill", "We look at a bill")
    assert [e.key for e in notice_rules.missing_elements(text, "en")] == ["payment"]


@pytest.mark.promise("AH8")
@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("You waive all claims against us.", "en"),
        ("You agree to waive\nyour rights.", "en"),
        ("Members hold the plan harmless.", "en"),
        ("You will indemnify us.", "en"),
        ("You release the plan from any claim about your privacy.", "en"),
        ("You hereby release {plan} and its staff.", "en"),
        ("Members release and discharge everyone who\nworks here from all liability.", "en"),
        ("Usted libera al plan de todo reclamo.", "es"),
        ("Usted renuncia a sus derechos.", "es"),
        ("Al entrar exime al plan de todo.", "es"),
        ("You must give up your HIPAA rights to get care.", "en"),
        ("You agree not to sue us.", "en"),
        ("Usted acepta no demandar.", "es"),
        ("Usted debe renunciar a su derecho.", "es"),
    ],
)
def test_a_waiver_is_found(words: str, language: str) -> None:
    assert notice_rules.waivers(f"{TEXTS[language]}\n\n{words}", language)


def test_a_record_that_somebody_releases_is_no_waiver() -> None:
    words = (
        "When you release records to us, we keep them. You release them from your doctor's file."
    )
    assert notice_rules.waivers(words, "en") == []
    assert notice_rules.waivers("Se libera el pago.", "es") == []


def test_a_placeholder_that_nobody_fills_is_found() -> None:
    assert notice_rules.unknown_placeholders("{plan} {fax} {phone") == ["{fax}", "{phone"]


@pytest.mark.promise("AH20")
@pytest.mark.parametrize(("day", "may"), [(9, False), (10, True), (11, True)])
def test_no_notice_takes_effect_before_its_publication(day: int, may: bool) -> None:
    words = {"en": "# Terms", "es": "# Condiciones"}
    effective = date(2026, 11, day)
    draft = notice_rules.Draft("terms", words, {}, "Office, Main Street", "1-800", effective)
    standing = notice_rules.Standing(today=date(2026, 11, 10), languages=LANGUAGES)
    assert (notice_rules.hindrances(draft, standing) == []) is may


@pytest.mark.promise("AH8")
@pytest.mark.parametrize("kind", ["terms", "privacy"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_texts_ask_nobody_to_give_up_a_right(language: str, kind: str) -> None:
    text = (FOLDER / f"{kind}.{language}.md").read_text()
    assert notice_rules.waivers(text, language) == []
    assert notice_rules.unknown_placeholders(text) == []
    assert {"{plan}", "{phone}", "{contact}", "{effective}"} <= set(re.findall(r"\{\w+\}", text))
