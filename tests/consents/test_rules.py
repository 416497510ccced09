"""The decision table: what is not written there is refused."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consents.rules import (
    TABLE,
    Act,
    Category,
    Fact,
    Item,
    Purpose,
    Question,
    Recipient,
    decide,
)

pytestmark = pytest.mark.promise("AL2")

questions = st.builds(
    Question,
    act=st.sampled_from(Act),
    recipient=st.one_of(st.none(), st.sampled_from(Recipient)),
    purpose=st.one_of(st.none(), st.sampled_from(Purpose)),
    items=st.lists(
        st.builds(
            Item,
            category=st.sampled_from(Category),
            tags=st.frozensets(st.sampled_from(["part2", "mental_health", "unknown"]), max_size=2),
        ),
        max_size=4,
    ).map(tuple),
    facts=st.frozensets(st.sampled_from(Fact)),
)


def asked(rule) -> Question:
    """The question that a row answers with yes."""
    return Question(
        act=rule.act,
        recipient=rule.recipient,
        purpose=rule.purpose,
        items=tuple(Item(category) for category in rule.categories),
        facts=rule.needs,
    )


def name_of(value: Any) -> str:
    """One order each time: two processes must find the same tests."""
    return str(value) if isinstance(value, str) else f"{value.act}-{value.recipient}"


@pytest.mark.parametrize("rule", TABLE, ids=name_of)
def test_each_row_permits_with_its_citation(rule):
    decision = decide(asked(rule))
    assert decision.permitted
    assert (decision.basis, decision.citation) == (rule.basis, rule.citation)
    assert decision.cut == ()


@pytest.mark.parametrize(
    ("rule", "fact"), [(rule, fact) for rule in TABLE for fact in sorted(rule.needs)], ids=name_of
)
def test_each_missing_fact_refuses(rule, fact):
    question = asked(rule)
    assert not decide(replace(question, facts=question.facts - {fact})).permitted


@pytest.mark.parametrize("rule", TABLE, ids=name_of)
@pytest.mark.parametrize("change", [{"recipient": None}, {"purpose": None}, {"items": ()}])
def test_unknown_is_refused(rule, change):
    assert not decide(replace(asked(rule), **change)).permitted


@given(questions)
def test_nothing_is_permitted_outside_the_table(question):
    decision = decide(question)
    rows = [
        rule
        for rule in TABLE
        if (rule.act, rule.recipient, rule.purpose)
        == (question.act, question.recipient, question.purpose)
        and rule.needs <= question.facts
    ]
    if not rows or not question.items:
        assert not decision.permitted


@given(questions, st.sampled_from(Fact))
def test_fewer_facts_never_permit_more(question, fact):
    if not decide(question).permitted:
        assert not decide(replace(question, facts=question.facts - {fact})).permitted


@given(questions)
def test_tagged_items_reach_the_member_alone(question):
    decision = decide(question)
    if decision.permitted and question.recipient is not Recipient.MEMBER:
        assert all(item in decision.cut for item in question.items if item.tags)


@given(questions)
def test_every_refusal_has_a_sentence_and_no_basis(question):
    decision = decide(question)
    if not decision.permitted:
        assert str(decision.sentence)
        assert not decision.basis
