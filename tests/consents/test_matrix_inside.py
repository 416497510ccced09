"""The matrix, cell by cell: within the house, to the member and to who stands for them."""

from dataclasses import replace

import pytest

from consents import states
from consents.matrix import Way
from consents.question import REFUSING, Category, ConsentKind, Fact, Obligation, Tag
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


@pytest.mark.promise("AL8")
@pytest.mark.cell("staff_use.basis")
def test_staff_use_rests_on_role_and_team() -> None:
    rule = rule_of(Way.STAFF_USE)
    decision = yes(asked(rule))
    assert (decision.basis, decision.citation) == ("staff_use", "164.514(d)(2)")
    assert no(without(asked(rule), Fact.ON_THE_MEMBERS_TEAM)) == "not_on_team"


@pytest.mark.promise("AM3")
@pytest.mark.cell("staff_use.minimum")
def test_staff_see_no_more_than_their_role_needs() -> None:
    rule = rule_of(Way.STAFF_USE)
    yes(asked(rule))
    assert no(with_item(asked(rule), Category.RECORDS)) == "not_necessary"


@pytest.mark.promise("AL6")
@pytest.mark.cell("staff_use.restriction")
def test_an_agreed_restriction_binds_staff() -> None:
    rule = rule_of(Way.STAFF_USE)
    yes(asked(rule))
    assert no(restricted(asked(rule))) == "restricted"


@pytest.mark.promise("LW11")
@pytest.mark.cell("staff_use.part2")
def test_staff_see_substance_use_records_with_consent_or_in_their_program() -> None:
    rule = rule_of(Way.STAFF_USE)
    question = asked(rule, Tag.PART2)
    assert no(question) == "part2"
    yes(with_facts(question, Fact.PROGRAM_STAFF))
    assert not owes(consenting(question, rule, ConsentKind.PART2_TPO), *NOTICE)


@pytest.mark.promise("AL2")
@pytest.mark.cell("staff_use.accounting")
def test_what_staff_look_at_is_no_disclosure() -> None:
    rule = rule_of(Way.STAFF_USE)
    assert not owes(asked(rule), Obligation.ACCOUNT)


@pytest.mark.promise("AL2")
@pytest.mark.cell("to_the_member.basis")
def test_members_have_what_is_their_own() -> None:
    rule = rule_of(Way.TO_MEMBER)
    decision = yes(asked(rule))
    assert (decision.basis, decision.citation) == ("to_the_member", "164.502(a)(1)(i)")
    assert no(without(asked(rule), Fact.IS_THE_MEMBER)) == "fact_missing"


@pytest.mark.promise("AL2")
@pytest.mark.cell("to_the_member.minimum")
def test_nothing_is_cut_for_the_member() -> None:
    rule = rule_of(Way.TO_MEMBER)
    yes(untraited(asked(rule)))
    yes(asked(rule, Tag.HIV, Tag.MENTAL_HEALTH, Tag.MINOR_CONFIDENTIAL))


@pytest.mark.promise("AL2")
@pytest.mark.cell("to_the_member.restriction")
def test_a_restriction_keeps_nothing_from_the_member() -> None:
    rule = rule_of(Way.TO_MEMBER)
    decision = yes(restricted(asked(rule)))
    assert Obligation.TELL_RESTRICTION not in decision.obligations


@pytest.mark.promise("LW11")
@pytest.mark.cell("to_the_member.part2")
def test_members_see_their_own_substance_use_records() -> None:
    rule = rule_of(Way.TO_MEMBER)
    assert not owes(asked(rule, Tag.PART2), *NOTICE)


@pytest.mark.promise("AL2")
@pytest.mark.cell("to_the_member.accounting")
def test_what_members_see_is_in_no_accounting() -> None:
    rule = rule_of(Way.TO_MEMBER)
    assert not owes(asked(rule), Obligation.ACCOUNT)


@pytest.mark.promise("AL14")
@pytest.mark.cell("to_the_representative.basis")
def test_a_representative_is_treated_as_the_member() -> None:
    rule = rule_of(Way.TO_REPRESENTATIVE)
    decision = yes(asked(rule))
    assert decision.citation == "164.502(g), 524(a)(3)(iii)"
    assert no(without(asked(rule), Fact.REPRESENTATIVE_VERIFIED)) == "fact_missing"
    assert no(with_facts(asked(rule), Fact.MAY_HARM_THE_MEMBER)) == "may_harm"


