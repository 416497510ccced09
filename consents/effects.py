"""What a change of a record's tags does: who may have it after it and could not before, or the
other way round, by the same rules that decide."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from consents.question import (
    REFUSING,
    Agreement,
    Category,
    Fact,
    Item,
    Purpose,
    Question,
    Recipient,
    Tag,
    Trait,
)
from consents.rules import TABLE, Rule, decide

_OF_RECORDS = (Category.RECORDS, Category.CLAIMS)
# That a parent consented is the family's word, and no paper that a rule asks for.
_TRAITS = frozenset(Trait) - {Trait.PARENT_CONSENTED}
_HELPING = sorted(set(Fact) - REFUSING)


@dataclass(frozen=True)
class Effect:
    recipient: Recipient
    purposes: tuple[Purpose, ...]
    # Whether they may have it after the change.
    may: bool
    # For which purposes one fact more than the rule takes, such as a court order of 42 CFR Part 2,
    # would still let it go.
    unless: Mapping[Purpose, tuple[Fact, ...]] = field(default_factory=dict)


def effects(
    before: frozenset[Tag], after: frozenset[Tag], *, state: str, now: datetime, age: int | None
) -> list[Effect]:
    """With every paper on file that a rule asks for, and no consent or restriction of the member.

    By recipient, in the order of the table; `state` and `age` as in a Question.
    """
    found: dict[tuple[Recipient, bool], list[Purpose]] = {}
    unless: dict[tuple[Recipient, bool], dict[Purpose, tuple[Fact, ...]]] = {}
    for rule in TABLE:
        # A bill stands among the records too, and some may have bills alone.
        category = next((one for one in _OF_RECORDS if one in rule.categories), None)
        if category is None:
            continue
        item = Item(category, after, _TRAITS)
        may = _may(rule, item, state, now, age)
        if may == _may(rule, Item(category, before, _TRAITS), state, now, age):
            continue
        key = (rule.recipient, may)
        purposes = found.setdefault(key, [])
        purposes += [rule.purpose] if rule.purpose not in purposes else []
        more = [one for one in _HELPING if not may and _may(rule, item, state, now, age, one)]
        if more:
            unless.setdefault(key, {})[rule.purpose] = tuple(more)
    return [
        Effect(who, tuple(why), may, unless.get((who, may), {}))
        for (who, may), why in found.items()
    ]


def _may(rule: Rule, item: Item, state: str, now: datetime, age: int | None, *more: Fact) -> bool:
    decision = decide(
        Question(
            act=rule.act,
            recipient=rule.recipient,
            purpose=rule.purpose,
            items=(item,),
            facts=rule.needs.union(*rule.any_of[:1], more),
            now=now,
            consents=(),
            restrictions=(),
            agreement=Agreement(frozenset({rule.purpose}), now.date()),
            state=state,
            age=age,
        )
    )
    return decision.permitted and not decision.cut
