"""A copy of all records: asking for it, watching it being made, taking it away."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.stepup import asks_for_code
from phi_records import copies
from phi_records.views import user_of
from portal.base import once
from portal.base.clock.shown import moment
from portal.base.ids import uuid7
from portal.base.jobs.models import Job, JobState

CHIPS: Mapping[str, tuple[str, str | Promise]] = {
    JobState.WAITING: ("wait", gettext_lazy("Waiting")),
    JobState.RUNNING: ("wait", gettext_lazy("Being made")),
    JobState.DONE: ("good", gettext_lazy("Ready")),
    JobState.FAILED: ("bad", gettext_lazy("Not made")),
    JobState.STOPPED: ("off", gettext_lazy("Stopped or deleted")),
    JobState.EXPIRED: ("off", gettext_lazy("Deleted: its time was over")),
}
REASONS: Mapping[str, str | Promise] = {
    "too_large": gettext_lazy(
        "Your records are too large for one download. Call us, and we send you a copy."
    ),
    "destroyed": gettext_lazy("These records were destroyed when their time to be kept was over."),
    "not_allowed": gettext_lazy("This account may not read these records any more."),
    "trouble": gettext_lazy(
        "We tried several times and could not finish. Try again. If it happens again, call us."
    ),
}


@require_http_methods(["GET", "POST"])
def copy(request: HttpRequest) -> HttpResponseBase:
    user = user_of(request)
    made = copies.own(user)
    if asked := asks_for_code(request):
        return asked
    if request.method == "POST":
        key = once.read_key(request.POST.get("send_key", ""), user.pk) or uuid7()
        return redirect("records:copy-progress", copies.ask(user, key).pk)
    words = {
        "here": "records",
        "send_key": once.new_key(user.pk),
        "copies": [_row(job) for job in made],
    }
    return TemplateResponse(request, "phi_records/copies.html", words)


@require_safe
def progress(request: HttpRequest, id: UUID) -> HttpResponse:
    user = user_of(request)
    job = copies.get(user, id)
    words = {
        "here": "records",
        "job": _row(job),
        "size": filesizeformat(size) if (size := copies.size_of(user, job)) else "",
    }
    return TemplateResponse(request, "phi_records/copy_progress.html", words)


progress.passive = True  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
def stop(request: HttpRequest, id: UUID) -> HttpResponse:
    act = copies.stop if request.method == "POST" else copies.get
    return redirect("records:copy-progress", act(user_of(request), id).pk)


@require_safe
def take(request: HttpRequest, id: UUID) -> HttpResponseBase:
    job = copies.get(user_of(request), id)
    if job.now != JobState.DONE:
        # Which says why there is nothing to take.
        return redirect("records:copy-progress", job.pk)
    return asks_for_code(request) or copies.take(user_of(request), job).answer()


def needs_of(user: User) -> list[dict[str, str]]:
    """What the first page says of a copy: whoever has no e-mail address hears it there alone."""
    if (job := copies.news_of(user)) is None:
        return []
    ready = job.now == JobState.DONE
    until = {"day": _row(job)["expires_on"]}
    return [
        {
            "icon": "download" if ready else "warn",
            "title": _("Your copy is ready") if ready else _("Your copy was not made"),
            "text": _("You can download it until %(day)s.") % until if ready else _("See why"),
            "href": reverse("records:copy-progress", args=[job.pk]),
        }
    ]


def _row(job: Job) -> Mapping[str, Any]:
    tone, text = CHIPS[job.now]
    return {
        "id": job.pk,
        "state": job.now,
        "at_work": job.at_work,
        "done": job.done,
        "total": job.total,
        "chip": {"tone": tone, "text": text},
        "reason": REASONS.get(job.reason_code, ""),
        "asked_at": moment(job.asked_at),
        "expires_on": date_format(localtime(job.expires_at), "DATE_FORMAT")
        if job.expires_at
        else "",
        "title": _("Copy of %s") % date_format(localtime(job.asked_at), "DATE_FORMAT"),
    }
