"""What is checked before any row of the matrix: no row opens what stands here."""

from dataclasses import replace

import pytest

from consents.bars import BY_AUTHORIZATION, NOTES_GO
from consents.matrix import Way
from consents.question import (
    Category,
    ConsentKind,
    Fact,
    Obligation,
    Purpose,
    Recipient,
    Restriction,
    Tag,
)  # fmt: skip
from consents.rules import TABLE, decide
from tests.consents.asking import (
    asked,
    consenting,
    no,
    owes,
    rule_of,
    untraited,
    with_facts,
    with_item,
    without,
    yes,
)

NOTES = Tag.PSYCHOTHERAPY_NOTES
# Each exception of 45 CFR 164.508(a)(2), and what it takes beside the row's own facts.
EXCEPTIONS = [
    pytest.param(Purpose.TREATMENT, Fact.AUTHOR_OF_NOTES, id="its author's treatment"),
    pytest.param(Purpose.TRAINING, Fact.OWN_TRAINEES, id="training"),
    pytest.param(Purpose.LEGAL_DEFENSE, Fact.SUED_BY_THE_MEMBER, id="own legal defense"),
    pytest.param(Purpose.HHS_INVESTIGATION, None, id="HHS"),
    pytest.param(Purpose.REQUIRED_BY_LAW, None, id="512(a)"),
    pytest.param(Purpose.HEALTH_OVERSIGHT, Fact.ABOUT_THE_AUTHOR, id="512(d) about its author"),
    pytest.param(Purpose.CORONER, Fact.TO_THE_CORONER, id="512(g)(1)"),
    pytest.param(Purpose.SERIOUS_THREAT, None, id="512(j)(1)(i)"),
]


def _of(purpose: Purpose):
    return next(
        rule
        for rule in TABLE
        if rule.purpose is purpose and rule.way not in {Way.TO_ASSOCIATE, Way.STAFF_USE}
    )


@pytest.mark.bar("psychotherapy_notes")
@pytest.mark.promise("AL20")
@pytest.mark.parametrize("rule", TABLE, ids=lambda r: f"{r.act}-{r.recipient}-{r.purpose}")
def test_psychotherapy_notes_go_nowhere_by_a_row_alone(rule) -> None:
    question = with_item(asked(rule), sorted(rule.categories)[0], NOTES)
    if rule.purpose in {
        Purpose.TRAINING, Purpose.LEGAL_DEFENSE, Purpose.HHS_INVESTIGATION,
        Purpose.REQUIRED_BY_LAW, Purpose.SERIOUS_THREAT,
    }:  # fmt: skip
        yes(question)
    else:
        assert not decide(question).permitted


@pytest.mark.bar("psychotherapy_notes")
@pytest.mark.promise("AL12")
@pytest.mark.parametrize(("purpose", "fact"), EXCEPTIONS)
def test_each_exception_lets_psychotherapy_notes_go_with_its_fact(purpose, fact) -> None:
    question = asked(_of(purpose), NOTES)
    if fact is not None:
        assert not decide(without(question, fact)).permitted
        question = with_facts(question, fact)
    yes(question)


@pytest.mark.promise("AL12")
@pytest.mark.parametrize(("purpose", "fact"), EXCEPTIONS)
def test_no_fact_of_another_exception_lets_psychotherapy_notes_go(purpose, fact) -> None:
    others = {param.values[1] for param in EXCEPTIONS} - {fact, None}
    for rule in (rule for rule in TABLE if rule.purpose not in NOTES_GO):
        assert not decide(with_facts(asked(rule, NOTES), *others)).permitted
    question = with_facts(asked(_of(purpose), NOTES), *others)
    if fact is not None:
        asked_by_row = fact in _of(purpose).needs
        reason = "fact_missing" if asked_by_row else "psychotherapy_notes"
        assert no(without(question, fact)) == reason
        question = with_facts(question, fact)
    yes(question)


@pytest.mark.promise("LW11")
@pytest.mark.parametrize(("purpose", "fact"), EXCEPTIONS)
def test_no_exception_for_psychotherapy_notes_opens_counselling_notes(purpose, fact) -> None:
    question = asked(_of(purpose), NOTES)
    question = with_facts(question, fact) if fact else question
    yes(question)
    both = asked(_of(purpose), NOTES, Tag.SUD_NOTES, Tag.PART2, facts=question.facts)
    assert no(both) == "sud_notes"


