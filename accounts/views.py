from typing import Any, cast
from uuid import UUID

import django_otp
import segno
from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.flows.login import record_authentication
from allauth.account.views import (
    LoginView,
    LogoutView,
    PasswordResetFromKeyView,
    PasswordResetView,
)
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import access, actions, demo, devices, signin
from accounts.forms import CodeForm, ResetForm
from accounts.models import User
from accounts.noted import record
from accounts.stepup import fresh_code_needed, next_page
from portal.base import once
from portal.base.audit.models import Outcome

WRONG_CODE = _("That code is not right, or is too old. Get a new code.")


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("code")
@login_stage_required(stage="second_step", redirect_urlname="account_login")  # type: ignore[untyped-decorator]
def second_step(request: HttpRequest) -> HttpResponseBase:
    stage: Any = request._login_stage  # type: ignore[attr-defined]
    form = CodeForm(request.POST or None)
    if form.is_valid():
        device = _check_code(form, stage.login.user)
        if device is not None:
            # The adapter marks the session with it, once there is one.
            request.second_step_device = device  # type: ignore[attr-defined]
            record_authentication(request, stage.login.user, method="otp")
            return cast(HttpResponse, stage.exit())
    words = {"form": form, **demo.words_for(stage.login.user)}
    return TemplateResponse(request, "account/second_step.html", words)


@require_POST
@login_not_required
def start_again(request: HttpRequest) -> HttpResponse:
    """Ends a half sign-in, for the next person at this screen. A whole one stays as it is."""
    if not request.user.is_authenticated:
        request.session.flush()
    return redirect("account_login")


def _check_code(form: CodeForm, user: User) -> devices.OwnDevice | None:
    """The device that took the code; without one the form says why, and the trail too."""
    wait = devices.seconds_to_wait(user, form.cleaned_data["code"])
    device = devices.verify(user, form.cleaned_data["code"])
    record("signin.second_step", user, Outcome.PERMITTED if device else Outcome.REFUSED)
    if device is None:
        form.add_error("code", _too_soon(wait, user) if wait > 0 else WRONG_CODE)
    return device


