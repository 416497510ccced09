"""What a person reads of the recent use of their own account."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import access
from accounts.models import Role, User
from portal.base.audit.models import Outcome

# What tells a person something: a right password alone is followed by a session, or by nothing.
WORDS: dict[tuple[str, str], Promise] = {
    ("signin.session", Outcome.PERMITTED): _("Signed in"),
    ("signin.password", Outcome.REFUSED): _("Wrong password"),
    ("signin.second_step", Outcome.REFUSED): _("Wrong code"),
    ("signin.enrolled", Outcome.PERMITTED): _("App that makes codes turned on"),
    ("signin.codes_printed", Outcome.PERMITTED): _("New printed codes"),
    ("signin.password_changed", Outcome.PERMITTED): _("Password changed"),
    ("signin.reset_asked", Outcome.PERMITTED): _("Link for a new password asked for"),
    ("signin.email_changed", Outcome.PERMITTED): _("Email changed"),
    ("signin.ended", Outcome.PERMITTED): _("Signed out on other devices"),
}
MOST = 10
ROLES: dict[str, Promise] = {
    Role.MEMBER: _("Member"),
    Role.REPRESENTATIVE: _("Representative"),
    Role.CARE_WORKER: _("Care worker"),
    Role.SUPERVISOR: _("Care supervisor"),
    Role.PRIVACY_OFFICER: _("Privacy officer"),
    Role.PLAN_ADMIN: _("Plan administrator"),
    Role.OPERATOR: _("Operator"),
}


@dataclass(frozen=True)
class Line:
    at: datetime
    what: Promise
    browser: str
    address: str
    bad: bool


def recent_activity(user: User) -> list[Line]:
    told = [row for row in access.own_activity(user) if (row.what, row.outcome) in WORDS]
    return [
        Line(
            at=row.at,
            what=WORDS[row.what, row.outcome],
            browser=row.agent,
            address=row.address or "",
            bad=row.outcome == Outcome.REFUSED,
        )
        for row in told[:MOST]
    ]
