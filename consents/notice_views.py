"""The plan's notices, open to everyone: as they are, as they were, and what changed."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import translation
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Plan, Role, User
from consents import notice_access, notice_actions, notice_text
from consents.models import NoticeKind, NoticeSight, NoticeVersion
from portal.base.following import is_page_of_ours


@require_safe
@login_not_required
def notices(request: HttpRequest) -> HttpResponse:
    """Each kind with all its versions; for a privacy officer, how many people have seen them."""
    plan = _plan(request)
    user = _person(request)
    sights = notice_access.sights(user) if user else {}
    found = [
        {
            "kind": kind,
            "title": notice_text.TITLES[kind],
            "current": notice_access.current(plan.pk, kind),
            "rows": [
                {"version": version, "sights": sights.get(version.pk, {})}
                for version in notice_access.versions(plan.pk, kind)
            ],
        }
        for kind in NoticeKind.values
    ]
    words = {"kinds": found, "counted": user is not None and user.role == Role.PRIVACY_OFFICER}
    return TemplateResponse(request, "consents/notices.html", words)


@require_safe
@login_not_required
def notice(request: HttpRequest, kind: str) -> HttpResponse:
    """The version in force; where the plan has published none, how to get it."""
    plan = _plan(request)
    found = notice_access.current(plan.pk, _kind(kind))
    if found is None:
        later = notice_access.versions(plan.pk, kind)
        words = {"title": notice_text.TITLES[kind], "later": later[-1] if later else None}
        return TemplateResponse(request, "consents/notice_missing.html", words)
    return _page(request, plan, found, found)


@require_safe
@login_not_required
def version(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    plan = _plan(request)
    found = _version(plan, kind, number)
    return _page(request, plan, found, notice_access.current(plan.pk, kind))


@require_safe
@login_not_required
def changes(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    """All of a version, with what came new and what is gone since the one before."""
    plan = _plan(request)
    after, before = _version(plan, kind, number), _version(plan, kind, number - 1)
    _opened(request, after)
    words = {
        "version": after,
        "before": before,
        "title": notice_text.TITLES[kind],
        "changed": _changed(after),
        "blocks": notice_text.compare(_text(before), _text(after)),
    }
    return TemplateResponse(request, "consents/notice_changes.html", words)


@require_http_methods(["GET", "POST"])
def seen(request: HttpRequest) -> HttpResponseRedirect:
    """ "I have seen it": of all that this visit's page named, or of one."""
    if request.method == "GET":
        return redirect("notices:all")
    user, plan = _person(request), _plan(request)
    asked = {tuple(one.split(".")) for one in request.POST.getlist("notice")}
    if user is not None:
        named = notice_actions.due(user, request.session)
        found = [
            _version(plan, one.kind, one.number)
            for one in named
            if (one.kind, str(one.number)) in asked
        ]
        notice_actions.seen(user, request.session, found, NoticeSight.CONFIRMED)
    next_url = request.POST.get("next", "")
    return redirect(next_url if is_page_of_ours(next_url) else "home")


def _page(
    request: HttpRequest, plan: Plan, found: NoticeVersion, current: NoticeVersion | None
) -> HttpResponse:
    _opened(request, found)
    shown = notice_text.show(_text(found))
    coming = notice_access.versions(plan.pk, found.kind)[0]
    words = {
        "version": found,
        "current": current,
        "to_come": found.is_to_come(),
        "coming": coming if coming.is_to_come() else None,
        "shown": shown,
        "changed": _changed(found),
        "before": found.number - 1,
    }
    return TemplateResponse(request, "consents/notice.html", words)


def _opened(request: HttpRequest, found: NoticeVersion) -> None:
    """Whichever version it is: also one that was published after this visit began."""
    user = _person(request)
    if user is not None and notice_actions.is_asked(user):
        notice_actions.due(user, request.session)
        notice_actions.seen(user, request.session, [found], NoticeSight.READ)


def _text(version: NoticeVersion) -> str:
    return _in_language(version.texts)


def _changed(version: NoticeVersion) -> str:
    words = _in_language(version.changes) if version.changes else ""
    return notice_text.as_html(words)


def _in_language(texts: dict[str, str]) -> str:
    """A language that the plan took up later has no older versions: those stay in another."""
    language = translation.get_language() or ""
    return texts.get(language) or next(iter(texts.values()))


def _version(plan: Plan, kind: str, number: int) -> NoticeVersion:
    found = notice_access.version(plan.pk, _kind(kind), number)
    if found is None:
        raise Http404
    return found


def _kind(kind: str) -> str:
    if kind not in NoticeKind.values:
        raise Http404
    return kind


def _plan(request: HttpRequest) -> Plan:
    plan: Plan | None = getattr(request, "plan", None)
    if plan is None:
        raise Http404
    return plan


def _person(request: HttpRequest) -> User | None:
    """Whoever has signed in with both steps."""
    user: Any = request.user
    return user if user.is_authenticated and user.is_verified() else None
