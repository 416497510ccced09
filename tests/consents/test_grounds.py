"""Grounds of 45 CFR 164.512 that let some data items go and no others."""

from dataclasses import replace

import pytest

from consents.matrix import Way
from consents.question import Category, ConsentKind, Fact, Item, Purpose, Question, Tag, Trait
from consents.rules import TABLE, decide
from tests.consents.asking import (
    asked,
    consenting,
    no,
    restricted,
    rule_of,
    with_facts,
    with_item,
    without,
    yes,
)

pytestmark = pytest.mark.promise("AL12")
EIGHT, STATEMENT, SUITABILITY = Trait.ONE_OF_EIGHT, Trait.STATEMENT, Trait.SUITABILITY
# What may go for each, beside that the request names it.
ONLY = {
    Purpose.LOCATE: {EIGHT},
    Purpose.VIOLENT_CRIME: {EIGHT, STATEMENT},
    Purpose.STATE_DEPARTMENT: {SUITABILITY},
}
FINDING = (Purpose.LOCATE, Purpose.VIOLENT_CRIME)


def ground(purpose: Purpose, *traits: Trait) -> Question:
    """With items that the request names, and that are these things and no others."""
    question = asked(rule_of(Way.PUBLIC_GROUND, purpose))
    named = frozenset({Trait.NAMED, *traits})
    return replace(question, items=tuple(replace(one, traits=named) for one in question.items))


@pytest.mark.parametrize("purpose", ONLY, ids=str)
def test_one_trait_is_enough_and_without_any_nothing_goes(purpose) -> None:
    for trait in Trait:
        question = ground(purpose, trait)
        if trait in ONLY[purpose]:
            yes(question)
        else:
            assert no(question) == "not_necessary"
    unnamed = ground(purpose, *ONLY[purpose])
    bare = tuple(replace(one, traits=one.traits - {Trait.NAMED}) for one in unnamed.items)
    assert no(replace(unnamed, items=bare)) == "not_named"


def test_no_other_row_is_cut_so() -> None:
    outside = [one for one in TABLE if one.way is not Way.TO_ASSOCIATE]
    assert {one.purpose: set(one.only) for one in outside if one.only} == ONLY
    companies = {one.purpose: set(one.only) for one in TABLE if one.way is Way.TO_ASSOCIATE}
    named = {Purpose.PUBLIC_HEALTH: {Trait.NAMED}, Purpose.HEALTH_OVERSIGHT: {Trait.NAMED}}
    assert {why: only for why, only in companies.items() if only} == named


@pytest.mark.parametrize("purpose", FINDING, ids=str)
def test_what_is_none_of_the_eight_is_cut_and_the_rest_goes(purpose) -> None:
    """Such as a dental record, a tissue sample: no one of them has the trait."""
    home = Item(Category.PERSON, traits=frozenset({Trait.NAMED, EIGHT}))
    wound = Item(Category.RECORDS, traits=frozenset({Trait.NAMED, EIGHT}))
    teeth = Item(Category.RECORDS, traits=frozenset({Trait.NAMED}))
    decision = decide(replace(ground(purpose), items=(home, wound, teeth)))
    assert decision.permitted
    assert decision.cut == (teeth,)
    assert decision.reason == "not_necessary"


@pytest.mark.bar("genes")
@pytest.mark.parametrize("purpose", FINDING, ids=str)
def test_genes_find_nobody(purpose) -> None:
    """45 CFR 164.512(f)(2)(ii), (j)(3). No consent opens it, and nothing else on file."""
    rule = rule_of(Way.PUBLIC_GROUND, purpose)
    yes(asked(rule))
    question = asked(rule, Tag.GENETIC)
    assert no(question) == "genes"
    for kind in ConsentKind:
        assert no(consenting(question, rule, kind)) == "genes"
    for fact in Fact:
        assert not decide(with_facts(question, fact)).permitted


def test_a_locate_request_is_one_of_the_police_with_its_evidence() -> None:
    question = ground(Purpose.LOCATE, EIGHT)
    decision = yes(restricted(question))
    assert decision.citation == "164.512(f)(2)"
    assert {"account", "second_approver"} == set(decision.obligations)
    assert no(without(question, Fact.REQUESTER_VERIFIED)) == "not_verified"
    assert no(without(question, Fact.EVIDENCE)) == "no_evidence"
    for category in (Category.CLAIMS, Category.MESSAGES, Category.ENROLLMENT):
        assert no(with_item(question, category)) == "not_necessary"
    # For all else that the police may ask for, its own paragraphs.
    assert yes(asked(rule_of(Way.PUBLIC_GROUND, Purpose.LAW_ENFORCEMENT))).citation == (
        "164.512(f)(1), (3)-(6)"
    )


def test_who_admitted_a_crime_is_found_by_the_statement_and_the_eight() -> None:
    for trait in (EIGHT, STATEMENT):
        question = ground(Purpose.VIOLENT_CRIME, trait)
        yes(question)
        assert no(with_facts(question, Fact.LEARNED_IN_TREATMENT)) == "learned_in_treatment"
    # A statement is no way to find someone whom the police look for.
    assert no(ground(Purpose.LOCATE, STATEMENT)) == "not_necessary"


@pytest.mark.parametrize(
    "why", [Fact.SECURITY_CLEARANCE, Fact.SERVICE_ABROAD, Fact.FAMILY_ABROAD], ids=str
)
def test_the_state_department_learns_from_its_own_part_who_is_fit(why) -> None:
    """45 CFR 164.512(k)(4): from a component of that department, for three purposes."""
    bare = replace(
        ground(Purpose.STATE_DEPARTMENT, SUITABILITY),
        facts=frozenset({Fact.REQUESTER_VERIFIED, Fact.EVIDENCE}),
    )
    assert no(bare) == "no_evidence"
    assert no(with_facts(bare, why)) == "no_evidence"
    assert no(with_facts(bare, Fact.OF_STATE_DEPARTMENT)) == "no_evidence"
    question = with_facts(bare, why, Fact.OF_STATE_DEPARTMENT)
    yes(question)
    for category in set(Category) - {Category.RECORDS}:
        assert no(with_item(question, category)) in {"not_necessary", "registrant"}
