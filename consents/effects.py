"""What a change of a record's tags does: who may have it after it and could not before, or the
other way round, by the same rules that decide."""

from dataclasses import dataclass
from datetime import datetime

from consents.question import Agreement, Category, Item, Purpose, Question, Recipient, Tag, Trait
from consents.rules import TABLE, Rule, decide

_OF_RECORDS = (Category.RECORDS, Category.CLAIMS)
# That a parent consented is the family's word, and no paper that a rule asks for.
_TRAITS = frozenset(Trait) - {Trait.PARENT_CONSENTED}


@dataclass(frozen=True)
class Effect:
    recipient: Recipient
    purposes: tuple[Purpose, ...]
    # Whether they may have it after the change.
    may: bool


def effects(
    before: frozenset[Tag], after: frozenset[Tag], *, state: str, now: datetime, age: int | None
) -> list[Effect]:
    """With every paper on file that a rule asks for, and no consent or restriction of the member.

    By recipient, in the order of the table; `state` and `age` as in a Question.
    """
    found: dict[tuple[Recipient, bool], list[Purpose]] = {}
    for rule in TABLE:
        # A bill stands among the records too, and some may have bills alone.
        category = next((one for one in _OF_RECORDS if one in rule.categories), None)
        if category is None:
            continue
        may = _may(rule, Item(category, after, _TRAITS), state, now, age)
        if may != _may(rule, Item(category, before, _TRAITS), state, now, age):
            purposes = found.setdefault((rule.recipient, may), [])
            purposes += [rule.purpose] if rule.purpose not in purposes else []
    return [Effect(who, tuple(why), may) for (who, may), why in found.items()]


def _may(rule: Rule, item: Item, state: str, now: datetime, age: int | None) -> bool:
    decision = decide(
        Question(
            act=rule.act,
            recipient=rule.recipient,
            purpose=rule.purpose,
            items=(item,),
            facts=rule.needs.union(*rule.any_of[:1]),
            now=now,
            consents=(),
            restrictions=(),
            agreement=Agreement(frozenset({rule.purpose}), now.date()),
            state=state,
            age=age,
        )
    )
    return decision.permitted and not decision.cut
