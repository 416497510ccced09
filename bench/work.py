"""Keys wrapped anew, a message on its way, and a row that is made and changed with its audit."""

from bench.house import House, Side
from bench.rounds import Line, in_turn

KEYS = 10_000
MESSAGES = 100
SAVES = 200
WORDS = "I feel dizzy since I began the new medicine. " * 4


def measure(house: House, *, rounds: int, scale: float) -> list[Line]:
    keys = Line("keys wrapped anew", "", "keys/s", 5000)
    message = Line("message to inbox, 99th of 100", "", "ms", 300, "less")
    saved = Line("made and changed, with its audit", "django-pghistory", "ms", 1.25, "less")
    tracked = {"DJANGO_SETTINGS_MODULE": "bench.tracked.settings"}
    with (
        Side(house, "bench.working") as side,
        Side(house, "bench.tracked.saving", **tracked) as theirs,
    ):
        theirs.ask(do="prepare")
        side.ask(do="prepare", holders=max(500, round(KEYS * scale)))
        for _ in range(rounds):
            spent = side.ask(do="rotate")
            keys.ours.append(spent["count"] / spent["seconds"])
            spent = side.ask(do="send", count=max(10, round(MESSAGES * scale)))
            message.ours.append(1000 * spent["seconds"])

        def save(one: Side, seconds: list[float]) -> None:
            spent = one.ask(do="save" if one is side else "go", count=saves, words=WORDS)
            seconds.append(1000 * spent["seconds"] / saves)

        saves = max(10, round(SAVES * scale))
        in_turn(rounds, lambda: save(side, saved.ours), lambda: save(theirs, saved.theirs))
    return [keys, message, saved]
