"""The matrix, cell by cell: what the law asks of us, data sets, and mistakes."""

from dataclasses import replace

import pytest

from consents.matrix import Way
from consents.question import (
    REFUSING,
    Category,
    ConsentKind,
    Fact,
    Obligation,
    Purpose,
    Recipient,
    Tag,
)
from consents.rules import TABLE, decide
from consents.sharing import GROUNDS
from tests.consents.asking import (
    NOTICE,
    asked,
    consenting,
    no,
    owes,
    restricted,
    rule_of,
    untraited,
    with_facts,
    with_item,
    without,
    yes,
)


@pytest.mark.promise("AL12")
@pytest.mark.cell("public_ground.basis")
def test_a_ground_takes_its_evidence_and_a_checked_requester() -> None:
    rule = rule_of(Way.PUBLIC_GROUND)
    decision = yes(asked(rule))
    assert decision.citation == "164.512(d)"
    assert Obligation.SECOND_APPROVER in decision.obligations
    assert no(without(asked(rule), Fact.EVIDENCE)) == "no_evidence"
    assert no(without(asked(rule), Fact.REQUESTER_VERIFIED)) == "not_verified"


@pytest.mark.promise("AL12")
@pytest.mark.cell("public_ground.minimum")
def test_no_more_goes_than_the_paper_names() -> None:
    rule = rule_of(Way.PUBLIC_GROUND)
    yes(asked(rule))
    assert no(untraited(asked(rule))) == "not_named"
    assert no(with_item(asked(rule), Category.TRAIL)) == "not_necessary"
    # What a law requires is cut by no table (164.502(b)(2)(v)).
    yes(with_item(asked(rule_of(Way.PUBLIC_GROUND, Purpose.REQUIRED_BY_LAW)), Category.TRAIL))


@pytest.mark.promise("AL12")
@pytest.mark.cell("public_ground.restriction")
def test_a_restriction_stops_no_ground_of_law() -> None:
    rule = rule_of(Way.PUBLIC_GROUND)
    decision = yes(restricted(asked(rule)))
    assert Obligation.TELL_RESTRICTION not in decision.obligations


@pytest.mark.promise("AH14")
@pytest.mark.cell("public_ground.part2")
def test_substance_use_records_go_on_few_grounds() -> None:
    rule = rule_of(Way.PUBLIC_GROUND)
    question = asked(rule, Tag.PART2)
    assert no(question) == "part2"
    assert no(consenting(question, rule, ConsentKind.PART2_TPO)) == "part2"
    assert not owes(with_facts(question, Fact.PART2_AUDIT), *NOTICE)
    yes(with_facts(question, Fact.PART2_COURT_ORDER))
    # To a court, with a consent to that alone.
    court = rule_of(Way.PUBLIC_GROUND, Purpose.COURT)
    given = consenting(asked(court, Tag.PART2), court, ConsentKind.PART2_PROCEEDINGS)
    assert owes(given, *NOTICE)


@pytest.mark.promise("AL12")
@pytest.mark.cell("public_ground.accounting")
def test_what_went_on_a_ground_of_law_is_accounted_for() -> None:
    rule = rule_of(Way.PUBLIC_GROUND)
    assert owes(asked(rule), Obligation.ACCOUNT)


@pytest.mark.promise("AL12")
@pytest.mark.cell("unaccounted_ground.basis")
def test_custody_takes_its_evidence_too() -> None:
    rule = rule_of(Way.UNACCOUNTED_GROUND)
    assert yes(asked(rule)).citation == "164.512(k)(5)"
    assert no(without(asked(rule), Fact.EVIDENCE)) == "no_evidence"
    security = rule_of(Way.UNACCOUNTED_GROUND, Purpose.NATIONAL_SECURITY)
    assert yes(asked(security)).citation == "164.512(k)(2)"


@pytest.mark.promise("AL12")
@pytest.mark.cell("unaccounted_ground.minimum")
def test_custody_gets_no_more_than_it_names() -> None:
    rule = rule_of(Way.UNACCOUNTED_GROUND)
    yes(asked(rule))
    assert no(untraited(asked(rule))) == "not_named"


@pytest.mark.promise("AL12")
@pytest.mark.cell("unaccounted_ground.restriction")
def test_a_restriction_does_not_stop_custody() -> None:
    rule = rule_of(Way.UNACCOUNTED_GROUND)
    decision = yes(restricted(asked(rule)))
    assert Obligation.TELL_RESTRICTION not in decision.obligations


@pytest.mark.promise("LW11")
@pytest.mark.cell("unaccounted_ground.part2")
def test_substance_use_records_never_go_to_custody() -> None:
    rule = rule_of(Way.UNACCOUNTED_GROUND)
    question = asked(rule, Tag.PART2)
    assert no(consenting(question, rule, ConsentKind.PART2)) == "part2"
    assert no(with_facts(question, Fact.PART2_COURT_ORDER, Fact.PART2_AUDIT)) == "part2"


