"""The matrix, cell by cell: care, payment, companies, employers, family, forms."""

from dataclasses import replace

import pytest

from consents.matrix import Way
from consents.question import Act, Category, ConsentKind, Fact, Obligation, Purpose, Tag
from consents.roles import Rule
from consents.rules import TABLE, decide
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


@pytest.mark.promise("AL6")
@pytest.mark.cell("treatment.basis")
def test_treatment_takes_evidence_of_a_relationship() -> None:
    rule = rule_of(Way.TREATMENT)
    decision = yes(asked(rule))
    assert (decision.basis, decision.citation) == ("treatment", "164.506(c)(1)-(2)")
    assert no(without(asked(rule), Fact.RELATIONSHIP)) == "fact_missing"


@pytest.mark.promise("AL6")
@pytest.mark.cell("treatment.minimum")
def test_nothing_is_cut_for_a_provider() -> None:
    rule = rule_of(Way.TREATMENT)
    yes(untraited(asked(rule)))


@pytest.mark.promise("AL6")
@pytest.mark.cell("treatment.restriction")
def test_a_restriction_holds_but_in_an_emergency() -> None:
    rule = rule_of(Way.TREATMENT)
    question = restricted(asked(rule))
    assert no(question) == "restricted"
    urgent = with_facts(question, Fact.EMERGENCY)
    assert owes(urgent, Obligation.ASK_NOT_TO_USE_FURTHER)
    # What the emergency does not need stays where it is (45 CFR 164.522(a)(1)(iii)).
    assert no(untraited(urgent)) == "restricted"


@pytest.mark.promise("AL6")
@pytest.mark.cell("treatment.part2")
def test_substance_use_records_go_to_care_with_consent_notice_and_scope() -> None:
    rule = rule_of(Way.TREATMENT)
    question = asked(rule, Tag.PART2)
    assert no(question) == "part2"
    assert owes(consenting(question, rule, ConsentKind.PART2_TPO), *NOTICE)
    assert owes(consenting(question, rule, ConsentKind.PART2), *NOTICE)
    # Or in an emergency, with no consent to send along.
    urgent = with_facts(question, Fact.PART2_EMERGENCY)
    assert owes(urgent, Obligation.DOCUMENT_EMERGENCY)
    assert not owes(urgent, *NOTICE)


@pytest.mark.promise("AL6")
@pytest.mark.cell("treatment.accounting")
def test_treatment_is_in_no_accounting() -> None:
    rule = rule_of(Way.TREATMENT)
    assert not owes(asked(rule), Obligation.ACCOUNT)


@pytest.mark.promise("AL8")
@pytest.mark.cell("payment_operations.basis")
def test_operations_of_another_plan_take_a_relationship_of_both() -> None:
    payment = rule_of(Way.PAYMENT_OPERATIONS)
    assert yes(asked(payment)).citation == "164.506(c)(3)"
    rule = rule_of(Way.PAYMENT_OPERATIONS, Purpose.OPERATIONS)
    assert yes(asked(rule)).citation == "164.506(c)(4)"
    assert no(without(asked(rule), Fact.BOTH_HAD_RELATIONSHIP)) == "fact_missing"
    assert no(without(asked(rule), Fact.OPERATIONS_OF_ALLOWED_KIND)) == "fact_missing"


@pytest.mark.promise("AL9")
@pytest.mark.cell("payment_operations.minimum")
def test_payment_needs_bills_and_no_records() -> None:
    rule = rule_of(Way.PAYMENT_OPERATIONS)
    yes(asked(rule))
    assert no(with_item(asked(rule), Category.RECORDS)) == "not_necessary"


@pytest.mark.promise("AL9")
@pytest.mark.cell("payment_operations.restriction")
def test_a_restriction_blocks_payment() -> None:
    rule = rule_of(Way.PAYMENT_OPERATIONS)
    yes(asked(rule))
    assert no(restricted(asked(rule))) == "restricted"


@pytest.mark.promise("AL9")
@pytest.mark.cell("payment_operations.part2")
def test_substance_use_claims_go_with_consent_notice_and_scope() -> None:
    rule = rule_of(Way.PAYMENT_OPERATIONS)
    question = asked(rule, Tag.PART2)
    assert no(question) == "part2"
    assert owes(consenting(question, rule, ConsentKind.PART2_TPO), *NOTICE)
    assert owes(consenting(question, rule, ConsentKind.PART2), *NOTICE)


