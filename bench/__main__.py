"""`make bench`: each promise about speed, measured against the plainest way to do the same."""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench import audit_append, deciding, import_fhir, long_trail, records_page, work
from bench.house import ROOT, Failed, House, house
from bench.rounds import ROUNDS, Line
from bench.table import table, write

MEASURES: dict[str, Callable[..., list[Line]]] = {
    "records page": records_page.measure,
    "audit append": audit_append.measure,
    "decision": deciding.measure,
    "FHIR import": import_fhir.measure,
    "long trail": long_trail.measure,
    "work": work.measure,
}


def main() -> int:
    options = _options()
    if not os.environ.get("DATABASE_OWNER_URL"):
        sys.exit("The bench needs servers: `make bench` starts some.")
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        print("Making a database for the bench", flush=True)
        with house(Path(folder)) as made:
            server = made.server()
            lines = _measured(made, options)
    print(f"\n{table(lines)}\n")
    if not server["durable"]:
        print("fsync or synchronous_commit is off here: what says durable was not.")
    write(options.out, lines, scale=options.scale, rounds=options.rounds, server=server)
    print(f"{sum(line.met for line in lines)} of {len(lines)} goals met, by the median ratio.")
    print(f"Written to {options.out}.")
    return 0


def _measured(made: House, options: argparse.Namespace) -> list[Line]:
    lines: list[Line] = []
    for name, measure in MEASURES.items():
        if options.only and not name.startswith(options.only):
            continue
        print(f"Measuring: {name} ...", end=" ", flush=True)
        begun = time.monotonic()
        lines += measure(made, rounds=options.rounds, scale=options.scale)
        print(f"{time.monotonic() - begun:.0f} s", flush=True)
    return lines


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--scale", type=_positive, default=1.0, help="how much work a round does")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", default="", help="the lines whose name begins so")
    parser.add_argument("--out", type=Path, default=ROOT / "bench" / "results.json")
    return parser.parse_args()


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number <= 1000:
        raise argparse.ArgumentTypeError("a number above 0, up to 1000")
    return number


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        sys.exit(str(failed))
