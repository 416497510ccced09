"""A decision as a line of the trail keeps it, and the question read back from that line.

What stands in the clear is codes alone. Tags, permissions and restrictions tell of health, so a
question that holds any keeps them in a sealed file apart (`sealed_part`). A question about a whole
file names every tag there is, which tells nothing of what is in it: a star after the category.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from consents import states
from consents.question import (
    Act,
    Agreement,
    Category,
    Consent,
    ConsentKind,
    Decision,
    Fact,
    Item,
    Purpose,
    Question,
    Recipient,
    Restriction,
    Trait,
    with_each_tag,
)

NONE, EACH_TAG = "-", "*"


def written(question: Question, decision: Decision) -> str:
    """Version, act, recipients, purpose, items, facts, what is owed: parted by spaces."""
    recipients = [question.recipient, *sorted(question.also)]
    parts: list[Collection[str]] = [
        [decision.version, decision.pack],
        [question.act],
        [one for one in recipients if one],
        [question.purpose] if question.purpose else [],
        _open_items(question),
        sorted(question.facts),
        decision.obligations,
    ]
    if question.age is not None:
        parts.append([str(question.age)])
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


def version_of(text: str) -> str:
    return text.split(" ", 1)[0].split(",")[0]


def read(text: str, at: datetime) -> Question | None:
    """The question as it stood at that time. None for what no rules of ours ever wrote.

    Lines from before the law of states was data name none: the national default changed nothing.
    """
    parts = [[] if part == NONE else part.split(",") for part in text.split(" ")]
    if len(parts) not in {7, 8} or len(parts[1]) != 1:
        return None
    versions, (act,), recipients, purposes, items, facts, _owed, *ages = parts
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
            age=int(ages[0][0]) if ages else None,
            also=frozenset(Recipient(one) for one in recipients[1:]),
        )
    except (ValueError, IndexError):
        return None


def _items(text: str) -> tuple[Item, ...]:
    if text.endswith(EACH_TAG):
        return with_each_tag(Category(text.removesuffix(EACH_TAG)))
    category, *traits = text.split("+")
    return (Item(Category(category), traits=frozenset(Trait(one) for one in traits)),)


def sealed_part(question: Question) -> dict[str, Any] | None:
    """What of a question may stand in no clear line, as JSON takes it; None if there is nothing."""
    plain = not any(item.tags for item in question.items)
    if plain and not (question.consents or question.restrictions or question.agreement):
        return None
    return {
        "items": [_plain(one) for one in question.items],
        "consents": [_plain(one) for one in question.consents or ()],
        "restrictions": [_plain(one) for one in question.restrictions or ()],
        "agreement": _plain(question.agreement) if question.agreement else None,
        "party": question.party,
        "now": question.now.isoformat(),
    }


def _plain(one: Any) -> dict[str, Any]:
    return {name: _plain_value(value) for name, value in vars(one).items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    return value.isoformat() if isinstance(value, date) else value


def with_sealed(question: Question, part: dict[str, Any]) -> Question:
    """The whole question again."""
    agreement = part["agreement"]
    return replace(
        question,
        items=tuple(
            Item(Category(one["category"]), frozenset(one["tags"]), _set(Trait, one["traits"]))
            for one in part["items"]
        ),
        consents=tuple(_consent(one) for one in part["consents"]),
        restrictions=tuple(_restriction(one) for one in part["restrictions"]),
        agreement=Agreement(
            _set(Purpose, agreement["purposes"]),
            date.fromisoformat(agreement["since"]),
            _day(agreement["through"]),
        )
        if agreement
        else None,
        party=part["party"],
        now=datetime.fromisoformat(part["now"]),
    )


def _consent(one: dict[str, Any]) -> Consent:
    return Consent(
        kind=ConsentKind(one["kind"]),
        **_scope(one),
        signed_at=datetime.fromisoformat(one["signed_at"]),
        parties=frozenset(one["parties"]),
        revoked_at=one["revoked_at"] and datetime.fromisoformat(one["revoked_at"]),
        complete=one["complete"],
        names_payment=one["names_payment"],
    )


def _restriction(one: dict[str, Any]) -> Restriction:
    return Restriction(**_scope(one))


def _scope(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "recipients": _set(Recipient, one["recipients"]),
        "purposes": _set(Purpose, one["purposes"]),
        "categories": _set(Category, one["categories"]),
        "tags": frozenset(one["tags"]),
        "through": _day(one["through"]),
    }


def _set(kind: Any, values: list[str]) -> frozenset[Any]:
    return frozenset(kind(one) for one in values)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
