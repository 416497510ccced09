"""The rules against a second writing of them: roles.txt, for people to read and not for the code.

Whoever changes who may do what writes it there too, so that a row that was lost or widened shows.
"""

from itertools import product
from pathlib import Path

import pytest

from consents.matrix import Way
from consents.question import (
    REFUSING,
    Act,
    Category,
    Fact,
    Item,
    Obligation,
    Purpose,
    Recipient,
)
from consents.roles import Rule
from consents.rules import decide
from tests.consents.asking import TRAITS, asked, no, with_item, without, yes

pytestmark = pytest.mark.promise("AL2")


def _read(line: str) -> Rule:
    act, recipient, purpose, way, categories, needs, either, owed = line.split(" | ")
    return Rule(
        Act(act),
        Recipient(recipient),
        Purpose(purpose),
        Way(way),
        frozenset(map(Category, categories.split())),
        frozenset(map(Fact, _words(needs))),
        basis="",
        citation="",
        any_of=tuple(frozenset(map(Fact, one.split("+"))) for one in _words(either)),
        obligations=frozenset(map(Obligation, _words(owed))),
    )


def _words(cell: str) -> list[str]:
    return [] if cell == "-" else cell.split()


LINES = Path(__file__).with_name("roles.txt").read_text().splitlines()
REVIEWED = [_read(line) for line in LINES if not line.startswith("#")]


def name_of(rule: Rule) -> str:
    return f"{rule.act}-{rule.recipient}-{rule.purpose}"


@pytest.mark.parametrize("rule", REVIEWED, ids=name_of)
def test_a_row_that_was_read_permits_and_owes_what_it_says(rule: Rule) -> None:
    assert set(yes(asked(rule)).obligations) == rule.obligations
    for facts in rule.any_of:
        yes(asked(rule, facts=rule.needs | facts))


@pytest.mark.parametrize("rule", REVIEWED, ids=name_of)
def test_it_permits_nothing_without_each_of_its_facts(rule: Rule) -> None:
    for fact in rule.needs:
        no(without(asked(rule), fact))
    if rule.any_of:
        no(asked(rule, facts=rule.needs))
    for facts in rule.any_of:
        for fact in facts if len(facts) > 1 else ():
            no(asked(rule, facts=rule.needs | facts - {fact}))


@pytest.mark.parametrize("rule", REVIEWED, ids=name_of)
def test_it_permits_no_other_category(rule: Rule) -> None:
    for category in set(Category) - rule.categories:
        no(with_item(asked(rule), category))


def test_what_nobody_wrote_down_is_refused_with_every_fact_on_file() -> None:
    written = {(rule.act, rule.recipient, rule.purpose) for rule in REVIEWED}
    assert len(written) == len(REVIEWED) > 60
    items = tuple(Item(category, frozenset(), TRAITS) for category in sorted(Category))
    every = frozenset(Fact) - REFUSING
    for act, recipient, purpose in product(Act, Recipient, Purpose):
        if (act, recipient, purpose) not in written:
            asks = {"act": act, "recipient": recipient, "purpose": purpose}
            assert not decide(asked(REVIEWED[0], **asks, facts=every, items=items)).permitted, asks
