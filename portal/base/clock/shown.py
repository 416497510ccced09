"""The one place that says by when: on every page, in words beside a shape and a color."""

from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def moment(at: datetime | None) -> str:
    """Day and time where the plan is: the zone of the request. Empty when it never was."""
    return date_format(timezone.localtime(at), "DATETIME_FORMAT") if at else ""


def day(on: date, today: date) -> str:
    """Thu, Aug 6; with the year where it is another one."""
    same = on.year == today.year
    return date_format(on, "WEEKDAY_FORMAT" if same else "WEEKDAY_YEAR_FORMAT")


def answer_by(last: date, today: date) -> dict[str, str]:
    """The chip that says when an answer is due, or how late it is."""
    late = (today - last).days
    if late > 0:
        words = ngettext("Answer is %(n)d day late", "Answer is %(n)d days late", late)
        return {"tone": "bad", "text": words % {"n": late}}
    if late == 0:
        return {"tone": "due", "text": _("Answer due today")}
    if late == -1:
        return {"tone": "wait", "text": _("Answer due tomorrow")}
    return {"tone": "wait", "text": _("Answer by %(day)s") % {"day": day(last, today)}}
