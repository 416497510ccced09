"""What is asked of an item before any row: notes kept apart, genes, a registrant's data, and tags
that some may not see at all. Each function answers a reason to refuse the item, or nothing."""

from dataclasses import replace

from consents import states
from consents.matrix import Way
from consents.on_file import consented, names_payment
from consents.question import (
    Category,
    ConsentKind,
    Fact,
    Item,
    Purpose,
    Question,
    Recipient,
    Tag,
    Trait,
)
from consents.roles import Rule
from consents.sentences import Reason
from consents.sharing import GROUNDS

_TAGS = frozenset(tag.value for tag in Tag)

# Psychotherapy notes go without the member's own authorization for these alone (164.508(a)(2)).
# With a purpose, the fact that it also takes; None where the purpose is enough.
NOTES_GO: dict[Purpose, Fact | None] = {
    Purpose.TREATMENT: Fact.AUTHOR_OF_NOTES,
    Purpose.TRAINING: Fact.OWN_TRAINEES,
    Purpose.LEGAL_DEFENSE: Fact.SUED_BY_THE_MEMBER,
    Purpose.HHS_INVESTIGATION: None,
    Purpose.REQUIRED_BY_LAW: None,
    Purpose.HEALTH_OVERSIGHT: Fact.ABOUT_THE_AUTHOR,
    Purpose.CORONER: Fact.TO_THE_CORONER,
    Purpose.SERIOUS_THREAT: None,
}
# A minor's confidential item is for nobody who stands near the family, also in later years, but for
# whoever stands in the member's shoes then (see `_not_for`). What might endanger someone is for
# nobody who could hand it on to them (164.502(g)(3), 524(a)(3)).
_NOT_FOR: dict[Tag, frozenset[Way]] = {
    Tag.MINOR_CONFIDENTIAL: frozenset({Way.TO_REPRESENTATIVE, Way.INVOLVED, Way.TO_SPONSOR}),
    Tag.ENDANGERMENT_HOLD: frozenset(
        {Way.TO_MEMBER, Way.TO_REPRESENTATIVE, Way.INVOLVED, Way.TO_SPONSOR}
    ),
}
BY_AUTHORIZATION = {
    Purpose.MARKETING: Reason.MARKETING,
    Purpose.SALE: Reason.SALE,
    Purpose.EMPLOYMENT: Reason.EMPLOYMENT,
}


# To set the price of a plan is underwriting, whoever does it (164.502(a)(5)(i)(A)). And DNA finds
# nobody: it is none of the eight items (164.512(f)(2)(i), (ii), (j)(3)).
_NO_GENES = frozenset(
    {Purpose.UNDERWRITING, Purpose.PLAN_BIDS, Purpose.LOCATE, Purpose.VIOLENT_CRIME}
)


def bar(
    question: Question, recipient: Recipient, rule: Rule, item: Item, pack: states.Pack
) -> Reason | None:
    if not item.tags:
        return _registrant(question, item) or _by_authorization(question, recipient, rule, item)
    if rule.way is Way.TO_MEMBER and pack.opened & item.tags:
        # For own access the more generous law holds.
        item = replace(item, tags=item.tags - pack.opened)
    return (
        _unknown(item)
        or _registrant(question, item)
        or _genes(question, item)
        or _notes(question, recipient, item)
        or _by_authorization(question, recipient, rule, item)
        or _not_for(question, recipient, rule, item)
        or _by_state(question, recipient, rule, item, pack)
    )


def _unknown(item: Item) -> Reason | None:
    return None if item.tags <= _TAGS else Reason.UNKNOWN_TAG


def _registrant(question: Question, item: Item) -> Reason | None:
    """Never sold, never used for anything else (promises AM14, AM15)."""
    if item.category is Category.REGISTRANT and question.purpose is not Purpose.IDENTIFICATION:
        return Reason.REGISTRANT
    return None


def _genes(question: Question, item: Item) -> Reason | None:
    """45 CFR 164.502(a)(5)(i), 512(f)(2)(ii). No consent opens it."""
    if Tag.GENETIC in item.tags and question.purpose in _NO_GENES:
        return Reason.GENES
    return None


def _notes(question: Question, recipient: Recipient, item: Item) -> Reason | None:
    # Its own consent alone opens either kind, in each case only for that kind.
    own = ConsentKind.SUD_NOTES
    if Tag.SUD_NOTES in item.tags and not consented(question, recipient, item, own):
        return Reason.SUD_NOTES
    if Tag.PSYCHOTHERAPY_NOTES not in item.tags or _notes_go(question, recipient):
        return None
    own = ConsentKind.PSYCHOTHERAPY_NOTES
    return None if consented(question, recipient, item, own) else Reason.PSYCHOTHERAPY_NOTES


