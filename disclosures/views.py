from collections.abc import Iterable
from datetime import timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.defaultfilters import date as date_text
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import access as accounts_access
from accounts.models import User
from consents.rules import Act, Category, Purpose
from disclosures import access, actions, entries, why
from disclosures.facts import OPENING_REASONS
from disclosures.forms import BASES, NO_SUCH_MEMBER, DisclosureForm, TrailQueryForm, TrailSearchForm
from disclosures.models import Basis, Disclosure
from disclosures.rules import PARTS, words_to_member
from portal.base.audit.models import Event, Outcome
from portal.base.clock.shown import moment
from portal.base.crypto.shown import shown
from portal.base.words import other_words_told


@require_safe
def who_has_seen(request: HttpRequest) -> HttpResponseBase:
    user: Any = request.user
    own = request.GET.get("own") == "1"
    seen = access.seen_by_others(user, own=own, number=request.GET.get("page", 1))
    sent = access.own_disclosures(user, request.GET.get("sent", 1))
    days = groupby(seen.object_list, key=lambda line: timezone.localtime(line.event.at).date())
    return TemplateResponse(
        request,
        "disclosures/who_has_seen.html",
        {
            "here": "privacy",
            "days": [
                {"date": date_text(day, "WEEKDAY_YEAR_FORMAT"), "entries": _entries(lines)}
                for day, lines in days
            ],
            "page": seen,
            "query": "own=1&" if own else "",
            "sent": sent,
            "sent_query": "own=1&" if own else "",
            "disclosures": [
                {
                    "date": date_text(row.disclosed_on, "DATE_FORMAT"),
                    "recipient": shown(row, "recipient"),
                    "what": shown(row, "what"),
                    "why": shown(row, "purpose"),
                    "id": row.pk,
                }
                for row in sent.object_list
            ],
        },
    )


def _entries(lines: Iterable[access.Seen]) -> list[dict[str, Any]]:
    """One day's: what a person did to one thing more than once for one reason is told once, with
    its count."""
    alike: dict[tuple[object, ...], list[access.Seen]] = {}
    for line in lines:
        event = line.event
        what = words_to_member(event.action)
        # What someone said of their reason is told each time, in their words.
        said = line.opening.pk if line.opening else None
        key = (event.actor_id, what, event.purpose, line.thing, _reason(line), said)
        alike.setdefault(key, []).append(line)
    return [_entry(several) for several in alike.values()]


def _entry(several: list[access.Seen]) -> dict[str, Any]:
    latest, event = several[0], several[0].event
    newest, *minutes = dict.fromkeys(_time(one.event) for one in several)
    return {
        "who": shown(latest.who, "display_name") if latest.who else _("The portal itself"),
        "role": entries.role_of(event, latest.who),
        "time": newest,
        "before": len(several) - 1,
        "also": minutes,
        "what": words_to_member(event.action),
        "thing": latest.thing,
        "why": entries.why_of(event),
        "reason": _reason(latest),
        "words": shown(latest.opening, "words") if latest.opening else "",
        "wrong_url": f"{reverse('disclosures:incident-new')}?event={event.pk}",
    }


def _reason(line: access.Seen) -> str:
    """Why someone outside the team had to look, as they said."""
    if line.event.purpose != Purpose.OUTSIDE_TEAM:
        return ""
    return str(OPENING_REASONS.get(str(line.event.facts.get("reason_code")), ""))


def _time(event: Event) -> str:
    return str(date_text(timezone.localtime(event.at), "TIME_FORMAT"))


@require_safe
def whole_record(request: HttpRequest) -> HttpResponseBase:
    """How much each part of the member's whole record holds: what a copy of it would have."""
    user: Any = request.user
    counts = access.counts_of_record(user)
    return TemplateResponse(
        request,
        "disclosures/whole_record.html",
        {
            "here": "privacy",
            "parts": [{"label": PARTS[name], "value": count} for name, count in counts.items()],
            "address": access.own_address(user),
        },
    )


# What of a search may stand in an address as it was typed.
IN_ADDRESS = ("kind", "purpose", "outcome", "since", "until")