@pytest.mark.promise("AL9")
@pytest.mark.cell("payment_operations.accounting")
def test_payment_is_in_no_accounting() -> None:
    rule = rule_of(Way.PAYMENT_OPERATIONS)
    assert not owes(asked(rule), Obligation.ACCOUNT)


@pytest.mark.promise("AM3")
@pytest.mark.cell("to_the_associate.basis")
def test_a_company_works_for_the_purposes_its_contract_lists() -> None:
    rule = rule_of(Way.TO_ASSOCIATE)
    assert yes(asked(rule)).citation == "164.502(e), 504(e)"
    assert no(asked(rule, agreement=None)) == "no_agreement"


@pytest.mark.promise("AL10")
@pytest.mark.cell("to_the_associate.minimum")
def test_a_company_gets_what_its_purpose_needs() -> None:
    rule = rule_of(Way.TO_ASSOCIATE)
    yes(asked(rule))
    bills = rule_of(Way.TO_ASSOCIATE, Purpose.PAYMENT)
    assert no(with_item(asked(bills), Category.RECORDS)) == "not_necessary"


@pytest.mark.promise("AL10")
@pytest.mark.cell("to_the_associate.restriction")
def test_a_restriction_travels_along() -> None:
    rule = rule_of(Way.TO_ASSOCIATE)
    assert not owes(asked(rule), Obligation.TELL_RESTRICTION)
    assert owes(restricted(asked(rule)), Obligation.TELL_RESTRICTION)


@pytest.mark.promise("AL10")
@pytest.mark.cell("to_the_associate.part2")
def test_substance_use_records_go_to_a_company_with_consent() -> None:
    rule = rule_of(Way.TO_ASSOCIATE)
    question = asked(rule, Tag.PART2)
    assert no(question) == "part2"
    assert owes(consenting(question, rule, ConsentKind.PART2_TPO), *NOTICE)
    assert owes(consenting(question, rule, ConsentKind.PART2), *NOTICE)


@pytest.mark.promise("AL10")
@pytest.mark.cell("to_the_associate.accounting")
def test_a_companys_disclosures_are_accounted_for_by_their_purpose() -> None:
    rule = rule_of(Way.TO_ASSOCIATE)
    assert not owes(asked(rule), Obligation.ACCOUNT)
    assert owes(asked(rule_of(Way.TO_ASSOCIATE, Purpose.PUBLIC_HEALTH)), Obligation.ACCOUNT)


@pytest.mark.promise("AL11")
@pytest.mark.cell("to_the_sponsor.basis")
def test_an_employer_promises_first_and_the_notice_says_so() -> None:
    rule = rule_of(Way.TO_SPONSOR)
    assert yes(asked(rule)).citation == "164.504(f)(2)-(3)"
    assert no(without(asked(rule), Fact.SPONSOR_CERTIFIED)) == "not_certified"
    assert no(without(asked(rule), Fact.NAMED_CLASS)) == "not_certified"
    assert no(without(asked(rule), Fact.NOTICE_TELLS_SPONSOR)) == "outside_the_notice"


@pytest.mark.promise("AL11")
@pytest.mark.cell("to_the_sponsor.minimum")
def test_without_a_promise_an_employer_has_totals_alone() -> None:
    rule = rule_of(Way.TO_SPONSOR, Purpose.PLAN_BIDS)
    yes(asked(rule))
    assert no(with_item(asked(rule), Category.CLAIMS)) == "not_necessary"
    assert no(with_item(asked(rule_of(Way.TO_SPONSOR)), Category.RECORDS)) == "not_necessary"


@pytest.mark.promise("AL11")
@pytest.mark.cell("to_the_sponsor.restriction")
def test_a_restriction_blocks_the_employer() -> None:
    rule = rule_of(Way.TO_SPONSOR)
    yes(asked(rule))
    assert no(restricted(asked(rule))) == "restricted"


@pytest.mark.promise("AL11")
@pytest.mark.cell("to_the_sponsor.part2")
def test_substance_use_records_go_to_an_employer_with_consent() -> None:
    rule = rule_of(Way.TO_SPONSOR)
    question = asked(rule, Tag.PART2)
    assert no(consenting(question, rule, ConsentKind.PART2_TPO)) == "part2"
    assert owes(consenting(question, rule, ConsentKind.PART2), *NOTICE)


