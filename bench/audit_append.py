"""One line of the trail, committed, against one INSERT of such a row, committed.

Both transactions are open before the clock starts, as a request's is. The raw row's values are
made beforehand: what counts is one INSERT on its way to the disk, and nothing else.
"""

from bench.house import House, Side
from bench.rounds import Line, in_turn

APPENDS = 300


def measure(house: House, *, rounds: int, scale: float) -> list[Line]:
    line = Line("audit append, durable", "one raw INSERT", "appends/s", goal=0.9)
    count = max(10, round(APPENDS * scale))
    with Side(house, "bench.appending") as side:
        side.ask(do="prepare")

        def run(do: str, speeds: list[float]) -> None:
            speeds.append(count / side.ask(do=do, count=count)["seconds"])

        run("ours", [])
        run("theirs", [])
        in_turn(rounds, lambda: run("ours", line.ours), lambda: run("theirs", line.theirs))
    return [line]
