"""Reporting a privacy problem, and the officers' list of what was reported."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import access as accounts_access
from accounts.models import Member, User
from disclosures import entries
from disclosures import incident_access as access
from disclosures import incident_actions as actions
from disclosures import incident_shown as shown
from disclosures.facts import INCIDENT_KINDS
from disclosures.forms import NO_SUCH_MEMBER
from disclosures.incident_forms import CloseForm, IncidentFilterForm, NoteForm, ReportForm
from disclosures.models import Incident, IncidentKind, IncidentState, IncidentWay
from portal.base.clock.shown import moment
from portal.base.crypto.shown import shown as opening
from portal.base.words import other_words_told


@require_http_methods(["GET", "POST"])
def incident_new(request: HttpRequest) -> HttpResponseBase:
    user: Any = request.user
    access.require_report(user)
    form = ReportForm(
        request.POST or None,
        user_id=user.pk,
        names_a_member=access.may_name_a_member(user),
        initial={"event": request.GET.get("event", "")},
    )
    if request.method == "POST" and form.is_valid():
        with other_words_told(form):
            incident = _open(user, form)
            if incident is not None:
                return redirect("disclosures:incident-sent", id=incident.pk)
    return TemplateResponse(
        request,
        "disclosures/incident_form.html",
        {
            "here": "account" if user.is_staff_role else "privacy",
            "form": form,
            "entry": _entry_told_of(user, form),
        },
        status=422 if form.errors else 200,
    )


def _entry_told_of(user: User, form: ReportForm) -> dict[str, Any] | None:
    """What they pressed "This looks wrong" at, so that they see what their report is about."""
    try:
        asked = form.fields["event"].clean(form["event"].value())
    except ValidationError:
        return None
    line = access.own_line(user, asked)
    return entries.rows(user, [line])[0] if line else None


def _open(user: User, form: ReportForm) -> Incident | None:
    data = form.cleaned_data
    member: Member | None = accounts_access.own_member_or_none(user)
    if number := data.get("member_number"):
        member = access.find_member(user, number)
        if member is None:
            form.add_error("member_number", NO_SUCH_MEMBER)
            return None
    line = access.own_line(user, data["event"])
    return actions.open_incident(
        by=user,
        key=data["send_key"],
        kind=data["kind"],
        way=IncidentWay.BUTTON,
        told=data["told"],
        member=member,
        about_kind="event" if line else "",
        about_id=line.pk if line else None,
    )


@require_safe
def incident_sent(request: HttpRequest, id: UUID) -> HttpResponseBase:
    """The receipt: what was told, and what happens next."""
    user: Any = request.user
    incident = access.own_incident(user, id)
    return TemplateResponse(
        request,
        "disclosures/incident_sent.html",
        {
            "here": "account" if user.is_staff_role else "privacy",
            "reference": shown.row(incident)["reference"],
            "sent_at": moment(incident.opened_at),
            "kind": INCIDENT_KINDS[IncidentKind(incident.kind)],
            "told": opening(incident, "told"),
            "closed": incident.state == IncidentState.CLOSED,
            "account_use": incident.kind == IncidentKind.ACCOUNT,
        },
    )


@require_safe
def incident_list(request: HttpRequest) -> HttpResponseBase:
    user: Any = request.user
    access.require_officer(user)
    form = IncidentFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    page = access.incidents(user, wanted, request.GET.get("page", 1))
    known = urlencode({name: value for name, value in wanted.items() if value})
    return TemplateResponse(
        request,
        "disclosures/incident_list.html",
        {
            "here": "incidents",
            "form": IncidentFilterForm(initial=wanted),
            "incidents": [shown.row(row) for row in page.object_list],
            "page": page,
            "query": f"{known}&" if known else "",
            "filtered": bool(known),
        },
    )


@require_safe
def incident_detail(request: HttpRequest, id: UUID) -> HttpResponseBase:
    return _detail(request, id)


def _detail(request: HttpRequest, id: UUID, **forms: Any) -> HttpResponseBase:
    user: Any = request.user
    opened = access.get_incident(user, id)
    incident = opened.incident
    closed = incident.state == IncidentState.CLOSED
    event = incident.about_kind == "event"
    return TemplateResponse(
        request,
        "disclosures/incident_detail.html",
        {
            "here": "incidents",
            "incident": shown.row(incident),
            "facts": shown.all_facts(incident),
            "told": opening(incident, "told"),
            "notes": shown.notes(opened.notes),
            "event_id": incident.about_id if event else None,
            "disclosure_id": incident.about_id if incident.about_kind == "disclosure" else None,
            "member_id": incident.member_id,
            "entries_query": shown.entries_query(incident),
            "can_take": not closed and incident.owner_id != user.pk,
            "note_form": NoteForm(user_id=user.pk),
            "close_form": None if closed else CloseForm(),
        }
        | forms,
        status=422 if forms else 200,
    )


@require_http_methods(["GET", "POST"])
def incident_take(request: HttpRequest, id: UUID) -> HttpResponse:
    user: Any = request.user
    if request.method == "GET":
        return redirect("disclosures:incident-detail", id=access.find(user, id).pk)
    try:
        actions.take(by=user, incident=access.find(user, id))
        messages.success(request, _("This report is yours now."))
    except actions.ClosedBefore as before:
        messages.error(request, str(before))
    return redirect("disclosures:incident-detail", id=id)


@require_http_methods(["GET", "POST"])
def incident_note(request: HttpRequest, id: UUID) -> HttpResponseBase:
    user: Any = request.user
    if request.method == "GET":
        return redirect("disclosures:incident-detail", id=access.find(user, id).pk)
    incident = access.find(user, id)
    form = NoteForm(request.POST, user_id=user.pk)
    if form.is_valid():
        data = form.cleaned_data
        with other_words_told(form):
            actions.add_note(by=user, incident=incident, key=data["send_key"], text=data["text"])
            messages.success(request, _("Your note is saved."))
            return redirect("disclosures:incident-detail", id=id)
    return _detail(request, id, note_form=form, form=form)


@require_http_methods(["GET", "POST"])
def incident_close(request: HttpRequest, id: UUID) -> HttpResponseBase:
    user: Any = request.user
    if request.method == "GET":
        return redirect("disclosures:incident-detail", id=access.find(user, id).pk)
    incident = access.find(user, id)
    form = CloseForm(request.POST)
    if not form.is_valid():
        return _detail(request, id, close_form=form, form=form)
    try:
        actions.close(by=user, incident=incident, outcome=form.cleaned_data["outcome"])
        messages.success(request, _("This report is closed."))
    except actions.ClosedBefore as before:
        messages.error(request, str(before))
    return redirect("disclosures:incident-detail", id=id)
