"""The member's pages."""

from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import own_member, teams_of_member
from accounts.models import Member, User
from messaging import access, actions, shown
from messaging.actions import Sending
from messaging.due import reply_due
from messaging.forms import ComposeForm, DraftForm, ReplyForm
from messaging.models import Thread
from portal.base import once

SAFETY = "messaging_safety"
# Each form that sends words, and the page that shows them again as a draft.
DRAFT_PAGES = {
    "messaging:compose": "messaging:compose",
    "messaging:thread-reply": "messaging:thread-detail",
    "messaging:thread-answer": "messaging:team-thread",
}


def signed_in(request: HttpRequest) -> User:
    return cast(User, request.user)


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    page = access.threads_of(signed_in(request), request.GET.get("page", 1))
    rows = [shown.member_row(thread) for thread in page.object_list]
    return TemplateResponse(
        request, "messaging/inbox.html", {"here": "messages", "threads": rows, "page": page}
    )


@require_http_methods(["GET", "POST"])
def safety(request: HttpRequest) -> HttpResponse:
    """Shown before the first words of a session; that it was read is on record."""
    user, member = signed_in(request), own_member(signed_in(request))
    following = _safe_next(request)
    if request.method == "POST":
        actions.accept_safety(by=user)
        request.session[SAFETY] = True
        return redirect(following)
    words = {"here": "messages", "next": following, "answer_by": _answer_by(member)}
    return TemplateResponse(request, "messaging/safety.html", words)


def _safe_next(request: HttpRequest) -> str:
    asked = request.POST.get("next") or request.GET.get("next") or ""
    here = {request.get_host()}
    if url_has_allowed_host_and_scheme(asked, here, require_https=request.is_secure()):
        return asked
    return reverse("messaging:compose")


def _safety_first(following: str) -> HttpResponse:
    return redirect(f"{reverse('messaging:safety')}?{urlencode({'next': following})}")


def _answer_by(member: Member) -> str:
    return shown.day(reply_due(member.plan, timezone.now()), member.plan)


@require_http_methods(["GET", "POST"])
def compose(request: HttpRequest) -> HttpResponse:
    user, member = signed_in(request), own_member(signed_in(request))
    posted, accepted = request.method == "POST", SAFETY in request.session
    sending = posted and accepted and "save_draft" not in request.POST
    if posted and not sending and DraftForm(request.POST).is_valid():
        return draft_save(request)
    if not posted and not accepted:
        return _safety_first(reverse("messaging:compose"))
    form = ComposeForm(
        request.POST or None,
        user_id=user.pk,
        teams=teams_of_member(member),
        initial=_kept(access.get_draft(user)),
    )
    if sending and form.is_valid():
        words = form.cleaned_data
        sent = actions.start_thread(
            by=user,
            member=member,
            team=words["team"],
            subject=words["subject"],
            body=words["body"],
            key=words["send_key"],
        )
        return _sent(request, sent)
    return TemplateResponse(
        request,
        "messaging/compose.html",
        {"here": "messages", "form": form, "answer_by": _answer_by(member), "can_save_draft": True},
        status=422 if form.errors else 200,
    )


def _kept(draft: Any) -> dict[str, str]:
    return {"subject": draft.subject, "body": draft.body} if draft else {}


def _sent(request: HttpRequest, sent: actions.Sent) -> HttpResponse:
    assert sent.message is not None  # noqa: S101 a member's words are never "taken"
    if sent.how is Sending.OTHER_WORDS:
        messages.warning(
            request,
            _("This message was already sent. Your new words were not sent: they are in a draft."),
        )
    return redirect("messaging:receipt", sent.message.pk)


@require_safe
def receipt(request: HttpRequest, id: UUID) -> HttpResponse:
    message = access.get_receipt(signed_in(request), id)
    thread = message.thread
    words = {
        "here": "messages",
        "thread": shown.member_row(thread),
        "reference": str(message.pk)[-12:].upper(),
        "sent_at": shown.moment(message.sent_at, message.plan),
        "answer_by": shown.day(thread.answer_by, message.plan),
    }
    return TemplateResponse(request, "messaging/receipt.html", words)


@require_safe
def thread_detail(request: HttpRequest, id: UUID) -> HttpResponse:
    own_member(signed_in(request))
    return _thread_page(request, access.get_thread(signed_in(request), id))


