"""The operator's page of mail that has not gone out."""

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from messaging import mail_access, mail_shown
from messaging.draft_views import signed_in
from portal.base.clock.shown import moment


@require_safe
def mail_queue(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    groups = mail_access.undelivered(user)
    return TemplateResponse(
        request,
        "messaging/mail_queue.html",
        {
            "here": "mail-queue",
            "given_up": any(group.given_up for group in groups),
            **mail_shown.table(groups, moment),
        },
    )