def _too_soon(wait: int, user: User) -> str:
    if wait < devices.STEP:
        # The app shows the same code for as long, so it may well be the right one.
        return ngettext(
            "You sent this too soon after a wrong code, so we did not check it. "
            "Wait %(count)s second, then try it again: it may be right.",
            "You sent this too soon after a wrong code, so we did not check it. "
            "Wait %(count)s seconds, then try it again: it may be right.",
            wait,
        ) % {"count": wait}
    minutes = -(-wait // 60)
    words = ngettext(
        "Too many wrong codes. Wait %(count)s minute, then try a new code. Or call us: %(phone)s.",
        "Too many wrong codes. Wait %(count)s minutes, then try a new code. Or call us: %(phone)s.",
        minutes,
    )
    return words % {"count": minutes, "phone": user.plan.phone}


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("code")
def confirm_it_is_you(request: HttpRequest) -> HttpResponseBase:
    """A fresh code before a delicate change; then back to where the person was going."""
    user = cast(User, request.user)
    form = CodeForm(request.POST or None)
    if form.is_valid() and _check_code(form, user) is not None:
        # Whoever knew this session from before the fresh code loses it.
        request.session.cycle_key()
        record_authentication(request, user, method="otp", reauthenticated=True)
        return redirect(next_page(request))
    following = next_page(request)
    own = following.startswith((reverse("account"), reverse("printed_codes")))
    words = {"form": form, "next": following, "own": own, **demo.words_for(user)}
    return TemplateResponse(request, "account/confirm.html", words)


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("code")
def enrol(request: HttpRequest) -> HttpResponseBase:
    user = cast(User, request.user)
    if user.has_usable_second_factor():
        return redirect("home")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        device = actions.confirm_app(user=user, token=form.cleaned_data["code"])
        if device is not None:
            return _enrolled(request, user, device)
        form.add_error("code", WRONG_CODE)
    return TemplateResponse(request, "account/enrol_totp.html", app_words(user, form))


def app_words(user: User, form: CodeForm) -> dict[str, Any]:
    """What the pages that set up an app show: the square, the secret and the field."""
    device = devices.pending_totp(user)
    shown = {"demo_code": demo.code_of(device)} if settings.DEMO else {}
    return {
        "form": form,
        "qr_svg": _qr(device.address(user.plan.name, user.user_id)),
        "secret": device.typed_secret(),
        **shown,
    }


def _enrolled(request: HttpRequest, user: User, device: devices.TotpDevice) -> HttpResponseBase:
    # Whoever knew this session from before the second factor loses it.
    request.session.cycle_key()
    django_otp.login(request, device)
    record_authentication(request, user, method="otp")
    response = show_codes(request, actions.print_codes(user=user, tell=False))
    signin.keep_browser(request, response, user)
    return response


def _qr(address: str) -> SafeString:
    """Drawn by us from our own text, with attributes only: the page allows no inline style."""
    return mark_safe(segno.make(address, error="m").svg_inline(border=4, omitsize=True))  # noqa: S308


@require_http_methods(["GET", "POST"])
@fresh_code_needed
def printed_codes(request: HttpRequest) -> HttpResponseBase:
    user = cast(User, request.user)
    if request.method == "POST":
        key = once.read_key(request.POST.get("send_key", ""), user.pk)
        codes = actions.print_codes(user=user, key=key) if key else []
        # The form sent again must not end the codes that were just written down.
        return show_codes(request, codes) if codes else redirect("account")
    words = {"send_key": once.new_key(user.pk)}
    return TemplateResponse(request, "account/printed_codes_new.html", words)


def show_codes(request: HttpRequest, codes: list[str]) -> TemplateResponse:
    """The answer to a POST, and kept nowhere: going back or loading it again shows no codes."""
    user = cast(User, request.user)
    return TemplateResponse(
        request,
        "account/printed_codes.html",
        {
            "codes": codes,
            "continue_url": reverse("home"),
            "user_id": user.user_id,
            # Another language or color is another page, without the codes.
            "shown_once": True,
        },
    )


@require_http_methods(["GET", "POST"])
def keep_alive(request: HttpRequest) -> HttpResponse:
    """The session is saved with every request, and so starts its idle time anew."""
    if request.method == "GET":
        return redirect("home")
    return HttpResponse(status=204)


class SignIn(LoginView):  # type: ignore[misc]
    def form_invalid(self, form: Any) -> HttpResponse:
        response = cast(HttpResponse, super().form_invalid(form))
        for error in form.non_field_errors().as_data():
            if error.code == signin.TOO_MANY_CODE:
                response.status_code = 429
                response.headers["Retry-After"] = str(error.params["seconds"])
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().get_context_data(**kwargs)
        plan = signin.plan_of(self.request)
        return {**found, "demo_people": demo.people(plan), "demo_password": settings.DEMO_PASSWORD}


class SignOut(LogoutView):  # type: ignore[misc]
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return signin.clear_site(cast(HttpResponse, super().post(request, *args, **kwargs)))


class ResetRequest(PasswordResetView):  # type: ignore[misc]
    form_class = ResetForm


@method_decorator(login_not_required, name="dispatch")
class ResetFromKey(PasswordResetFromKeyView):  # type: ignore[misc]
    """Another plan's link isn't found here, right though it may be there."""

    def dispatch(
        self, request: HttpRequest, uidb36: str, key: str, **kwargs: Any
    ) -> HttpResponseBase:
        plan = signin.plan_of(request)
        if plan is None:
            raise Http404
        try:
            user_id = UUID(uidb36)
        except ValueError:
            raise Http404 from None
        access.user_in_plan(plan.pk, user_id)
        return cast(HttpResponseBase, super().dispatch(request, uidb36, key, **kwargs))
