"""The member's pages."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import is_cared_for_by, own_member, teams_of_member
from accounts.models import Member
from messaging import access, actions, draft_actions, draft_views, shown
from messaging.actions import Sending
from messaging.attachments import FileNotTaken
from messaging.draft_views import signed_in
from messaging.due import reply_due
from messaging.forms import ComposeForm, ReplyForm
from portal.base.clock.shown import moment
from portal.base.following import is_page_of_ours
from portal.base.ids import reference

SAFETY = "messaging_safety"


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    user, asked = signed_in(request), request.GET
    page = access.threads_of(user, asked.get("page", 1))
    drafts = access.drafts_of(user, asked.get("drafts", 1))
    teams = teams_of_member(own_member(user))
    words = {
        "here": "messages",
        "has_team": bool(teams),
        "threads": [shown.member_row(thread) for thread in page.object_list],
        "page": page,
        "drafts": [shown.draft_row(draft, teams) for draft in drafts.object_list],
        "drafts_page": drafts,
    }
    return TemplateResponse(request, "messaging/inbox.html", words)


@require_http_methods(["GET", "POST"])
def safety(request: HttpRequest) -> HttpResponse:
    """Shown before the first words of a session; that it was read is on record."""
    user, member = signed_in(request), own_member(signed_in(request))
    following = _safe_next(request)
    if request.method == "POST":
        actions.accept_safety(by=user, member=member)
        request.session[SAFETY] = True
        return redirect(following)
    has_team = bool(teams_of_member(member))
    words = {
        "here": "messages",
        "next": following,
        "has_team": has_team,
        "answer_by": _answer_by(member) if has_team else "",
    }
    return TemplateResponse(request, "messaging/safety.html", words)


def _safe_next(request: HttpRequest) -> str:
    asked = request.POST.get("next") or request.GET.get("next") or ""
    return asked if is_page_of_ours(asked) else reverse("messaging:compose")


def _safety_first(following: str) -> HttpResponse:
    return redirect(f"{reverse('messaging:safety')}?{urlencode({'next': following})}")


def _answer_by(member: Member) -> str:
    return shown.day(reply_due(member.plan, timezone.now()), member.plan)


@require_http_methods(["GET", "POST"])
def compose(request: HttpRequest) -> HttpResponse:
    user, member = signed_in(request), own_member(signed_in(request))
    posted, accepted = request.method == "POST", SAFETY in request.session
    sending = posted and accepted and not draft_views.is_saving(request)
    page, teams = reverse("messaging:compose"), teams_of_member(member)
    if posted and not sending:
        saved = draft_views.save(request, member=member, thread=None, page=page, teams=teams)
        if saved:
            return saved
    if not posted and not accepted:
        return _safety_first(page)
    draft = access.get_draft(user)
    form = ComposeForm(
        *draft_views.given(request), user_id=user.pk, teams=teams, initial=draft_views.kept(draft)
    )
    if posted and not sending:
        form.judge_what_is_there()
    if sending and form.is_valid():
        words = form.cleaned_data
        try:
            sent = actions.start_thread(
                by=user,
                member=member,
                team=words["team"],
                subject=words["subject"],
                body=words["body"],
                key=words["send_key"],
                upload=words.get("upload"),
            )
            return _sent(request, sent)
        except FileNotTaken as error:
            form.add_error("upload", str(error))
    words = {
        "here": "messages",
        "form": form,
        "answer_by": _answer_by(member),
        "draft": shown.draft_row(draft, teams) if draft else None,
        "files": shown.draft_files(access.files_of_draft(user, member.pk, draft)),
    }
    status = 422 if form.errors else 200
    return TemplateResponse(request, "messaging/compose.html", words, status=status)


def _sent(request: HttpRequest, sent: actions.Sent) -> HttpResponse:
    assert sent.message is not None  # noqa: S101 whoever it was for, it is sent
    if sent.how is Sending.OTHER_WORDS:
        messages.warning(
            request,
            _("This message was already sent. Your new words were not sent: they are in a draft."),
        )
    return redirect("messaging:receipt", sent.message.pk)


@require_safe
def receipt(request: HttpRequest, id: UUID) -> HttpResponse:
    user = signed_in(request)
    message, files = access.get_receipt(user, id)
    thread = message.thread
    words = {
        "here": "messages",
        "thread": shown.member_row(thread),
        "reference": reference(message.pk),
        "sent_at": moment(message.sent_at),
        "answer_by": shown.day(thread.answer_by, message.plan),
        "files": shown.sent_files(files, user),
    }
    return TemplateResponse(request, "messaging/receipt.html", words)


@require_safe
def message_file(request: HttpRequest, id: UUID, file: UUID) -> HttpResponse:
    """For either side."""
    return access.get_file(signed_in(request), id, file).answer()


@require_safe
def thread_detail(request: HttpRequest, id: UUID) -> HttpResponse:
    own_member(signed_in(request))
    return _thread_page(request, access.get_thread(signed_in(request), id))


def _thread_page(
    request: HttpRequest, opened: access.OpenThread, form: ReplyForm | None = None
) -> HttpResponse:
    user, thread = signed_in(request), opened.thread
    actions.mark_opened(by=user, thread=thread)
    ended = not is_cared_for_by(thread.member_id, thread.team_id)
    unsafe = SAFETY not in request.session and not ended
    if form is None and not unsafe and not ended:
        form = ReplyForm(user_id=user.pk, initial=draft_views.kept(opened.draft))
    here = reverse("messaging:thread-detail", args=[thread.pk]) + "#reply"
    words = {
        "here": "messages",
        "thread": shown.member_row(thread),
        "posts": shown.posts(opened, user),
        "track": shown.track(thread),
        "form": form,
        "draft": shown.draft_row(opened.draft, ()) if opened.draft else None,
        "files": shown.draft_files(opened.draft_files),
        "ended": ended,
        "draft_words": draft_views.kept(opened.draft).get("body", "") if ended else "",
        "safety_url": f"{reverse('messaging:safety')}?{urlencode({'next': here})}"
        if unsafe
        else "",
    }
    status = 422 if form is not None and form.errors else 200
    return TemplateResponse(request, "messaging/thread.html", words, status=status)


@require_http_methods(["GET", "POST"])
def thread_reply(request: HttpRequest, id: UUID) -> HttpResponse:
    user, member = signed_in(request), own_member(signed_in(request))
    thread, page = access.find(user, id), reverse("messaging:thread-detail", args=[id])
    if request.method == "GET":
        return redirect(page)
    form, saving = ReplyForm(*draft_views.given(request), user_id=user.pk), False
    if draft_views.is_saving(request):
        saved = draft_views.save(request, member=member, thread=thread, page=f"{page}#reply")
        if saved:
            return saved
        saving = True
        form.judge_what_is_there()
    if saving or not form.is_valid():
        return _thread_page(request, access.get_thread(user, id), form)
    words, upload = form.cleaned_data, form.cleaned_data.get("upload")
    try:
        if SAFETY not in request.session:
            draft_actions.save_draft(
                by=user, member=member, thread=thread, subject="", body=words["body"], upload=upload
            )
            messages.info(request, _("Your words are saved, not sent. Read this, then send them."))
            return _safety_first(f"{page}#reply")
        sent = actions.reply(
            by=user, thread=thread, body=words["body"], key=words["send_key"], upload=upload
        )
    except FileNotTaken as error:
        form.add_error("upload", str(error))
        return _thread_page(request, access.get_thread(user, id), form)
    if sent.how is Sending.ENDED:
        messages.warning(request, _("Your words were not sent. You find them below."))
        return redirect(page)
    return _sent(request, sent)
