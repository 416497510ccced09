"""What one decision takes."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bench.house import House
from bench.rounds import Line
from consents.question import (
    Act,
    Category,
    Consent,
    ConsentKind,
    Fact,
    Item,
    Purpose,
    Question,
    Recipient,
    Restriction,
    Tag,
    with_each_tag,
)
from consents.rules import decide

COUNT = 5_000
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
# What a decision may take, in microseconds.
MOST = 100.0


def measure(house: House, *, rounds: int, scale: float) -> list[Line]:
    """A whole file with each tag there is, as the portal asks for a page of records, and a record
    of a program with all its law."""
    return [
        _line("decision, own file", _own(), rounds, scale),
        _line("decision, Part 2 to a provider", _program(), rounds, scale),
    ]


def _line(what: str, question: Question, rounds: int, scale: float) -> Line:
    line = Line(what, "", "us/decision", MOST, "less")
    count = max(1, int(COUNT * scale))
    line.ours = [_each(lambda: decide(question), count) for _ in range(rounds)]
    return line


def _each(act: Callable[[], Any], count: int) -> float:
    """Microseconds for one."""
    started = time.perf_counter()
    for _ in range(count):
        act()
    return (time.perf_counter() - started) / count * 1e6


def _own() -> Question:
    return Question(
        act=Act.VIEW,
        recipient=Recipient.MEMBER,
        purpose=Purpose.OWN_ACCESS,
        items=with_each_tag(Category.RECORDS),
        facts=frozenset({Fact.IS_THE_MEMBER, Fact.SAME_PLAN, Fact.SECOND_FACTOR}),
        now=NOW,
        consents=(),
        restrictions=(),
    )


def _program() -> Question:
    tags = frozenset({Tag.PART2.value})
    return Question(
        act=Act.DISCLOSE,
        recipient=Recipient.PROVIDER,
        purpose=Purpose.TREATMENT,
        items=(Item(Category.RECORDS, tags),),
        facts=frozenset({Fact.RELATIONSHIP, Fact.REQUESTER_VERIFIED}),
        now=NOW,
        consents=tuple(_consent(f"party-{number}") for number in range(5)),
        restrictions=tuple(Restriction(purposes=frozenset({Purpose.PAYMENT})) for _ in range(5)),
        party="party-4",
    )


def _consent(party: str) -> Consent:
    return Consent(
        kind=ConsentKind.PART2,
        recipients=frozenset({Recipient.PROVIDER}),
        purposes=frozenset({Purpose.TREATMENT}),
        categories=frozenset({Category.RECORDS}),
        signed_at=NOW - timedelta(days=9),
        tags=frozenset({Tag.PART2.value}),
        parties=frozenset({party}),
        through=date(2026, 12, 31),
        complete=True,
    )