@pytest.mark.promise("AL12")
def test_an_associate_is_no_author_of_notes() -> None:
    [rule] = (
        rule for rule in TABLE if rule.way is Way.TO_ASSOCIATE and rule.purpose is Purpose.TREATMENT
    )
    yes(asked(rule))
    question = with_facts(asked(rule, NOTES), Fact.AUTHOR_OF_NOTES)
    assert no(question) == "psychotherapy_notes"


@pytest.mark.promise("AL12")
def test_there_is_no_further_exception_for_psychotherapy_notes() -> None:
    assert set(NOTES_GO) == {param.values[0] for param in EXCEPTIONS}


@pytest.mark.bar("psychotherapy_notes")
@pytest.mark.promise("AH16")
def test_an_authorization_for_psychotherapy_notes_is_for_them_alone() -> None:
    rule = rule_of(Way.AUTHORIZATION)
    question = asked(rule, NOTES)
    # The question holds an authorization for all else, which names these tags too.
    assert no(question) == "psychotherapy_notes"
    yes(consenting(question, rule, ConsentKind.PSYCHOTHERAPY_NOTES))
    plain = consenting(asked(rule, consents=()), rule, ConsentKind.PSYCHOTHERAPY_NOTES)
    assert no(plain) == "no_authorization"


@pytest.mark.promise("AL7")
def test_notes_are_sold_by_a_form_of_theirs_that_names_the_payment() -> None:
    rule, own = rule_of(Way.AUTHORIZATION, Purpose.SALE), ConsentKind.PSYCHOTHERAPY_NOTES
    question = asked(rule, NOTES, consents=())
    yes(consenting(question, rule, own))
    silent = consenting(question, rule, own, names_payment=False)
    # Another form that names it is about all else.
    assert no(consenting(silent, rule, ConsentKind.AUTHORIZATION)) == "sale"


@pytest.mark.bar("sud_notes")
@pytest.mark.promise("LW11")
@pytest.mark.parametrize("way", [Way.TREATMENT, Way.INVOLVED, Way.TO_SPONSOR], ids=str)
def test_counselling_notes_go_by_their_own_consent_alone(way) -> None:
    rule = rule_of(way)
    question = asked(rule, Tag.SUD_NOTES, Tag.PART2)
    assert no(question) == "sud_notes"
    for kind in set(ConsentKind) - {ConsentKind.SUD_NOTES}:
        assert no(consenting(question, rule, kind)) == "sud_notes"
    yes(consenting(question, rule, ConsentKind.SUD_NOTES))


@pytest.mark.promise("LW11")
@pytest.mark.parametrize("tags", [(Tag.SUD_NOTES,), (Tag.SUD_NOTES, Tag.PART2)], ids=len)
def test_counselling_notes_are_records_of_a_program(tags) -> None:
    """With their consent, and with no other tag: notice and copy go along, and no court has them
    without what it needs for all such records."""
    care = rule_of(Way.TREATMENT)
    given = consenting(asked(care, *tags), care, ConsentKind.SUD_NOTES)
    assert owes(given, Obligation.PART2_NOTICE, Obligation.PART2_CONSENT_COPY)
    court = rule_of(Way.PUBLIC_GROUND, Purpose.COURT)
    asks = consenting(asked(court, *tags), court, ConsentKind.SUD_NOTES)
    assert no(asks) == "part2"
    yes(with_facts(asks, Fact.PART2_COURT_ORDER))


@pytest.mark.bar("sud_notes")
@pytest.mark.promise("LW11")
def test_no_court_order_and_no_emergency_opens_counselling_notes() -> None:
    facts = (Fact.EMERGENCY, Fact.PART2_EMERGENCY, Fact.PART2_COURT_ORDER)
    for purpose in (Purpose.COURT, Purpose.SERIOUS_THREAT, Purpose.REQUIRED_BY_LAW):
        question = asked(rule_of(Way.PUBLIC_GROUND, purpose), Tag.SUD_NOTES, Tag.PART2)
        assert no(with_facts(question, *facts)) == "sud_notes"


