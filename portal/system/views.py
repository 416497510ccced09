"""How the portal is doing: for anyone, for operators, and for a program that watches."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from messaging.draft_views import signed_in
from portal.base.once_form import OnceForm
from portal.system import access, actions, metrics, shown
from portal.system import status as words


@require_safe
@login_not_required
def status(request: HttpRequest) -> HttpResponse:
    """Needs the database alone; without it `portal.views.unavailable` shows the same page."""
    plan = getattr(request, "plan", None)
    standing = access.standing(plan.pk if plan else None)
    return TemplateResponse(request, "system/status.html", words.page(standing))


@require_safe
def system(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    found = access.system(user)
    return TemplateResponse(
        request,
        "system/system.html",
        {
            "here": "system",
            "worst": shown.worst(found),
            **shown.table(found),
            "test": shown.test_of(access.last_test(user)),
            "test_to": user.email,
            # Not "form": the page's title would speak of its errors.
            "test_form": OnceForm(user_id=user.pk),
        },
    )


@require_http_methods(["GET", "POST"])
def mail_test(request: HttpRequest) -> HttpResponse:
    """The form is on the system page, and so is what became of it."""
    user = signed_in(request)
    access.may_test_mail(user)
    form: forms.Form = OnceForm(request.POST, user_id=user.pk)
    if request.method == "POST" and form.is_valid():
        actions.send_test_mail(by=user, key=form.cleaned_data["send_key"])
    elif request.method == "POST":
        messages.error(request, _("This was not sent yet. Please send it again."))
    return redirect(reverse("system") + "#mail-test")


@transaction.non_atomic_requests
@require_safe
@login_not_required
def scrape(request: HttpRequest) -> HttpResponse:
    """Not there without METRICS_TOKEN, and for whoever knows it alone."""
    if not settings.METRICS_TOKEN:
        return HttpResponse(status=404)
    scheme, _space, told = request.headers.get("Authorization", "").partition(" ")
    # Its name in any case (RFC 9110 11.1).
    is_known = constant_time_compare(told.strip(), settings.METRICS_TOKEN)
    if scheme.casefold() != "bearer" or not is_known:
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(metrics.text(), content_type=metrics.CONTENT_TYPE)
