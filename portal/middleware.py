"""The way every request takes: one transaction, one plan, one access context."""

import time
from collections.abc import Callable
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.http import (
    Http404,
    HttpRequest,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils import timezone, translation

from accounts import access, gate
from consents.access import NotShown, Refused
from portal.base import context, registry
from portal.base.audit import activity, trail
from portal.base.audit.models import Outcome
from portal.base.crypto import keyring
from portal.base.crypto.errors import KeyDestroyed
from portal.base.logs import log
from portal.system import away

GetResponse = Callable[[HttpRequest], HttpResponseBase]
# Health checks, metrics and static files need neither a plan nor a transaction.
WITHOUT_PLAN = ("/livez", "/readyz", "/metrics")
REFUSALS = {PermissionDenied: 403, Http404: 404, KeyDestroyed: 410}


def security_headers(get_response: GetResponse) -> GetResponse:
    def middleware(request: HttpRequest) -> HttpResponseBase:
        started = time.monotonic()
        response = get_response(request)
        match = request.resolver_match
        # The route's name, never its address: ids of people stand in addresses.
        log.info(
            "request",
            route=match.view_name if match else "",
            method=request.method,
            status=response.status_code,
            ms=round((time.monotonic() - started) * 1000),
        )
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=(), browsing-topics=()"
        )
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def request_transaction(get_response: GetResponse) -> GetResponse:
    """One transaction round the whole request, committed before the answer leaves."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path in WITHOUT_PLAN:
            return get_response(request)
        try:
            with transaction.atomic():
                response = get_response(request)
                # The page is rendered inside: a template may still read under the context.
                if isinstance(response, TemplateResponse):
                    response.render()
                if response.status_code >= 500:
                    transaction.set_rollback(True)
        except DatabaseError:
            return _unavailable(request)
        return response

    return middleware


def plan_of_host(get_response: GetResponse) -> GetResponse:
    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path in WITHOUT_PLAN:
            return get_response(request)
        plan = access.plan_of_host(request.get_host())
        request.plan = plan  # type: ignore[attr-defined]
        if plan is None and request.get_host().partition(":")[0] != settings.BASE_DOMAIN:
            from portal.views import no_plan_here

            return no_plan_here(request)
        if plan is not None:
            away.remember(plan)
        # A key destroyed by another process counts from this request on.
        keyring.check_epoch()
        bound = context.AccessContext(plan_id=plan.pk if plan else None)
        # Every time on a page is the plan's own; the database keeps UTC.
        zone = ZoneInfo(plan.time_zone) if plan else None
        with context.bind(bound), timezone.override(zone):
            return get_response(request)

    return middleware


def plan_files(get_response: GetResponse) -> GetResponse:
    """Colors and logo of the plan. No session is opened for them, so no cache can keep one."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith("/theme/"):
            return get_response(request)
        try:
            request.resolver_match = resolve(request.path)
        except Resolver404:
            return get_response(request)
        view, args, kwargs = request.resolver_match
        return cast(HttpResponseBase, view(request, *args, **kwargs))

    return middleware


def language_of_plan(get_response: GetResponse) -> GetResponse:
    """A plan that has no pages in a language shows its own first one instead."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        plan = getattr(request, "plan", None)
        if plan is None or translation.get_language() in plan.languages:
            return get_response(request)
        with translation.override(plan.languages[0]):
            request.LANGUAGE_CODE = plan.languages[0]
            return get_response(request)

    return middleware


class SignInFirst(LoginRequiredMiddleware):
    """Django's, but a form never comes back as an address to open: that may show no page."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponseRedirect:
        if request.method == "POST":
            return gate.stop_form(request)
        return super().handle_no_permission(request, view_func)


class AccessMiddleware:
    """Binds who acts to the transaction, and keeps the half signed in out of everything."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path in WITHOUT_PLAN:
            return self.get_response(request)
        stopped = gate.gate(request)
        if stopped is not None:
            return stopped
        user: Any = request.user
        if not user.is_authenticated:
            return self.get_response(request)
        bound = context.AccessContext(
            plan_id=user.plan_id,
            # Without the second step nobody acts: the decision then lacks its fact.
            user_id=user.pk if user.is_verified() else None,
            role=user.role if user.is_verified() else "",
            member_id=user.member_id if user.is_verified() else None,
            session=activity.session_mark(request.session.session_key),
        )
        with context.bind(bound):
            return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> None:
        gate.see_session(request, view)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        """A refusal is written after the view's own work is undone, so that it stays."""
        if isinstance(exception, trail.TrailUnavailable):
            return _unavailable(request)
        status = next((code for kind, code in REFUSALS.items() if isinstance(exception, kind)), 0)
        if not status:
            return None
        if context.current_or_none() is None or request.resolver_match is None:
            return None
        if transaction.get_connection().needs_rollback:
            return None
        try:
            with transaction.atomic():
                _record_refusal(request, request.resolver_match, status, exception)
        except trail.TrailUnavailable:
            return _unavailable(request)
        if isinstance(exception, KeyDestroyed):
            from portal.views import destroyed

            return destroyed(request, exception.at)
        return None


def not_allowed_page(get_response: GetResponse) -> GetResponse:
    """Innermost: the page is drawn for whoever asked, as every other is."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if request.path in WITHOUT_PLAN or not isinstance(response, HttpResponseNotAllowed):
            return response
        from portal.views import not_allowed

        return not_allowed(request, response.headers["Allow"])

    return middleware


def _record_refusal(
    request: HttpRequest, asked: ResolverMatch, status: int, refused: Exception
) -> None:
    asked_for = asked.kwargs.get("id")
    if not isinstance(asked_for, UUID):
        asked_for = None
    trail.record(
        "request.refused",
        outcome=Outcome.REFUSED,
        member_id=_whose(asked_for),
        object_kind="asked" if asked_for else "",
        object_id=asked_for,
        decision=refused.told if isinstance(refused, Refused | NotShown) else "",
        facts={
            "route": asked.view_name or "",
            "method": request.method or "",
            "status": status,
        },
    )


def _whose(asked_for: UUID | None) -> UUID | None:
    """For the officer who searches by member. Whoever asked is told nothing of it."""
    if asked_for is None or context.current().plan_id is None:
        return None
    with context.seeing_all():
        return registry.owner_of(asked_for)


def _unavailable(request: HttpRequest) -> HttpResponseBase:
    from portal.views import unavailable

    return unavailable(request)
