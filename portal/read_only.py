"""The gate of read-only mode: people sign in and read; what they would write, they keep."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.template.response import TemplateResponse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal.base.standing import read_only

# Forms that go on: to sign in and out, and to search. They write the session and the trail, and
# what a sign-in uses up: tries, codes.
STILL = {
    "account_login", "second_step", "start-again", "confirm", "account_logout", "keep-alive",
    "set_language", "disclosures:trail-search", "records:mark-search",
}  # fmt: skip
# These write as soon as they are opened: the secret of a new app.
NOT_EVEN_OPENED = {"enrol", "account-app"}
# A form with one of these is not sent from our page again: it would carry a secret.
SECRET = ("password", "code", "token")
# What a page puts into its form by itself.
NOT_TYPED = {
    "csrfmiddlewaretoken", "send_key", "team", "thread", "next", "look", "save_draft", "add_file",
    "take_out",
}  # fmt: skip


class ReadOnlyMiddleware:
    """Looks once for each request: what it began under holds to its end."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if getattr(request, "plan", None) is None:
            return self.get_response(request)
        request.read_only = read_only.state()  # type: ignore[attr-defined]
        token = read_only.bind(request.read_only is not None)  # type: ignore[attr-defined]
        try:
            return self.get_response(request)
        finally:
            read_only.unbind(token)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        match = request.resolver_match
        if not read_only.is_on() or match is None:
            return None
        form = request.method not in {"GET", "HEAD", "OPTIONS", "TRACE"}
        if (form and match.view_name not in STILL) or match.view_name in NOT_EVEN_OPENED:
            return refused(request)
        return None


def refused(request: HttpRequest) -> HttpResponse:
    """Nothing was written. What they typed stands on the page, to be sent again from there.

    static/js/draft.js, which has the words on its own page, is answered in a line of text. Not a
    5xx: that would undo the session's last use, and they would be signed out while waiting.
    """
    if request.headers.get("Accept") == "text/plain":
        keep = _(
            "Your words are on this page only. Leave it open and send them later, or copy them to "
            "a safe place."
        )
        line = f"{says(request)} {keep}"
        return HttpResponse(line, status=403, content_type="text/plain; charset=utf-8")
    values = [(name, value) for name in request.POST for value in request.POST.getlist(name)]
    words = {
        "again": request.method == "POST" and not _has_secret(request.POST),
        "values": [pair for pair in values if pair[0] != "csrfmiddlewaretoken"],
        "typed": typed(request),
        "files": list(request.FILES),
        "says": says(request),
    }
    return TemplateResponse(request, "portal/read_only.html", words, status=403)


def typed(request: HttpRequest) -> str:
    """What someone wrote into a form that was refused, to show it to them again. No secrets."""
    if request.method != "POST" or _has_secret(request.POST):
        return ""
    words = [
        value
        for name in request.POST
        for value in request.POST.getlist(name)
        if name not in NOT_TYPED and value.strip()
    ]
    return "\n\n".join(words)


def _has_secret(form: QueryDict) -> bool:
    return any(part in name for name in form for part in SECRET if name not in NOT_TYPED)


def says(request: HttpRequest) -> str:
    """That nothing is taken now, until when, and why."""
    now = banner(request) or {"until": None, "why": ""}
    if now["until"]:
        says = _(
            "The portal is for reading only while we work on it. We plan to be done by %(when)s."
        )
        says %= {"when": date_format(now["until"], "DATETIME_FORMAT")}
    else:
        says = _(
            "The portal is for reading only while we work on it. We do not know yet when it will "
            "be over."
        )
    return f"{says} {now['why']}".strip()


def banner(request: HttpRequest) -> dict[str, Any] | None:
    """What each page says of it: until when, as long as that is ahead, and why."""
    state = getattr(request, "read_only", None)
    if state is None:
        return None
    until: datetime | None = state.until
    ahead = until is not None and until > timezone.now()
    return {
        "until": timezone.localtime(until) if ahead else None,
        "why": state.why.get(translation.get_language(), ""),
    }
