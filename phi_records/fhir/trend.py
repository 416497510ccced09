"""The last results of one test, and where they stand on a chart."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from phi_records.fhir import words
from phi_records.fhir.statuses import Tone, limits_of, status_of
from phi_records.fhir.summaries import about_another, result_text, when_of

MOST_POINTS = 5
_UPPER, _LOWER = "8480-6", "8462-4"
_MISTAKES = frozenset({"entered-in-error", "cancelled"})


@dataclass(frozen=True, slots=True)
class Result:
    day: date
    # One number, or two for a blood pressure.
    values: tuple[Decimal, ...]
    unit: str
    text: str
    status_word: str
    status_tone: Tone


@dataclass(frozen=True, slots=True)
class Range:
    low: Decimal | None
    high: Decimal | None
    text: str


def trend_of(
    resource: Mapping[str, Any], others: Iterable[Mapping[str, Any]], fewest: int = 2
) -> list[Result]:
    """The newest results of the same test in the same unit, oldest first; none if too few."""
    this = _result(resource)
    name = _name(resource)
    if this is None or not name:
        return []
    found = {this.day: this}
    for one in others:
        result = _result(one) if name & _name(one) else None
        if result and (result.unit, len(result.values)) == (this.unit, len(this.values)):
            found.setdefault(result.day, result)
    several = sorted(found.values(), key=lambda one: one.day)[-MOST_POINTS:]
    return several if len(several) >= fewest else []


def usual_range(resource: Mapping[str, Any]) -> Range | None:
    limits = limits_of(resource)
    return limits and Range(*limits, words.span(words.items(resource["referenceRange"])[0]))


def _name(resource: Mapping[str, Any]) -> set[str]:
    code = resource.get("code")
    return words.codes(code) or {words.concept(code)} - {""}


def _result(resource: Mapping[str, Any]) -> Result | None:
    day = when_of(resource)
    if day is None or words.text(resource.get("status")) in _MISTAKES or about_another(resource):
        return None
    values, unit = _values(resource)
    word, tone = status_of(resource)
    return Result(day, values, unit, result_text(resource), word, tone) if values else None


def _values(resource: Mapping[str, Any]) -> tuple[tuple[Decimal, ...], str]:
    single = words.fields(resource.get("valueQuantity"))
    parts = [words.fields(one) for one in words.items(resource.get("component"))]
    by_code = {
        code: words.fields(one.get("valueQuantity"))
        for one in parts
        for code in words.codes(one.get("code")) & {_UPPER, _LOWER}
    }
    several = [single] if single else [by_code[one] for one in (_UPPER, _LOWER) if one in by_code]
    units = {words.unit_text(one.get("unit") or one.get("code")) for one in several}
    if len(units) != 1:
        return (), ""
    numbers = [words.number(one.get("value")) for one in several if not one.get("comparator")]
    return tuple(one for one in numbers if one is not None), units.pop()


# Where on the page


TOP, BOTTOM = 40.0, 205.0
LEFT, RIGHT = 24.0, 90.0


@dataclass(frozen=True, slots=True)
class Scale:
    """From a value to pixels from the top; a tick is a round number."""

    ticks: tuple[float, ...]

    def y(self, value: Decimal | float) -> float:
        low, high = self.ticks[0], self.ticks[-1]
        return round(BOTTOM - (float(value) - low) / (high - low) * (BOTTOM - TOP), 1)


def scale_of(values: Iterable[Decimal]) -> Scale:
    several = [float(one) for one in values]
    low, high = min(several), max(several)
    if high - low < 1e-9:
        low, high = low - max(abs(low) * 0.1, 0.5), high + max(abs(high) * 0.1, 0.5)
    step = _round_step((high - low) / 3)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return Scale(tuple(round(step * one, 10) for one in range(first, max(last, first + 1) + 1)))


def _round_step(rough: float) -> float:
    size = 10.0 ** math.floor(math.log10(rough))
    return next((size * one for one in (1, 2, 5) if size * one >= rough), size * 10)


def across(number: int, of: int) -> float:
    """Per cent from the left."""
    return round(LEFT + (RIGHT - LEFT) * number / max(of - 1, 1), 1)
