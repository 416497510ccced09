"""Keys wrapped anew, and a message on its way: held to their own numbers."""

from bench.house import House, Side
from bench.rounds import Line

KEYS = 10_000
MESSAGES = 100


def measure(house: House, *, rounds: int, scale: float) -> list[Line]:
    keys = Line("keys wrapped anew", "", "keys/s", 5000)
    message = Line("message to inbox, 99th of 100", "", "ms", 300, "less")
    with Side(house, "bench.working") as side:
        side.ask(do="prepare", holders=max(500, round(KEYS * scale)))
        for _ in range(rounds):
            spent = side.ask(do="rotate")
            keys.ours.append(spent["count"] / spent["seconds"])
            spent = side.ask(do="send", count=max(10, round(MESSAGES * scale)))
            message.ours.append(1000 * spent["seconds"])
    return [keys, message]
