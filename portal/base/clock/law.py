"""The times that law sets, and those a plan sets itself, as one table. Due dates come from it.

Day 0 is the day of receipt by the plan or by us for it, by whichever way it came: the cautious
reading. No clock pauses.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from portal.base.clock.days import Calendar, years_on


class Kind(StrEnum):
    ACCESS = "access"
    AMENDMENT = "amendment"
    ACCOUNTING = "accounting"
    ACCOUNTING_REACH = "accounting_reach"
    FREE_ACCOUNTING = "free_accounting"
    SPOKEN_SUSPENSION = "spoken_suspension"
    BREACH_MEMBER = "breach_member"
    BREACH_MEDIA = "breach_media"
    BREACH_HHS = "breach_hhs"
    BREACH_HHS_SMALL = "breach_hhs_small"
    BREACH_PLAN = "breach_plan"
    BREACH_WEB_NOTICE = "breach_web_notice"
    BREACH_SPOKEN_DELAY = "breach_spoken_delay"
    HHS_COMPLAINT = "hhs_complaint"
    DOCUMENTS = "documents"
    DECEASED = "deceased"
    NOTICE_REMINDER = "notice_reminder"
    NOTICE_CHANGED = "notice_changed"
    SUD_ACCOUNTING_REACH = "sud_accounting_reach"
    PRIOR_AUTHORIZATION_SHOWN = "prior_authorization_shown"
    PRIOR_AUTHORIZATION_KEPT = "prior_authorization_kept"
    RESTRICTION = "restriction"
    CONFIDENTIAL_CONTACT = "confidential_contact"
    REPRESENTATIVE = "representative"
    COMPLAINT = "complaint"
    PAPER_NOTICE = "paper_notice"
    BEST_INTEREST_REVIEW = "best_interest_review"
    EMERGENCY_ACCESS_REVIEW = "emergency_access_review"


class Unit(StrEnum):
    DAYS = "days"
    BUSINESS_DAYS = "business_days"
    YEARS = "years"


@dataclass(frozen=True)
class Rule:
    number: int
    unit: Unit
    # Empty: no law sets it, the plan does.
    citation: str = ""
    # Days that may be added once, in writing and within the first time.
    extension: int = 0
    # Counted back from the day it is asked on.
    back: bool = False
    # Counted from the end of the year of the day, not from the day.
    from_year_end: bool = False
    # Counsel is to confirm it before a plan goes live with it.
    to_confirm: bool = False


DAYS, BUSINESS_DAYS, YEARS = Unit
RULES: dict[Kind, Rule] = {
    Kind.ACCESS: Rule(30, DAYS, "45 CFR 164.524(b)(2)", extension=30),
    Kind.AMENDMENT: Rule(60, DAYS, "45 CFR 164.526(b)(2)", extension=30),
    Kind.ACCOUNTING: Rule(60, DAYS, "45 CFR 164.528(c)(1)", extension=30),
    Kind.ACCOUNTING_REACH: Rule(6, YEARS, "45 CFR 164.528(a)(1)", back=True),
    Kind.FREE_ACCOUNTING: Rule(1, YEARS, "45 CFR 164.528(c)(2)(i)", back=True),
    Kind.SPOKEN_SUSPENSION: Rule(30, DAYS, "45 CFR 164.528(a)(2)(ii)(C)"),
    Kind.BREACH_MEMBER: Rule(60, DAYS, "45 CFR 164.404(b)"),
    Kind.BREACH_MEDIA: Rule(60, DAYS, "45 CFR 164.406(b)"),
    Kind.BREACH_HHS: Rule(60, DAYS, "45 CFR 164.408(b)"),
    Kind.BREACH_HHS_SMALL: Rule(60, DAYS, "45 CFR 164.408(c)", from_year_end=True),
    Kind.BREACH_PLAN: Rule(60, DAYS, "45 CFR 164.410(b)"),
    Kind.BREACH_WEB_NOTICE: Rule(90, DAYS, "45 CFR 164.404(d)(2)(ii)"),
    Kind.BREACH_SPOKEN_DELAY: Rule(30, DAYS, "45 CFR 164.412(b)"),
    Kind.HHS_COMPLAINT: Rule(180, DAYS, "45 CFR 160.306(b)(3)"),
    Kind.DOCUMENTS: Rule(6, YEARS, "45 CFR 164.316(b)(2)(i), 164.530(j)(2)"),
    Kind.DECEASED: Rule(50, YEARS, "45 CFR 164.502(f)"),
    Kind.NOTICE_REMINDER: Rule(3, YEARS, "45 CFR 164.520(c)(1)(ii)"),
    Kind.NOTICE_CHANGED: Rule(60, DAYS, "45 CFR 164.520(c)(1)(v)(B)"),
    Kind.SUD_ACCOUNTING_REACH: Rule(3, YEARS, "42 CFR 2.25", back=True, to_confirm=True),
    Kind.PRIOR_AUTHORIZATION_SHOWN: Rule(1, BUSINESS_DAYS, "42 CFR 431.60(b)(5)"),
    Kind.PRIOR_AUTHORIZATION_KEPT: Rule(1, YEARS, "42 CFR 431.60(b)(5)"),
    Kind.RESTRICTION: Rule(15, DAYS),
    Kind.CONFIDENTIAL_CONTACT: Rule(5, DAYS),
    Kind.REPRESENTATIVE: Rule(10, DAYS),
    Kind.COMPLAINT: Rule(30, DAYS),
    Kind.PAPER_NOTICE: Rule(5, BUSINESS_DAYS),
    Kind.BEST_INTEREST_REVIEW: Rule(2, BUSINESS_DAYS),
    Kind.EMERGENCY_ACCESS_REVIEW: Rule(2, BUSINESS_DAYS),
}


class CannotExtend(Exception):
    """Why the time can't be made longer."""


def due(kind: Kind, received: date, calendar: Calendar) -> date:
    """The last day, at the end of which (`calendar.ends`) the time is over."""
    rule = RULES[kind]
    if rule.back:
        raise ValueError(f"{kind} counts back: ask since().")
    start = date(received.year, 12, 31) if rule.from_year_end else received
    if rule.unit is BUSINESS_DAYS:
        return calendar.in_business_days(start, rule.number)
    if rule.unit is YEARS:
        return years_on(start, rule.number)
    return start + timedelta(days=rule.number)


def extended(
    kind: Kind, received: date, calendar: Calendar, *, on: date, before: bool = False
) -> date:
    """The last day after the one extension, taken `on` a day; `before`: it was taken already."""
    last, rule = due(kind, received, calendar), RULES[kind]
    if not rule.extension:
        raise CannotExtend("This time can't be extended.")
    if before:
        raise CannotExtend("This time was extended already. It can be extended once.")
    if on > last:
        raise CannotExtend("This time is over. It could be extended until its last day.")
    return last + timedelta(days=rule.extension)


def since(kind: Kind, asked: date) -> date:
    """The first day that a rule which counts back takes in."""
    rule = RULES[kind]
    if not rule.back:
        raise ValueError(f"{kind} counts forward: ask due().")
    return years_on(asked, -rule.number)