@pytest.mark.promise("AL12")
@pytest.mark.cell("unaccounted_ground.accounting")
def test_national_security_and_custody_are_in_no_accounting() -> None:
    rule = rule_of(Way.UNACCOUNTED_GROUND)
    assert not owes(asked(rule), Obligation.ACCOUNT)
    assert not owes(
        asked(rule_of(Way.UNACCOUNTED_GROUND, Purpose.NATIONAL_SECURITY)), Obligation.ACCOUNT
    )


@pytest.mark.promise("AH15")
@pytest.mark.cell("hhs.basis")
def test_the_department_may_look_into_how_we_keep_the_law() -> None:
    rule = rule_of(Way.HHS)
    assert yes(asked(rule)).citation == "164.502(a)(2)(ii)"
    assert no(without(asked(rule), Fact.REQUESTER_VERIFIED)) == "not_verified"


@pytest.mark.promise("AH15")
@pytest.mark.cell("hhs.minimum")
def test_nothing_is_cut_for_the_department() -> None:
    rule = rule_of(Way.HHS)
    yes(untraited(asked(rule)))


@pytest.mark.promise("AH15")
@pytest.mark.cell("hhs.restriction")
def test_a_restriction_does_not_stop_the_department() -> None:
    rule = rule_of(Way.HHS)
    decision = yes(restricted(asked(rule)))
    assert Obligation.TELL_RESTRICTION not in decision.obligations


@pytest.mark.promise("AH15")
@pytest.mark.cell("hhs.part2")
def test_substance_use_records_go_to_the_department_by_its_audit_rules() -> None:
    rule = rule_of(Way.HHS)
    question = asked(rule, Tag.PART2)
    assert no(question) == "part2"
    assert not owes(with_facts(question, Fact.PART2_AUDIT), *NOTICE)


@pytest.mark.promise("AH15")
@pytest.mark.cell("hhs.accounting")
def test_what_the_department_got_is_accounted_for() -> None:
    rule = rule_of(Way.HHS)
    assert owes(asked(rule), Obligation.ACCOUNT)


@pytest.mark.promise("AL8")
@pytest.mark.cell("limited_data_set.basis")
def test_a_data_set_takes_an_agreement() -> None:
    rule = rule_of(Way.LIMITED_DATA_SET)
    assert yes(asked(rule)).citation == "164.514(e)"
    assert no(without(asked(rule), Fact.DATA_USE_AGREEMENT)) == "fact_missing"


@pytest.mark.promise("AL8")
@pytest.mark.cell("limited_data_set.minimum")
def test_a_data_set_holds_no_identifiers() -> None:
    rule = rule_of(Way.LIMITED_DATA_SET)
    yes(asked(rule))
    assert no(untraited(asked(rule))) == "not_necessary"
    assert no(with_item(asked(rule), Category.PERSON)) == "not_necessary"


@pytest.mark.promise("AL8")
@pytest.mark.cell("limited_data_set.restriction")
def test_a_restriction_blocks_a_data_set() -> None:
    rule = rule_of(Way.LIMITED_DATA_SET)
    yes(asked(rule))
    assert no(restricted(asked(rule))) == "restricted"


@pytest.mark.promise("LW11")
@pytest.mark.cell("limited_data_set.part2")
def test_substance_use_records_are_in_a_data_set_for_research_alone() -> None:
    """No other fact opens it, such as a court's order, nor all of them, and no consent."""
    rule = rule_of(Way.LIMITED_DATA_SET)
    question = asked(rule, Tag.PART2)
    assert no(question) == "part2"
    others = set(Fact) - REFUSING - {Fact.PART2_RESEARCH}
    for fact in others:
        assert no(with_facts(question, fact)) == "part2"
    everything = with_facts(question, *others)
    for kind in ConsentKind:
        everything = consenting(everything, rule, kind)
    assert no(everything) == "part2"
    research = with_facts(question, Fact.PART2_RESEARCH)
    assert not owes(research, *NOTICE)
    assert no(without(research, Fact.DATA_USE_AGREEMENT)) == "fact_missing"


@pytest.mark.promise("AL8")
@pytest.mark.cell("limited_data_set.accounting")
def test_a_data_set_is_in_no_accounting() -> None:
    rule = rule_of(Way.LIMITED_DATA_SET)
    assert not owes(asked(rule), Obligation.ACCOUNT)


# A mistake rests on nothing, so each of its cells is a refusal, whatever else is on file.


def _mistake(*tags: str):
    rule = rule_of(Way.TREATMENT)
    return replace(asked(rule, *tags), purpose=Purpose.MISTAKE)


@pytest.mark.promise("AL12")
@pytest.mark.cell("mistake.basis")
def test_a_mistake_has_no_basis() -> None:
    assert no(_mistake()) == "mistake"
    assert no(replace(_mistake(), recipient=Recipient.MEMBER)) == "mistake"


@pytest.mark.promise("AL12")
@pytest.mark.cell("mistake.minimum")
def test_no_part_of_a_mistake_is_allowed() -> None:
    assert no(with_item(_mistake(), Category.ENROLLMENT)) == "mistake"


