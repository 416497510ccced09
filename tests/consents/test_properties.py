"""What holds of every question, whatever is in it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consents.question import (
    REFUSING,
    Act,
    Agreement,
    Category,
    Consent,
    ConsentKind,
    Decision,
    Fact,
    Item,
    Purpose,
    Question,
    Recipient,
    Restriction,
    Tag,
    Trait,
)
from consents.rules import TABLE, decide
from tests.consents.asking import NOW, PARTY, ZONE, asked, permission

pytestmark = pytest.mark.promise("AL2")

TAGS = st.frozensets(st.sampled_from([*Tag, "unknown"]), max_size=2)
DAYS = st.sampled_from([None, date(2026, 6, 14), date(2026, 6, 15), date(2026, 12, 31)])
TIMES = st.sampled_from([NOW - timedelta(days=n) for n in (1, 2, 3)])
ITEMS = st.lists(
    st.builds(
        Item,
        category=st.sampled_from(Category),
        tags=TAGS,
        traits=st.frozensets(st.sampled_from(Trait)),
    ),
    max_size=4,
    unique=True,
).map(tuple)
CONSENTS = st.builds(
    Consent,
    kind=st.sampled_from(ConsentKind),
    recipients=st.frozensets(st.sampled_from(Recipient), max_size=3),
    purposes=st.frozensets(st.sampled_from(Purpose), max_size=3),
    categories=st.frozensets(st.sampled_from(Category), max_size=4),
    signed_at=TIMES,
    tags=TAGS,
    parties=st.sampled_from([frozenset(), frozenset({PARTY}), frozenset({"other"})]),
    through=DAYS,
    revoked_at=st.one_of(st.none(), TIMES),
    complete=st.booleans(),
    names_payment=st.booleans(),
)
RESTRICTIONS = st.builds(
    Restriction,
    recipients=st.frozensets(st.sampled_from(Recipient), max_size=2),
    purposes=st.frozensets(st.sampled_from(Purpose), max_size=2),
    categories=st.frozensets(st.sampled_from(Category), max_size=2),
    tags=TAGS,
    through=DAYS,
)


@st.composite
def questions(draw) -> Question:
    """Near a row, with one thing or another changed: far from all, everything is refused."""
    rule = draw(st.sampled_from(TABLE))
    kinds = draw(st.lists(st.sampled_from(ConsentKind), max_size=3))
    question = asked(rule)
    items = tuple(replace(one, tags=draw(TAGS)) for one in question.items)
    held = tuple(permission(rule, kind, signed_at=draw(TIMES)) for kind in kinds)
    return replace(
        question,
        items=draw(st.one_of(st.just(items), ITEMS)),
        facts=draw(st.one_of(st.just(question.facts), st.frozensets(st.sampled_from(Fact)))).union(
            draw(st.frozensets(st.sampled_from(Fact), max_size=3))
        ),
        consents=(*held, *draw(st.lists(CONSENTS, max_size=2))),
        restrictions=tuple(draw(st.lists(RESTRICTIONS, max_size=2))),
        also=draw(st.frozensets(st.sampled_from(Recipient), max_size=1)),
        state=draw(st.sampled_from(["us", "nc"])),
        age=draw(st.sampled_from([None, 12, 15, 18])),
    )


def got(question: Question) -> set[Item]:
    """What the recipient would have."""
    decision: Decision = decide(question)
    return set(question.items) - set(decision.cut) if decision.permitted else set()


@given(
    st.builds(
        Question,
        act=st.sampled_from(Act),
        recipient=st.one_of(st.none(), st.sampled_from(Recipient)),
        purpose=st.one_of(st.none(), st.sampled_from(Purpose)),
        items=ITEMS,
        facts=st.just(frozenset(Fact) - REFUSING),
        now=st.just(NOW),
        consents=st.just(()),
        restrictions=st.just(()),
    )
)
def test_what_is_in_no_row_is_refused_whatever_is_on_file(question) -> None:
    rows = {(rule.act, rule.recipient, rule.purpose) for rule in TABLE}
    if (question.act, question.recipient, question.purpose) not in rows:
        assert got(question) == set()


@given(questions(), st.sampled_from(sorted(REFUSING)))
def test_adding_a_fact_of_refusal_never_permits(question, fact) -> None:
    assert got(replace(question, facts=question.facts | {fact})) <= got(question)


@given(questions(), st.sampled_from(sorted(set(Fact) - REFUSING)))
def test_taking_away_any_other_fact_never_permits(question, fact) -> None:
    assert got(replace(question, facts=question.facts - {fact})) <= got(question)


@given(questions(), RESTRICTIONS)
def test_adding_a_restriction_never_permits(question, one) -> None:
    assert got(replace(question, restrictions=(*question.restrictions, one))) <= got(question)


@given(questions(), TIMES)
def test_adding_a_revocation_never_permits(question, when) -> None:
    for place, one in enumerate(question.consents):
        revoked = list(question.consents)
        revoked[place] = replace(one, revoked_at=when)
        assert got(replace(question, consents=tuple(revoked))) <= got(question)


@given(questions(), CONSENTS, TIMES)
def test_adding_one_that_is_revoked_never_permits(question, one, when) -> None:
    """Also where it is of another kind than what it was taken back with."""
    back = replace(one, revoked_at=when)
    assert got(replace(question, consents=(*question.consents, back))) <= got(question)


@given(questions())
def test_when_all_is_revoked_it_is_as_if_nothing_had_been_signed(question) -> None:
    revoked = tuple(replace(one, revoked_at=NOW) for one in question.consents)
    assert got(replace(question, consents=revoked)) == got(replace(question, consents=()))


@given(questions(), st.sampled_from(["recipients", "purposes", "categories", "tags"]))
def test_a_narrower_consent_never_widens(question, what) -> None:
    for place, one in enumerate(question.consents):
        # A revoked one narrowed revokes less, which is another thing than to permit.
        if one.revoked_at is None and getattr(one, what):
            less = getattr(one, what) - {sorted(getattr(one, what))[0]}
            narrower = list(question.consents)
            narrower[place] = replace(one, **{what: less})
            assert got(replace(question, consents=tuple(narrower))) <= got(question)


@given(questions())
def test_asking_for_less_gives_nothing_more(question) -> None:
    for item in question.items:
        alone = got(replace(question, items=(item,)))
        assert alone == got(question) & {item}


@given(questions(), st.sampled_from(Recipient))
def test_another_role_never_widens(question, role) -> None:
    assert got(replace(question, also=question.also | {role})) <= got(question)


@given(questions(), st.sampled_from(Tag))
def test_a_tag_more_never_widens(question, tag) -> None:
    # Of counselling notes: their own consent is one of Part 2, so for Part 2 alone it is none.
    tagged = tuple(replace(one, tags=one.tags | {tag}) for one in question.items)
    before = {(one.category, one.traits) for one in got(question)}
    if tag is not Tag.SUD_NOTES and tag is not Tag.PSYCHOTHERAPY_NOTES:
        after = {(one.category, one.traits) for one in got(replace(question, items=tagged))}
        assert after <= before


@given(questions(), st.sampled_from([0, 12, 15, 17, 18, 40]))
def test_an_unknown_age_never_widens(question, age) -> None:
    """What a minor's would not be shown is not shown, nor what an adult's would not be."""
    assert got(replace(question, age=None)) <= got(replace(question, age=age))


@given(questions(), st.randoms(use_true_random=False))
def test_the_order_of_what_is_on_file_and_asked_for_does_not_matter(question, chance) -> None:
    consents, restrictions, items = (
        list(question.consents), list(question.restrictions), list(question.items),
    )  # fmt: skip
    for several in (consents, restrictions, items):
        chance.shuffle(several)
    other = replace(
        question,
        consents=tuple(consents),
        restrictions=tuple(restrictions),
        items=tuple(items),
        facts=frozenset(sorted(question.facts)),
    )
    one, two = decide(question), decide(other)
    assert set(one.cut) == set(two.cut)
    assert replace(one, cut=()) == replace(two, cut=())


@given(questions())
def test_every_answer_has_its_reason_and_version(question) -> None:
    decision = decide(question)
    assert decision.version
    if decision.permitted:
        assert decision.basis
        assert decision.citation
        assert bool(decision.reason) == bool(decision.cut)
    else:
        assert decision.reason
        assert str(decision.sentence)
        assert not decision.basis


@given(questions())
def test_an_agreement_with_fewer_purposes_never_widens(question) -> None:
    none = Agreement(frozenset(), date(2026, 1, 1))
    assert got(replace(question, agreement=none)) <= got(question)


def test_now_is_in_the_plans_zone() -> None:
    assert NOW.tzinfo is ZONE
