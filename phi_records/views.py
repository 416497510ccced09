from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from consents import notice_access
from consents.models import NoticeKind
from phi_records import access, attachments, charts
from phi_records.attachments import Attached
from phi_records.fhir import references
from phi_records.fhir.kinds import BY_SLUG
from phi_records.fhir.plain import Summary, Table, describe, summarise
from phi_records.models import RecordItem
from portal.base.clock.shown import moment
from portal.base.files.field import kind_and_size


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    counts = access.kinds_with_counts(user)
    updated = max((one.received_at for one in counts), default=None)
    context = {
        "kinds": [
            {
                "kind": one.kind.slug,
                "title": one.kind.title,
                "icon": one.kind.icon,
                "count": one.count,
            }
            for one in counts
        ],
        "updated_text": _("Last updated %s") % moment(updated) if updated else "",
        "some_left_out": access.some_left_out(user),
        "recent": _lines(user, access.latest(user)) if counts else [],
    }
    return TemplateResponse(request, "phi_records/records.html", context)


@require_safe
def kind(request: HttpRequest, kind: str) -> HttpResponse:
    wanted = BY_SLUG.get(kind)
    if wanted is None:
        raise Http404
    user = user_of(request)
    page = access.items_of_kind(user, wanted, request.GET.get("page", "1"))
    context = {
        "kind": wanted.slug,
        "kind_title": wanted.title,
        "kind_icon": wanted.icon,
        "kind_empty": wanted.empty,
        "items": _lines(user, page.object_list),
        "page": page,
        "some_left_out": access.some_left_out(user),
    }
    return TemplateResponse(request, "phi_records/kind_list.html", context)


@require_safe
def detail(request: HttpRequest, id: UUID) -> HttpResponse:
    user = user_of(request)
    item = access.get_item(user, id)
    resource = access.resource_of(item)
    summary = summarise(*access.with_medicines(user, [(item, resource)]))
    related = access.related(user, item, references.references_in(resource))
    sections = describe(resource, related.get)
    own = [(item, one) for one in access.attached_to(item)]
    context = {
        "title": summary.title,
        "chart": _chart(user, item, resource, summary.title),
        "subtitle": summary.subtitle,
        "kind": item.kind,
        "kind_title": summary.kind.title,
        "status_chip": _chip(summary),
        "sections": [
            {
                "heading": section.heading,
                "text": section.text,
                "facts": [{"label": label, "value": value} for label, value in section.facts],
                "table": _table(section.table) if section.table else None,
            }
            for section in sections
        ],
        "files": _files([*own, *access.files_pointed_at(user, item)]),
        "source": {
            "feed": item.feed,
            "file": item.file_name,
            "received_at": moment(item.received_at),
            "notice": notice_access.number_at(item.plan_id, NoticeKind.PRACTICES, item.received_at),
        },
    }
    return TemplateResponse(request, "phi_records/record_detail.html", context)


@require_safe
def file(request: HttpRequest, id: UUID, number: int) -> HttpResponse:
    return access.get_file(user_of(request), id, number).answer()


def _table(table: Table) -> Mapping[str, Any]:
    columns = [
        {"label": label, "num": number >= table.numbers_from}
        for number, label in enumerate(table.columns)
    ]
    rows = [
        {"cells": [column | {"text": text} for column, text in zip(columns, row, strict=True)]}
        for row in table.rows
    ]
    return {"caption": table.caption, "columns": columns, "rows": rows}


def _files(several: Iterable[tuple[RecordItem, Attached]]) -> list[Mapping[str, Any]]:
    return [
        {
            "number": number,
            "title": one.title or _("File %d") % number,
            "kind": kind_and_size(one.ending, attachments.size(one)),
            "href": reverse("records:file", args=[item.pk, one.number]),
        }
        for number, (item, one) in enumerate(several, 1)
    ]


def user_of(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User):
        raise Http404
    return user


def _chart(
    user: User, item: RecordItem, resource: Mapping[str, Any], title: str
) -> Mapping[str, Any] | None:
    """Other results are opened only where this one can stand on a chart with them."""
    if item.resource_type != "Observation" or not charts.has_numbers(resource):
        return None
    return charts.chart_of(title, resource, access.results_of_kind(user, item))


def _lines(user: User, items: Iterable[RecordItem]) -> list[Mapping[str, Any]]:
    several = [(item, access.outline_of(item)) for item in items]
    told = access.with_medicines(user, several)
    return [
        _line(item, summarise(one)) for (item, _outline), one in zip(several, told, strict=True)
    ]


def _line(item: RecordItem, summary: Summary) -> Mapping[str, Any]:
    return {
        "id": item.pk,
        "title": summary.title,
        "subtitle": summary.subtitle,
        "date_text": summary.when_text or _("No date"),
        "kind_title": summary.kind.title,
        "icon": summary.kind.icon,
        "status_chip": _chip(summary),
        "source": item.feed,
    }


def _chip(summary: Summary) -> Mapping[str, str] | None:
    if not summary.status_word:
        return None
    return {"tone": str(summary.status_tone), "text": summary.status_word}
