"""A chart as a template needs it: server-made SVG, with the same numbers in a table below."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from phi_records.fhir.statuses import common_status
from phi_records.fhir.trend import Range, Result, Scale, across, scale_of, trend_of, usual_range


def has_numbers(resource: Mapping[str, Any]) -> bool:
    return trend_of(resource, [], fewest=1) != []


def chart_of(
    title: str, resource: Mapping[str, Any], others: Iterable[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    results = trend_of(resource, others)
    if not results:
        return None
    usual = usual_range(resource) if len(results[0].values) == 1 else None
    values = [value for one in results for value in one.values]
    bounds = [one for one in (usual.low, usual.high) if one is not None] if usual else []
    scale = scale_of([*values, *bounds])
    first, last = results[0], results[-1]
    plain_status = common_status(str(resource.get("status") or ""))
    return {
        "title": title,
        "latest": _("%(value)s on %(day)s.") % {"value": last.text, "day": _day(last)},
        # "Final" says nothing of how high or low it is.
        "status": "" if last.status_word == plain_status else last.status_word,
        "described": _("From %(first)s on %(start)s to %(last)s on %(end)s.")
        % {"first": first.text, "start": _day(first), "last": last.text, "end": _day(last)},
        "ticks": [{"y": scale.y(tick), "text": _number(tick)} for tick in scale.ticks],
        "unit": last.unit,
        "days": [
            {
                "x": across(number, len(results)),
                "month": date_format(one.day, "M"),
                "year": one.day.year,
            }
            for number, one in enumerate(results)
        ],
        "dots": _dots(results, scale),
        "lines": _lines(results, scale),
        "band": _band(usual, scale) if usual else None,
        "rows": [
            {
                "day": _day(one),
                "text": one.text,
                "chip": {"tone": one.status_tone, "text": one.status_word},
            }
            for one in reversed(results)
        ],
    }


def _dots(results: list[Result], scale: Scale) -> list[Mapping[str, Any]]:
    dots: list[Mapping[str, Any]] = []
    for number, one in enumerate(results):
        for place, value in enumerate(one.values):
            y = scale.y(value)
            dots.append(
                {
                    "x": across(number, len(results)),
                    "y": y,
                    # The lower of two numbers has its words below the dot.
                    "text_y": round(y + 26 if place else y - 15, 1),
                    "text": _short(value),
                    "last": number == len(results) - 1,
                }
            )
    return dots


def _lines(results: list[Result], scale: Scale) -> list[Mapping[str, float]]:
    return [
        {
            "x1": across(number, len(results)),
            "y1": scale.y(before),
            "x2": across(number + 1, len(results)),
            "y2": scale.y(after),
        }
        for number, (one, two) in enumerate(pairwise(results))
        for before, after in zip(one.values, two.values, strict=True)
    ]


def _band(usual: Range, scale: Scale) -> Mapping[str, Any]:
    top = scale.y(usual.high if usual.high is not None else scale.ticks[-1])
    bottom = scale.y(usual.low if usual.low is not None else scale.ticks[0])
    return {
        "y": top,
        "height": round(bottom - top, 1),
        "bottom": bottom,
        "text": _("Usual range: %s") % usual.text,
    }


def _day(one: Result) -> str:
    return date_format(one.day, "DATE_FORMAT")


def _short(value: Any) -> str:
    """As many digits as have room over a dot; the table has them all."""
    return _number(
        round(value) if abs(value) >= 100 else round(value, 1 if abs(value) >= 10 else 2)
    )


def _number(value: Any) -> str:
    """At most two places; no zeros at the end."""
    rounded = f"{float(value):.2f}".rstrip("0").rstrip(".")
    places = len(rounded.partition(".")[2])
    return str(number_format(rounded, decimal_pos=places, use_l10n=True, force_grouping=True))
