"""The table people read, and the same as JSON."""

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.rounds import Line

HEADS = ("what", "against", "unit", "ours", "theirs", "ratio best", "ratio median", "goal", "met")


def table(lines: Sequence[Line]) -> str:
    rows = [HEADS, *(_cells(line) for line in lines)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEADS))]
    rows.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place < 3 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _cells(line: Line) -> tuple[str, ...]:
    ours, theirs = line.median
    return (
        line.what,
        line.against,
        line.unit,
        _number(ours),
        _number(theirs) if line.theirs else "-",
        ratio(line.ratio_best),
        ratio(line.ratio_median),
        f"{'>=' if line.better == 'more' else '<='} {line.goal:g}",
        "yes" if line.met else "NO",
    )


def ratio(value: float) -> str:
    return f"{value:.3f}" if value < 100 else _number(value)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def write(
    path: Path, lines: Sequence[Line], *, scale: float, rounds: int, server: dict[str, Any]
) -> None:
    found = {
        "date": datetime.now(UTC).date().isoformat(),
        "scale": scale,
        "rounds": rounds,
        "machine": {
            "cores": os.cpu_count(),
            "system": platform.system(),
            "python": platform.python_version(),
            **server,
        },
        "lines": [_plain(line) for line in lines],
    }
    path.write_text(json.dumps(found, indent=2) + "\n")


def _plain(line: Line) -> dict[str, Any]:
    return {
        "what": line.what,
        "against": line.against,
        "unit": line.unit,
        "better": line.better,
        "ours": {"best": line.best[0], "median": line.median[0], "rounds": line.ours},
        "theirs": {"best": line.best[1], "median": line.median[1], "rounds": line.theirs}
        if line.theirs
        else None,
        "ratio_best": line.ratio_best,
        "ratio_median": line.ratio_median,
        "goal": line.goal,
        "met": line.met,
    }