def _thread_page(
    request: HttpRequest, opened: access.OpenThread, form: ReplyForm | None = None
) -> HttpResponse:
    user, thread = signed_in(request), opened.thread
    actions.mark_opened(by=user, thread=thread)
    unsafe = SAFETY not in request.session
    if form is None and not unsafe:
        form = ReplyForm(user_id=user.pk, initial=_kept(opened.draft))
    here = reverse("messaging:thread-detail", args=[thread.pk])
    words = {
        "here": "messages",
        "thread": shown.member_row(thread),
        "posts": shown.posts(opened, user),
        "track": shown.track(thread),
        "form": form,
        "safety_url": f"{reverse('messaging:safety')}?{urlencode({'next': here})}"
        if unsafe
        else "",
    }
    status = 422 if form is not None and form.errors else 200
    return TemplateResponse(request, "messaging/thread.html", words, status=status)


@require_http_methods(["GET", "POST"])
def thread_reply(request: HttpRequest, id: UUID) -> HttpResponse:
    user, member = signed_in(request), own_member(signed_in(request))
    if request.method == "GET":
        return redirect("messaging:thread-detail", access.find(user, id).pk)
    form = ReplyForm(request.POST, user_id=user.pk)
    if not form.is_valid():
        return _thread_page(request, access.get_thread(user, id), form)
    if SAFETY not in request.session:
        thread, words = access.find(user, id), form.cleaned_data["body"]
        actions.save_draft(by=user, member=member, thread=thread, subject="", body=words)
        messages.info(request, _("Your words are saved, not sent. Read this, then send them."))
        return _safety_first(reverse("messaging:thread-detail", args=[id]))
    sent = actions.reply(
        by=user,
        thread=access.find(user, id),
        body=form.cleaned_data["body"],
        key=form.cleaned_data["send_key"],
    )
    return _sent(request, sent)


@require_POST
def draft_save(request: HttpRequest) -> HttpResponse:
    """Keep words for later. Also takes the quiet saving while someone writes."""
    user, member = signed_in(request), own_member(signed_in(request))
    form = DraftForm(request.POST)
    if not form.is_valid():
        return _too_long(form)
    thread = _thread_of(user, form.cleaned_data["thread"])
    words = {name: form.cleaned_data[name] for name in ("subject", "body")}
    draft = actions.save_draft(by=user, member=member, thread=thread, **words)
    said = _("Your draft is empty.")
    if draft:
        said = _("Saved to drafts, %(time)s") % {"time": shown.moment(draft.saved_at, member.plan)}
    if request.headers.get("Accept", "").startswith("text/plain"):
        return HttpResponse(said, content_type="text/plain; charset=utf-8")
    messages.success(request, said)
    if thread is None:
        return redirect("messaging:compose")
    return redirect("messaging:thread-detail", thread.pk)


def _too_long(form: DraftForm) -> HttpResponse:
    said = " ".join(str(error) for errors in form.errors.values() for error in errors)
    return HttpResponse(said, status=422, content_type="text/plain; charset=utf-8")


def _thread_of(user: User, thread_id: UUID | None) -> Thread | None:
    return access.find(user, thread_id) if thread_id else None


def keep_unsent(request: HttpRequest) -> str:
    """Keep the words of a form that was turned away as a draft. The page with it, or nothing.

    The key in the form tells that we made it for this very person: no other site and nobody who
    had this browser before puts words among theirs.
    """
    user: Any = request.user
    asked = request.resolver_match
    if asked is None or asked.view_name not in DRAFT_PAGES or not user.is_verified():
        return ""
    form = DraftForm({name: request.POST.get(name, "") for name in ("subject", "body")})
    ours = once.read_key(request.POST.get("send_key", ""), user.pk)
    if ours is None or not form.is_valid() or not any(form.cleaned_data.values()):
        return ""
    _keep_draft(user, asked.kwargs.get("id"), form)
    return reverse(DRAFT_PAGES[asked.view_name], kwargs=asked.kwargs)


def _keep_draft(user: User, thread_id: UUID | None, form: DraftForm) -> None:
    thread = _thread_of(user, thread_id)
    staff_thread = thread if user.is_staff_role else None
    member = access.member_of(user, staff_thread) if staff_thread else own_member(user)
    words = {name: form.cleaned_data[name] for name in ("subject", "body")}
    actions.save_draft(by=user, member=member, thread=thread, **words)