@pytest.mark.promise("AL14")
@pytest.mark.cell("to_the_representative.minimum")
def test_a_representative_sees_what_their_scope_covers() -> None:
    rule = rule_of(Way.TO_REPRESENTATIVE)
    yes(asked(rule))
    assert no(untraited(asked(rule))) == "not_necessary"


@pytest.mark.promise("AL14")
@pytest.mark.cell("to_the_representative.restriction")
def test_a_restriction_keeps_nothing_from_who_stands_for_them() -> None:
    rule = rule_of(Way.TO_REPRESENTATIVE)
    decision = yes(restricted(asked(rule)))
    assert Obligation.TELL_RESTRICTION not in decision.obligations


@pytest.mark.promise("LW9")
@pytest.mark.cell("to_the_representative.part2")
def test_a_parent_needs_the_minors_own_consent() -> None:
    rule = rule_of(Way.TO_REPRESENTATIVE)
    question = asked(rule, Tag.PART2, age=18)
    yes(question)
    parent = with_facts(asked(rule, Tag.PART2, age=12), Fact.PARENT_OF_MINOR)
    assert no(parent) == "state"
    yes(consenting(parent, rule, ConsentKind.MINORS_PART2))


@pytest.mark.promise("AH2")
@pytest.mark.parametrize("tag", [Tag.PART2, Tag.MENTAL_HEALTH], ids=str)
def test_a_guardian_of_a_minor_is_held_as_a_parent_is(tag) -> None:
    """By the minor's age alone: who stands for them need not be a parent."""
    rule = rule_of(Way.TO_REPRESENTATIVE)
    yes(asked(rule, tag, age=18, state="nc"))
    guardian = asked(rule, tag, age=15, state="nc")
    assert no(guardian) == "state"
    assert no(with_facts(guardian, Fact.PARENT_OF_MINOR)) == "state"


@pytest.mark.promise("AH2")
@pytest.mark.parametrize("state", ["us", "nc"])
@pytest.mark.parametrize("tag", [Tag.PART2, Tag.MENTAL_HEALTH, Tag.HIV, Tag.REPRODUCTIVE], ids=str)
def test_of_an_unknown_age_both_rules_must_permit(tag, state) -> None:
    """What a minor's would be refused is refused, and so is what an adult's would be."""
    rule = rule_of(Way.TO_REPRESENTATIVE)
    yes(asked(rule, tag, age=18, state=state))
    unknown = asked(rule, tag, age=None, state=state)
    assert no(unknown) == "state"
    given = with_facts(unknown, Fact.PROFESSIONAL_AGREES)
    for kind in (ConsentKind.MINORS_OWN, ConsentKind.MINORS_PART2):
        given = consenting(given, rule, kind)
    yes(given)
    # A parent's right is over where the child may be of age.
    assert no(with_facts(given, Fact.PARENT_OF_MINOR)) == "not_verified"
    # What no state speaks of is seen by both.
    yes(asked(rule, age=None, state=state))


@pytest.mark.promise("LW9")
def test_a_parent_needs_it_where_a_state_says_nothing_too(monkeypatch) -> None:
    silent = replace(states.ALL["us"]["2026-11-01"], minors=())
    monkeypatch.setattr(states, "find", lambda _state, _version, _day: silent)
    rule = rule_of(Way.TO_REPRESENTATIVE)
    parent = with_facts(asked(rule, Tag.PART2, age=12), Fact.PARENT_OF_MINOR)
    assert no(parent) == "part2"
    assert no(asked(rule, Tag.PART2, age=None)) == "part2"
    for fact in set(Fact) - REFUSING:
        assert no(with_facts(parent, fact)) == "part2"
    yes(consenting(parent, rule, ConsentKind.MINORS_PART2))


@pytest.mark.promise("AL14")
@pytest.mark.cell("to_the_representative.accounting")
def test_what_a_representative_sees_is_in_no_accounting() -> None:
    rule = rule_of(Way.TO_REPRESENTATIVE)
    assert not owes(asked(rule), Obligation.ACCOUNT)
