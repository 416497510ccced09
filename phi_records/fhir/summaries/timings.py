"""FHIR's Timing in words: whole, or not at all."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from phi_records.fhir import words

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EACH: dict[str, Promise] = {
    "h": gettext_lazy("an hour"),
    "d": gettext_lazy("a day"),
    "wk": gettext_lazy("a week"),
    "mo": gettext_lazy("a month"),
    "a": gettext_lazy("a year"),
}
_WHEN: dict[str, Promise] = {
    "MORN": gettext_lazy("in the morning"),
    "MORN.early": gettext_lazy("early in the morning"),
    "MORN.late": gettext_lazy("late in the morning"),
    "NOON": gettext_lazy("at noon"),
    "AFT": gettext_lazy("in the afternoon"),
    "AFT.early": gettext_lazy("early in the afternoon"),
    "AFT.late": gettext_lazy("late in the afternoon"),
    "EVE": gettext_lazy("in the evening"),
    "EVE.early": gettext_lazy("early in the evening"),
    "EVE.late": gettext_lazy("late in the evening"),
    "NIGHT": gettext_lazy("at night"),
    "HS": gettext_lazy("at bedtime"),
    "WAKE": gettext_lazy("after waking up"),
    "PHS": gettext_lazy("after falling asleep"),
    "C": gettext_lazy("with a meal"),
    "CM": gettext_lazy("with breakfast"),
    "CD": gettext_lazy("with lunch"),
    "CV": gettext_lazy("with dinner"),
    "AC": gettext_lazy("before a meal"),
    "ACM": gettext_lazy("before breakfast"),
    "ACD": gettext_lazy("before lunch"),
    "ACV": gettext_lazy("before dinner"),
    "PC": gettext_lazy("after a meal"),
    "PCM": gettext_lazy("after breakfast"),
    "PCD": gettext_lazy("after lunch"),
    "PCV": gettext_lazy("after dinner"),
}
# What an offset in minutes can stand before.
_WHEN_OFF = {name: _WHEN[name] for name in _WHEN if name[:2] in ("AC", "PC", "WA", "PH")}
_WHEN_OFF["HS"] = gettext_lazy("before bedtime")


def _every(count: int, period: int, unit: str) -> Mapping[str, Any]:
    return {"frequency": count, "period": period, "periodUnit": unit}


_CODES: dict[str, Mapping[str, Any]] = {
    "QD": _every(1, 1, "d"),
    "BID": _every(2, 1, "d"),
    "TID": _every(3, 1, "d"),
    "QID": _every(4, 1, "d"),
    "QOD": _every(1, 2, "d"),
    "WK": _every(1, 1, "wk"),
    "MO": _every(1, 1, "mo"),
    **{f"Q{hours}H": _every(1, hours, "h") for hours in (1, 2, 3, 4, 6, 8, 12, 24)},
    "AM": {"when": ["MORN"]},
    "PM": {"when": ["AFT"]},
    "BED": {"when": ["HS"]},
}


class Unsaid(Exception):
    """A part that has no words here: without it the rest would say something else."""


def timing_text(timing: Mapping[str, Any]) -> str:
    """2 times a day, before a meal. Raises Unsaid."""
    only(timing, "event", "repeat", "code")
    repeat = words.fields(timing.get("repeat"))
    parts = [*_code(timing.get("code"), repeat), *_repeat(repeat)]
    if days := words.items(timing.get("event")):
        if any(len(words.text(day)) != 10 or not words.moment(day) for day in days):
            raise Unsaid
        parts.append(_("on %s") % words.joined(words.moment_text(day) for day in days))
    return words.joined(iter(parts))


def parts_of_timing(timing: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The single facts of one that has no sentence, as far as they have words."""
    repeat = words.fields(timing.get("repeat"))
    kind, bounds = words.value_of(repeat, "bounds")
    without_offset = {one: repeat[one] for one in repeat if one != "offset"}
    return [
        (_("How often"), words.concept_words(timing.get("code"))),
        (_("How often"), _said(_how_often, repeat)),
        (_("When"), _said(_events, without_offset)),
        (_("Minutes before or after that"), words.number_text(repeat.get("offset"))),
        (_("When"), _said(_days, repeat)),
        (_("When"), _said(_hours, repeat)),
        (_("When"), words.joined(map(words.moment_text, words.items(timing.get("event"))))),
        (_("How long each time"), _said(_each_time, repeat)),
        (_("For how long"), words.any_text(kind, bounds or {})),
        (_("How many times"), _said(lambda: _times(repeat.get("count"), repeat.get("countMax")))),
    ]


def choice_text(kind: str, value: object) -> str:
    """Of a field that is a timing, or a plain day."""
    if kind != "Timing":
        return words.any_text(kind, value) if value is not None else ""
    try:
        return timing_text(words.fields(value))
    except Unsaid:
        return words.joined(told for _name, told in parts_of_timing(words.fields(value)))


def _said(made: Callable[..., str | list[str]], *parts: Mapping[str, Any]) -> str:
    try:
        found = made(*parts)
    except Unsaid:
        return ""
    return words.joined(iter([found] if isinstance(found, str) else found))


def length_text(value: object) -> str:
    """A Duration, or a Range of them: 10 days; 7 to 10 days. Raises Unsaid."""
    found = words.fields(value)
    low, high = words.fields(found.get("low")), words.fields(found.get("high"))
    if low and high:
        unit = high.get("code") or high.get("unit")
        if (low.get("code") or low.get("unit") or unit) != unit:
            raise Unsaid
        return _length(low.get("value"), high.get("value"), unit)
    if found.get("comparator"):
        raise Unsaid
    return _length(found.get("value"), None, found.get("code") or found.get("unit"))