@pytest.mark.promise("AL11")
@pytest.mark.cell("to_the_sponsor.accounting")
def test_what_an_employer_got_is_accounted_for_but_for_administration() -> None:
    rule = rule_of(Way.TO_SPONSOR)
    assert not owes(asked(rule), Obligation.ACCOUNT)
    assert owes(asked(rule_of(Way.TO_SPONSOR, Purpose.PLAN_BIDS)), Obligation.ACCOUNT)


@pytest.mark.promise("AL15")
@pytest.mark.cell("involved.basis")
def test_family_is_told_when_the_member_agreed_or_could_not_say() -> None:
    rule = rule_of(Way.INVOLVED)
    question = asked(rule)
    assert yes(question).citation == "164.510(b)"
    unasked = without(question, Fact.MEMBER_AGREED)
    assert no(unasked) == "no_evidence"
    unable = with_facts(unasked, Fact.BEST_INTEREST)
    yes(unable)
    assert no(with_facts(unable, Fact.OBJECTED)) == "objected"


@pytest.mark.promise("AL15")
@pytest.mark.cell("involved.minimum")
def test_family_is_told_what_is_directly_relevant() -> None:
    rule = rule_of(Way.INVOLVED)
    yes(asked(rule))
    assert no(untraited(asked(rule))) == "not_necessary"


@pytest.mark.promise("AL15")
@pytest.mark.cell("involved.restriction")
def test_a_restriction_blocks_family() -> None:
    rule = rule_of(Way.INVOLVED)
    yes(asked(rule))
    assert no(restricted(asked(rule))) == "restricted"


@pytest.mark.promise("AL15")
@pytest.mark.cell("involved.part2")
def test_substance_use_records_go_to_family_with_consent() -> None:
    rule = rule_of(Way.INVOLVED)
    question = asked(rule, Tag.PART2)
    assert no(consenting(question, rule, ConsentKind.PART2_TPO)) == "part2"
    assert owes(consenting(question, rule, ConsentKind.PART2), *NOTICE)


@pytest.mark.promise("AL16")
@pytest.mark.cell("involved.accounting")
def test_what_family_was_told_is_in_no_accounting() -> None:
    rule = rule_of(Way.INVOLVED)
    assert not owes(asked(rule), Obligation.ACCOUNT)
    unable = with_facts(without(asked(rule), Fact.MEMBER_AGREED), Fact.BEST_INTEREST)
    assert not owes(unable, Obligation.ACCOUNT)


@pytest.mark.promise("AL16")
def test_what_was_judged_best_is_looked_over_and_told_later() -> None:
    rule, later = rule_of(Way.INVOLVED), (Obligation.OFFICER_REVIEWS, Obligation.TELL_MEMBER)
    unable = with_facts(without(asked(rule), Fact.MEMBER_AGREED), Fact.BEST_INTEREST)
    assert owes(unable, *later)
    assert not any(owes(with_facts(unable, Fact.MEMBER_AGREED), one) for one in later)


@pytest.mark.promise("AL24")
def test_whose_abuse_is_reported_is_told_unless_that_endangers_them() -> None:
    rule = rule_of(Way.PUBLIC_GROUND, Purpose.ABUSE_VICTIM)
    assert owes(asked(rule), Obligation.TELL_MEMBER)
    assert not owes(with_facts(asked(rule), Fact.TELLING_ENDANGERS), Obligation.TELL_MEMBER)
    other = rule_of(Way.PUBLIC_GROUND, Purpose.PUBLIC_HEALTH)
    assert not owes(asked(other), Obligation.TELL_MEMBER)


@pytest.mark.promise("AL11")
@pytest.mark.parametrize("purpose", [Purpose.PLAN_BIDS, Purpose.UNDERWRITING])
def test_an_employer_gets_nothing_of_which_the_notice_does_not_tell(purpose: Purpose) -> None:
    question = asked(rule_of(Way.TO_SPONSOR, purpose))
    yes(question)
    assert no(without(question, Fact.NOTICE_TELLS_SPONSOR)) == "outside_the_notice"


@pytest.mark.promise("AH16")
@pytest.mark.cell("authorization.basis")
def test_a_signed_form_that_holds_lets_it_go() -> None:
    rule = rule_of(Way.AUTHORIZATION)
    assert yes(asked(rule)).citation == "164.508"
    assert no(asked(rule, consents=())) == "no_authorization"
    incomplete = consenting(
        asked(rule, consents=()), rule, ConsentKind.AUTHORIZATION, complete=False
    )
    assert no(incomplete) == "no_authorization"


