"""The decision: may this person or recipient have these items, for this purpose?

A pure function over tables: no database, no request. Unknown means no. The tables are `roles`
(within the house), `sharing` (out of it), `matrix` (what cuts and binds) and `bars` (asked before
any row); `on_file` says which permissions and restrictions hold.
"""

from dataclasses import replace

from consents import roles, sharing, states
from consents.bars import BY_AUTHORIZATION, bar, of_minor
from consents.matrix import ROWS, Accounting, Agreed, Minimum, Row, Way
from consents.on_file import consented, restricted
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
    Obligation,
    Purpose,
    Question,
    Recipient,
    Restriction,
    Tag,
    Trait,
)
from consents.roles import Rule
from consents.sentences import LAWS, NO, NOT_THIS, OF_TAGS, SENTENCES, Reason

__all__ = [
    "NO", "TABLE", "VERSION", "Act", "Agreement", "Category", "Consent", "ConsentKind", "Decision",
    "Fact", "Item", "Obligation", "Purpose", "Question", "Reason", "Recipient", "Restriction",
    "Rule", "Tag", "Trait", "decide", "held_to",
]  # fmt: skip

# Of these rules and tables, on each decision in the trail. A test fails when they change and this
# does not.
VERSION = "2026.12"

TABLE: tuple[Rule, ...] = (*roles.RULES, *sharing.RULES)
BY_QUESTION = {(rule.act, rule.recipient, rule.purpose): rule for rule in TABLE}

# Counselling notes are records of a substance use program too (42 CFR 2.11).
_OF_PROGRAMS = frozenset({Tag.PART2, Tag.SUD_NOTES})
# Consent to one is never one with consent to anything else (42 CFR 2.31(d)). A warrant is for one.
_PROCEEDINGS = frozenset({Purpose.COURT, Purpose.LEGAL_DEFENSE, Purpose.LAW_ENFORCEMENT})
_EMERGENCIES = frozenset({Fact.PART2_EMERGENCY, Fact.PART2_FDA})

# What refuses, and where; everywhere where no way is named.
_REFUSED_BY: dict[Fact, tuple[Reason, frozenset[Way] | None]] = {
    Fact.OBJECTED: (Reason.OBJECTED, frozenset({Way.INVOLVED})),
    Fact.MAY_HARM_THE_MEMBER: (Reason.MAY_HARM, frozenset({Way.TO_REPRESENTATIVE, Way.INVOLVED})),
    Fact.OUTSIDE_THE_NOTICE: (
        Reason.OUTSIDE_THE_NOTICE,
        frozenset(Way) - {Way.TO_MEMBER, Way.TO_REPRESENTATIVE, Way.HHS},
    ),
}
# And for one purpose alone.
_REFUSED_FOR: dict[tuple[Fact, Purpose], Reason] = {
    (Fact.MEMBER_IS_TARGET, Purpose.HEALTH_OVERSIGHT): Reason.MEMBER_IS_TARGET,
    (Fact.LEARNED_IN_TREATMENT, Purpose.VIOLENT_CRIME): Reason.LEARNED_IN_TREATMENT,
}
# Whatever it is called, what someone pays the plan for is a sale, but for these purposes
# (164.502(a)(5)(ii)). A signed form names the payment (`bars`).
_SOLD = frozenset(
    {
        Way.PAYMENT_OPERATIONS,
        Way.TO_ASSOCIATE,
        Way.TO_SPONSOR,
        Way.INVOLVED,
        Way.PUBLIC_GROUND,
        Way.UNACCOUNTED_GROUND,
        Way.LIMITED_DATA_SET,
    }
)
_NO_SALE = frozenset(
    {Purpose.TREATMENT, Purpose.PAYMENT, Purpose.PUBLIC_HEALTH, Purpose.REQUIRED_BY_LAW}
)
_MISSING: dict[Fact, Reason] = {
    Fact.ON_THE_MEMBERS_TEAM: Reason.NOT_ON_TEAM,
    Fact.REASON_GIVEN: Reason.NO_REASON_GIVEN,
    Fact.REQUESTER_VERIFIED: Reason.NOT_VERIFIED,
    Fact.EVIDENCE: Reason.NO_EVIDENCE,
    Fact.SPONSOR_CERTIFIED: Reason.NOT_CERTIFIED,
    Fact.NAMED_CLASS: Reason.NOT_CERTIFIED,
    Fact.NOTICE_TELLS_SPONSOR: Reason.OUTSIDE_THE_NOTICE,
}


