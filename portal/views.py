"""The roof: home, public pages, health checks, error pages."""

import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.views.decorators.http import require_POST, require_safe

from accounts import access as accounts_access
from accounts import actions, logo, theme
from accounts.models import Look, Plan, Role, User
from disclosures import access as disclosures_access
from messaging import access as messaging_access
from messaging.draft_views import keep_unsent
from phi_records import access as records_access
from phi_records import copy_views
from portal.base.audit.state import trail_state
from portal.base.audit.trail import TrailUnavailable
from portal.base.crypto.errors import SealBroken
from portal.base.following import is_page_of_ours
from portal.base.standing import read_only
from portal.frame import without_database
from portal.help_lines import HELP_LINES
from portal.read_only import refused, typed
from portal.system import away, status

DATABASE_AWAY = (OperationalError, InterfaceError, TrailUnavailable)
# The plans of the demo, whose logos the page that lists them may show: it belongs to no plan.
DEMO_LOGOS = {"cedar", "harbor"}


@require_safe
@login_not_required
def plan_file(request: HttpRequest, name: str) -> HttpResponse:
    """This plan's style sheet or logo, kept for good: another content has another name.

    The name of another plan's, or of an earlier one, is nothing here.
    """
    plan: Plan | None = getattr(request, "plan", None)
    content: bytes | None = None
    if plan is not None and name == theme.sheet_name(plan.color):
        content, kind = theme.sheet(plan.color).encode(), "text/css; charset=utf-8"
    elif plan is not None and name == plan.logo_name:
        content, kind = accounts_access.logo_of(plan, name), logo.content_type(name)
    if content is None:
        return HttpResponse(status=404)
    response = HttpResponse(content, content_type=kind)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@require_safe
@login_not_required
def home(request: HttpRequest) -> HttpResponseBase:
    if getattr(request, "plan", None) is None:
        return TemplateResponse(
            request, "portal/plan_chooser.html", {"plans": _chooser()} if settings.DEMO else {}
        )
    user: Any = request.user
    if not user.is_authenticated:
        return redirect("account_login")
    if user.role in {Role.CARE_WORKER, Role.SUPERVISOR}:
        if not accounts_access.teams_of_user(user):
            return TemplateResponse(request, "portal/no_team.html", {"here": "home"})
        return redirect("messaging:team-inbox")
    if user.role == Role.PRIVACY_OFFICER:
        return redirect("disclosures:trail-search")
    if user.role != Role.MEMBER:
        role = "operator" if user.role == Role.OPERATOR else "plan_admin"
        words = {"here": "home", "given_name": user.display_name.partition(" ")[0]}
        return TemplateResponse(request, f"portal/home_{role}.html", words)
    return TemplateResponse(request, "portal/home.html", _member_home(user))


def _member_home(user: User) -> dict[str, Any]:
    member = disclosures_access.own_person(user)
    return {
        "here": "home",
        "given_name": member.given_name.partition(" ")[0],
        "today": timezone.localtime(),
        "needs": [*messaging_access.needs_of(user), *copy_views.needs_of(user)],
        "has_team": bool(accounts_access.teams_of_member(member)),
        "latest_record": records_access.latest(user, 1),
        "seen_count": disclosures_access.seen_this_month(user),
        "member_number_end": member.member_number[-4:],
    }


def _chooser() -> list[dict[str, str]]:
    return [
        {
            "name": plan.name,
            "slug": plan.slug,
            "logo_url": static(f"img/demo-{plan.slug}.svg") if plan.slug in DEMO_LOGOS else "",
            "url": f"{settings.PUBLIC_SCHEME}://{plan.host}:{settings.PORT}/",
        }
        for plan in accounts_access.plans()
    ]


