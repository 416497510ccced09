"""A records page, sealed, decided and audited, against the same page in bare Django."""

import contextlib
import json
import re

from bench.house import House, Side
from bench.rounds import Line, in_turn

WHAT = "records page, 20 claims"
AGAINST = "same page, bare Django"
REQUESTS = 60
WARM_UP = 20
_MAIN = re.compile(r"<main.*</main>", re.DOTALL)


def measure(house: House, *, rounds: int, scale: float) -> list[Line]:
    speed = Line(WHAT, AGAINST, "requests/s", goal=0.5)
    work = Line(WHAT, AGAINST, "CPU ms/request", goal=1.35, better="less")
    count = max(4, round(REQUESTS * scale))
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(Side(house, "bench.portal_page"))
        made = ours.ask(do="prepare")
        theirs = stack.enter_context(_bare(house, made["routes"]))
        theirs.ask(do="prepare", **made)
        _compare(ours.ask(do="page")["html"], theirs.ask(do="page")["html"])
        for side in (ours, theirs):
            side.ask(do="go", count=min(count, WARM_UP))

        def run(side: Side, speeds: list[float], works: list[float]) -> None:
            took = side.ask(do="go", count=count)
            speeds.append(count / took["seconds"])
            works.append(took["cpu"] / count * 1000)

        in_turn(
            rounds,
            lambda: run(ours, speed.ours, work.ours),
            lambda: run(theirs, speed.theirs, work.theirs),
        )
    return [speed, work]


def _bare(house: House, routes: list[list[str]]) -> Side:
    return Side(
        house,
        "bench.bare.page",
        DJANGO_SETTINGS_MODULE="bench.bare.settings",
        BENCH_ROUTES=json.dumps(routes),
    )


def _compare(ours: str, theirs: str) -> None:
    """Both show the same twenty rows, to the letter, or the comparison says nothing."""
    found, expected = _MAIN.search(ours), _MAIN.search(theirs)
    if not found or not expected or found[0] != expected[0]:
        raise AssertionError("The two pages differ, so they can't be compared.")
    if found[0].count("<li>") < 20:
        raise AssertionError("The page does not show its twenty rows.")
