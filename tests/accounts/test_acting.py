"""As whom the database and the trail take someone, before and after their second step."""

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django_otp.middleware import OTPMiddleware

from accounts import actions
from accounts.models import User
from portal.base import context
from portal.middleware import AccessMiddleware
from tests import factories


def who_acts(browser: Client, user: User) -> context.AccessContext:
    """On the one page that someone without a second step may open."""
    seen = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(context.current())
        return HttpResponse()

    request = RequestFactory(headers={"host": user.plan.host}).get(reverse("enrol"))
    request.session, request.plan = browser.session, user.plan
    AuthenticationMiddleware(OTPMiddleware(AccessMiddleware(view)))(request)
    return seen[0]


def test_who_is_half_signed_in_is_nobody_yet(member_user: User) -> None:
    half = Client(headers={"host": member_user.plan.host})
    half.force_login(member_user)
    session = half.session
    actions.start_session(session, member_user)
    session.save()
    nobody = who_acts(half, member_user)
    assert nobody.plan_id == member_user.plan_id
    assert (nobody.user_id, nobody.role, nobody.member_id) == (None, "", None)
    somebody = who_acts(factories.signed_in(member_user), member_user)
    assert (somebody.user_id, somebody.role) == (member_user.pk, "member")
    assert somebody.member_id == member_user.member_id
