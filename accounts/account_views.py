"""A person's own account: how they sign in, and where they are signed in now."""

from typing import cast

import django_otp
from allauth.account.internal.flows.login import record_authentication
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import access, actions
from accounts.forms import CodeForm, EmailForm, LanguageForm, NotMeForm, PasswordForm
from accounts.models import User
from accounts.shown import recent_activity
from accounts.stepup import fresh_code_needed
from accounts.views import WRONG_CODE, app_words
from portal.base.registry import Report, report_incident
from portal.base.words import other_words_told

form_page = require_http_methods(["GET", "POST"])


def _this_sign_in(request: HttpRequest) -> str:
    return str(request.session.get(actions.SIGN_IN_KEY, ""))


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    return TemplateResponse(
        request,
        "account/account.html",
        {
            "account_user": user,
            "app": access.app_of(user),
            "codes_left": access.printed_codes_left(user),
            "sign_ins": access.open_sign_ins(user),
            "this_sign_in": _this_sign_in(request),
            "activity": recent_activity(user),
            "pending_email": access.pending_email(user),
            "language_form": LanguageForm(initial={"language": user.language}),
        },
    )


@form_page
@sensitive_post_parameters()
@fresh_code_needed
def password(request: HttpRequest) -> HttpResponseBase:
    user = cast(User, request.user)
    if request.method == "POST" and not ratelimit.consume(
        request, action="change_password", user=user
    ):
        return _too_often(request)
    form = PasswordForm(user, request.POST or None)
    if form.is_valid():
        actions.change_password(
            user=user,
            password=form.cleaned_data["password1"],
            keep=_this_sign_in(request),
        )
        # Every other session ends by itself: their hash was of the password before.
        update_session_auth_hash(request, user)
        messages.success(request, _("Your password is changed. We signed you out elsewhere."))
        return redirect("account")
    return TemplateResponse(request, "account/password_change.html", {"form": form})


@form_page
@fresh_code_needed
def email(request: HttpRequest) -> HttpResponseBase:
    user = cast(User, request.user)
    if request.method == "POST" and not ratelimit.consume(
        request, action="manage_email", user=user
    ):
        return _too_often(request)
    form = EmailForm(request.POST or None, now=user.email)
    if form.is_valid():
        actions.ask_for_email(user=user, email=form.cleaned_data["email"])
        return redirect("account-email-code")
    return TemplateResponse(request, "account/email_change.html", {"form": form})


@form_page
@fresh_code_needed
def email_code(request: HttpRequest) -> HttpResponseBase:
    user = cast(User, request.user)
    waiting = access.pending_email(user)
    if waiting is None:
        return redirect("account-email")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        if actions.confirm_email(user=user, code=form.cleaned_data["code"]):
            messages.success(request, _("Your email is changed."))
            return redirect("account")
        form.add_error("code", _("That is not the code in our email. Look again."))
    return TemplateResponse(
        request, "account/email_code.html", {"form": form, "address": waiting.new_email}
    )


@form_page
@sensitive_post_parameters("code")
@fresh_code_needed
def app(request: HttpRequest) -> HttpResponseBase:
    """A new app in place of the one before, which goes on working until this one does."""
    user = cast(User, request.user)
    form = CodeForm(request.POST or None)
    if form.is_valid():
        device = actions.confirm_app(user=user, token=form.cleaned_data["code"])
        if device is not None:
            request.session.cycle_key()
            django_otp.login(request, device)
            record_authentication(request, user, method="otp", reauthenticated=True)
            messages.success(request, _("Your new app is on. The old one stopped working."))
            return redirect("account")
        form.add_error("code", WRONG_CODE)
    return TemplateResponse(request, "account/app_change.html", app_words(user, form))


@require_http_methods(["GET", "POST"])
def end_sessions(request: HttpRequest) -> HttpResponse:
    """One other session, by its id, or all others. This one ends by signing out."""
    if request.method == "GET":
        return redirect("account")
    user = cast(User, request.user)
    this, only = _this_sign_in(request), request.POST.get("sign_in", "")
    known = {str(line.pk) for line in access.open_sign_ins(user)}
    if only and only not in known:
        return redirect("account")
    actions.end_sign_ins(user=user, by=user, keep=this, only=only)
    messages.success(request, _("Signed out there."))
    return redirect("account")


@form_page
def not_me(request: HttpRequest) -> HttpResponseBase:
    """Someone else was here: they are signed out, and the privacy office looks into it."""
    user = cast(User, request.user)
    form = NotMeForm(request.POST or None, user_id=user.pk)
    if form.is_valid():
        actions.keep_out_others(user=user, keep=_this_sign_in(request))
        report = Report(
            by=user,
            key=form.cleaned_data["send_key"],
            kind="account",
            way="not_me",
            told=form.cleaned_data["told"],
        )
        with other_words_told(form):
            report_incident(report)
            messages.success(
                request,
                _(
                    "We signed you out everywhere else and told our privacy office. "
                    "Now choose a new password."
                ),
            )
            return redirect("account-password")
    status = 422 if form.errors else 200
    return TemplateResponse(request, "account/not_me.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
def language(request: HttpRequest) -> HttpResponse:
    if request.method == "GET":
        return redirect("account")
    form = LanguageForm(request.POST)
    response = redirect("account")
    if form.is_valid():
        chosen = form.cleaned_data["language"]
        actions.set_language(user=cast(User, request.user), language=chosen)
        with override(chosen):
            messages.success(request, _("Saved."))
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            secure=True,
            httponly=True,
            samesite="Lax",
        )
    else:
        messages.error(request, _("Choose a language from the list."))
    return response


def _too_often(request: HttpRequest) -> HttpResponse:
    messages.error(request, _("Too many tries. Wait 1 minute, then try again."))
    return redirect("account")
