"""A plan's look from its one color: five values, checked, as a style sheet of its own.

Colors are moved in OKLCH, where the same lightness looks equally light in every hue
(https://bottosson.github.io/posts/oklab/). Contrast is WCAG 2.2's, 1.4.3 and 1.4.11.
"""

import hashlib
import math
import re
from functools import lru_cache
from typing import NamedTuple

from django.utils.translation import gettext as _

TEXT_CONTRAST = 4.5
# What plan colors are laid on; a test holds these against static/css/tokens.css.
PAPER, SHEET, INK, INK_2, LINK_INK = "#f6f1e6", "#fffdf8", "#262019", "#5a5043", "#ffffff"
NIGHT, NIGHT_SHEET, NIGHT_INK, NIGHT_INK_2 = "#1a1714", "#24201b", "#f1eade", "#bfb4a3"
ON_BRIGHT = "#14130f"
HEX = re.compile(r"#[0-9a-f]{6}")


class BadTheme(ValueError):
    """What is wrong with a theme, in a sentence for the person who sets it."""


class Shades(NamedTuple):
    plan: str  # fills, links and marks on paper
    hover: str  # the same, pointed at
    soft: str  # tint behind text on paper
    bright: str  # fills, links and marks at night
    deep: str  # tint behind text at night


class Oklch(NamedTuple):
    lightness: float
    chroma: float
    hue: float


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _gamma(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055


def _rgb(color: str) -> tuple[float, float, float]:
    red, green, blue = (_linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return red, green, blue


def to_oklch(color: str) -> Oklch:
    red, green, blue = _rgb(color)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    lightness = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    return Oklch(lightness, math.hypot(a, b), math.atan2(b, a))


def to_hex(wanted: Oklch) -> str:
    """The color, with less chroma where a screen can't show as much."""
    chroma = wanted.chroma
    while True:
        parts = _screen(Oklch(wanted.lightness, chroma, wanted.hue))
        if chroma <= 0 or all(-0.0005 <= part <= 1.0005 for part in parts):
            bounded = (_gamma(min(max(part, 0.0), 1.0)) for part in parts)
            return "#" + "".join(f"{round(part * 255):02x}" for part in bounded)
        chroma = max(chroma - 0.002, 0.0)


def _screen(color: Oklch) -> tuple[float, float, float]:
    a, b = color.chroma * math.cos(color.hue), color.chroma * math.sin(color.hue)
    long = (color.lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (color.lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (color.lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def contrast(one: str, other: str) -> float:
    lights = sorted(
        (
            0.2126 * red + 0.7152 * green + 0.0722 * blue
            for red, green, blue in map(_rgb, (one, other))
        )
    )
    return (lights[1] + 0.05) / (lights[0] + 0.05)


@lru_cache(maxsize=256)
def shades(color: str) -> Shades:
    lightness, chroma, hue = to_oklch(color)
    return Shades(
        plan=color,
        hover=to_hex(Oklch(max(lightness - 0.08, 0.12), chroma, hue)),
        soft=to_hex(Oklch(0.93, min(chroma * 0.3, 0.02), hue)),
        bright=to_hex(Oklch(0.82, min(chroma * 1.2, 0.075), hue)),
        deep=to_hex(Oklch(0.32, min(chroma * 0.65, 0.045), hue)),
    )


def lowest_contrast(color: str) -> float:
    """The worst of all pairs that pages lay on each other, by day and by night."""
    made = shades(color)
    pairs = (
        *((made.plan, below) for below in (PAPER, SHEET, made.soft, LINK_INK)),
        *((made.hover, below) for below in (PAPER, SHEET, made.soft, LINK_INK)),
        *((above, made.soft) for above in (INK, INK_2)),
        *((made.bright, below) for below in (NIGHT, NIGHT_SHEET, made.deep, ON_BRIGHT)),
        *((above, made.deep) for above in (NIGHT_INK, NIGHT_INK_2)),
    )
    return min(contrast(*pair) for pair in pairs)


def check_color(color: str) -> str:
    """The color as it is stored. Raises BadTheme with a sentence that names one that would do.

    Links, filled buttons and the borders of controls all have this color. Text needs 4.5 to 1,
    borders 3 to 1, so what is enough for text is enough for all.
    """
    found = color.strip().lower()
    if not HEX.fullmatch(found):
        raise BadTheme(_("Write the color as # and 6 signs from 0-9 and a-f, such as #1c5048."))
    reached = lowest_contrast(found)
    if reached >= TEXT_CONTRAST:
        return found
    raise BadTheme(
        _(
            "%(color)s is too light to read: it reaches a contrast of %(reached)s to 1, and"
            " 4.5 to 1 is needed. %(nearest)s is the nearest that works."
        )
        % {
            "color": found,
            "reached": f"{math.floor(reached * 10) / 10:.1f}",
            "nearest": nearest_dark(found),
        }
    )


def nearest_dark(color: str) -> str:
    lightness, chroma, hue = to_oklch(color)
    steps = (lightness - step / 200 for step in range(200))
    darker = (to_hex(Oklch(max(step, 0.0), chroma, hue)) for step in steps)
    return next((found for found in darker if lowest_contrast(found) >= TEXT_CONTRAST), "#262019")


@lru_cache(maxsize=256)
def sheet(color: str) -> str:
    """The five values and nothing else. Crisis and status colors are not the plan's to change."""
    values = "".join(
        f"--plan{'' if name == 'plan' else f'-{name}'}:{value};"
        for name, value in shades(color)._asdict().items()
    )
    return f"@layer theme{{:root{{{values}}}}}\n"


@lru_cache(maxsize=256)
def sheet_name(color: str) -> str:
    return f"{hashlib.sha256(sheet(color).encode()).hexdigest()[:16]}.css"
