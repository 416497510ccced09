"""Records of substance use programs: what opens them with a consent, and what without one."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consents.matrix import Way
from consents.on_file import TPO
from consents.question import (
    Category,
    ConsentKind,
    Fact,
    Obligation,
    Purpose,
    Question,
    Recipient,
    Tag,
    Trait,
)
from consents.roles import Rule
from consents.rules import TABLE, decide
from consents.sharing import GROUNDS
from tests.consents.asking import (
    NOTICE,
    NOW,
    asked,
    consenting,
    no,
    owes,
    permission,
    restricted,
    rule_of,
    with_facts,
    with_item,
    yes,
)
from tests.consents.test_properties import got, questions

pytestmark = pytest.mark.promise("LW11")
CARE = rule_of(Way.TREATMENT)
DOCUMENT = Obligation.DOCUMENT_EMERGENCY
TPO_KINDS = (ConsentKind.PART2_TPO, ConsentKind.PART2)
DAY = timedelta(days=1)


def called(rule: Rule) -> str:
    return f"{rule.act}-{rule.recipient}-{rule.purpose}"


# An emergency (42 CFR 2.51).


@pytest.mark.promise("AL6")
def test_an_emergency_opens_it_to_who_treats_the_member() -> None:
    question = asked(CARE, Tag.PART2)
    assert no(question) == "part2"
    # That care is urgent is not enough: consent could not be had before it.
    assert no(with_facts(question, Fact.EMERGENCY)) == "part2"
    decision = yes(with_facts(question, Fact.PART2_EMERGENCY))
    assert set(decision.obligations) == {DOCUMENT}


@pytest.mark.promise("AL6")
def test_no_more_goes_than_the_emergency_needs() -> None:
    question = with_facts(asked(CARE, Tag.PART2), Fact.PART2_EMERGENCY)
    yes(question)
    unneeded = tuple(replace(one, traits=one.traits - {Trait.NEEDED_NOW}) for one in question.items)
    assert no(replace(question, items=unneeded)) == "part2"
    # What isn't a program's goes to a provider whole (45 CFR 164.502(b)(2)(i)).
    plain = tuple(replace(one, tags=frozenset()) for one in unneeded)
    yes(replace(question, items=plain))


@pytest.mark.promise("AL12")
@pytest.mark.parametrize("rule", [one for one in TABLE if one.way is not Way.TREATMENT], ids=called)
def test_no_emergency_opens_it_to_anyone_else(rule: Rule) -> None:
    question = asked(rule, Tag.PART2, age=40)
    urgent = with_facts(question, Fact.EMERGENCY, Fact.PART2_EMERGENCY)
    assert got(urgent) == got(question)
    if rule.way in {Way.PUBLIC_GROUND, Way.UNACCOUNTED_GROUND}:
        assert no(urgent) == "part2"


@pytest.mark.promise("AL12")
def test_an_error_in_a_product_is_told_to_who_watches_over_it() -> None:
    """42 CFR 2.51(b): to medical personnel of the FDA, to warn patients or their physicians."""
    question = asked(rule_of(Way.PUBLIC_GROUND, Purpose.PUBLIC_HEALTH), Tag.PART2)
    assert no(question) == "part2"
    warned = with_facts(question, Fact.PART2_FDA)
    assert owes(warned, DOCUMENT)
    assert not owes(warned, *NOTICE)
    for other in set(GROUNDS) - {Purpose.PUBLIC_HEALTH}:
        rule = next(one for one in TABLE if one.purpose is other and one.recipient == "authority")
        assert no(with_facts(asked(rule, Tag.PART2), Fact.PART2_FDA)) == "part2"


def test_an_emergency_opens_no_counselling_notes() -> None:
    question = asked(CARE, Tag.PART2, Tag.SUD_NOTES)
    assert no(with_facts(question, Fact.EMERGENCY, Fact.PART2_EMERGENCY)) == "sud_notes"


# The notice and the copy (42 CFR 2.32) are those of a consent.

UNCONSENTED = [
    (Way.TREATMENT, Purpose.TREATMENT, Fact.PART2_EMERGENCY),
    (Way.PUBLIC_GROUND, Purpose.PUBLIC_HEALTH, Fact.PART2_FDA),
    (Way.PUBLIC_GROUND, Purpose.PUBLIC_HEALTH, Fact.CHILD_ABUSE_REPORT),
    (Way.PUBLIC_GROUND, Purpose.RESEARCH, Fact.PART2_RESEARCH),
    (Way.PUBLIC_GROUND, Purpose.HEALTH_OVERSIGHT, Fact.PART2_AUDIT),
    (Way.PUBLIC_GROUND, Purpose.COURT, Fact.PART2_COURT_ORDER),
    (Way.HHS, Purpose.HHS_INVESTIGATION, Fact.PART2_AUDIT),
    (Way.LIMITED_DATA_SET, Purpose.LIMITED_DATA_SET, Fact.PART2_RESEARCH),
]


@pytest.mark.promise("AH16")
@pytest.mark.parametrize(("way", "purpose", "fact"), UNCONSENTED, ids=str)
def test_what_went_without_a_consent_carries_no_copy_of_one(way, purpose, fact) -> None:
    decision = yes(with_facts(asked(rule_of(way, purpose), Tag.PART2), fact))
    assert not {*NOTICE} & {*decision.obligations}
    emergency = fact in {Fact.PART2_EMERGENCY, Fact.PART2_FDA}
    assert (DOCUMENT in decision.obligations) == emergency


# Whatever the purpose.
WHOLE_ROWS = {
    Way.STAFF_USE: Fact.PROGRAM_STAFF,
    Way.PUBLIC_GROUND: Fact.PART2_COURT_ORDER,
}


@pytest.mark.parametrize("rule", [one for one in TABLE if one.way is not Way.TO_MEMBER], ids=called)
def test_no_other_fact_opens_it_without_a_consent(rule: Rule) -> None:
    opens = {fact for way, why, fact in UNCONSENTED if (way, why) == (rule.way, rule.purpose)}
    opens |= {fact for way, fact in WHOLE_ROWS.items() if way is rule.way}
    question = asked(rule, Tag.PART2)
    found = {fact for fact in Fact if decide(with_facts(question, fact)).permitted}
    assert found == opens


@pytest.mark.promise("AH16")
def test_where_there_is_a_consent_it_goes_by_that() -> None:
    question = with_facts(asked(CARE, Tag.PART2), Fact.PART2_EMERGENCY)
    consented = consenting(question, CARE, ConsentKind.PART2_TPO)
    assert set(yes(consented).obligations) == {*NOTICE}
    court = rule_of(Way.PUBLIC_GROUND, Purpose.COURT)
    case = consenting(asked(court, Tag.PART2), court, ConsentKind.PART2_PROCEEDINGS)
    assert owes(case, *NOTICE)
    # Counselling notes go by a consent of theirs, beside the court's order.
    notes = consenting(asked(court, Tag.SUD_NOTES), court, ConsentKind.SUD_NOTES)
    assert owes(with_facts(notes, Fact.PART2_COURT_ORDER), *NOTICE)


@pytest.mark.promise("AL6")
def test_what_an_emergency_opens_is_still_bound_by_a_restriction() -> None:
    question = restricted(with_facts(asked(CARE, Tag.PART2), Fact.PART2_EMERGENCY))
    assert no(question) == "restricted"
    assert owes(with_facts(question, Fact.EMERGENCY), DOCUMENT, Obligation.ASK_NOT_TO_USE_FURTHER)


# What consent to treatment, payment and operations is for (42 CFR 2.31(a)(4)(i), 2.33).


@pytest.mark.promise("AH16")
@pytest.mark.parametrize("rule", [one for one in TABLE if one.way is not Way.TO_MEMBER], ids=called)
def test_consent_to_care_payment_and_operations_opens_no_other_purpose(rule: Rule) -> None:
    question = asked(rule, Tag.PART2, age=12, state="us")
    consented = consenting(question, rule, ConsentKind.PART2_TPO)
    if rule.way in {Way.STAFF_USE, Way.TREATMENT, Way.PAYMENT_OPERATIONS, Way.TO_ASSOCIATE}:
        assert decide(consented).permitted == (rule.purpose in TPO)
    else:
        assert got(consented) == got(question)


def test_those_purposes_are_named() -> None:
    """Of the house's own: messages of care, and what keeps privacy law (45 CFR 164.501)."""
    outside = {one.purpose for one in TABLE if one.act == "disclose" and one.purpose in TPO}
    assert outside == {Purpose.TREATMENT, Purpose.PAYMENT, Purpose.OPERATIONS}
    assert TPO - outside == {
        Purpose.CARE_MESSAGE, Purpose.OUTSIDE_TEAM, Purpose.PRIVACY_OVERSIGHT, Purpose.MAILING,
    }  # fmt: skip


