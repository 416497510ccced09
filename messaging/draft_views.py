"""Words that are not sent yet: kept, shown again, and thrown away only when that is asked for."""

from collections.abc import Sequence
from functools import partial
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import own_member, teams_of_member
from accounts.models import CareTeam, Member, User
from messaging import access, draft_actions, shown
from messaging.attachments import FileNotTaken
from messaging.forms import DraftForm
from messaging.models import Draft, Thread
from portal.base import once

# Each form that sends words, and the page that shows them again as a draft.
DRAFT_PAGES = {
    "messaging:compose": "messaging:compose",
    "messaging:thread-reply": "messaging:thread-detail",
    "messaging:thread-answer": "messaging:team-thread",
}


def signed_in(request: HttpRequest) -> User:
    return cast(User, request.user)


def kept(draft: Draft | None) -> dict[str, str]:
    """What a form begins with. A team that is theirs no more is among no form's choices."""
    if draft is None:
        return {}
    words = {"subject": draft.subject, "body": draft.body}
    return words | {"team": str(draft.team_id)} if draft.team_id else words


def save(
    request: HttpRequest,
    *,
    member: Member,
    thread: Thread | None,
    page: str,
    teams: Sequence[CareTeam] = (),
) -> HttpResponse | None:
    """For the button "Save draft", and for static/js/draft.js, which asks for a line of text.

    Each saving follows words that were just typed, so it renews the session as any request does.
    None where the words are too long: the page with the form tells so.
    """
    quiet = request.headers.get("Accept") == "text/plain"
    form = DraftForm(request.POST, request.FILES, teams=teams)
    if not form.is_valid():
        return _line(" ".join(_errors(form)), 422) if quiet else None
    user, words = signed_in(request), form.cleaned_data
    key = once.read_key(request.POST.get("send_key", ""), user.pk)
    keep = partial(
        draft_actions.save_draft, by=user, member=member, thread=thread, key=key, quiet=quiet
    )
    try:
        draft = keep(**words)
    except FileNotTaken as error:
        # The words that came with it are kept all the same.
        keep(**(words | {"upload": None}))
        messages.error(request, str(error))
        return redirect(page)
    if quiet:
        return _line(shown.saved(draft) if draft else "")
    if out := request.POST.get("take_out"):
        draft_actions.take_out(by=user, member=member, thread=thread, file_id=_id(out))
        messages.success(request, _("The file is taken out."))
    elif words.get("upload"):
        messages.success(request, _("The file is added. It goes with your message."))
    elif "add_file" in request.POST:
        messages.warning(request, _("Choose a file first, then press “Add this file”."))
    elif draft:
        messages.success(request, _("Your draft is saved. It stays under Messages."))
    else:
        messages.info(request, _("Your draft is empty."))
    return redirect(page)


def _id(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise Http404 from None


def given(request: HttpRequest) -> tuple[Any, Any]:
    """What a form is bound to, if it was sent."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def is_saving(request: HttpRequest) -> bool:
    """Whether a button was pressed that keeps the words, and sends nothing."""
    return not {"save_draft", "add_file", "take_out"}.isdisjoint(request.POST)


def _line(text: str, status: int = 200) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


def _errors(form: DraftForm) -> list[str]:
    return [str(error) for errors in form.errors.values() for error in errors]


@require_http_methods(["GET", "POST"])
def draft_delete(request: HttpRequest, id: UUID) -> HttpResponse:
    """Words that are erased can't be brought back: it asks first."""
    user = signed_in(request)
    draft = access.get_own_draft(user, id)
    if request.method == "POST":
        draft_actions.delete_draft(by=user, draft=draft)
        messages.success(request, _("Your draft is deleted."))
        return redirect("messaging:inbox")
    row = shown.draft_row(draft, teams_of_member(own_member(user)))
    return TemplateResponse(
        request, "messaging/draft_delete.html", {"here": "messages", "draft": row}
    )


def keep_unsent(request: HttpRequest) -> str:
    """Keep the words of a form that was turned away as a draft. The page with it, or nothing.

    The key in the form tells that we made it for this very person: no other site and nobody who
    had this browser before puts words among theirs.
    """
    user: Any = request.user
    asked = request.resolver_match
    if asked is None or asked.view_name not in DRAFT_PAGES or not user.is_verified():
        return ""
    if once.read_key(request.POST.get("send_key", ""), user.pk) is None:
        return ""
    if not _keep_draft(request, user, asked.kwargs.get("id")):
        return ""
    return reverse(DRAFT_PAGES[asked.view_name], kwargs=asked.kwargs)


def _keep_draft(request: HttpRequest, user: User, thread_id: UUID | None) -> bool:
    thread = access.find(user, thread_id) if thread_id else None
    staff_thread = thread if user.is_staff_role else None
    member = access.member_of(user, staff_thread) if staff_thread else own_member(user)
    form = DraftForm(request.POST, teams=teams_of_member(member))
    if not form.is_valid() or not (form.cleaned_data["subject"] or form.cleaned_data["body"]):
        return False
    draft_actions.save_draft(by=user, member=member, thread=thread, **form.cleaned_data)
    return True