def decide(question: Question) -> Decision:
    """Answer for all that the recipient is. No matching row, no items, a missing fact: refused.

    The words of a refusal tell nothing of tags: what is refused without them too is refused for
    that, and what is refused for them in one sentence for all.
    """
    answer = _decide(question)
    if answer.permitted or not any(item.tags for item in question.items):
        return answer
    items = tuple(replace(item, tags=frozenset()) for item in question.items)
    plain = _decide(replace(question, items=items))
    return replace(answer, sentence=NOT_THIS) if plain.permitted else plain


def _decide(question: Question) -> Decision:
    pack = states.find(question.state, question.pack, question.now.date())
    if question.purpose is Purpose.MISTAKE:
        after = (Obligation.ACCOUNT, Obligation.ASSESS_BREACH)
        key = pack.key if pack else ""
        return replace(_refused(Reason.MISTAKE), obligations=after, pack=key)
    if pack is None or question.now.tzinfo is None:
        return _refused(Reason.NOT_LOOKED_UP)
    if question.recipient is None:
        return replace(_refused(Reason.NO_RULE), pack=pack.key)
    answer = _decide_as(question, question.recipient, pack)
    for role in sorted(question.also - {question.recipient}):
        answer = _both(question, answer, _decide_as(question, role, pack))
    return replace(answer, pack=pack.key)


def _both(question: Question, one: Decision, other: Decision) -> Decision:
    """Someone in two roles gets what both may have, and owes what both owe."""
    if not one.permitted or not other.permitted:
        return other if one.permitted else one
    cut = tuple(item for item in question.items if item in one.cut or item in other.cut)
    reason = one.reason or other.reason
    if len(cut) == len(question.items):
        return _refused(Reason(reason))
    owed = tuple(sorted({*one.obligations, *other.obligations}))
    return replace(one, cut=cut, obligations=owed, reason=reason)


def _decide_as(question: Question, recipient: Recipient, pack: states.Pack) -> Decision:
    rule = BY_QUESTION.get((question.act, recipient, question.purpose))  # type: ignore[arg-type]
    if rule is None:
        return _refused(BY_AUTHORIZATION.get(question.purpose, Reason.NO_RULE))  # type: ignore[arg-type]
    if refusal := _refusal(question, rule):
        return _refused(refusal)
    cut, reasons, owed = [], [], set(rule.obligations)
    for item in question.items:
        reason, owes = _asked_of(question, recipient, rule, item, pack)
        if reason is None:
            owed |= owes
        else:
            cut.append(item)
            reasons.append(reason)
    if len(cut) == len(question.items):
        return _refused(min(reasons, key=_tells))
    if _accounted(ROWS[rule.way], rule):
        owed.add(Obligation.ACCOUNT)
    owed |= _owed_to_the_member(question, rule)
    return Decision(
        permitted=True,
        basis=rule.basis,
        citation=rule.citation,
        obligations=tuple(sorted(owed)),
        cut=tuple(cut),
        reason=min(reasons, key=_tells, default=""),
        version=VERSION,
    )


def _tells(reason: Reason) -> tuple[bool, Reason]:
    """Of several reasons, first one that rests on no tag."""
    return reason in OF_TAGS, reason


def _refused(reason: Reason) -> Decision:
    return Decision(
        permitted=False,
        citation=LAWS[reason],
        reason=reason,
        version=VERSION,
        sentence=SENTENCES[reason],
    )