@pytest.mark.promise("AH14")
@pytest.mark.parametrize(
    "purpose", [Purpose.COURT, Purpose.LEGAL_DEFENSE, Purpose.LAW_ENFORCEMENT], ids=str
)
def test_a_proceeding_takes_a_consent_to_that_alone(purpose) -> None:
    """42 CFR 2.31(d): it can't be one with a consent to anything else."""
    rule = next(one for one in TABLE if one.purpose is purpose)
    question = asked(rule, Tag.PART2)
    for kind in (*TPO_KINDS, ConsentKind.AUTHORIZATION):
        assert no(consenting(question, rule, kind)) == "part2"
    yes(consenting(question, rule, ConsentKind.PART2_PROCEEDINGS))


# A revocation ends what is older (42 CFR 2.31(a)(6), 45 CFR 164.508(b)(5)).


@pytest.mark.promise("AL23")
@pytest.mark.parametrize(("revoked", "kept"), [TPO_KINDS, TPO_KINDS[::-1]], ids=str)
def test_consent_taken_back_ends_the_older_one_of_the_other_kind(revoked, kept) -> None:
    question = asked(CARE, Tag.PART2)
    older = permission(CARE, kept, signed_at=NOW - 3 * DAY)
    back = permission(CARE, revoked, signed_at=NOW - 4 * DAY, revoked_at=NOW - DAY)
    yes(replace(question, consents=(older, replace(back, revoked_at=None))))
    assert no(replace(question, consents=(older, back))) == "part2"
    # In words of a class it names nobody, and ends what names someone.
    class_of = replace(back, parties=frozenset(), through=None)
    assert no(replace(question, consents=(older, class_of))) == "part2"
    # What was signed after it is a new one, of either kind.
    for kind in TPO_KINDS:
        anew = permission(CARE, kind, signed_at=NOW - timedelta(hours=1))
        yes(replace(question, consents=(older, back, anew)))


