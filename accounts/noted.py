"""What happens to an account: one line in the trail, and from where in the table that expires."""

from allauth.core import context as allauth_context
from allauth.core.internal.httpkit import get_client_ip

from accounts.models import User
from portal.base.audit import activity, trail
from portal.base.audit.models import Outcome


def record(
    action: str,
    user: User | None,
    outcome: Outcome = Outcome.PERMITTED,
    *,
    reason: str = "",
    facts: dict[str, str | int] | None = None,
) -> None:
    """A line about an account. The object names it: before the second step nobody acts yet."""
    trail.record(
        action,
        outcome=outcome,
        object_kind="user",
        object_id=user.pk if user else None,
        facts={"reason_code": reason} if reason else facts,
    )
    note_address(action, user, outcome, reason=reason)


def note_address(
    action: str, user: User | None, outcome: Outcome = Outcome.PERMITTED, *, reason: str = ""
) -> None:
    """From where it was done. Nothing for a command, which has no request."""
    request = allauth_context.request
    if request is None:
        return
    activity.note(
        action,
        user_id=user.pk if user else None,
        outcome=outcome,
        address=get_client_ip(request),
        agent=request.headers.get("user-agent", ""),
        session_key=request.session.session_key,
        reason=reason,
    )
