"""What a session must hold before any page opens. It runs ahead of every view."""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils.http import urlencode

from accounts import access, actions, signin
from accounts.models import User
from portal.base import context
from portal.base.audit import trail

# All that someone may reach who has signed in with a password and has no second factor yet.
WHILE_ENROLLING = ("enrol", "account_logout", "keep-alive", "set_language", "look")


def gate(request: HttpRequest) -> HttpResponse | None:
    """None lets the request through; anything else is the answer to it."""
    user: Any = request.user
    if not user.is_authenticated:
        return None
    if reason := _ended(request, user):
        return _sign_out(request, user, reason)
    if user.is_verified():
        return None
    if user.has_usable_second_factor():
        return _sign_out(request, user, "second_step_missing")
    if request.path in {reverse(name) for name in WHILE_ENROLLING}:
        return None
    return redirect("enrol")


def _ended(request: HttpRequest, user: User) -> str:
    """Why this session may not go on, or nothing."""
    plan = signin.plan_of(request)
    held = request.session.get(actions.PLAN_KEY)
    if plan is None or user.plan_id != plan.pk or held != str(plan.pk):
        return "other_plan"
    age = time.time() - request.session.get(actions.SIGNED_IN_AT_KEY, 0)
    # A time ahead of ours is no proof of a young session.
    if not 0 <= age <= settings.SESSION_TOTAL_SECONDS:
        return "too_old"
    line = access.sign_in_of(user, request.session.get(actions.SIGN_IN_KEY, ""))
    if line is None:
        return "ended_elsewhere"
    request.sign_in = line  # type: ignore[attr-defined]
    # The same row, asked for once.
    user.plan = plan
    return ""


def see_session(request: HttpRequest, view: Callable[..., Any]) -> None:
    """Whoever opens a page is there. A page that asks by itself how far long work is has the mark
    `passive`, and keeps no session alive."""
    line = getattr(request, "sign_in", None)
    if getattr(view, "passive", False):
        request.session.passive = True  # type: ignore[attr-defined]
    elif line is not None:
        actions.see_session(line)


def _sign_out(request: HttpRequest, user: User, reason: str) -> HttpResponse:
    who = context.AccessContext(plan_id=user.plan_id, user_id=user.pk, role=user.role)
    with context.bind(who):
        trail.record(
            "signout", object_kind="user", object_id=user.pk, facts={"reason_code": reason}
        )
    actions.end_this_sign_in(user, request.session)
    logout(request)
    told = reason in {"too_old", "ended_elsewhere"}
    return signin.clear_site(
        to_sign_in({"timed_out": 1, **_not_sent(request)}) if told else to_sign_in({})
    )


def stop_form(request: HttpRequest) -> HttpResponseRedirect:
    """A form of someone who is signed in no more: it is not sent, and they are told so."""
    return to_sign_in(_not_sent(request))


def to_sign_in(told: dict[str, Any]) -> HttpResponseRedirect:
    query = f"?{urlencode(told)}" if told else ""
    return HttpResponseRedirect(reverse("account_login") + query)


def _not_sent(request: HttpRequest) -> dict[str, Any]:
    """For a form that needs someone signed in: that it was not sent, and a page to go on with."""
    try:
        asked = resolve(request.path)
    except Resolver404:
        return {}
    if request.method != "POST" or not getattr(asked.func, "login_required", True):
        return {}
    # Opened as a page, the address of a form leads to the page that the form is on.
    return {"not_sent": 1, "next": request.path}