@pytest.mark.bar("marketing")
@pytest.mark.promise("AL7")
def test_marketing_needs_a_form_that_names_who_pays() -> None:
    rule = rule_of(Way.AUTHORIZATION, Purpose.MARKETING)
    yes(asked(rule))
    assert no(asked(rule, consents=())) == "marketing"
    unpaid = consenting(
        asked(rule, consents=()), rule, ConsentKind.AUTHORIZATION, names_payment=False
    )
    yes(unpaid)
    assert no(with_facts(unpaid, Fact.PAID_FOR)) == "marketing"


@pytest.mark.bar("sale")
@pytest.mark.promise("AM15")
def test_a_sale_needs_a_form_that_names_the_payment() -> None:
    rule = rule_of(Way.AUTHORIZATION, Purpose.SALE)
    yes(asked(rule))
    assert no(asked(rule, consents=())) == "sale"
    unnamed = consenting(
        asked(rule, consents=()), rule, ConsentKind.AUTHORIZATION, names_payment=False
    )
    assert no(unnamed) == "sale"


@pytest.mark.bar("employment")
@pytest.mark.promise("AL11")
def test_nothing_is_used_for_a_job_without_a_form() -> None:
    for recipient in (Recipient.PLAN_SPONSOR, Recipient.NAMED_PARTY):
        rule = next(
            one for one in TABLE if (one.recipient, one.purpose) == (recipient, Purpose.EMPLOYMENT)
        )
        yes(asked(rule))
        assert no(asked(rule, consents=())) == "employment"
        # What lets an employer run the plan lets it decide no one's job.
        certified = with_facts(
            asked(rule, consents=()),
            Fact.SPONSOR_CERTIFIED, Fact.NAMED_CLASS, Fact.NOTICE_TELLS_SPONSOR,
        )  # fmt: skip
        assert no(certified) == "employment"


@pytest.mark.promise("AM15")
@pytest.mark.parametrize("purpose", BY_AUTHORIZATION, ids=str)
def test_no_role_of_the_house_markets_sells_or_judges_a_job(purpose) -> None:
    for rule in TABLE:
        if rule.way is not Way.AUTHORIZATION:
            assert no(replace(asked(rule), purpose=purpose)) == purpose.value


@pytest.mark.bar("genes")
@pytest.mark.promise("AL11")
@pytest.mark.parametrize(
    ("recipient", "purpose"),
    [
        (Recipient.PLAN_SPONSOR, Purpose.UNDERWRITING),
        # Bids are how the price of a plan is found.
        (Recipient.PLAN_SPONSOR, Purpose.PLAN_BIDS),
    ],
    ids=str,
)
def test_genes_are_never_used_for_underwriting(recipient, purpose) -> None:
    rule = next(one for one in TABLE if (one.recipient, one.purpose) == (recipient, purpose))
    yes(asked(rule))
    question = asked(rule, Tag.GENETIC)
    assert no(question) == "genes"
    for kind in ConsentKind:
        assert no(consenting(question, rule, kind)) == "genes"
    for fact in Fact:
        assert not decide(with_facts(question, fact)).permitted


@pytest.mark.promise("AL8")
def test_another_plan_sets_no_price_by_our_claims() -> None:
    """164.506(c)(4) is for quality, training and fraud."""
    asking = (Recipient.OTHER_PLAN, Purpose.OPERATIONS)
    rule = next(one for one in TABLE if (one.recipient, one.purpose) == asking)
    yes(asked(rule))
    no(replace(asked(rule), purpose=Purpose.UNDERWRITING))


@pytest.mark.bar("registrant")
@pytest.mark.promise("AM14")
@pytest.mark.parametrize("purpose", sorted(set(Purpose)), ids=str)
def test_what_registrants_told_serves_to_identify_them_alone(purpose) -> None:
    answers = [
        decide(with_item(asked(rule), Category.REGISTRANT)).permitted
        for rule in TABLE
        if rule.purpose is purpose
    ]
    assert any(answers) == (purpose is Purpose.IDENTIFICATION)


@pytest.mark.promise("AM15")
def test_no_form_sells_what_registrants_told() -> None:
    rule = rule_of(Way.AUTHORIZATION, Purpose.SALE)
    wide = replace(rule, categories=rule.categories | {Category.REGISTRANT})
    question = consenting(asked(rule), wide, ConsentKind.AUTHORIZATION)
    assert no(with_item(question, Category.REGISTRANT)) == "registrant"


