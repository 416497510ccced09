"""What needs a second person: asking for it, and the officers' list of what waits for them."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.stepup import asks_for_code
from disclosures import approval_access as access
from disclosures import approval_shown as shown
from disclosures import destroying
from disclosures.approval_forms import DecideForm, KeyForm
from disclosures.forms import NO_SUCH_MEMBER
from disclosures.shredding import DESTROY_KEY
from portal.base.approvals import actions
from portal.base.approvals.models import Approval, ApprovalState
from portal.base.audit.models import Outcome
from portal.base.crypto.shown import shown as opening
from portal.base.registry import Step


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


@require_safe
def approval_list(request: HttpRequest) -> HttpResponseBase:
    user, past = _user(request), request.GET.get("show") == "past"
    page = access.listed(user, past=past, number=request.GET.get("page", 1))
    return TemplateResponse(
        request,
        "disclosures/approval_list.html",
        {
            "here": "approvals",
            "past": past,
            "approvals": shown.rows(user, list(page.object_list)),
            "page": page,
            "query": "show=past&" if past else "",
        },
    )


@require_http_methods(["GET", "POST"])
def key_ask(request: HttpRequest) -> HttpResponseBase:
    user = _user(request)
    destroying.require(user, Step.ASK)
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        approval = _ask(user, form)
        if approval is not None:
            if (approval.asked_by, approval.reason) == (user.pk, form.cleaned_data["reason"]):
                done = _("A second person was told. It waits for their approval.")
                messages.success(request, done)
            else:
                before = _("This was asked for before, for the reason below. Nothing was changed.")
                messages.warning(request, before)
            return redirect("disclosures:approval-detail", id=approval.pk)
    words = {"here": "approvals", "form": form}
    status = 422 if form.errors else 200
    return TemplateResponse(request, "disclosures/key_form.html", words, status=status)


def _ask(user: User, form: KeyForm) -> Approval | None:
    data = form.cleaned_data
    target = destroying.look_up(user, data["what"], data["who"])
    if target is None:
        person = data["what"] == "person"
        form.add_error("who", _("Nobody here has this User ID.") if person else NO_SUCH_MEMBER)
        return None
    if reasons := destroying.hindrances(target.key_id):
        destroying.note(target.key_id, Outcome.REFUSED, destroying.refusals(target.key_id))
        form.add_error(None, " ".join([_("This may not be done now."), *reasons]))
        return None
    try:
        return actions.ask(
            kind=DESTROY_KEY,
            about_id=target.key_id,
            by=user,
            reason=data["reason"],
            member_id=target.member_id,
        )
    except PermissionDenied as error:
        form.add_error(None, str(error))
        return None


@require_safe
def approval_detail(request: HttpRequest, id: UUID) -> HttpResponseBase:
    return _detail(request, id)


def _detail(request: HttpRequest, id: UUID, form: DecideForm | None = None) -> HttpResponseBase:
    user = _user(request)
    can_decide = access.can_decide(user, access.find(user, id))
    if can_decide and (asked := asks_for_code(request)):
        return asked
    approval = access.get_approval(user, id)
    problems = shown.problems(approval)
    return TemplateResponse(
        request,
        "disclosures/approval_detail.html",
        {
            "here": "approvals",
            "approval": shown.rows(user, [approval])[0],
            "what": shown.what(user, approval),
            "reason": opening(approval, "reason"),
            "way": shown.way(user, approval),
            "problems": problems,
            "approved": approval.state == ApprovalState.APPROVED and not problems,
            "mine": approval.asked_by == user.pk and approval.is_open,
            "can_approve": can_decide and not problems,
            "form": (form or DecideForm(initial={"seen": approval.digest})) if can_decide else None,
        },
        status=422 if form else 200,
    )


@require_http_methods(["GET", "POST"])
def approval_approve(request: HttpRequest, id: UUID) -> HttpResponseBase:
    return _decide(request, id, approve=True)


@require_http_methods(["GET", "POST"])
def approval_refuse(request: HttpRequest, id: UUID) -> HttpResponseBase:
    return _decide(request, id, approve=False)


@require_http_methods(["GET", "POST"])
def approval_take_back(request: HttpRequest, id: UUID) -> HttpResponseBase:
    user = _user(request)
    approval = access.find_own(user, id)
    if request.method == "POST":
        try:
            actions.take_back(approval_id=approval.pk, by=user)
            messages.success(request, _("You took it back. Nothing will be done."))
        except actions.NotNow as late:
            messages.error(request, str(late))
    return redirect("disclosures:approval-detail", id=approval.pk)


def _decide(request: HttpRequest, id: UUID, *, approve: bool) -> HttpResponseBase:
    user = _user(request)
    approval, page = access.find_to_decide(user, id), redirect("disclosures:approval-detail", id=id)
    if request.method == "GET":
        return page
    if asked := asks_for_code(request):
        return asked
    if ended := shown.ending(user, approval):
        messages.error(request, ended)
        return page
    form = DecideForm(request.POST)
    if not form.is_valid():
        return _detail(request, id, form)
    if approve and form.cleaned_data["seen"] != approval.digest:
        messages.error(request, _("This page was too old. Look at it again. Nothing was changed."))
        return page
    _tell_decided(request, user, id, form.cleaned_data, approve=approve)
    return page


def _tell_decided(
    request: HttpRequest, user: Any, id: UUID, data: dict[str, str], *, approve: bool
) -> None:
    try:
        done = (
            actions.approve(approval_id=id, by=user, **data)
            if approve
            else (actions.refuse(approval_id=id, by=user, reason=data["reason"]))
        )
    except actions.NotNow as late:
        messages.error(request, str(late))
        return
    if done.state == ApprovalState.EXPIRED:
        messages.error(request, shown.ending(user, done))
    elif approve:
        messages.success(request, _("You approved it. It can now be done, once."))
    else:
        messages.success(request, _("You refused it. Nothing will be done."))