def held_to(decision: Decision, carries_out: frozenset[Obligation]) -> Decision:
    """No, to whoever does not know what is owed with a yes."""
    if not decision.permitted or set(decision.obligations) <= carries_out:
        return decision
    reason = Reason.NOT_CARRIED_OUT
    return replace(decision, permitted=False, reason=reason, sentence=SENTENCES[reason])


def _refusal(question: Question, rule: Rule) -> Reason | None:
    """What refuses the whole question."""
    if not question.items:
        return Reason.NOTHING_ASKED
    if question.consents is None or question.restrictions is None:
        return Reason.NOT_LOOKED_UP
    if reason := _refusing(question, rule):
        return reason
    if missing := rule.needs - question.facts:
        return min(_MISSING.get(fact, Reason.FACT_MISSING) for fact in missing)
    if rule.any_of and not any(needs <= question.facts for needs in rule.any_of):
        return Reason.NO_EVIDENCE
    if rule.way is Way.TO_ASSOCIATE and not _agreed_for(question):
        return Reason.NO_AGREEMENT
    return None


def _refusing(question: Question, rule: Rule) -> Reason | None:
    """What refuses by being on file."""
    for fact, (reason, ways) in _REFUSED_BY.items():
        if fact in question.facts and (ways is None or rule.way in ways):
            return reason
    for (fact, purpose), reason in _REFUSED_FOR.items():
        if fact in question.facts and rule.purpose is purpose:
            return reason
    if Fact.PAID_FOR in question.facts and rule.way in _SOLD and rule.purpose not in _NO_SALE:
        return Reason.SALE
    # Of whom the age is not known, nobody is known to be a minor.
    age = states.FULL_AGE if question.age is None else question.age
    if Fact.PARENT_OF_MINOR in question.facts and age >= states.FULL_AGE:
        return Reason.NOT_VERIFIED
    return None


def _agreed_for(question: Question) -> bool:
    """A purpose that no agreement in force lists is refused (45 CFR 164.504(e)(2)(i))."""
    one = question.agreement
    if one is None or question.purpose not in one.purposes:
        return False
    today = question.now.date()
    return one.since <= today and (one.through is None or today <= one.through)


def _accounted(row: Row, rule: Rule) -> bool:
    if row.accounting is Accounting.BY_PURPOSE:
        return rule.purpose not in sharing.UNACCOUNTED
    if row.accounting is Accounting.UNLESS_ADMINISTRATION:
        return rule.purpose is not Purpose.PLAN_ADMINISTRATION
    return row.accounting is Accounting.YES


def _owed_to_the_member(question: Question, rule: Rule) -> set[Obligation]:
    """Where they had no say: to be told, unless that would harm them, and a second look."""
    if rule.purpose is Purpose.ABUSE_VICTIM and Fact.TELLING_ENDANGERS not in question.facts:
        return {Obligation.TELL_MEMBER}
    if rule.way is Way.INVOLVED and Fact.MEMBER_AGREED not in question.facts:
        return {Obligation.OFFICER_REVIEWS, Obligation.TELL_MEMBER}
    return set()


def _asked_of(
    question: Question, recipient: Recipient, rule: Rule, item: Item, pack: states.Pack
) -> tuple[Reason | None, set[Obligation]]:
    """Why this one item may not go, or what is owed when it does."""
    row = ROWS[rule.way]
    if reason := bar(question, recipient, rule, item, pack) or _more_than_needed(rule, row, item):
        return reason, set()
    reason, owed = _agreed(question, recipient, row, item)
    if reason or not item.tags & _OF_PROGRAMS:
        return reason, owed
    owes = _part2(question, recipient, rule, row, item)
    return (Reason.PART2, set()) if owes is None else (None, owed | owes)


