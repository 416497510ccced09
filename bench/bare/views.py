"""The page as anyone would write it first."""

from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bench.bare.models import Record, Thread

PER_PAGE = 25
PLAN = {
    "name": "Bench Health Plan",
    "short_name": "Bench",
    "phone": "1-800-555-0100",
    "tty": "711",
    "hours": "Monday to Friday, 8 AM to 6 PM ET",
    "address": "1 Main Street",
    "crisis_lines": [],
    "reply_days": 2,
}


def frame(request: HttpRequest) -> dict[str, Any]:
    user: Any = request.user
    return {
        "plan": {**PLAN, "theme_url": static("css/base.css"), "logo_url": static("img/icon.svg")},
        "demo": True,
        "languages": [{"code": "es", "name": "Español"}],
        "stay_url": request.get_full_path(),
        "now": timezone.localtime(),
        "idle_seconds": 900,
        "total_seconds": 43_200,
        "nav": "member",
        "person_name": user.first_name,
        "unread": Thread.objects.filter(user=user, unread=True).count(),
    }


@require_safe
@login_required
def kind(request: HttpRequest, kind: str) -> HttpResponse:
    user: Any = request.user
    rows = Record.objects.filter(user=user, kind=kind)
    rows = rows.order_by(F("happened_on").desc(nulls_last=True), "-pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page", "1"))
    context = {
        "kind": kind,
        "kind_title": _("Claims"),
        "kind_icon": "clip",
        "kind_empty": "",
        "items": [_line(row) for row in page.object_list],
        "page": page,
    }
    return render(request, "phi_records/kind_list.html", context)


def _line(row: Record) -> dict[str, Any]:
    """Words in the reader's language, as any page of several languages makes them."""
    parts = (
        _("You may owe %s.") % _dollars(row.owed) if row.owed is not None else "",
        _("The plan paid %s.") % _dollars(row.paid) if row.paid is not None else "",
    )
    told = " ".join(part for part in parts if part)
    refused = row.outcome == "refused"
    return {
        "id": row.pk,
        "title": _("Explanation of benefits: %s") % row.service,
        "subtitle": _("The plan did not pay this claim.") if refused else told,
        "date_text": date_format(row.happened_on, "DATE_FORMAT") if row.happened_on else "",
        "status_chip": _chip(row.outcome),
        "source": row.source,
    }


def _chip(outcome: str) -> dict[str, str]:
    if outcome == "refused":
        return {"tone": "bad", "text": _("Not paid")}
    return {"tone": "good", "text": _("Decided")} if outcome == "complete" else {}


def _dollars(amount: Decimal) -> str:
    return "$" + number_format(amount, decimal_pos=2, use_l10n=True, force_grouping=True)


def elsewhere(request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    """Stands for the pages that the frame links to."""
    return HttpResponse()