@require_http_methods(["GET", "HEAD", "POST"])
def trail_search(request: HttpRequest) -> HttpResponseBase:
    user: Any = request.user
    access.require_officer(user, Act.SEARCH_TRAIL, Category.TRAIL)
    form = TrailSearchForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        found = _query(user, form)
        if found is not None:
            return redirect(f"{request.path}?{urlencode(found)}")
    query = TrailQueryForm(request.GET)
    page = None
    if request.method != "POST" and request.GET and query.is_valid():
        events = access.search_trail(user, query.cleaned_data)
        page = access.CappedPaginator(events, access.PAGE).get_page(request.GET.get("page"))
        form = TrailSearchForm(initial=query.cleaned_data | _named(user, query.cleaned_data))
    if request.method != "POST" and not query.is_valid():
        form = TrailSearchForm({name: request.GET.get(name, "") for name in IN_ADDRESS})
    known = request.GET.copy()
    known.pop("page", None)
    return TemplateResponse(
        request,
        "disclosures/trail_search.html",
        {
            "here": "access-search",
            "form": form,
            "searched": page is not None,
            "often": [] if form.is_bound else _often_asked(),
            "events": entries.rows(user, list(page)) if page else [],
            "capped": page is not None and page.paginator.count > access.MOST,
            "page": page,
            "query": f"{known.urlencode()}&" if known else "",
            "here_query": request.GET.urlencode(),
        },
    )


def _often_asked() -> list[dict[str, str]]:
    today = timezone.localdate()
    week, month = today - timedelta(days=6), today - timedelta(days=29)
    return [
        {"label": label, "query": urlencode(asked)}
        for label, asked in (
            (_("All of today"), {"since": today}),
            (_("What was refused in the last 7 days"), {"outcome": "refused", "since": week}),
            (
                _("Reasons to open messages from outside the team, last 30 days"),
                {"kind": "opening.made", "since": month},
            ),
            (
                _("Sensitive records that were checked, last 30 days"),
                {"kind": "record.marked", "since": month},
            ),
        )
    ]


def _query(user: User, form: TrailSearchForm) -> dict[str, str] | None:
    """The search as an address. A number or User ID that nobody has is told at its field."""
    data = form.cleaned_data
    found = {name: data[name] for name in IN_ADDRESS}
    if data["member_number"]:
        number = data["member_number"]
        member = access.find_member(user, Act.SEARCH_TRAIL, Category.TRAIL, number)
        if member is None:
            form.add_error("member_number", NO_SUCH_MEMBER)
            return None
        found["member"] = member.pk
    if data["person"]:
        person = accounts_access.user_by_user_id(user, data["person"])
        if person is None:
            form.add_error("person", _("Nobody in this plan has this User ID."))
            return None
        found["person"] = person.pk
    asked = {name: str(value) for name, value in found.items() if value}
    # Nothing asked for is a search for all, and not the empty page.
    return asked or {"outcome": ""}


def _named(user: User, wanted: dict[str, Any]) -> dict[str, str]:
    """What the officer typed, found again from the ids in the address."""
    member = accounts_access.members_in_plan(user, {wanted["member"]}).get(wanted["member"])
    person = accounts_access.users_of_plan(user.plan_id, {wanted["person"]}).get(wanted["person"])
    return {
        "member_number": shown(member, "member_number") if member else "",
        "person": person.user_id if person else "",
    }


@require_safe
def event_detail(request: HttpRequest, id: UUID) -> HttpResponseBase:
    user: Any = request.user
    event = access.get_event(user, id)
    title, facts = entries.entry(user, event)
    return TemplateResponse(
        request,
        "disclosures/event_detail.html",
        {
            "here": "access-search",
            "title": title,
            "facts": facts,
            "member_id": event.member_id,
            "record_id": event.object_id if event.object_kind == "record" else None,
            "disclosure_id": event.object_id if event.object_kind == "disclosure" else None,
            "marks": entries.marks(event),
            "back_query": request.GET.urlencode(),
            "proof_id": event.pk if access.is_sealed(event) else None,
            "why_id": event.pk if event.facts.get("decision") else None,
            "refused": event.outcome == Outcome.REFUSED,
        },
    )