def _notes_go(question: Question, recipient: Recipient) -> bool:
    # Nobody writes notes for somebody else, so an associate is never their author.
    if question.purpose not in NOTES_GO or recipient is Recipient.BUSINESS_ASSOCIATE:
        return False
    fact = NOTES_GO[question.purpose]
    return fact is None or fact in question.facts


def _by_authorization(
    question: Question, recipient: Recipient, rule: Rule, item: Item
) -> Reason | None:
    """Marketing, sale and employment acts: the authorization names any payment (164.508)."""
    if rule.way is not Way.AUTHORIZATION:
        return None
    reason = BY_AUTHORIZATION.get(rule.purpose, Reason.NO_AUTHORIZATION)
    kind = (
        ConsentKind.PSYCHOTHERAPY_NOTES
        if Tag.PSYCHOTHERAPY_NOTES in item.tags
        else ConsentKind.AUTHORIZATION
    )
    if not consented(question, recipient, item, kind):
        return reason
    paid = rule.purpose is Purpose.SALE or Fact.PAID_FOR in question.facts
    if paid and not names_payment(question, recipient, item, kind):
        return reason
    return None


def _not_for(question: Question, recipient: Recipient, rule: Rule, item: Item) -> Reason | None:
    """What a minor alone agreed to, a parent sees with the minor's yes (164.502(g)(3)(i)).

    Whoever stands for an adult sees it as the adult would (164.502(g)(2)).
    """
    tags = item.tags
    if rule.way is Way.TO_REPRESENTATIVE and (
        not of_minor(question) or consented(question, recipient, item, ConsentKind.MINORS_OWN)
    ):
        tags -= {Tag.MINOR_CONFIDENTIAL}
    if any(rule.way in ways for tag, ways in _NOT_FOR.items() if tag in tags):
        return Reason.HELD_BACK
    return None


# Inside the house, to the member and to whoever acts for them, a state's secrecy says nothing. An
# associate is the plan's own hand, bound by its agreement; but on a ground of section 512 it may
# do no more than the plan could.
_NOT_SECRET = frozenset(
    {Way.STAFF_USE, Way.TO_MEMBER, Way.TO_REPRESENTATIVE, Way.TO_ASSOCIATE, Way.MISTAKE}
)
_OWN_CONSENTS = (
    ConsentKind.AUTHORIZATION, ConsentKind.PSYCHOTHERAPY_NOTES, ConsentKind.PART2,
    ConsentKind.PART2_PROCEEDINGS, ConsentKind.SUD_NOTES,
)  # fmt: skip


def _by_state(
    question: Question, recipient: Recipient, rule: Rule, item: Item, pack: states.Pack
) -> Reason | None:
    """What the law of the plan's state asks beside all this (45 CFR 160.203(b), 502(g)(3)(ii))."""
    if _as_parent(question, rule) and (reason := _for_parent(question, recipient, item, pack)):
        return reason
    if _within(rule) or not pack.keeps_secret(rule.purpose, item.tags, question.facts):
        return None
    if consented(question, recipient, item, *_OWN_CONSENTS):
        return None
    return Reason.STATE


def _as_parent(question: Question, rule: Rule) -> bool:
    """Whoever stands for a minor, and a minor's parent who asks as someone involved in care."""
    if rule.way is Way.INVOLVED:
        return Fact.PARENT_OF_MINOR in question.facts
    return rule.way is Way.TO_REPRESENTATIVE and of_minor(question)


def _within(rule: Rule) -> bool:
    return rule.way in _NOT_SECRET and rule.purpose not in GROUNDS


def of_minor(question: Question) -> bool:
    """Whoever stands for a minor is held as a parent is, a guardian too (164.502(g)(3)(i)).

    So is whoever stands for someone who may be one: of an unknown age, both rules must permit.
    """
    young = question.age is None or question.age < states.FULL_AGE
    return young or Fact.PARENT_OF_MINOR in question.facts


def _for_parent(
    question: Question, recipient: Recipient, item: Item, pack: states.Pack
) -> Reason | None:
    consented_to_care = Trait.PARENT_CONSENTED in item.traits
    needs = pack.for_parent(question.age, item.tags, consented=consented_to_care)
    minors = (ConsentKind.MINORS_OWN, ConsentKind.MINORS_PART2)
    if states.ParentsNeed.MINORS_CONSENT in needs and not consented(
        question, recipient, item, *minors
    ):
        return Reason.STATE
    if states.ParentsNeed.PROFESSIONAL in needs and Fact.PROFESSIONAL_AGREES not in question.facts:
        return Reason.STATE
    return None
