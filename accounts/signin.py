"""Signing in: the plan's own User IDs, then a second step, joined to allauth's journey."""

import logging
import time
from threading import Thread
from typing import Any

import django_otp
from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.account.internal import flows  # noqa: F401 - stages alone imports in a circle
from allauth.account.stages import LoginStage
from allauth.core import context as allauth_context
from allauth.core.internal.httpkit import get_client_ip
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.mail import EmailMessage
from django.core.validators import RegexValidator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from accounts import devices
from accounts.models import Plan, User
from portal.base.audit import activity, trail
from portal.base.audit.models import Outcome

logger = logging.getLogger(__name__)

PLAN_KEY, SIGNED_IN_AT_KEY = "plan_id", "signed_in_at"
NO_MATCH = _("That User ID and password do not match. Try again, or reset your password.")
TOO_MANY = _("Too many tries. Wait 5 minutes, then try again.")

username_validators = [
    RegexValidator(
        r"\A[a-z0-9][a-z0-9-]*:[^\s:\x00-\x1f]+\Z", _("A User ID has no spaces and no colons.")
    )
]


def plan_of(request: HttpRequest | None) -> Plan | None:
    return getattr(request, "plan", None)


class PlanBackend(BaseBackend):
    """Knows only the people of the plan whose host is asked."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **credentials: Any,
    ) -> User | None:
        plan = plan_of(request)
        if plan is None or not username or not password:
            return None
        user = User.objects.in_plan(plan, username)
        if user is None or not user.has_usable_password():
            # As slow as a check of a real password, so that time doesn't tell who is known.
            make_password(password)
            return None
        return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id: Any) -> User | None:
        """None once an account is closed: its sessions end with the next request."""
        return User.objects.filter(pk=user_id, is_active=True).first()


class SecondStepStage(LoginStage):  # type: ignore[misc]
    key = "second_step"
    urlname = "second_step"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user = self.login.user
        if user.has_usable_second_factor():
            return HttpResponseRedirect(reverse("second_step")), True
        # They come in as far as the gate lets them: to set one up, with a secret nobody has seen.
        devices.forget_pending_totp(user)
        return None, True


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": NO_MATCH,
        "invalid_login": NO_MATCH,
        "too_many_login_attempts": TOO_MANY,
        "rate_limited": TOO_MANY,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        return [*super().get_login_stages(), "accounts.signin.SecondStepStage"]

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        try:
            user: User | None = super().authenticate(request, **credentials)
        except ValidationError:
            record("signin.password", None, Outcome.REFUSED, reason="rate_limited")
            raise
        plan = plan_of(request)
        named = user
        if named is None and plan is not None:
            named = User.objects.in_plan(plan, credentials.get("username", ""))
        record("signin.password", named, Outcome.PERMITTED if user else Outcome.REFUSED)
        return user

    def login(self, request: HttpRequest, user: User) -> None:
        plan = plan_of(request)
        # A half-done sign-in, kept in a cookie, may have been carried to another plan's host.
        if plan is None or user.plan_id != plan.pk or not user.is_active:
            raise PermissionDenied
        super().login(request, user)
        start_session(request.session, user)
        # Its own row: only now does the session have the key that it goes on with.
        note_address("signin.session", user)
        device = getattr(request, "second_step_device", None)
        if device is not None:
            django_otp.login(request, device)

    def logout(self, request: HttpRequest) -> None:
        user: Any = request.user
        if user.is_authenticated:
            record("signout", user)
        super().logout(request)

    def is_safe_url(self, url: str | None) -> bool:
        """Only this host: allauth would take every plan's."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Pages say what happened; allauth's notes would show the stored user name."""

    def set_password(self, user: User, password: str) -> None:
        super().set_password(user, password)
        record("signin.password_changed", user)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Sends after the answer is decided, in a thread: waiting would tell who has an account."""
        request = allauth_context.request
        facts = {"request": request, "email": email, "plan": plan_of(request), **context}
        message = self.render_mail(template_prefix, email, facts)
        transaction.on_commit(
            Thread(target=deliver, args=[message], daemon=True).start, robust=True
        )

    def format_email_subject(self, subject: str) -> str:
        return str(subject)


def deliver(message: EmailMessage) -> None:
    try:
        message.send()
    except OSError as error:
        # The error's text would name the address.
        logger.warning("A sign-in mail was not sent: %s", type(error).__name__)


def start_session(session: SessionBase, user: User) -> None:
    """What the gate asks of every session."""
    session[PLAN_KEY] = str(user.plan_id)
    session[SIGNED_IN_AT_KEY] = time.time()


def notify(user: User, template_prefix: str) -> None:
    """Tell a person that how they sign in has changed."""
    if user.email:
        get_adapter().send_mail(template_prefix, user.email, {"user": user})


def record(
    action: str, user: User | None, outcome: Outcome = Outcome.PERMITTED, *, reason: str = ""
) -> None:
    """A line about an account. The object names it: before the second step nobody acts yet."""
    trail.record(
        action,
        outcome=outcome,
        object_kind="user",
        object_id=user.pk if user else None,
        facts={"reason_code": reason} if reason else None,
    )
    note_address(action, user, outcome, reason=reason)


def note_address(
    action: str, user: User | None, outcome: Outcome = Outcome.PERMITTED, *, reason: str = ""
) -> None:
    """From where it was done, in the table that expires."""
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
