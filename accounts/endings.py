"""What stops here when a right ends."""

from django.utils import timezone

from accounts.models import EmailChange, SignIn
from portal.base.outbox import announce
from portal.base.registry import Ending, Right, stop_hooks


def register() -> None:
    stop_hooks.sign_up("accounts.sessions", end_sessions, "Account: its open sessions end.")
    stop_hooks.sign_up(
        "accounts.email_changes", end_email_changes, "Account: codes for a new email end."
    )
    stop_hooks.sign_up("accounts.mail", end_mail, "Account: mail that waits is not sent.")


def end_sessions(ending: Ending) -> int:
    if ending.right is not Right.ACCOUNT:
        return 0
    lines = SignIn.objects.filter(user=ending.user_id, ended_at=None)
    return lines.update(ended_at=timezone.now())


def end_email_changes(ending: Ending) -> int:
    if ending.right is not Right.ACCOUNT:
        return 0
    return EmailChange.objects.filter(user=ending.user_id, confirmed_at=None).delete()[0]


def end_mail(ending: Ending) -> int:
    if ending.right is not Right.ACCOUNT or ending.user_id is None:
        return 0
    return announce.withdraw(ending.user_id)