@pytest.mark.promise("AL23")
@pytest.mark.parametrize(
    "other",
    [
        {"recipients": frozenset({Recipient.OTHER_PLAN})},
        {"purposes": frozenset({Purpose.PAYMENT})},
        {"categories": frozenset({Category.SUMMARY})},
        {"parties": frozenset({"party-2"})},
    ],
    ids=lambda other: next(iter(other)),
)
def test_it_ends_nothing_that_goes_elsewhere(other) -> None:
    question = consenting(asked(CARE, Tag.PART2), CARE, ConsentKind.PART2)
    yes(consenting(question, CARE, ConsentKind.PART2_TPO, revoked_at=NOW, **other))
    assert no(consenting(question, CARE, ConsentKind.PART2_TPO, revoked_at=NOW)) == "part2"


@pytest.mark.promise("AL23")
@pytest.mark.parametrize("revoked", TPO_KINDS, ids=str)
def test_it_ends_consents_to_notes_and_to_a_court_too(revoked) -> None:
    notes = consenting(asked(CARE, Tag.SUD_NOTES), CARE, ConsentKind.SUD_NOTES)
    yes(notes)
    assert no(consenting(notes, CARE, revoked, revoked_at=NOW)) == "sud_notes"
    court = rule_of(Way.PUBLIC_GROUND, Purpose.COURT)
    case = consenting(asked(court, Tag.PART2), court, ConsentKind.PART2_PROCEEDINGS)
    yes(case)
    assert no(consenting(case, court, revoked, revoked_at=NOW)) == "part2"


