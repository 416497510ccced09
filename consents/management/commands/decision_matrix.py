from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from consents import cells, states
from consents.rules import VERSION

TESTS = settings.BASE_DIR / "tests" / "consents"


class Command(BaseCommand):
    help = (
        "Where information may go and what follows: each cell of the decision matrix, and each "
        "line asked before any, with its answer, citation and tests; with --roles, who may do "
        "what for which purpose; with --states, what the law of states adds."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--roles", action="store_true", help="the table of roles and purposes")
        parser.add_argument("--states", action="store_true", help="the law of states")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Rules {VERSION}. Citations are to 45 CFR unless they say otherwise.\n")
        tables = {"roles": self._roles, "states": self._states}
        asked = [table for name, table in tables.items() if options[name]]
        for place, table in enumerate(asked or [self._cells]):
            if place:
                self.stdout.write("")
            table()

    def _roles(self) -> None:
        self._table(("who", "act", "purpose", "categories", "needs", "citation"), cells.roles())

    def _cells(self) -> None:
        # Where only the product is installed, without its tests, the rest still prints.
        tests = cells.tests_of_cells(TESTS) if TESTS.is_dir() else {}
        rows = (
            (one.name, one.answer, one.basis, one.citation, ", ".join(tests.get(one.name, ["-"])))
            for one in cells.cells()
        )
        self._table(("cell", "answer", "basis", "citation", "test"), rows)
        self.stdout.write("")
        shown = cells.tests_of_bars(TESTS) if TESTS.is_dir() else {}
        lines = (
            (reason, answer, citation, ", ".join(shown.get(reason, ["-"])))
            for reason, answer, citation in cells.BARS
        )
        self._table(("asked before any cell", "answer", "citation", "tests"), lines)

    def _states(self) -> None:
        tests = cells.tests_of_states(TESTS) if TESTS.is_dir() else {}
        rows = ((*row, ", ".join(tests.get(row[1], ["-"]))) for row in cells.of_states())
        self._table(("pack", "of", "items about", "asks", "citation", "tests"), rows)
        for pack in cells.packs():
            self.stdout.write(f"\n{pack.name}: {pack.confirm}")
        self.stdout.write(f"\nAges: {states.LEAP_DAY}")

    def _table(self, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        found = [heads, *rows]
        wide = [max(len(row[place]) for row in found) for place in range(len(heads))]
        for row in found:
            line = "  ".join(one.ljust(width) for one, width in zip(row, wide, strict=True))
            self.stdout.write(line.rstrip())