def _more_than_needed(rule: Rule, row: Row, item: Item) -> Reason | None:
    """The minimum necessary (45 CFR 164.502(b), 514(d)). What a row doesn't know is too much."""
    if item.category not in rule.categories:
        return Reason.NOT_NECESSARY
    if rule.only and not rule.only & item.traits:
        return Reason.NOT_NECESSARY
    if row.minimum is Minimum.IN_SCOPE and Trait.IN_SCOPE not in item.traits:
        return Reason.NOT_NECESSARY
    if row.minimum is Minimum.RELEVANT and Trait.RELEVANT not in item.traits:
        return Reason.NOT_NECESSARY
    if row.minimum is Minimum.BUILT_IN and Trait.NO_IDENTIFIERS not in item.traits:
        return Reason.NOT_NECESSARY
    # What the law requires is not cut; it still names what it requires.
    if row.minimum is Minimum.NAMED and Trait.NAMED not in item.traits:
        return Reason.NOT_NAMED
    return None


def _agreed(
    question: Question, recipient: Recipient, row: Row, item: Item
) -> tuple[Reason | None, set[Obligation]]:
    if row.agreed is Agreed.IGNORED or not restricted(question, recipient, item):
        return None, set()
    if row.agreed is Agreed.TRAVELS:
        return None, {Obligation.TELL_RESTRICTION}
    if row.agreed is Agreed.UNLESS_EMERGENCY and _needed_now(question, item):
        return None, {Obligation.ASK_NOT_TO_USE_FURTHER}
    if row.agreed is Agreed.ASK_MEMBER:
        governs = Fact.AUTHORIZATION_GOVERNS in question.facts
        return (None if governs else Reason.ASK_MEMBER), set()
    return Reason.RESTRICTED, set()


def _needed_now(question: Question, item: Item) -> bool:
    """For the emergency, and not beside it (45 CFR 164.522(a)(1)(iii))."""
    return Fact.EMERGENCY in question.facts and Trait.NEEDED_NOW in item.traits


def _part2(
    question: Question, recipient: Recipient, rule: Rule, row: Row, item: Item
) -> set[Obligation] | None:
    """What is owed with an item of a program; None where it may not go."""
    ways = row.part2
    if ways.always and not (row.way is Way.TO_REPRESENTATIVE and of_minor(question)):
        return set()
    given = consented(question, recipient, item, *_part2_kinds(rule, row, item))
    opened = question.facts & ways.opening(rule.purpose)
    if Trait.NEEDED_NOW not in item.traits:
        opened -= {Fact.PART2_EMERGENCY}
    if not given and not opened:
        return None
    # Counselling notes came this far by a consent of their own, whatever else they take.
    owed: set[Obligation] = set()
    if ways.carries and (given or Tag.SUD_NOTES in item.tags):
        owed |= {Obligation.PART2_NOTICE, Obligation.PART2_CONSENT_COPY}
    if not given and opened & _EMERGENCIES:
        owed.add(Obligation.DOCUMENT_EMERGENCY)
    return owed


def _part2_kinds(rule: Rule, row: Row, item: Item) -> frozenset[ConsentKind]:
    if rule.purpose in _PROCEEDINGS:
        return frozenset({ConsentKind.PART2_PROCEEDINGS})
    kinds = row.part2.kinds - {ConsentKind.PART2_PROCEEDINGS}
    if ConsentKind.PART2 in kinds and Tag.SUD_NOTES in item.tags:
        # Their own consent is one of Part 2.
        kinds |= {ConsentKind.SUD_NOTES}
    return kinds


def asks_for(question: Question) -> list[tuple[Fact, bool]]:
    """What the row of this question takes, and whether it is on file; empty where there is no row.

    Of what would do in place of each other, all is named.
    """
    rule = BY_QUESTION.get((question.act, question.recipient, question.purpose))  # type: ignore[arg-type]
    if rule is None:
        return []
    either = {fact for needs in rule.any_of for fact in needs}
    refusing = question.facts & REFUSING
    return [(fact, fact in question.facts) for fact in sorted(rule.needs | either | refusing)]
