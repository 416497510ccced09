"""Signing in: the plan's own User IDs, then a second step, joined to allauth's journey."""

import math
import time
from typing import Any

import django_otp
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal import flows  # noqa: F401 - stages alone imports in a circle
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.stages import LoginStage
from allauth.core.internal import ratelimit
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password
from django.core import signing
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import RegexValidator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts import access, actions, devices
from accounts.models import Plan, User
from accounts.noted import note_address, record
from portal.base.audit import activity
from portal.base.audit.models import Outcome
from portal.base.following import is_page_of_ours

NO_MATCH = _("That User ID and password do not match. Try again, or reset your password.")
TOO_MANY = ngettext_lazy(
    "Too many tries. Wait %(count)d minute, then try again. Or call us: %(phone)s.",
    "Too many tries. Wait %(count)d minutes, then try again. Or call us: %(phone)s.",
    "count",
)
TOO_MANY_CODE = "too_many"
# A code this recent lets a person change how they sign in.
FRESH_SECONDS = 10 * 60
BROWSER_COOKIE, BROWSER_SALT = "__Host-browser", "accounts.browser"
BROWSER_SECONDS = 400 * 24 * 60 * 60  # as long as browsers keep a cookie

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


def seconds_left(request: HttpRequest, action: str, key: str) -> int:
    """Until allauth's limits on an action, of the address and the key, let one more try through."""
    left = [1.0]
    for rate in ratelimit.get_rates(app="allauth.account", action=action):
        name = ratelimit.get_cache_key(
            request, app="allauth.account", action=action, rate=rate, key=key
        )
        ends = sorted(tried + rate.duration - time.time() for tried in cache.get(name, []))
        # The newest first: each frees a try when it ends.
        if len(ends) >= rate.amount:
            left.append(ends[-rate.amount])
    return math.ceil(max(left))


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": NO_MATCH,
        "invalid_login": NO_MATCH,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        return [*super().get_login_stages(), "accounts.signin.SecondStepStage"]

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Tries are counted per User ID, and apart for each browser that this person is known at.

        Strangers can so use up a User ID's tries, but not those of its owner.
        """
        plan, user_id = plan_of(request), str(credentials.get("username", ""))
        user = User.objects.in_plan(plan, user_id) if plan else None
        cookie = browser_cookie(request)
        known = user is not None and access.knows_browser(user, cookie)
        name = user_id.strip().casefold()
        return f"{plan.pk if plan else ''}:{name}:{cookie if known else ''}"

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        try:
            user: User | None = super().authenticate(request, **credentials)
        except ValidationError:
            record("signin.password", None, Outcome.REFUSED, reason="rate_limited")
            key = self._get_login_attempts_cache_key(request, **credentials)
            seconds, plan = seconds_left(request, "login_failed", key), plan_of(request)
            phone = plan.phone if plan else ""
            told = {"count": math.ceil(seconds / 60), "phone": phone, "seconds": seconds}
            raise ValidationError(TOO_MANY, code=TOO_MANY_CODE, params=told) from None
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
            raise PermissionDenied(_("This sign-in is not for here. Please start again."))
        super().login(request, user)
        actions.start_session(request.session, user, browser_of(request))
        # Its own row: only now does the session have the key that it goes on with.
        note_address("signin.session", user)
        device = getattr(request, "second_step_device", None)
        if device is not None:
            django_otp.login(request, device)

    def post_login(self, request: HttpRequest, user: User, **more: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **more)
        if hasattr(request, "second_step_device"):
            keep_browser(request, response, user)
        return response

    def logout(self, request: HttpRequest) -> None:
        user: Any = request.user
        if user.is_authenticated:
            actions.end_this_sign_in(user, request.session)
            record("signout", user)
        super().logout(request)

    def is_safe_url(self, url: str | None) -> bool:
        """Only this host: allauth would take every plan's."""
        return is_page_of_ours(url or "")

    def is_ajax(self, request: HttpRequest) -> bool:
        """Never: allauth would answer a header with JSON that repeats what was typed."""
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Pages say what happened; allauth's notes would show the stored user name."""

    def set_password(self, user: User, password: str) -> None:
        actions.change_password(user=user, password=password)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Mail of ours goes through the outbox (accounts/mails.py); allauth has none to send."""


def browser_of(request: HttpRequest) -> str:
    return activity.agent_family(request.headers.get("User-Agent", ""))


def browser_cookie(request: HttpRequest) -> str:
    """The random name that this browser was given, or nothing if it is not ours or too old."""
    try:
        found: str = signing.loads(
            request.COOKIES.get(BROWSER_COOKIE, ""), salt=BROWSER_SALT, max_age=BROWSER_SECONDS
        )
    except signing.BadSignature:
        return ""
    return found


def keep_browser(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Both steps are passed here: this browser is known from now on, and they hear of a new one."""
    cookie = browser_cookie(request) or get_random_string(32)
    actions.know_browser(user=user, cookie=cookie, name=browser_of(request))
    response.set_cookie(
        BROWSER_COOKIE,
        signing.dumps(cookie, salt=BROWSER_SALT),
        max_age=BROWSER_SECONDS,
        secure=True,
        httponly=True,
        samesite="Lax",
    )


def clear_site(response: HttpResponse) -> HttpResponse:
    """The browser forgets what it kept of a session that ended, pages to go back to as well."""
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


def has_fresh_code(request: HttpRequest, user: User) -> bool:
    """allauth's own answer would pass someone without a usable password."""
    codes = [r["at"] for r in get_authentication_records(request, user) if r["method"] == "otp"]
    return bool(codes) and 0 <= time.time() - codes[-1] <= FRESH_SECONDS
