"""Saying why one must read what another team has. It opens that member's messages for a time."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import on_team_of
from accounts.models import Member, User
from consents import opening_actions
from consents.models import Opening
from disclosures.forms import NO_SUCH_MEMBER
from messaging import access, why_access
from messaging.draft_views import signed_in
from messaging.forms import WhyForm
from portal.base.clock.shown import moment
from portal.base.words import other_words_told


@require_http_methods(["GET", "POST"])
def member_why(request: HttpRequest) -> HttpResponse:
    """By the number on a member's card."""
    user = signed_in(request)
    access.check_team_role(user)
    form = WhyForm(request.POST or None, user_id=user.pk, member_known=False)
    inbox = f"{reverse('messaging:team-inbox')}?view={access.View.OUTSIDE.value}"
    if request.method == "POST" and form.is_valid():
        member = why_access.find_member(user, form.cleaned_data["member_number"])
        if member is None:
            form.add_error("member_number", NO_SUCH_MEMBER)
        elif on_team_of(user, [member.pk]):
            messages.info(request, _("You are on this member's team: you need no reason."))
            return redirect("messaging:team-inbox")
        elif opening := _opened(user, member, form):
            until = {"until": moment(opening.until)}
            messages.success(
                request, _("You can read this member's messages until %(until)s.") % until
            )
            return redirect(inbox)
    return _page(request, form, back=reverse("messaging:team-inbox"))


@require_http_methods(["GET", "POST"])
def thread_why(request: HttpRequest, id: UUID) -> HttpResponse:
    """On the way to one conversation of theirs."""
    user, page = signed_in(request), reverse("messaging:team-thread", args=[id])
    member_id, needed = access.why_page_of(user, id)
    if not needed:
        return redirect(page)
    form = WhyForm(request.POST or None, user_id=user.pk, member_known=True)
    if request.method == "POST" and form.is_valid():
        member = why_access.get_member(user, member_id)
        if _opened(user, member, form):
            return redirect(f"{page}?view={access.View.OUTSIDE.value}")
    return _page(request, form, back=reverse("messaging:team-inbox"))


def _opened(user: User, member: Member, form: WhyForm) -> Opening | None:
    data = form.cleaned_data
    with other_words_told(form):
        return opening_actions.give_reason(
            by=user,
            member=member,
            key=data["send_key"],
            reason=data["reason"],
            words=data["words"],
        )
    return None


def _page(request: HttpRequest, form: WhyForm, back: str) -> HttpResponse:
    words = {"here": "inbox", "form": form, "back_url": back}
    status = 422 if form.errors else 200
    return TemplateResponse(request, "messaging/why.html", words, status=status)
