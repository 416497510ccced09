"""Questions that the rules answer with yes, to change one thing in."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from consents.matrix import Way
from consents.question import (
    Agreement,
    Category,
    Consent,
    ConsentKind,
    Decision,
    Fact,
    Item,
    Obligation,
    Purpose,
    Question,
    Recipient,
    Restriction,
    Tag,
    Trait,
)
from consents.roles import Rule
from consents.rules import TABLE, decide

ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 6, 15, 12, tzinfo=ZONE)
PARTY = "party-1"
NOTICE = (Obligation.PART2_NOTICE, Obligation.PART2_CONSENT_COPY)
# One of them, where it is there, asks for less.
TRAITS = frozenset(Trait) - {Trait.PARENT_CONSENTED}
# A row's usual purpose, where it has several; and who, where that has several.
USUAL: dict[Way, tuple[Recipient, Purpose]] = {
    Way.STAFF_USE: (Recipient.CARE_WORKER, Purpose.CARE_MESSAGE),
    Way.TO_MEMBER: (Recipient.MEMBER, Purpose.OWN_ACCESS),
    Way.PAYMENT_OPERATIONS: (Recipient.OTHER_PLAN, Purpose.PAYMENT),
    Way.TO_ASSOCIATE: (Recipient.BUSINESS_ASSOCIATE, Purpose.OPERATIONS),
    Way.TO_SPONSOR: (Recipient.PLAN_SPONSOR, Purpose.PLAN_ADMINISTRATION),
    Way.AUTHORIZATION: (Recipient.NAMED_PARTY, Purpose.MEMBERS_CHOICE),
    Way.PUBLIC_GROUND: (Recipient.AUTHORITY, Purpose.HEALTH_OVERSIGHT),
    Way.UNACCOUNTED_GROUND: (Recipient.AUTHORITY, Purpose.CUSTODY),
}


def rule_of(way: Way, purpose: Purpose | None = None) -> Rule:
    usual = USUAL.get(way)
    for rule in TABLE:
        if rule.way is not way or (purpose and rule.purpose is not purpose):
            continue
        if purpose or usual is None or usual == (rule.recipient, rule.purpose):
            return rule
    raise LookupError((way, purpose))


def permission(rule: Rule, kind: ConsentKind, **changes: Any) -> Consent:
    made = Consent(
        kind=kind,
        recipients=frozenset({rule.recipient}),
        purposes=frozenset({rule.purpose}),
        categories=rule.categories,
        signed_at=datetime(2026, 1, 2, 9, tzinfo=ZONE),
        tags=frozenset(tag.value for tag in Tag),
        parties=frozenset({PARTY}),
        through=date(2026, 12, 31),
        complete=True,
        names_payment=True,
    )
    return replace(made, **changes)


def asked(rule: Rule, *tags: str, **changes: Any) -> Question:
    """What the rule permits: all its categories, each item with these tags."""
    items = tuple(Item(one, frozenset(tags), TRAITS) for one in sorted(rule.categories))
    given = (permission(rule, ConsentKind.AUTHORIZATION),)
    question = Question(
        act=rule.act,
        recipient=rule.recipient,
        purpose=rule.purpose,
        items=items,
        facts=rule.needs | (rule.any_of[0] if rule.any_of else frozenset()),
        now=NOW,
        consents=given if rule.way is Way.AUTHORIZATION else (),
        restrictions=(),
        agreement=Agreement(frozenset({rule.purpose}), date(2026, 1, 1), date(2026, 12, 31)),
        party=PARTY,
    )
    return replace(question, **changes)


def with_facts(question: Question, *facts: Fact) -> Question:
    return replace(question, facts=question.facts | frozenset(facts))


def without(question: Question, *facts: Fact) -> Question:
    return replace(question, facts=question.facts - frozenset(facts))


def consenting(question: Question, rule: Rule, kind: ConsentKind, **changes: Any) -> Question:
    held = question.consents or ()
    return replace(question, consents=(*held, permission(rule, kind, **changes)))


def restricted(question: Question, *restrictions: Restriction) -> Question:
    return replace(question, restrictions=restrictions or (Restriction(),))


def yes(question: Question) -> Decision:
    """Permitted, and nothing of it cut away."""
    decision = decide(question)
    assert (decision.permitted, decision.cut, decision.reason) == (True, (), "")
    assert decision.basis
    assert decision.citation
    return decision


def no(question: Question) -> str:
    decision = decide(question)
    assert not decision.permitted
    assert not decision.basis
    assert str(decision.sentence)
    return decision.reason


def owes(question: Question, *obligations: Obligation) -> bool:
    return set(obligations) <= set(yes(question).obligations)


def with_item(question: Question, category: Category, *tags: str) -> Question:
    return replace(question, items=(Item(category, frozenset(tags), TRAITS),))


def untraited(question: Question) -> Question:
    return replace(
        question, items=tuple(replace(one, traits=frozenset()) for one in question.items)
    )
