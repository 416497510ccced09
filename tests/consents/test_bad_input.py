"""What is missing, contradictory, at the edge of a day, or of a kind the rules don't know."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from consents.matrix import Way
from consents.question import (
    Agreement,
    Category,
    ConsentKind,
    Fact,
    Obligation,
    Purpose,
    Recipient,
    Restriction,
    Tag,
)
from consents.rules import TABLE, decide
from tests.consents.asking import (
    NOW,
    ZONE,
    asked,
    consenting,
    no,
    permission,
    restricted,
    rule_of,
    with_facts,
    yes,
)

pytestmark = pytest.mark.promise("AL2")
TREATMENT = rule_of(Way.TREATMENT)
FORM = rule_of(Way.AUTHORIZATION)


def name_of(rule) -> str:
    return f"{rule.act}-{rule.recipient}-{rule.purpose}"


@pytest.mark.parametrize("rule", TABLE, ids=name_of)
@pytest.mark.parametrize("missing", ["consents", "restrictions"])
def test_where_nobody_looked_nothing_goes(rule, missing) -> None:
    yes(asked(rule))
    assert no(replace(asked(rule), **{missing: None})) == "not_looked_up"


def test_an_empty_list_of_consents_permits_nothing_that_rests_on_one() -> None:
    assert no(asked(FORM, consents=())) == "no_authorization"
    assert no(asked(TREATMENT, Tag.PART2, consents=())) == "part2"


@pytest.mark.parametrize("emptied", ["recipients", "purposes", "categories", "tags", "parties"])
def test_a_consent_that_names_nothing_covers_nothing(emptied) -> None:
    question = asked(FORM, Tag.HIV, consents=())
    yes(consenting(question, FORM, ConsentKind.AUTHORIZATION))
    empty = consenting(question, FORM, ConsentKind.AUTHORIZATION, **{emptied: frozenset()})
    assert no(empty) == "no_authorization"


def test_of_restrictions_that_disagree_each_holds() -> None:
    only_tests = Restriction(categories=frozenset({Category.RECORDS}))
    all_but_care = Restriction(purposes=frozenset({Purpose.PAYMENT}))
    over = Restriction(through=date(2026, 6, 14))
    question = restricted(asked(TREATMENT), all_but_care, over, only_tests)
    decision = decide(question)
    assert decision.permitted
    assert {item.category for item in decision.cut} == {Category.RECORDS}
    # One that is over lifts no other.
    assert no(restricted(asked(TREATMENT), over, Restriction())) == "restricted"
    yes(restricted(asked(TREATMENT), over))


@pytest.mark.parametrize("zone", [ZONE, UTC], ids=str)
def test_a_last_day_lasts_to_midnight_in_the_plans_zone(zone) -> None:
    last = date(2026, 6, 15)
    question = consenting(asked(FORM, consents=()), FORM, ConsentKind.AUTHORIZATION, through=last)
    midnight = datetime(2026, 6, 16, tzinfo=zone)
    yes(replace(question, now=midnight - timedelta(seconds=1)))
    assert no(replace(question, now=midnight)) == "no_authorization"
    held = restricted(asked(TREATMENT), Restriction(through=last))
    assert no(replace(held, now=midnight - timedelta(seconds=1))) == "restricted"
    yes(replace(held, now=midnight))


@pytest.mark.promise("AM3")
def test_an_agreement_holds_from_its_first_day_to_the_end_of_its_last() -> None:
    associate = rule_of(Way.TO_ASSOCIATE)
    held = Agreement(frozenset({associate.purpose}), date(2026, 3, 1), date(2026, 6, 15))
    question = asked(associate, agreement=held)
    first, over = datetime(2026, 3, 1, tzinfo=ZONE), datetime(2026, 6, 16, tzinfo=ZONE)
    for inside in (first, over - timedelta(seconds=1)):
        yes(replace(question, now=inside))
    for outside in (first - timedelta(seconds=1), over):
        assert no(replace(question, now=outside)) == "no_agreement"


def test_a_last_day_of_29_february_is_over_on_1_march() -> None:
    leap = consenting(
        asked(FORM, consents=()),
        FORM,
        ConsentKind.AUTHORIZATION,
        through=date(2028, 2, 29),
    )
    yes(replace(leap, now=datetime(2028, 2, 29, 23, 59, tzinfo=ZONE)))
    assert no(replace(leap, now=datetime(2028, 3, 1, tzinfo=ZONE))) == "no_authorization"


def test_what_is_signed_later_is_not_signed_yet() -> None:
    question = consenting(
        asked(FORM, consents=()),
        FORM,
        ConsentKind.AUTHORIZATION,
        signed_at=NOW + timedelta(minutes=1),
    )
    assert no(question) == "no_authorization"
    yes(replace(question, now=NOW + timedelta(minutes=1)))


def test_only_consent_to_all_care_may_have_no_end_and_name_a_class() -> None:
    open_ended = {"through": None, "parties": frozenset()}
    question = asked(TREATMENT, Tag.PART2)
    yes(consenting(question, TREATMENT, ConsentKind.PART2_TPO, **open_ended))
    for what in (open_ended, {"through": None}, {"parties": frozenset()}):
        assert no(consenting(question, TREATMENT, ConsentKind.PART2, **what)) == "part2"


@pytest.mark.bar("unknown_tag")
@pytest.mark.parametrize("rule", TABLE, ids=name_of)
def test_a_tag_that_nobody_knows_is_refused_to_everyone(rule) -> None:
    assert no(asked(rule, "part_2")) == "unknown_tag"


@pytest.mark.parametrize(
    "change", [{"act": "read"}, {"recipient": "friend"}, {"purpose": "curiosity"}, {"items": ()}]
)
def test_an_unknown_word_is_refused(change) -> None:
    assert no(replace(asked(TREATMENT), **change)) in {"no_rule", "nothing_asked"}


def test_who_is_two_things_gets_what_both_may_have() -> None:
    provider = asked(rule_of(Way.PAYMENT_OPERATIONS, Purpose.PAYMENT))
    yes(replace(provider, also=frozenset({Recipient.OTHER_PLAN})))
    # The employer who is also a provider may not have it as an employer.
    assert no(replace(provider, also=frozenset({Recipient.PLAN_SPONSOR}))) == "no_rule"


def test_who_is_two_things_owes_what_both_owe_and_loses_what_either_loses() -> None:
    rule = rule_of(Way.PAYMENT_OPERATIONS, Purpose.OPERATIONS)
    agreed = Agreement(frozenset({Purpose.OPERATIONS}), date(2026, 1, 1))
    blocked = Restriction(
        recipients=frozenset({rule.recipient}), categories=frozenset({Category.CLAIMS})
    )
    travels = Restriction(recipients=frozenset({Recipient.BUSINESS_ASSOCIATE}))
    question = restricted(asked(rule, agreement=agreed), blocked, travels)
    both = replace(question, also=frozenset({Recipient.BUSINESS_ASSOCIATE}))
    decision = decide(both)
    assert decision.permitted
    assert {item.category for item in decision.cut} == {Category.CLAIMS}
    assert decision.obligations == (Obligation.TELL_RESTRICTION,)


def test_two_roles_between_which_nothing_is_left_are_refused() -> None:
    rule = rule_of(Way.PAYMENT_OPERATIONS, Purpose.OPERATIONS)
    other = Recipient.PROVIDER if rule.recipient is Recipient.OTHER_PLAN else Recipient.OTHER_PLAN
    kinds = sorted(rule.categories)
    first, rest = frozenset(kinds[:1]), frozenset(kinds[1:])
    question = restricted(
        asked(rule),
        Restriction(recipients=frozenset({rule.recipient}), categories=first),
        Restriction(recipients=frozenset({other}), categories=rest),
    )
    assert decide(question).permitted
    assert no(replace(question, also=frozenset({other}))) == "restricted"


@pytest.mark.promise("AM3")
@pytest.mark.parametrize(
    "agreement",
    [
        None,
        Agreement(frozenset(), date(2026, 1, 1)),
        Agreement(frozenset({Purpose.PAYMENT}), date(2026, 1, 1)),
        Agreement(frozenset({Purpose.OPERATIONS}), date(2026, 1, 1), date(2026, 6, 14)),
        Agreement(frozenset({Purpose.OPERATIONS}), date(2026, 6, 16)),
    ],
    ids=["none", "empty", "another purpose", "over", "not begun"],
)
def test_a_purpose_that_no_agreement_in_force_lists_is_refused(agreement) -> None:
    rule = rule_of(Way.TO_ASSOCIATE)
    yes(asked(rule))
    assert no(asked(rule, agreement=agreement)) == "no_agreement"


@pytest.mark.promise("AM4")
@pytest.mark.parametrize("rule", TABLE, ids=name_of)
def test_what_the_notice_does_not_tell_of_is_not_done(rule) -> None:
    question = with_facts(asked(rule), Fact.OUTSIDE_THE_NOTICE)
    if rule.way in {Way.TO_MEMBER, Way.TO_REPRESENTATIVE, Way.HHS}:
        yes(question)
    else:
        assert no(question) == "outside_the_notice"


@pytest.mark.promise("AL23")
def test_a_consent_signed_after_a_revocation_is_a_new_one() -> None:
    revoked = permission(FORM, ConsentKind.AUTHORIZATION, revoked_at=NOW - timedelta(days=2))
    twin = permission(FORM, ConsentKind.AUTHORIZATION)
    anew = permission(FORM, ConsentKind.AUTHORIZATION, signed_at=NOW - timedelta(days=1))
    assert no(asked(FORM, consents=(revoked, twin))) == "no_authorization"
    yes(asked(FORM, consents=(revoked, twin, anew)))
    # Of one signed at that very moment nobody knows which came first.
    assert revoked.revoked_at is not None
    at_once = replace(anew, signed_at=revoked.revoked_at)
    assert no(asked(FORM, consents=(revoked, at_once))) == "no_authorization"


@pytest.mark.promise("AL23")
def test_a_revocation_for_one_party_leaves_another_partys_consent() -> None:
    revoked = permission(
        FORM, ConsentKind.AUTHORIZATION, revoked_at=NOW, parties=frozenset({"party-2"})
    )
    yes(asked(FORM, consents=(revoked, permission(FORM, ConsentKind.AUTHORIZATION))))


@pytest.mark.parametrize("changes", [{"recipient": None}, {"state": "zz"}, {"items": ()}], ids=str)
def test_a_mistake_is_accounted_and_looked_into_whoever_got_it(changes) -> None:
    gone = replace(asked(TREATMENT), purpose=Purpose.MISTAKE, **changes)
    assert no(gone) == "mistake"
    assert set(decide(gone).obligations) == {Obligation.ACCOUNT, Obligation.ASSESS_BREACH}


def test_a_time_without_its_zone_is_no_time() -> None:
    question = consenting(asked(TREATMENT, Tag.PART2), TREATMENT, ConsentKind.PART2)
    yes(question)
    naive = NOW.replace(tzinfo=None)
    assert no(replace(question, now=naive)) == "not_looked_up"
    signed = consenting(asked(TREATMENT, Tag.PART2), TREATMENT, ConsentKind.PART2, signed_at=naive)
    assert no(signed) == "part2"
    # Nobody knows that it came before the revocation, so it ends with it.
    assert no(consenting(question, TREATMENT, ConsentKind.PART2, revoked_at=naive)) == "part2"
