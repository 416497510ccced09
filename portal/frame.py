"""What every page shows round its own matter: the plan, the person, how colors are shown."""

import time
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone, translation

from accounts import actions, theme
from accounts.models import Look, Plan, Role, User
from consents import notice_actions, notice_text
from disclosures import approval_access
from messaging import access as messaging_access
from portal.read_only import banner

NAVS = {
    Role.MEMBER: "member",
    Role.CARE_WORKER: "staff",
    Role.SUPERVISOR: "staff",
    Role.PRIVACY_OFFICER: "officer",
    Role.PLAN_ADMIN: "admin",
    Role.OPERATOR: "operator",
}


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context of every template. Error pages without a request get less, and still show."""
    plan = getattr(request, "plan", None)
    user: Any = getattr(request, "user", None)
    found: dict[str, Any] = {
        "plan": plan_frame(plan) if plan else None,
        "demo": settings.DEMO,
        "languages": _other_languages(plan),
        "stay_url": _stay_url(request),
        "look": look_of(request),
        "now": timezone.localtime(),
        "read_only": banner(request),
    }
    if user is not None and user.is_authenticated and user.is_verified():
        found["nav"] = NAVS.get(user.role, "other")
        found["person_name"] = user.display_name
        found["idle_seconds"] = settings.IDLE_SECONDS
        found["total_seconds"] = _seconds_left(request)
        if user.role == Role.MEMBER:
            found["unread"] = messaging_access.unread_count(user)
        found["waiting"] = approval_access.waiting_count(user)
        found["unseen_notices"] = _unseen_notices(request, user)
    return found


def _unseen_notices(request: HttpRequest, user: User) -> list[dict[str, Any]]:
    return [
        {
            "title": notice_text.TITLES[one.kind],
            "url": reverse("notices:version", args=[one.kind, one.number]),
            "value": f"{one.kind}.{one.number}",
            "changed": one.number > 1,
            "day": date.fromisoformat(one.day) if one.day else None,
        }
        for one in notice_actions.due(user, request.session)
    ]


def plan_frame(plan: Plan) -> dict[str, Any]:
    """What every page shows of its plan, in the language of the page where the plan has it."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    texts = plan.texts.get(language, {})
    return {
        "name": plan.name,
        "short_name": plan.short_name,
        "slug": plan.slug,
        "phone": plan.phone,
        "tty": plan.tty,
        "hours": texts.get("hours") or plan.hours,
        "address": plan.address,
        "crisis_lines": plan.crisis_lines.get(language),
        "languages": plan.languages,
        "reply_days": plan.reply_days,
        "reply_promise": texts.get("reply_promise", ""),
        "footer_notice": texts.get("footer_notice", ""),
        "theme_url": reverse("plan-file", args=[theme.sheet_name(plan.color)]),
        "logo_url": reverse("plan-file", args=[plan.logo_name]) if plan.logo_name else "",
        "logo_width": plan.logo_width,
        "logo_height": plan.logo_height,
    }


def without_database(request: HttpRequest) -> dict[str, Any]:
    """For pages that must show when nothing can be read: only what is at hand already."""
    plan = getattr(request, "plan", None)
    look = request.COOKIES.get(settings.LOOK_COOKIE_NAME, "")
    return {
        "plan": plan_frame(plan) if plan else None,
        "demo": settings.DEMO,
        "look": look if look in Look.values else "",
    }


def look_of(request: HttpRequest) -> str:
    """Light, dark, or nothing for what the device says. A person's own choice goes with them."""
    user: Any = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return str(user.look)
    chosen = request.COOKIES.get(settings.LOOK_COOKIE_NAME, "")
    return chosen if chosen in Look.values else ""


def _seconds_left(request: HttpRequest) -> int:
    """Until the session ends whatever its person does."""
    began = request.session.get(actions.SIGNED_IN_AT_KEY, 0)
    return max(0, int(began + settings.SESSION_TOTAL_SECONDS - time.time()))


def _other_languages(plan: Plan | None) -> list[dict[str, str]]:
    """Each in its own words, which its readers know."""
    now = translation.get_language()
    offered = plan.languages if plan else [code for code, _name in settings.LANGUAGES]
    return [
        {"code": code, "name": str(name)}
        for code, name in settings.LANGUAGES
        if code in offered and code != now
    ]


def _stay_url(request: HttpRequest) -> str:
    """Where a switch of language or colors comes back to: this page, or the form it came from."""
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    came_from = urlsplit(request.headers.get("referer", ""))
    # As it was named: the page that refuses an unknown host has this link too.
    return came_from.path if came_from.netloc == request.headers.get("host") else reverse("home")