def only(found: Mapping[str, Any], *known: str) -> None:
    """Extensions add to what is said, but those of another name would change it."""
    if any(found[one] and one not in (*known, "id", "extension") for one in found):
        raise Unsaid


def _code(code: object, repeat: Mapping[str, Any]) -> list[str]:
    """A code is a whole statement of its own, which what is beside it must not deny."""
    if code is None:
        return []
    known = [_CODES[one] for one in sorted(words.codes(code)) if one in _CODES]
    if known:
        said = _repeat(known[0])
        if "period" in known[0] and (often := _how_often(repeat)) and often != said[0]:
            raise Unsaid
        return said
    written = words.concept_words(code)
    if written in _CODES:
        return _code({"coding": [{"code": written}]}, repeat)
    if repeat and not written:
        return []
    if not written or written in words.codes(code):
        raise Unsaid
    return [written]


def _repeat(repeat: Mapping[str, Any]) -> list[str]:
    only(
        repeat, "boundsPeriod", "boundsDuration", "boundsRange", "count", "countMax", "duration",
        "durationMax", "durationUnit", "frequency", "frequencyMax", "period", "periodMax",
        "periodUnit", "dayOfWeek", "timeOfDay", "when", "offset",
    )  # fmt: skip
    parts = [
        _how_often(repeat),
        *_events(repeat),
        *_days(repeat),
        *_hours(repeat),
        _each_time(repeat),
        *_bounds(repeat),
    ]
    if "count" in repeat:
        parts.append(_("%s in all") % _times(repeat["count"], repeat.get("countMax")))
    return [one for one in parts if one]


def _how_often(repeat: Mapping[str, Any]) -> str:
    """2 times a day; every 4 to 6 hours"""
    if "period" not in repeat:
        if "frequency" in repeat or "periodUnit" in repeat:
            raise Unsaid
        return ""
    unit = words.text(repeat.get("periodUnit"))
    times = _times(repeat.get("frequency", 1), repeat.get("frequencyMax"))
    span = _length(repeat["period"], repeat.get("periodMax"), unit)
    if unit in _EACH and words.number(repeat["period"]) == 1 and "periodMax" not in repeat:
        return f"{times} {_EACH[unit]}"
    if times == _times(1, None):
        return _("every %s") % span
    return _("%(times)s every %(span)s") % {"times": times, "span": span}


def _times(count: object, most: object) -> str:
    several = [_whole(one) for one in (count, most) if one is not None]
    if not several:
        raise Unsaid
    if len(several) == 1:
        return words.times(several[0])
    return ngettext("%(from)d to %(count)d time", "%(from)d to %(count)d times", several[1]) % {
        "from": several[0],
        "count": several[1],
    }


def _whole(value: object) -> int:
    found = words.number(value)
    if found is None or found != found.to_integral_value() or found < 1:
        raise Unsaid
    return int(found)


def _length(value: object, most: object, unit: object) -> str:
    several = [words.number(one) for one in (value, most) if one is not None]
    if not several or any(one is None or one <= 0 for one in several):
        raise Unsaid
    amount = _to(words.plain_quantity({"value": one}) for one in several)
    if not (found := words.time_text(amount, several == [1], words.text(unit))):
        raise Unsaid
    return found


def _to(several: Iterable[str]) -> str:
    low, *high = several
    return _("%(low)s to %(high)s") % {"low": low, "high": high[0]} if high else low


def _events(repeat: Mapping[str, Any]) -> list[str]:
    offset = repeat.get("offset")
    table = _WHEN_OFF if offset else _WHEN
    names = [words.text(one) for one in words.items(repeat.get("when"))]
    if any(one not in table for one in names) or (offset and not names):
        raise Unsaid
    if not offset:
        return [str(table[one]) for one in names]
    return [
        _("%(length)s %(event)s") % {"length": _length(offset, None, "min"), "event": table[one]}
        for one in names
    ]


def _days(repeat: Mapping[str, Any]) -> list[str]:
    names = [words.text(one) for one in words.items(repeat.get("dayOfWeek"))]
    if any(one not in _DAYS for one in names):
        raise Unsaid
    shown = words.joined(str(WEEKDAYS[_DAYS.index(one)]) for one in names)
    return [_("on %s") % shown] if shown else []


def _hours(repeat: Mapping[str, Any]) -> list[str]:
    several = [words.clock_text(one) for one in words.items(repeat.get("timeOfDay"))]
    if not all(several):
        raise Unsaid
    shown = words.joined(iter(several))
    return [_("at %s") % shown] if shown else []


def _each_time(repeat: Mapping[str, Any]) -> str:
    if "duration" not in repeat:
        return ""
    found = _length(repeat["duration"], repeat.get("durationMax"), repeat.get("durationUnit"))
    return _("for %s each time") % found


def _bounds(repeat: Mapping[str, Any]) -> list[str]:
    kind, value = words.value_of(repeat, "bounds")
    if value is None:
        return []
    if kind != "Period":
        return [_("for %s") % length_text(value)]
    start, end = (words.moment_text(words.fields(value).get(one)) for one in ("start", "end"))
    if not start and not end:
        raise Unsaid
    first = _("from %s") % start if start else ""
    return [first, _("until %s") % end if end else ""]
