"""What changes about how someone signs in. Each change ends what it should and writes to them."""

import time
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts import access, devices
from accounts.models import EmailChange, KnownBrowser, Plan, SignIn, User
from accounts.noted import record
from portal.base.audit.models import Outcome
from portal.base.ids import uuid7
from portal.base.outbox import announce
from portal.base.outbox.announce import Kind

# What tells of the past goes with a person's next sign-in after this.
KEPT = timedelta(days=90)
PLAN_KEY, SIGNED_IN_AT_KEY, SIGN_IN_KEY = "plan_id", "signed_in_at", "sign_in"


def start_session(session: SessionBase, user: User, browser: str = "") -> SignIn:
    """What the gate asks of every session."""
    now = timezone.now()
    user.sign_ins.filter(started_at__lt=now - KEPT).delete()
    user.email_changes.filter(asked_at__lt=now - KEPT).delete()
    line = SignIn.objects.create(user=user, browser=browser, started_at=now, last_seen_at=now)
    session[PLAN_KEY] = str(user.plan_id)
    session[SIGNED_IN_AT_KEY] = time.time()
    session[SIGN_IN_KEY] = str(line.pk)
    return line


def see_session(line: SignIn) -> None:
    """Note that this session is in use, once a minute at most: a page isn't worth a write."""
    now = timezone.now()
    if (now - line.last_seen_at).total_seconds() >= 60:
        line.last_seen_at = now
        line.save(update_fields=["last_seen_at"])


@transaction.atomic
def end_sign_ins(*, user: User, by: User | None, keep: str = "", only: str = "") -> int:
    """End this person's sessions: the next request of each finds itself signed out."""
    lines = user.sign_ins.filter(ended_at=None)
    if only:
        lines = lines.filter(pk=only)
    if keep:
        lines = lines.exclude(pk=keep)
    count: int = lines.update(ended_at=timezone.now())
    if count and by is not None:
        record("signin.ended", user, facts={"count": count})
    return count


@transaction.atomic
def keep_out_others(*, user: User, keep: str) -> None:
    """Someone else was here: their sessions end, and so does a change of email they began."""
    end_sign_ins(user=user, by=user, keep=keep)
    user.email_changes.filter(confirmed_at=None).delete()


def end_this_sign_in(user: User, session: SessionBase) -> None:
    line = access.sign_in_of(user, session.get(SIGN_IN_KEY, ""))
    if line is not None:
        line.ended_at = timezone.now()
        line.save(update_fields=["ended_at"])


@transaction.atomic
def know_browser(*, user: User, cookie: str, name: str) -> KnownBrowser:
    """Remember this browser as this person's; they are told of each new one but the first."""
    first = not user.known_browsers.exists()
    browser, new = KnownBrowser.objects.get_or_create(
        user=user, mark=access.browser_mark(user, cookie), defaults={"name": name}
    )
    if not new:
        browser.save(update_fields=["last_seen_at"])
    elif not first:
        _write(user, Kind.NEW_BROWSER, browser.pk)
    return browser


@transaction.atomic
def ask_for_reset(*, plan: Plan, users: list[User]) -> None:
    """Send each a link. As much is written for nobody as for somebody, then taken back."""
    for user in users:
        record("signin.reset_asked", user)
        _write(user, Kind.PASSWORD_RESET, uuid7())
    if users:
        return
    record("signin.reset_asked", None)
    with transaction.atomic():
        announce.announce(
            plan_id=plan.pk, recipient_id=uuid7(), kind=Kind.PASSWORD_RESET, event_id=uuid7()
        )
        transaction.set_rollback(True)
    transaction.on_commit(announce.wake, robust=True)


@transaction.atomic
def change_password(*, user: User, password: str, keep: str = "") -> None:
    """By the person: signed in, or through a mailed link. Ends every session but `keep`."""
    user.set_password(password)
    user.save(update_fields=["password"])
    end_sign_ins(user=user, by=None, keep=keep)
    record("signin.password_changed", user)
    _write(user, Kind.PASSWORD_CHANGED, uuid7())


@transaction.atomic
def confirm_app(*, user: User, token: str) -> devices.TotpDevice | None:
    """Turn on the app being set up, in place of the one before."""
    device = devices.confirm_totp(user, token)
    if device is None:
        record("signin.enrolled", user, Outcome.REFUSED)
        return None
    user.totp_devices.filter(confirmed=True).exclude(pk=device.pk).delete()
    record("signin.enrolled", user)
    _write(user, Kind.SECOND_STEP_CHANGED, uuid7())
    return device


@transaction.atomic
def print_codes(*, user: User, key: UUID | None = None, tell: bool = True) -> list[str]:
    """Ten new codes in place of all earlier ones; none where the same form made them already."""
    User.objects.select_for_update().get(pk=user.pk)
    if key and user.printed_sheets.filter(pk=key).exists():
        return []
    codes = devices.print_codes(user, key)
    record("signin.codes_printed", user)
    if tell:
        _write(user, Kind.SECOND_STEP_CHANGED, uuid7())
    return codes


@transaction.atomic
def reset_second_step(*, user: User) -> int:
    """Take away what was lost. The next sign-in begins with setting up a new second step."""
    user.totp_devices.all().delete()
    user.printed_sheets.all().delete()
    user.known_browsers.all().delete()
    ended = end_sign_ins(user=user, by=None)
    record("signin.second_step_reset", user, facts={"count": ended})
    _write(user, Kind.SECOND_STEP_CHANGED, uuid7())
    return ended


@transaction.atomic
def ask_for_email(*, user: User, email: str) -> EmailChange:
    """Send a code to the new address. Nothing changes until it is typed in here."""
    change = EmailChange.objects.create(
        user=user,
        holder_id=user.holder_id,
        old_email=user.email,
        new_email=email,
        asked_at=timezone.now(),
    )
    record("signin.email_asked", user)
    _write(user, Kind.EMAIL_CODE, change.pk)
    return change


@transaction.atomic
def confirm_email(*, user: User, code: str) -> bool:
    """Take the new address if this is the code sent there; both addresses are told."""
    User.objects.select_for_update().get(pk=user.pk)
    change = access.pending_email(user)
    if change is None:
        return False
    if not constant_time_compare(devices.tidy_code(code), access.code_of(change)):
        change.tries += 1
        change.save(update_fields=["tries"])
        record("signin.email_changed", user, Outcome.REFUSED)
        return False
    change.confirmed_at = timezone.now()
    change.save(update_fields=["confirmed_at"])
    user.email = change.new_email
    user.save(update_fields=["email"])
    record("signin.email_changed", user)
    _write(user, Kind.EMAIL_CHANGED, change.pk)
    if change.old_email:
        _write(user, Kind.EMAIL_LEFT, change.pk)
    return True


@transaction.atomic
def set_language(*, user: User, language: str) -> None:
    if language not in dict(settings.LANGUAGES):
        raise ValueError("No such language.")
    user.language = language
    user.save(update_fields=["language"])
    record("account.language_set", user)


def set_look(*, user: User, look: str) -> None:
    user.look = look
    user.save(update_fields=["look"])


def _write(user: User, kind: Kind, event_id: Any) -> None:
    announce.announce(plan_id=user.plan_id, recipient_id=user.pk, kind=kind, event_id=event_id)
