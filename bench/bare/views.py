"""The page as anyone would write it first."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
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
        "plan": {**PLAN, "theme_url": static("css/base.css"), "logo_path": "cedar"},
        "demo": True,
        "idle_seconds": 900,
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
        "kind_title": "Claims",
        "kind_icon": "clip",
        "kind_empty": "",
        "items": page.object_list,
        "page": page,
    }
    return render(request, "phi_records/kind_list.html", context)


def elsewhere(request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    """Stands for the pages that the frame links to."""
    return HttpResponse()
