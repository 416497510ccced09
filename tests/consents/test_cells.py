"""`manage.py decision_matrix` prints the whole matrix, and no cell is without a test."""

import hashlib
from io import StringIO

import pytest
from django.core.management import call_command

from consents import bars, cells, matrix, on_file, rules, states
from consents.management.commands.decision_matrix import TESTS
from consents.rules import TABLE

pytestmark = pytest.mark.promise("AL2")
# Of the tables by their version: whoever changes a table gives the rules a new version, so that an
# entry of the trail is never told by other rules than it was made by.
DIGESTS = {
    "2026.1": "a661f6554e4724d6", "2026.2": "ad0bb013c6203120", "2026.3": "bccc501f550fd17b",
    # Minors' guardians, counselling notes, genes in bids: told by functions, not by tables.
    "2026.4": "bccc501f550fd17b",
    # Emergencies of Part 2, who finds whom, what takes permissions back, and unknown ages.
    "2026.5": "fd2cc660d0248c69",
    # No claims to another plan for its prices.
    "2026.6": "30a0f775cb0c860d",
    # Care that a parent consented to: told by a function.
    "2026.7": "30a0f775cb0c860d",
    # What was a minor's own, to whoever stands for an adult: told by a function.
    "2026.8": "30a0f775cb0c860d",
    # What an employer gets stands in the notice; who had no say is told.
    "2026.9": "181329253d53f2f7",
    # A warrant with a consent to that proceeding; a member's own report, whatever is restricted.
    "2026.10": "4a55dc3ac84bc76f",
    # Who asks is checked for all; what is paid for is a sale; a mark is no reason where it needs
    # none; a restriction is lifted for what is needed now.
    "2026.11": "947b84d1c331d800",
    # A company on a ground of section 512: what is named, and a second look.
    "2026.12": "5034fdc767970968",
}  # fmt: skip


def _printed(*options: str) -> list[str]:
    out = StringIO()
    call_command("decision_matrix", *options, stdout=out)
    return out.getvalue().splitlines()


def test_each_cell_has_a_test_of_its_own() -> None:
    found = cells.tests_of_cells(TESTS)
    assert set(found) == {cell.name for cell in cells.cells()}
    assert {name: tests for name, tests in found.items() if len(tests) != 1} == {}
    names = [test for tests in found.values() for test in tests]
    assert len(names) == len(set(names)) == 70


def test_each_cell_is_printed_with_its_answer_law_and_test() -> None:
    lines = {line.split()[0]: line for line in _printed() if line}
    tests = cells.tests_of_cells(TESTS)
    for cell in cells.cells():
        line = lines[cell.name]
        for part in (cell.answer, cell.basis, cell.citation, tests[cell.name][0]):
            assert part
            assert part in line


def test_each_line_asked_before_is_printed_with_its_tests() -> None:
    lines, tests = _printed(), cells.tests_of_bars(TESTS)
    assert set(tests) == {reason.value for reason, _answer, _citation in cells.BARS}
    for reason, answer, citation in cells.BARS:
        line = next(line for line in lines if line.startswith(f"{reason} "))
        for part in (answer, citation, *tests[reason]):
            assert part in line


def test_the_table_of_roles_has_each_rule() -> None:
    lines = _printed("--roles")
    for rule in TABLE:
        words = [rule.recipient, rule.act, rule.purpose]
        assert any(line.split()[:3] == words and rule.citation in line for line in lines)


def test_the_law_of_states_has_each_line_with_its_source() -> None:
    lines = _printed("--states")
    for pack in states.ALL["nc"].values():
        for one in (*pack.minors, *pack.secrecy):
            assert any(
                line.startswith(pack.key) and one.tag in line and one.citation in line
                for line in lines
            )
        assert pack.confirm in "\n".join(lines)


def test_both_other_tables_are_printed_together() -> None:
    both, roles, laws = _printed("--roles", "--states"), _printed("--roles"), _printed("--states")
    assert both == [*roles, "", *laws[1:]]


def test_each_line_of_a_state_is_printed_with_its_tests() -> None:
    tests = cells.tests_of_states(TESTS)
    assert set(tests) == {cells.PARENTS, cells.SHARING, cells.OWN}
    lines = [line for line in _printed("--states") if line.startswith(("us-", "nc-"))]
    assert len(lines) == len(list(cells.of_states()))
    for line, row in zip(lines, cells.of_states(), strict=True):
        assert all(test in line for test in tests[row[1]])
    assert states.LEAP_DAY in "\n".join(_printed("--states"))


def test_changed_tables_have_a_new_version() -> None:
    tables = [
        sorted(" ".join(row) for row in cells.roles()),
        [repr(cell) for cell in cells.cells()],
        sorted(_of_rule(rule) for rule in TABLE),
        sorted(_of_part2(row) for row in matrix.ROWS.values()),
        sorted(f"{why} {fact}" for why, fact in bars.NOTES_GO.items()),
        sorted(on_file.TPO),
    ]
    digest = hashlib.sha256(repr(tables).encode()).hexdigest()[:16]
    assert DIGESTS[rules.VERSION] == digest


def _of_rule(rule: rules.Rule) -> str:
    asked = f"{rule.act} {rule.recipient} {rule.purpose}"
    return f"{asked} {rule.way} {rule.basis} {sorted(rule.obligations)} {sorted(rule.only)}"


def _of_part2(row: matrix.Row) -> str:
    one = row.part2
    by_purpose = sorted(f"{why} {fact}" for why, fact in one.by_purpose)
    given = f"{sorted(one.kinds)} {sorted(one.facts)} {by_purpose}"
    return f"{row.way} {given} {one.always} {one.carries}"