@require_POST
@login_not_required
def look(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the device says: kept on this device, and with the person."""
    chosen = request.POST.get("look", "")
    if chosen not in ("", *Look.values):
        raise SuspiciousOperation
    user: Any = request.user
    if user.is_authenticated and user.is_verified():
        actions.set_look(user=user, look=chosen)
    next_url = request.POST.get("next", "")
    response = redirect(next_url if is_page_of_ours(next_url) else "home")
    response.set_cookie(
        settings.LOOK_COOKIE_NAME,
        chosen,
        max_age=365 * 24 * 60 * 60,
        secure=True,
        httponly=True,
        samesite="Lax",
    )
    return response


@require_safe
@login_not_required
def signed_out(request: HttpRequest) -> HttpResponse:
    """Where a session ends, by hand or by time. Who is still signed in has nothing to see here."""
    if request.user.is_authenticated:
        return redirect("home")
    next_url = request.GET.get("next", "")
    query = f"?{urlencode({'next': next_url})}" if is_page_of_ours(next_url) else ""
    return TemplateResponse(
        request, "pages/signed_out.html", {"sign_in_url": reverse("account_login") + query}
    )


@require_safe
@login_not_required
def free_help(request: HttpRequest) -> HttpResponse:
    return TemplateResponse(request, "pages/free_help.html", {"lines": HELP_LINES})


@require_safe
@login_not_required
def gpc(request: HttpRequest) -> HttpResponse:
    """Global Privacy Control is kept: nothing is sold or shared for any visitor.

    https://w3c.github.io/gpc/#gpc-support-resource
    """
    return JsonResponse({"gpc": True, "lastUpdate": "2026-11-21"})


@require_safe
@login_not_required
def accessibility(request: HttpRequest) -> HttpResponse:
    return TemplateResponse(request, "pages/accessibility.html")


@require_safe
@login_not_required
def cookies(request: HttpRequest) -> HttpResponse:
    return TemplateResponse(request, "pages/cookies.html")


@transaction.non_atomic_requests
@require_safe
@login_not_required
def livez(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"live": True})


@transaction.non_atomic_requests
@require_safe
@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    """Ready when the database answers and can take the trail: now, and next year."""
    try:
        state = trail_state()
    except DatabaseError:
        return JsonResponse({"ready": False, "database": False}, status=503)
    ready = state["next_partition"] is True and state["sealing"] != "restored"
    ready = ready and away.takes_writes()
    return JsonResponse(
        {"ready": ready, "database": True, **state},
        status=200 if ready else 503,
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, SessionInterrupted):
        # Another window signed in or out meanwhile: what they see next follows from that.
        return redirect("home")
    if isinstance(exception, RequestDataTooBig):
        return render(request, "400.html", {"too_long": True}, status=413)
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    words = {
        "title": getattr(exception, "title", ""),
        "sentence": str(exception or ""),
        "typed": _own_words(request),
        "way_on": getattr(exception, "way_on", ""),
    }
    return render(request, "403.html", words, status=403)


def _own_words(request: HttpRequest) -> str:
    """What someone signed in wrote into a form of ours; anything else is not repeated."""
    known = request.resolver_match is not None and request.user.is_authenticated
    return typed(request) if known else ""


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form from before the person signed in again, or from somewhere else: it does nothing."""
    if read_only.is_on():
        return refused(request)
    words = {"draft_url": keep_unsent(request), "file": bool(request.FILES)}
    return render(request, "403_csrf.html", words, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """One page for what is not there and what is not yours."""
    return render(request, "404.html", {"typed": _own_words(request)}, status=404)


def not_allowed(request: HttpRequest, allowed: str) -> HttpResponse:
    """An address that only takes a form, opened as a page."""
    response = render(request, "405.html", status=405)
    response.headers["Allow"] = allowed
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """A database that ends, or whose disk is full, while a page is made is no fault of the page:
    what was done is undone, and may be tried again."""
    if isinstance(sys.exception(), DATABASE_AWAY):
        return unavailable(request)
    damaged = isinstance(sys.exception(), SealBroken)
    return _alone(request, "500.html", 500, lambda: {"damaged": damaged})


def too_many(request: HttpRequest) -> HttpResponse:
    """Every limit that ends here counts the tries of one minute."""
    response = render(request, "429.html", status=429)
    response.headers["Retry-After"] = "60"
    return response


def unavailable(request: HttpRequest) -> HttpResponse:
    """The database does not answer: nothing of it may be touched, not even by the frame."""
    away.note(sys.exception())
    seen = away.recall(request.get_host())
    if seen and getattr(request, "plan", None) is None:
        request.plan = seen.plan  # type: ignore[attr-defined]
    zone = ZoneInfo(seen.plan.time_zone) if seen else None
    with timezone.override(zone):
        if request.path == reverse("status"):
            response = _alone(request, "system/status.html", 503, _down(seen))
        else:
            response = _alone(request, "503.html", 503)
    response.headers["Retry-After"] = "30"
    return response


def _down(seen: away.Seen | None) -> Callable[[], dict[str, Any]]:
    return lambda: status.page(status.DOWN, seen.at if seen else None)


def destroyed(request: HttpRequest, at: datetime) -> HttpResponse:
    """What a page is about was destroyed on purpose: no fault of ours, and nothing to wait for."""
    context = {"date": date_format(timezone.localtime(at), "DATE_FORMAT")}
    return render(request, "410.html", context, status=410)


def no_plan_here(request: HttpRequest) -> HttpResponse:
    return _alone(request, "portal/no_plan_here.html", 404)


def _alone(
    request: HttpRequest,
    template: str,
    code: int,
    words: Callable[[], dict[str, Any]] = dict,
) -> HttpResponse:
    """A page that needs no database: who reads it, and what was already read of their plan."""
    # Nothing may have chosen this request's language yet, and the thread keeps the last one's.
    with translation.override(translation.get_language_from_request(request)):
        known = without_database(request) | words()
        return HttpResponse(render_to_string(template, known), status=code)