@pytest.mark.promise("AL23")
def test_the_consent_to_notes_taken_back_leaves_the_one_to_the_rest() -> None:
    """But not for the notes: each goes by both."""
    rest = consenting(asked(CARE, Tag.PART2), CARE, ConsentKind.PART2_TPO)
    yes(consenting(rest, CARE, ConsentKind.SUD_NOTES, revoked_at=NOW))
    notes = consenting(asked(CARE, Tag.SUD_NOTES), CARE, ConsentKind.PART2_TPO)
    assert no(consenting(notes, CARE, ConsentKind.SUD_NOTES, revoked_at=NOW)) == "sud_notes"


@pytest.mark.promise("AL23")
@pytest.mark.parametrize(
    ("revoked", "kept"),
    [
        (ConsentKind.AUTHORIZATION, ConsentKind.PART2),
        (ConsentKind.PART2, ConsentKind.AUTHORIZATION),
        (ConsentKind.PSYCHOTHERAPY_NOTES, ConsentKind.AUTHORIZATION),
    ],
    ids=str,
)
def test_of_forms_that_a_state_takes_for_each_other_one_taken_back_ends_all(revoked, kept) -> None:
    rule = rule_of(Way.PAYMENT_OPERATIONS, Purpose.OPERATIONS)
    question = consenting(asked(rule, Tag.MENTAL_HEALTH, state="nc"), rule, kept)
    yes(question)
    assert no(consenting(question, rule, revoked, revoked_at=NOW)) == "state"


@pytest.mark.promise("LW9")
@pytest.mark.parametrize(
    ("revoked", "kept"),
    [
        (ConsentKind.MINORS_OWN, ConsentKind.MINORS_PART2),
        (ConsentKind.MINORS_PART2, ConsentKind.MINORS_OWN),
    ],
    ids=str,
)
def test_a_minors_yes_taken_back_ends_the_other_kind_too(revoked, kept) -> None:
    rule = rule_of(Way.TO_REPRESENTATIVE)
    question = consenting(asked(rule, Tag.MENTAL_HEALTH, age=15, state="nc"), rule, kept)
    yes(question)
    assert no(consenting(question, rule, revoked, revoked_at=NOW)) == "state"


@pytest.mark.promise("AL23")
@given(questions(), st.sampled_from(TPO_KINDS), st.sampled_from(TPO_KINDS))
def test_what_one_revoked_opened_no_older_one_opens(question: Question, kind, kept) -> None:
    """Whatever else is on file: as if neither had been signed."""
    rule = next(
        (one for one in TABLE if (one.act, one.recipient, one.purpose)
         == (question.act, question.recipient, question.purpose)), TABLE[0],
    )  # fmt: skip
    others = question.consents or ()
    back = permission(rule, kind, signed_at=NOW - 9 * DAY, revoked_at=NOW)
    older = permission(rule, kept, signed_at=NOW - 8 * DAY)
    before = replace(question, consents=(*others, back))
    assert got(replace(before, consents=(*before.consents, older))) == got(before)


def test_an_item_with_no_tag_is_none_of_a_program() -> None:
    assert not owes(with_item(asked(CARE), Category.RECORDS), *NOTICE)