@pytest.mark.promise("AH16")
@pytest.mark.cell("authorization.minimum")
def test_a_form_lets_go_what_it_says_and_no_more() -> None:
    rule = rule_of(Way.AUTHORIZATION)
    claims = frozenset({Category.CLAIMS})
    question = consenting(
        asked(rule, consents=()), rule, ConsentKind.AUTHORIZATION, categories=claims
    )
    yes(with_item(question, Category.CLAIMS))
    assert no(with_item(question, Category.RECORDS)) == "no_authorization"


@pytest.mark.promise("AH16")
@pytest.mark.cell("authorization.restriction")
def test_the_member_says_which_of_form_and_restriction_governs() -> None:
    rule = rule_of(Way.AUTHORIZATION)
    question = restricted(asked(rule))
    assert no(question) == "ask_member"
    yes(with_facts(question, Fact.AUTHORIZATION_GOVERNS))


@pytest.mark.promise("AH16")
@pytest.mark.cell("authorization.part2")
def test_a_form_for_substance_use_records_has_part_2s_elements_too() -> None:
    rule = rule_of(Way.AUTHORIZATION)
    question = asked(rule, Tag.PART2)
    assert no(consenting(question, rule, ConsentKind.PART2_TPO)) == "part2"
    assert owes(consenting(question, rule, ConsentKind.PART2), *NOTICE)


@pytest.mark.promise("AH16")
@pytest.mark.cell("authorization.accounting")
def test_what_a_form_let_go_is_in_no_accounting() -> None:
    rule = rule_of(Way.AUTHORIZATION)
    assert not owes(asked(rule), Obligation.ACCOUNT)


@pytest.mark.promise("AM4")
@pytest.mark.parametrize("purpose", [Purpose.PUBLIC_HEALTH, Purpose.HEALTH_OVERSIGHT], ids=str)
def test_a_company_can_do_nothing_that_the_plan_could_not(purpose) -> None:
    """45 CFR 164.504(e)(2)(i): with the papers that the plan needs, and in a state's limits."""
    company = rule_of(Way.TO_ASSOCIATE, purpose)
    for fact in (Fact.REQUESTER_VERIFIED, Fact.EVIDENCE):
        no(without(asked(company), fact))
    kept = replace(asked(company, Tag.MENTAL_HEALTH), state="nc", pack="2026-11-27")
    assert no(kept) == "state"
    for work in (Purpose.TREATMENT, Purpose.OPERATIONS):
        own_hand = asked(rule_of(Way.TO_ASSOCIATE, work), Tag.MENTAL_HEALTH)
        yes(replace(own_hand, state="nc", pack="2026-11-27"))


OUTSIDE = [rule for rule in TABLE if rule.act is Act.DISCLOSE]


def called(rule: Rule) -> str:
    return f"{rule.recipient}-{rule.purpose}"


@pytest.mark.promise("AH13")
@pytest.mark.parametrize("rule", OUTSIDE, ids=called)
def test_nothing_leaves_before_it_was_checked_who_asks(rule) -> None:
    """45 CFR 164.514(h)(1); but to family and friends (510), and companies have a contract."""
    unchecked = without(asked(rule), Fact.REQUESTER_VERIFIED)
    of_grounds = {Purpose.PUBLIC_HEALTH, Purpose.HEALTH_OVERSIGHT}
    free = rule.way is Way.INVOLVED or (
        rule.way is Way.TO_ASSOCIATE and rule.purpose not in of_grounds
    )
    assert decide(unchecked).permitted == free


@pytest.mark.promise("AM15")
@pytest.mark.parametrize("rule", OUTSIDE, ids=called)
def test_what_someone_pays_for_is_a_sale_whatever_it_is_called(rule) -> None:
    """45 CFR 164.502(a)(5)(ii), with what it leaves out."""
    decision = decide(with_facts(asked(rule), Fact.PAID_FOR))
    free = {Purpose.TREATMENT, Purpose.PAYMENT, Purpose.PUBLIC_HEALTH, Purpose.REQUIRED_BY_LAW}
    # HHS pays nobody; these forms name the payment.
    ways = {Way.HHS, Way.AUTHORIZATION}
    if rule.purpose in free or rule.way in ways:
        assert decision.permitted
    else:
        assert decision.reason == "sale"