@pytest.mark.bar("held_back")
@pytest.mark.promise("LW9")
@pytest.mark.parametrize("tag", [Tag.MINOR_CONFIDENTIAL, Tag.ENDANGERMENT_HOLD], ids=str)
@pytest.mark.parametrize("way", [Way.TO_REPRESENTATIVE, Way.INVOLVED, Way.TO_SPONSOR], ids=str)
def test_who_stands_near_does_not_see_what_is_held_back(way, tag) -> None:
    yes(asked(rule_of(way)))
    assert no(asked(rule_of(way), tag)) == "held_back"


@pytest.mark.bar("held_back")
@pytest.mark.promise("LW9")
def test_whoever_stands_for_an_adult_sees_what_was_a_minors_own() -> None:
    """In the adult's shoes (164.502(g)(2)); of an age that nobody knows, it may be a minor's."""
    rule = rule_of(Way.TO_REPRESENTATIVE)
    yes(asked(rule, Tag.MINOR_CONFIDENTIAL, age=18))
    for age in (17, None):
        assert no(asked(rule, Tag.MINOR_CONFIDENTIAL, age=age)) == "held_back"
    parent = with_facts(asked(rule, Tag.MINOR_CONFIDENTIAL, age=18), Fact.PARENT_OF_MINOR)
    assert no(parent) == "not_verified"
    for other in (Tag.ENDANGERMENT_HOLD, Tag.SUD_NOTES, Tag.PSYCHOTHERAPY_NOTES):
        no(asked(rule, Tag.MINOR_CONFIDENTIAL, other, age=18))
    # Who is near, or pays for the plan, stands in nobody's shoes.
    for way in (Way.INVOLVED, Way.TO_SPONSOR):
        assert no(asked(rule_of(way), Tag.MINOR_CONFIDENTIAL, age=18)) == "held_back"


@pytest.mark.bar("held_back")
@pytest.mark.promise("AL20")
def test_what_might_endanger_is_held_back_from_the_member_too() -> None:
    rule = rule_of(Way.TO_MEMBER)
    assert no(asked(rule, Tag.ENDANGERMENT_HOLD)) == "held_back"
    yes(asked(rule, Tag.MINOR_CONFIDENTIAL))


@pytest.mark.promise("AL2")
@pytest.mark.parametrize("tag", [*Tag, "odd"], ids=str)
@pytest.mark.parametrize("rule", TABLE, ids=lambda r: f"{r.act}-{r.recipient}-{r.purpose}")
def test_what_is_refused_anyway_is_refused_in_the_same_words(rule, tag) -> None:
    """With a mark and without: else the words would tell that there is one."""
    for plain in (
        untraited(asked(rule)),
        with_item(asked(rule), Category.KEYS),
        asked(rule, facts=frozenset()),
        asked(rule, consents=()),
    ):
        refused = decide(plain)
        marked = (replace(item, tags=frozenset({tag})) for item in plain.items)
        if not refused.permitted:
            assert decide(replace(plain, items=tuple(marked))).sentence == refused.sentence


@pytest.mark.promise("AL2")
@pytest.mark.parametrize("rule", TABLE, ids=lambda r: f"{r.act}-{r.recipient}-{r.purpose}")
def test_what_is_refused_for_a_mark_is_refused_in_one_sentence(rule) -> None:
    for changes in ({}, {"also": frozenset(Recipient)}, {"restrictions": (Restriction(),)}):
        plain = asked(rule, **changes)
        told = {decide(replace(plain, items=_marked(plain, tag))) for tag in [*Tag, "odd"]}
        refused = {str(one.sentence) for one in told if not one.permitted}
        assert len(refused) <= 1
        if not decide(plain).permitted:
            assert refused == {str(decide(plain).sentence)}


def _marked(question, tag):
    return tuple(replace(item, tags=frozenset({tag})) for item in question.items)


@pytest.mark.promise("AL2")
def test_one_item_without_a_mark_is_the_reason_for_all() -> None:
    rule = rule_of(Way.TO_REPRESENTATIVE)
    [first, *_others] = asked(rule).items
    held = replace(first, tags=frozenset({Tag.ENDANGERMENT_HOLD}))
    out_of_scope = replace(first, traits=frozenset())
    assert no(replace(asked(rule), items=(held, out_of_scope))) == "not_necessary"