@pytest.mark.promise("AL12")
@pytest.mark.cell("mistake.restriction")
def test_a_mistake_is_one_with_and_without_a_restriction() -> None:
    assert no(restricted(_mistake())) == "mistake"


@pytest.mark.promise("LW11")
@pytest.mark.cell("mistake.part2")
def test_a_consent_makes_no_mistake_right() -> None:
    rule = replace(rule_of(Way.TREATMENT), purpose=Purpose.MISTAKE)
    assert no(consenting(_mistake(Tag.PART2), rule, ConsentKind.PART2_TPO)) == "mistake"


@pytest.mark.promise("LW4")
@pytest.mark.cell("mistake.accounting")
def test_a_mistake_is_accounted_for_and_assessed() -> None:
    assert set(decide(_mistake()).obligations) == {Obligation.ACCOUNT, Obligation.ASSESS_BREACH}


# The grounds of section 512, each with what it asks for.


@pytest.mark.promise("AL12")
@pytest.mark.parametrize("purpose", GROUNDS, ids=str)
def test_each_ground_cites_its_paragraph_and_asks_for_all_its_evidence(purpose) -> None:
    rule = next(one for one in TABLE if one.purpose is purpose and one.recipient == "authority")
    question = asked(rule)
    decision = yes(question)
    assert decision.citation == GROUNDS[purpose][0]
    assert Obligation.SECOND_APPROVER in decision.obligations
    for fact in question.facts:
        no(without(question, fact))


@pytest.mark.promise("AL12")
def test_a_subpoena_alone_is_refused() -> None:
    rule = rule_of(Way.PUBLIC_GROUND, Purpose.COURT)
    question = without(asked(rule), Fact.COURT_ORDER)
    assert no(with_facts(question, Fact.SUBPOENA)) == "no_evidence"
    yes(with_facts(question, Fact.SUBPOENA, Fact.ASSURANCE))
    yes(with_facts(question, Fact.COURT_ORDER))


@pytest.mark.promise("LW11")
def test_a_court_needs_its_own_order_or_consent_for_substance_use_records() -> None:
    rule = rule_of(Way.PUBLIC_GROUND, Purpose.COURT)
    question = asked(rule, Tag.PART2)
    assert no(question) == "part2"
    assert no(consenting(question, rule, ConsentKind.PART2_TPO)) == "part2"
    assert no(consenting(question, rule, ConsentKind.PART2)) == "part2"
    yes(consenting(question, rule, ConsentKind.PART2_PROCEEDINGS))
    yes(with_facts(question, Fact.PART2_COURT_ORDER))


@pytest.mark.promise("LW11")
@pytest.mark.parametrize("purpose", [Purpose.VIOLENT_CRIME, Purpose.SERIOUS_THREAT], ids=str)
def test_a_consent_to_one_proceeding_opens_nothing_else(purpose) -> None:
    rule = rule_of(Way.PUBLIC_GROUND, purpose)
    question = consenting(asked(rule, Tag.PART2), rule, ConsentKind.PART2_PROCEEDINGS)
    assert no(question) == "part2"


@pytest.mark.promise("AH14")
@pytest.mark.parametrize(
    ("purpose", "fact"),
    [
        (Purpose.RESEARCH, Fact.PART2_RESEARCH),
        (Purpose.HEALTH_OVERSIGHT, Fact.PART2_AUDIT),
        (Purpose.PUBLIC_HEALTH, Fact.CHILD_ABUSE_REPORT),
        (Purpose.PUBLIC_HEALTH, Fact.PART2_FDA),
    ],
    ids=str,
)
def test_each_exception_of_part_2_is_for_its_own_ground_alone(purpose, fact) -> None:
    yes(with_facts(asked(rule_of(Way.PUBLIC_GROUND, purpose), Tag.PART2), fact))
    for other in set(GROUNDS) - {purpose, Purpose.NATIONAL_SECURITY, Purpose.CUSTODY}:
        question = asked(rule_of(Way.PUBLIC_GROUND, other), Tag.PART2)
        assert no(with_facts(question, fact)) == "part2"


@pytest.mark.promise("AH15")
def test_oversight_is_no_way_to_look_into_the_member() -> None:
    question = asked(rule_of(Way.PUBLIC_GROUND, Purpose.HEALTH_OVERSIGHT))
    yes(question)
    assert no(with_facts(question, Fact.MEMBER_IS_TARGET)) == "member_is_target"


@pytest.mark.promise("AL12")
def test_who_told_of_a_crime_in_treatment_is_not_told_on() -> None:
    question = asked(rule_of(Way.PUBLIC_GROUND, Purpose.VIOLENT_CRIME))
    yes(question)
    assert no(with_facts(question, Fact.LEARNED_IN_TREATMENT)) == "learned_in_treatment"
    assert no(with_item(question, Category.CLAIMS)) == "not_necessary"
    # To avert a threat it may be told also when it was learned there.
    threat = asked(rule_of(Way.PUBLIC_GROUND, Purpose.SERIOUS_THREAT))
    yes(with_facts(threat, Fact.LEARNED_IN_TREATMENT))
