"""When a team's answer is due."""

from datetime import date, datetime

from accounts.models import Plan


def reply_due(plan: Plan, written: datetime) -> date:
    """The last day for an answer, in the business days that the plan promises."""
    calendar = plan.calendar
    return calendar.in_business_days(calendar.day(written), plan.reply_days)
