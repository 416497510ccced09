from datetime import UTC, date, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from phi_records.fhir.words.text import fields


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
    if start:
        return start if end else _("Since %s") % start
    return _("Until %s") % end if end else ""


def is_date_like(value: str) -> bool:
    return len(value) >= 10 and value[4:5] == "-" and value[7:8] == "-" and value[:4].isdecimal()


def _local(value: datetime) -> datetime:
    if value.tzinfo is not None and value.utcoffset() == UTC.utcoffset(None):
        return value.astimezone(timezone.get_current_timezone())
    return value