@require_safe
def event_why(request: HttpRequest, id: UUID) -> HttpResponseBase:
    """The decision behind an entry, made again with the facts as they stood."""
    user: Any = request.user
    event = access.get_decided(user, id)
    context = {"here": "access-search", "event_id": event.pk, **why.page(user, event)}
    return TemplateResponse(request, "disclosures/event_why.html", context)


@require_safe
def event_proof(request: HttpRequest, id: UUID) -> HttpResponseBase:
    """A file that docs/proof/verify_trail.py checks without the portal."""
    user: Any = request.user
    proof = access.proof_of(user, id)
    if proof is None:
        # Its page says that it is not sealed yet.
        return redirect("disclosures:event-detail", id=id)
    response = HttpResponse(proof, content_type="application/x-ndjson")
    response["Content-Disposition"] = f'attachment; filename="proof-{id}.ndjson"'
    return response


@require_http_methods(["GET", "POST"])
def disclosure_new(request: HttpRequest) -> HttpResponseBase:
    user: Any = request.user
    access.require_officer(user, Act.RECORD_DISCLOSURE, Category.DISCLOSURES)
    form = DisclosureForm(request.POST or None, user_id=user.pk, initial=_member_asked_for(request))
    if request.method == "POST" and form.is_valid():
        with other_words_told(form):
            row = _record(user, form)
            if row is not None:
                _tell_saved(request, row, form.cleaned_data["send_key"])
                return redirect("disclosures:disclosure-detail", id=row.pk)
    context = {"here": "disclosures", "form": form}
    status = 422 if form.errors else 200
    return TemplateResponse(request, "disclosures/disclosure_form.html", context, status=status)


def _tell_saved(request: HttpRequest, row: Disclosure, key: UUID) -> None:
    if row.pk == key:
        messages.success(request, _("This entry is saved. The member can see it."))
    else:
        again = _(
            "You saved this before, at %s. Nothing was added. If it left twice, say so in it."
        )
        messages.warning(request, again % moment(row.recorded_at))


def _member_asked_for(request: HttpRequest) -> dict[str, str]:
    """From a link beside the member: an id, since a member ID has no place in an address."""
    user: Any = request.user
    query = TrailQueryForm(request.GET)
    return _named(user, query.cleaned_data) if query.is_valid() else {}


def _record(user: User, form: DisclosureForm) -> Disclosure | None:
    data = dict(form.cleaned_data)
    key, number = data.pop("send_key"), data.pop("member_number")
    member = access.find_member(user, Act.RECORD_DISCLOSURE, Category.DISCLOSURES, number)
    if member is None:
        form.add_error("member_number", NO_SUCH_MEMBER)
        return None
    if data["disclosed_on"] < member.birth_date:
        form.add_error("disclosed_on", _("This is before the member was born. Look at the year."))
        return None
    return actions.record_disclosure(by=user, member=member, key=key, **data)


@require_safe
def disclosure_detail(request: HttpRequest, id: UUID) -> HttpResponseBase:
    user: Any = request.user
    row = access.get_disclosure(user, id)
    return TemplateResponse(
        request, "disclosures/disclosure_detail.html", _disclosure_page(user, row)
    )


def _disclosure_page(user: User, row: Disclosure) -> dict[str, Any]:
    staff = user.is_staff_role
    return {
        "here": "disclosures" if staff else "privacy",
        "title": _("Sent to %(recipient)s") % {"recipient": shown(row, "recipient")},
        "member_name": row.member.full_name if staff else "",
        "date": date_text(row.disclosed_on, "DATE_FORMAT"),
        "recipient": {"name": shown(row, "recipient"), "address": shown(row, "recipient_address")},
        "what": shown(row, "what"),
        "why": shown(row, "purpose"),
        "legal_basis": dict(BASES)[Basis(row.basis)],
        "logged_by": shown(row.recorded_by, "display_name") if staff else "",
        "logged_at": moment(row.recorded_at),
    }
