"""The care team's pages."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from messaging import access, actions, draft_views, shown
from messaging.access import View
from messaging.actions import Sending
from messaging.attachments import FileNotTaken
from messaging.draft_views import signed_in
from messaging.forms import ReplyForm
from portal.base.clock.shown import moment


def _view(request: HttpRequest, usual: View) -> View:
    asked = request.GET.get("view", "")
    return View(asked) if asked in {view.value for view in View} else usual


def _list(request: HttpRequest, usual: View = View.TEAM) -> dict[str, Any]:
    user, view = signed_in(request), _view(request, usual)
    page = access.team_threads(user, view, request.GET.get("page", 1))
    return {
        "here": "inbox",
        "view_title": shown.view_words(view),
        "views": shown.views(access.view_counts(user), view),
        "threads": [shown.team_row(thread) for thread in page.object_list],
        "page": page,
        "query": f"view={view.value}&",
    }


@require_safe
def team_inbox(request: HttpRequest) -> HttpResponse:
    return TemplateResponse(request, "messaging/team_inbox.html", _list(request))


@require_safe
def team_thread(request: HttpRequest, id: UUID) -> HttpResponse:
    access.check_team_role(signed_in(request))
    return _thread_page(request, access.get_thread(signed_in(request), id))


def _thread_page(
    request: HttpRequest, opened: access.OpenThread, form: ReplyForm | None = None
) -> HttpResponse:
    user, thread = signed_in(request), opened.thread
    opening = opened.opening
    if opening is None:
        actions.mark_opened(by=user, thread=thread)
    kept = {"body": opened.draft.body} if opened.draft else {}
    words = _list(request, View.OUTSIDE if opening else View.TEAM) | {
        "thread": shown.team_head(thread, user),
        "posts": shown.posts(opened, user),
        "member": shown.member_facts(access.member_of(user, thread, opening)),
        "form": None if opening else form or ReplyForm(user_id=user.pk, initial=kept),
        "open_until": moment(opening.until) if opening else "",
        "saved_text": shown.saved(opened.draft) if opened.draft else "",
        "files": shown.draft_files(opened.draft_files),
    }
    status = 422 if form is not None and form.errors else 200
    return TemplateResponse(request, "messaging/team_thread.html", words, status=status)


@require_http_methods(["GET", "POST"])
def thread_take(request: HttpRequest, id: UUID) -> HttpResponse:
    user = signed_in(request)
    access.check_team_role(user)
    if request.method == "GET":
        return redirect("messaging:team-thread", access.find(user, id).pk)
    taken = actions.take(by=user, thread=access.find(user, id))
    if taken.by_me:
        messages.success(request, _("This is yours now."))
    else:
        messages.warning(request, _("Someone else took this. You can read it."))
    return redirect("messaging:team-thread", id)


@require_http_methods(["GET", "POST"])
def thread_answer(request: HttpRequest, id: UUID) -> HttpResponse:
    user = signed_in(request)
    access.check_team_role(user)
    if request.method == "GET":
        return redirect("messaging:team-thread", access.find(user, id).pk)
    thread = access.find(user, id)
    form, saving = ReplyForm(*draft_views.given(request), user_id=user.pk), False
    if draft_views.is_saving(request):
        page, member = reverse("messaging:team-thread", args=[id]), access.member_of(user, thread)
        saved = draft_views.save(request, member=member, thread=thread, page=f"{page}#reply")
        if saved:
            return saved
        saving = True
        form.judge_what_is_there()
    if saving or not form.is_valid():
        return _thread_page(request, access.get_thread(user, id), form)
    try:
        sent = actions.answer(
            by=user,
            thread=thread,
            body=form.cleaned_data["body"],
            key=form.cleaned_data["send_key"],
            upload=form.cleaned_data.get("upload"),
        )
    except FileNotTaken as error:
        form.add_error("upload", str(error))
        return _thread_page(request, access.get_thread(user, id), form)
    _say(request, sent.how)
    return redirect("messaging:team-thread", id)


def _say(request: HttpRequest, how: Sending) -> None:
    if how in {Sending.SENT, Sending.AGAIN}:
        messages.success(request, _("Your answer is sent."))
    elif how is Sending.TAKEN:
        messages.warning(
            request, _("A colleague took this. Your words were not sent: they are in a draft.")
        )
    else:
        messages.warning(
            request,
            _("This answer was already sent. Your new words were not sent: they are in a draft."),
        )


@require_http_methods(["GET", "POST"])
def thread_close(request: HttpRequest, id: UUID) -> HttpResponse:
    user = signed_in(request)
    access.check_team_role(user)
    if request.method == "GET":
        return redirect("messaging:team-thread", access.find(user, id).pk)
    thread = access.find(user, id)
    if "reopen" in request.POST:
        actions.reopen(by=user, thread=thread)
        messages.success(request, _("This conversation is open again."))
    else:
        actions.close(by=user, thread=thread)
        messages.success(request, _("This conversation is closed."))
    return redirect("messaging:team-thread", id)
