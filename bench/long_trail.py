"""The trail when it is long: proving all of it, proving one line, and a member's own list.

The design asks for ten million lines; a round here has 100,000 (SCALE=100 for all of them).
"""

from bench.house import House, Side
from bench.rounds import Line, in_turn

LINES = 100_000
SMALL = 1 / 100
PAGES = 200


def measure(house: House, *, rounds: int, scale: float) -> list[Line]:
    count = max(2_000, round(LINES * scale))
    verify = Line("trail verified", "COPY of its rows", "s", 2, "less")
    digest = Line("trail verified", "sha256 of its export", "s", 5, "less")
    proofs = Line("proof of a line, hashes", "", "hashes", 24, "less")
    checked = Line("proof of a line, checked", "", "ms", 1, "less")
    listed = Line("own list of accesses, rows", "index-only scan", "ms", 3, "less")
    grown = Line("own list, 99th of 100", "with 1/100 of the lines", "ms", 1.5, "less")
    with (
        house.beside("small") as other,
        Side(other, "bench.trailing") as small,
        Side(house, "bench.trailing") as side,
    ):
        small_count = max(200, round(count * SMALL))
        small.ask(do="prepare", count=small_count, folder=str(other.folder))
        side.ask(do="prepare", count=count, folder=str(house.folder))
        side.ask(do="export")
        pages = max(20, round(PAGES * min(scale, 1)))
        in_turn(
            rounds,
            lambda: grown.ours.append(1000 * side.ask(do="page", times=pages)["p99"]),
            lambda: grown.theirs.append(1000 * small.ask(do="page", times=pages)["p99"]),
        )
        for _ in range(rounds):
            spent = side.ask(do="query", times=pages)
            listed.ours.append(1000 * spent["ours"] / pages)
            listed.theirs.append(1000 * spent["theirs"] / pages)
            found = side.ask(do="proofs")
            proofs.ours.append(found["longest"])
            checked.ours.append(1000 * found["seconds"])
        in_turn(
            rounds,
            lambda: verify.ours.append(side.ask(do="verify")["seconds"]),
            lambda: verify.theirs.append(side.ask(do="copy")["seconds"]),
        )
        digest.ours = verify.ours
        digest.theirs = [side.ask(do="sha256")["seconds"] for _ in range(rounds)]
    return [verify, digest, proofs, checked, listed, grown]
