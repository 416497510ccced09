"""One line of the trail, committed, against one INSERT of such a row, committed.

Both transactions are open before the clock starts, as a request's is. The raw row's values are
made beforehand: what counts is one INSERT on its way to the disk, and nothing else.
"""

from bench.house import House, Side
from bench.rounds import Line

APPENDS = 300
WARM_UP = 50


def measure(house: House, *, rounds: int, scale: float) -> list[Line]:
    line = Line("audit append, durable", "one raw INSERT", "appends/s", goal=0.9)
    count = max(10, round(APPENDS * scale))
    with Side(house, "bench.appending") as side:
        side.ask(do="prepare")

        side.ask(do="go", count=min(count, WARM_UP))
        for _ in range(rounds):
            spent = side.ask(do="go", count=count)
            line.ours.append(count / spent["ours"])
            line.theirs.append(count / spent["theirs"])
    return [line]
