"""A decision as a line of the trail keeps it, and the question read back from that line.

What stands in the clear is codes alone. A question about a whole file names every tag there is,
which tells nothing of what is in it: a star after the category. Tags of one item, permissions,
restrictions and contracts tell of health or of people, so no line holds them, and the house keeps
none yet: a question that rests on one is not written at all. Whoever first keeps one gives it a
sealed place, for a decision must be made again from what is kept.
"""

from collections.abc import Collection
from datetime import datetime

from consents import states
from consents.question import (
    Act,
    Category,
    Decision,
    Fact,
    Item,
    Purpose,
    Question,
    Recipient,
    Trait,
    with_each_tag,
)

NONE, EACH_TAG = "-", "*"
# The first part of a line that answers; those before it ask.
_OWED = 6


class NotKept(ValueError):
    """The decision could not be made again from its line."""


def written(question: Question, decision: Decision) -> str:
    """Version, act, recipients, purpose, items, facts, what is owed, age, what is cut: parted by
    spaces.

    Raises NotKept for a question that a line can't hold whole.
    """
    tagged = any(item.tags for item in question.items) and not asks_of_whole_file(question)
    if tagged or question.consents or question.restrictions or question.agreement:
        raise NotKept
    recipients = [question.recipient, *sorted(question.also)]
    parts: list[Collection[str]] = [
        [decision.version, decision.pack],
        [question.act],
        [one for one in recipients if one],
        [question.purpose] if question.purpose else [],
        _open_items(question),
        sorted(question.facts),
        decision.obligations,
        [] if question.age is None else [str(question.age)],
        sorted({_cut(item) for item in decision.cut}),
    ]
    return " ".join(",".join(part) or NONE for part in parts)


def asks_of_whole_file(question: Question) -> bool:
    """What is cut of such a question is left out; nothing is refused for it."""
    items = question.items
    return bool(items) and items == with_each_tag(items[0].category)


def _open_items(question: Question) -> list[str]:
    if asks_of_whole_file(question):
        return [question.items[0].category + EACH_TAG]
    return sorted({_open(item) for item in question.items})


def _open(item: Item) -> str:
    return "+".join([item.category, *sorted(item.traits)])


def _cut(item: Item) -> str:
    # Of a whole file: which of all tags, whatever is in it.
    return "#".join([_open(item), *sorted(item.tags)])


def same(text: str, question: Question, decision: Decision) -> bool:
    """Whether a decision made again owes and cuts what the line says of then.

    Lines from before what is cut was kept don't tell it.
    """
    then, now = (line.split(" ")[_OWED:] for line in (text, written(question, decision)))
    return all(one == other for one, other in zip(then, now, strict=False))


def version_of(text: str) -> str:
    return text.split(" ", 1)[0].split(",")[0]


def read(text: str, at: datetime) -> Question | None:
    """The question as it stood at that time. None for what no rules of ours ever wrote.

    Lines from before the law of states was data name none: the national default changed nothing.
    """
    parts = [[] if part == NONE else part.split(",") for part in text.split(" ")]
    if len(parts) not in {7, 8, 9} or len(parts[1]) != 1:
        return None
    versions, (act,), recipients, purposes, items, facts, _owed, *age = parts
    state, _dash, pack = (versions[1] if len(versions) > 1 else states.NATIONAL).partition("-")
    try:
        return Question(
            act=Act(act),
            recipient=Recipient(recipients[0]) if recipients else None,
            purpose=Purpose(purposes[0]) if purposes else None,
            items=tuple(item for one in items for item in _items(one)),
            facts=frozenset(Fact(one) for one in facts),
            now=at,
            consents=(),
            restrictions=(),
            state=state,
            pack=pack,
            age=int(age[0][0]) if age and age[0] else None,
            also=frozenset(Recipient(one) for one in recipients[1:]),
        )
    except (ValueError, IndexError):
        return None


def _items(text: str) -> tuple[Item, ...]:
    if text.endswith(EACH_TAG):
        return with_each_tag(Category(text.removesuffix(EACH_TAG)))
    category, *traits = text.split("+")
    return (Item(Category(category), traits=frozenset(Trait(one) for one in traits)),)
