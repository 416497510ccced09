"""The decision matrix as a table to print: each cell's answer, and the test that shows it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from consents import states
from consents.bars import NOTES_GO
from consents.matrix import ROWS, Column, Row
from consents.roles import Rule
from consents.rules import TABLE
from consents.sentences import Reason
from consents.states import Pack, Secrecy


@dataclass(frozen=True)
class Cell:
    name: str
    answer: str
    basis: str
    citation: str


def cells() -> list[Cell]:
    return [_cell(row, column) for row in ROWS.values() for column in Column]


def _cell(row: Row, column: Column) -> Cell:
    rules = [rule for rule in TABLE if rule.way is row.way]
    bases = ", ".join(sorted({rule.basis for rule in rules})) or "none"
    answer, citation = {
        Column.BASIS: (f"by {len(rules)} rules of --roles" if rules else "never", row.citation),
        Column.MINIMUM: (row.minimum.value, "164.502(b), 514(d)"),
        Column.RESTRICTION: (row.agreed.value, "164.522(a)"),
        Column.PART2: (row.part2.words, row.part2.citation),
        Column.ACCOUNTING: (row.accounting.value, "164.528"),
    }[column]
    return Cell(f"{row.way}.{column}", answer, bases, citation)


# What `bars` asks of an item before any row: by the reason that it refuses with.
BARS: tuple[tuple[Reason, str, str], ...] = (
    (Reason.UNKNOWN_TAG, "refused to everyone: nobody knows what may be told", "164.502(a)"),
    (
        Reason.PSYCHOTHERAPY_NOTES,
        f"refused, except by their own authorization, and in {len(NOTES_GO)} cases of that law",
        "164.508(a)(2)",
    ),
    (Reason.SUD_NOTES, "refused, except by a consent of their own", "42 CFR 2.31(b)"),
    (
        Reason.MARKETING,
        "refused, except by an authorization that names any payment",
        "164.508(a)(3)",
    ),
    (Reason.SALE, "refused, except by an authorization that names the payment", "164.508(a)(4)"),
    (
        Reason.EMPLOYMENT,
        "refused, except by an authorization",
        "164.508, 504(f)(2)(ii)(C)",
    ),
    (
        Reason.GENES,
        "refused always, for premiums and bids, and to find someone",
        "164.502(a)(5)(i), 512(f)(2)(ii)",
    ),
    (Reason.REGISTRANT, "refused, except to know who someone is", "promises AM14, AM15"),
    (
        Reason.HELD_BACK,
        "refused to whoever stands near, but a minor's own to an adult's representative; and to "
        "the member what may endanger someone",
        "164.502(g)(2)-(3), 524(a)(3)",
    ),
    (
        Reason.STATE,
        "refused where the law of the state asks for more: each line stands in --states",
        "160.203(b), 502(g)(3)(ii)",
    ),
)


def roles() -> Iterator[tuple[str, str, str, str, str, str]]:
    """Who may do what, for which purpose, with which categories, on which facts, by which law."""
    for rule in TABLE:
        yield (
            rule.recipient,
            rule.act,
            rule.purpose,
            _categories(rule),
            _facts(rule),
            rule.citation,
        )


def _categories(rule: Rule) -> str:
    only = f" (only {' or '.join(sorted(rule.only))})" if rule.only else ""
    return ", ".join(sorted(rule.categories)) + only


def packs() -> list[Pack]:
    return [pack for versions in states.ALL.values() for pack in versions.values()]


# What the lines of a pack are about; tests are marked with it, as each runs over all such lines.
PARENTS, SHARING, OWN = "parents", "sharing", "own_access"


def of_states() -> Iterator[tuple[str, str, str, str, str]]:
    """Which pack, which of its tables, about which items, what it asks, by which law."""
    for pack in packs():
        for one in pack.minors:
            always = one.holds_whoever_consented()
            unless = "" if always else ", unless a parent consented to the care"
            asks = f"from age {one.from_age}: {one.parents_need}{unless}"
            yield (pack.key, PARENTS, one.tag, asks, one.citation)
        for line in pack.secrecy:
            free = ", ".join(_free(line)) or "nothing"
            asks = f"the member's consent, but for {free}"
            yield (pack.key, SHARING, line.tag, asks, line.citation)
        for opened in pack.own_access:
            yield (pack.key, OWN, opened.tag, "opens it", opened.citation)


def _free(line: Secrecy) -> list[str]:
    with_fact = {f"{why} with {fact}" for why, fact in line.free_with.items()}
    return sorted({*line.free_for} | with_fact)


def _facts(rule: Rule) -> str:
    needs = ", ".join(sorted(rule.needs))
    either = " or ".join(" and ".join(sorted(one)) for one in rule.any_of)
    return "; ".join(part for part in (needs, either) if part)


def tests_of_cells(folder: Path) -> dict[str, list[str]]:
    return _tests(folder, "cell")


def tests_of_bars(folder: Path) -> dict[str, list[str]]:
    return _tests(folder, "bar")


def tests_of_states(folder: Path) -> dict[str, list[str]]:
    return _tests(folder, "state_law")


def _tests(folder: Path, mark: str) -> dict[str, list[str]]:
    """By what they are marked with, found in their source: nothing of them is run."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef):
                for marked in _marked(node, mark):
                    found.setdefault(marked, []).append(f"{path.name}::{node.name}")
    return found


def _marked(function: ast.FunctionDef, name: str) -> Iterator[str]:
    for mark in function.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == f"pytest.mark.{name}":
            yield from (ast.literal_eval(one) for one in mark.args)
