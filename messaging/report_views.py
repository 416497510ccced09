"""A message that went to the wrong person, told by either side."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from messaging import access, actions, shown
from messaging.draft_views import signed_in
from messaging.forms import MisdirectedForm
from portal.base.crypto.shown import shown as opening
from portal.base.words import other_words_told


@require_http_methods(["GET", "POST"])
def thread_misdirected(request: HttpRequest, id: UUID) -> HttpResponse:
    user = signed_in(request)
    access.find(user, id)
    opened = access.get_thread(user, id)
    choices = [
        (str(post.pk), shown.message_line(post, opened.thread, user)) for post in opened.messages
    ]
    form = MisdirectedForm(request.POST or None, user_id=user.pk, choices=choices)
    if request.method == "POST" and form.is_valid():
        with other_words_told(form):
            incident_id = actions.report_misdirected(
                by=user,
                thread=opened.thread,
                message_id=form.cleaned_data["message"],
                told=form.cleaned_data["told"],
                key=form.cleaned_data["send_key"],
            )
            return redirect("disclosures:incident-sent", id=incident_id)
    page = "messaging:team-thread" if user.is_staff_role else "messaging:thread-detail"
    words = {
        "here": "inbox" if user.is_staff_role else "messages",
        "form": form,
        "subject": opening(opened.thread, "subject"),
        "back_url": reverse(page, args=[id]),
    }
    status = 422 if form.errors else 200
    return TemplateResponse(request, "messaging/misdirected.html", words, status=status)
