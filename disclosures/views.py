from itertools import groupby
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.defaultfilters import date as date_text
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import access as accounts_access
from accounts.models import User
from consents.rules import Act, Category
from disclosures import access, actions
from disclosures.forms import BASES, DisclosureForm, TrailSearchForm
from disclosures.models import Basis, Disclosure
from disclosures.rules import PURPOSES, ROLES, words_for
from portal.base import once
from portal.base.audit.models import Event
from portal.base.crypto.shown import shown


def _when(event: Event) -> str:
    return date_text(timezone.localtime(event.at), "DATETIME_FORMAT")


@require_safe
def who_has_seen(request: HttpRequest) -> HttpResponseBase:
    user: Any = request.user
    own = request.GET.get("own") == "1"
    seen = access.seen_by_others(user, own=own)
    days = groupby(seen, key=lambda line: timezone.localtime(line.event.at).date())
    return TemplateResponse(
        request,
        "disclosures/who_has_seen.html",
        {
            "here": "privacy",
            "days": [
                {
                    "date": date_text(day, "WEEKDAY_YEAR_FORMAT"),
                    "entries": [_entry(line) for line in lines],
                }
                for day, lines in days
            ],
            "disclosures": [
                {
                    "date": date_text(row.disclosed_on, "DATE_FORMAT"),
                    "recipient": shown(row, "recipient"),
                    "what": shown(row, "what"),
                    "why": shown(row, "purpose"),
                    "id": row.pk,
                }
                for row in access.own_disclosures(user)
            ],
        },
    )


def _entry(line: access.Seen) -> dict[str, Any]:
    event = line.event
    return {
        "who": shown(line.who, "display_name") if line.who else _("The portal itself"),
        "role": ROLES.get(event.actor_role, ""),
        "time": date_text(timezone.localtime(event.at), "TIME_FORMAT"),
        "what": words_for(event.action),
        "why": PURPOSES.get(event.purpose, ""),
    }


@require_safe
def trail_search(request: HttpRequest) -> HttpResponseBase:
    user: Any = request.user
    access.require_officer(user, Act.SEARCH_TRAIL, Category.TRAIL)
    form = TrailSearchForm(request.GET or None)
    page = None
    if form.is_bound and form.is_valid():
        wanted = _wanted(user, form)
        if wanted is not None:
            events = access.search_trail(user, wanted)
            page = Paginator(events, access.PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    return TemplateResponse(
        request,
        "disclosures/trail_search.html",
        {
            "here": "access-search",
            "form": form,
            "searched": page is not None,
            "events": _rows(user, list(page)) if page else [],
            "page": page,
            "query": f"{query.urlencode()}&" if query else "",
        },
    )


def _wanted(user: User, form: TrailSearchForm) -> dict[str, Any] | None:
    """The search in ids. A number or User ID that nobody has is told at its field."""
    data = form.cleaned_data
    wanted = {name: data[name] for name in ("kind", "outcome", "since", "until")}
    if data["member_number"]:
        member = accounts_access.member_by_number(user, data["member_number"])
        if member is None:
            form.add_error("member_number", _("No member of this plan has this member ID."))
            return None
        wanted["member_id"] = member.pk
    if data["user_id"]:
        person = accounts_access.user_by_user_id(user, data["user_id"])
        if person is None:
            form.add_error("user_id", _("Nobody in this plan has this User ID."))
            return None
        wanted["actor_id"] = person.pk
    return wanted


def _rows(user: User, events: list[Event]) -> list[dict[str, Any]]:
    named = {person for event in events if (person := _person_of(event))}
    people = accounts_access.users_of_plan(user.plan_id, named)
    members = accounts_access.members_in_plan(user, {e.member_id for e in events if e.member_id})
    return [_row(event, people, members) for event in events]


def _person_of(event: Event) -> UUID | None:
    """Who acted; before the second step, whose account was tried."""
    if event.actor_id is None and event.object_kind == "user":
        return event.object_id
    return event.actor_id


def _row(event: Event, people: dict[UUID, User], members: dict[UUID, Any]) -> dict[str, Any]:
    person = _person_of(event)
    who = people.get(person) if person else None
    member = members.get(event.member_id) if event.member_id else None
    refused = event.outcome == "refused"
    return {
        "id": event.pk,
        "when": _when(event),
        "who": shown(who, "display_name") if who else ROLES.get(event.actor_role, ""),
        "role": ROLES.get(event.actor_role, "") if who else "",
        "member": member.full_name if member else "",
        "action": words_for(event.action),
        "what": event.facts.get("kind") or event.facts.get("route", ""),
        "why": PURPOSES.get(event.purpose, ""),
        "outcome_chip": {"tone": "bad", "text": _("Refused")} if refused else None,
    }


@require_safe
def event_detail(request: HttpRequest, id: UUID) -> HttpResponseBase:
    user: Any = request.user
    event = access.get_event(user, id)
    row = _rows(user, [event])[0]
    facts = [
        (_("When"), row["when"]),
        (_("Who"), row["who"]),
        (_("Role"), ROLES.get(event.actor_role, "")),
        (_("About"), row["member"]),
        (_("Why"), row["why"]),
        (_("Legal ground"), event.basis),
        (_("Outcome"), _("Refused") if event.outcome == "refused" else _("Allowed")),
        (_("Came by"), event.client),
        (_("Session"), event.session),
        *((name, str(value)) for name, value in sorted(event.facts.items())),
        (_("Entry"), str(event.pk)),
        (_("Fingerprint"), bytes(event.row_hash).hex()),
    ]
    return TemplateResponse(
        request,
        "disclosures/event_detail.html",
        {
            "here": "access-search",
            "title": row["action"],
            "facts": [{"label": label, "value": value} for label, value in facts if value],
        },
    )


@require_http_methods(["GET", "POST"])
def disclosure_new(request: HttpRequest) -> HttpResponseBase:
    user: Any = request.user
    access.require_officer(user, Act.RECORD_DISCLOSURE, Category.DISCLOSURES)
    form = DisclosureForm(request.POST or None, initial={"send_key": once.new_key(user.pk)})
    if request.method == "POST" and form.is_valid():
        row = _record(user, form)
        if row is not None:
            return redirect("disclosures:disclosure-detail", id=row.pk)
    context = {"here": "disclosures", "form": form}
    return TemplateResponse(request, "disclosures/disclosure_form.html", context)


def _record(user: User, form: DisclosureForm) -> Disclosure | None:
    data = dict(form.cleaned_data)
    key = once.read_key(data.pop("send_key"), user.pk)
    member = accounts_access.member_by_number(user, data.pop("member_number"))
    if member is None:
        form.add_error("member_number", _("No member of this plan has this member ID."))
    if key is None:
        form.add_error(None, _("This page is too old to send. Open it again and copy your words."))
    if member is None or key is None:
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
        "logged_at": date_text(timezone.localtime(row.recorded_at), "DATETIME_FORMAT"),
    }
