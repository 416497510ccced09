import re
from datetime import UTC, date, datetime, time

from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _

from phi_records.fhir.words.text import fields

_CLOCK = re.compile(r"\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?")


def moment(value: object) -> date | None:
    """The day of a date or dateTime. A time in UTC is taken to the reader's zone first."""
    if not isinstance(value, str) or not value[:4].isdecimal():
        return None
    try:
        if len(value) <= 10:
            return date.fromisoformat(
                value + "-01-01"[len(value) - 10 :] if len(value) < 10 else value
            )
        return _local(datetime.fromisoformat(value)).date()
    except (ValueError, OverflowError):
        return None


def moment_text(value: object) -> str:
    """Jul 14, 2026; May 2019; 2019"""
    day = moment(value)
    if day is None or not isinstance(value, str):
        return ""
    form = {4: "Y", 7: "YEAR_MONTH_FORMAT"}.get(len(value), "DATE_FORMAT")
    return str(date_format(day, form))


def period(value: object) -> str:
    found = fields(value)
    start, end = moment_text(found.get("start")), moment_text(found.get("end"))
    if start and end and start != end:
        return _("%(start)s to %(end)s") % {"start": start, "end": end}
    if start and not end:
        return (_("From %s") if is_ahead(found.get("start")) else _("Since %s")) % start
    if start:
        return start
    return _("Until %s") % end if end else ""


def in_zone(value: object) -> object:
    """A dateTime in the plan's zone, so that its hour and its day are of one place."""
    if moment(value) is None or not isinstance(value, str) or len(value) <= 10:
        return value
    at = datetime.fromisoformat(value)
    try:
        return timezone.localtime(at).isoformat() if at.tzinfo else value
    except OverflowError:
        return value


def hour_text(value: object) -> str:
    """The hour of a dateTime in the plan's zone; nothing of a day without one."""
    if moment(value) is None or not isinstance(value, str) or len(value) <= 10:
        return ""
    try:
        at = timezone.localtime(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        return ""
    return str(date_format(at, "TIME_FORMAT"))


def clock_text(value: object) -> str:
    """8:00 AM: an hour of any day, in no zone. Nothing of what is none."""
    if not isinstance(value, str) or not _CLOCK.fullmatch(value):
        return ""
    try:
        # What is of no zone leaves a space where its name would stand.
        return str(time_format(time.fromisoformat(value), "TIME_FORMAT")).strip()
    except ValueError:
        return ""


def is_over(value: object) -> bool:
    """Whether the day, month or year has passed."""
    return _cut(value) < _today(value) if moment(value) else False


def is_ahead(value: object) -> bool:
    return _cut(value) > _today(value) if moment(value) else False


def _cut(value: object) -> str:
    """2026-07-01, or the month or year that is all we know."""
    length = len(value) if isinstance(value, str) else 0
    day = moment(value)
    return day.isoformat()[: min(length, 10)] if day else ""


def _today(value: object) -> str:
    return timezone.localdate().isoformat()[: len(_cut(value))]


def is_date_like(value: str) -> bool:
    """A day, or a month: 2026-07."""
    if len(value) == 7:
        return value[4] == "-" and moment(value) is not None
    return len(value) >= 10 and value[4:5] == "-" and value[7:8] == "-" and value[:4].isdecimal()


def _local(value: datetime) -> datetime:
    if value.tzinfo is not None and value.utcoffset() == UTC.utcoffset(None):
        return value.astimezone(timezone.get_current_timezone())
    return value
