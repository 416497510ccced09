"""The import, checked, sealed and audited, against COPY of the rows that it made."""

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench import people
from bench.house import House, run
from bench.rounds import Line, in_turn

PEOPLE = 30
MANY = 120
"""Enough that several units of NDJSON are full: less would compare how full they are."""
FLAT = 1.1
"""Four times the resources may cost a tenth more memory: what Python doesn't give back."""
FORMATS: dict[str, Callable[[Path, int, str], int]] = {
    "bundles": people.write_bundles,
    "NDJSON": people.write_lines,
}
# The same columns, keys, indexes and references, but no policies.
TWIN = """
CREATE TABLE IF NOT EXISTS bench_record (
    LIKE phi_records_recorditem INCLUDING ALL,
    FOREIGN KEY (plan_id) REFERENCES accounts_plan,
    FOREIGN KEY (member_id) REFERENCES accounts_member)
"""


@dataclass
class _Imports:
    """One format's imports: a plan of its own each, so that nobody is there before."""

    house: House
    format: str
    done: int = 0

    def take_in(self, count: int) -> tuple[str, int, dict[str, float]]:
        """The plan's id, its rows, and what the import cost."""
        self.done += 1
        slug = f"{self.format.lower()}-{self.done}"
        folder = self.house.folder / slug
        folder.mkdir()
        FORMATS[self.format](folder, count, slug)
        errors = self.house.folder / f"{slug}.errors"
        cost = json.loads(
            run(self.house.env, "-m", "bench.importing", str(folder), slug, str(errors))
        )
        shutil.rmtree(folder)
        if errors.exists():
            raise AssertionError(f"The import set something aside: {errors.read_text()[:300]}")
        plan = cost.pop("plan")
        with self.house.owner() as db:
            found = db.execute(
                "SELECT count(*) FROM phi_records_recorditem WHERE plan_id = %s", [plan]
            ).fetchone()
        return plan, int(found[0]) if found else 0, cost


def measure(house: House, *, rounds: int, scale: float) -> list[Line]:
    count, many = max(2, round(PEOPLE * scale)), max(2, round(MANY * scale))
    with house.owner() as db:
        db.execute(TWIN)
    lines = []
    for name in FORMATS:
        imports = _Imports(house, name)
        lines.append(_speed(imports, count=count, rounds=rounds))
        lines.append(_memory(imports, count=many))
    return lines


def _speed(imports: _Imports, *, count: int, rounds: int) -> Line:
    line = Line(f"FHIR import, {imports.format}", "COPY of its rows", "resources/s", goal=0.05)
    made: list[bytes] = []
    imports_rows = 0

    def ours() -> None:
        nonlocal imports_rows
        plan, imports_rows, cost = imports.take_in(count)
        line.ours.append(imports_rows / cost["seconds"])
        made[:] = [_copied_out(imports.house, plan)]

    def theirs() -> None:
        line.theirs.append(imports_rows / _copy_in(imports.house, made[0]))

    ours()
    theirs()
    line.ours.clear()
    line.theirs.clear()
    in_turn(rounds, ours, theirs)
    return line


def _memory(imports: _Imports, *, count: int) -> Line:
    """Peak memory of the whole process, Python and Django with it."""
    line = Line(
        f"import's peak memory, {imports.format}, 4 N",
        "the same, N",
        "MB",
        goal=FLAT,
        better="less",
    )
    for times, found in ((1, line.theirs), (4, line.ours)):
        _plan, _rows, cost = imports.take_in(count * times)
        found.append(cost["peak"] / 2**20)
    return line


def _copied_out(house: House, plan: str) -> bytes:
    query = "COPY (SELECT * FROM phi_records_recorditem WHERE plan_id = '%s') TO STDOUT"
    with house.owner() as db, db.cursor().copy(query % plan) as out:
        return b"".join(bytes(part) for part in out)


def _copy_in(house: House, rows: bytes) -> float:
    with psycopg.connect(house.env["DATABASE_OWNER_URL"]) as db:
        db.execute("TRUNCATE bench_record")
        db.commit()
        started = time.perf_counter()
        with db.cursor().copy("COPY bench_record FROM STDIN") as into:
            into.write(rows)
        db.commit()
        return time.perf_counter() - started
