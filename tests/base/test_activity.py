"""Addresses of sign-ins: kept apart, seen by their person, gone when they expire."""

from datetime import timedelta

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import access
from portal.base import context
from portal.base.audit import activity
from portal.base.audit.models import Event, Outcome, SecurityEvent
from portal.base.tasks import purge_security
from tests import factories

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
    " Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)


def sign_in(user, password=factories.PASSWORD):
    browser = Client(
        headers={"host": user.plan.host, "user-agent": PHONE}, REMOTE_ADDR="203.0.113.9"
    )
    browser.post(reverse("account_login"), {"login": user.user_id, "password": password})
    return browser


def acting(user):
    return context.AccessContext(plan_id=user.plan_id, user_id=user.pk, role=user.role)


def rows():
    with context.system("test"):
        return list(SecurityEvent.objects.order_by("at", "pk"))


def test_a_failed_sign_in_leaves_its_address(member_user):
    sign_in(member_user, "wrong")
    (row,) = rows()
    assert (row.what, row.outcome, row.user_id) == ("signin.password", "refused", member_user.pk)
    assert (row.address, row.agent) == ("203.0.113.9", "Safari, iPhone")
    assert row.expires_at - row.at == timedelta(days=90)


def test_a_session_can_be_told_by_its_mark(member_user):
    browser = sign_in(member_user)
    started = rows()[-1]
    assert started.what == "signin.session"
    assert started.session == activity.session_mark(browser.session.session_key)
    with transaction.atomic(), context.bind(acting(member_user)):
        assert access.own_activity(member_user)[0].pk == started.pk


def test_the_trail_holds_no_address(member_user):
    sign_in(member_user)
    with context.system("test"):
        assert "203.0.113.9" not in str(list(Event.objects.values()))


def test_nobody_sees_a_colleagues(member_user, stranger, privacy_officer, other_plan_member):
    sign_in(member_user)

    def seen(user):
        with transaction.atomic(), context.bind(acting(user)):
            return SecurityEvent.objects.count()

    assert [seen(user) for user in (stranger, other_plan_member)] == [0, 0]
    assert seen(member_user) == seen(privacy_officer) == len(rows())


def made():
    with context.system("test"):
        return activity.note("signin.password", user_id=None, outcome=Outcome.REFUSED, address="x")


def test_what_expired_is_removed_and_no_more(db, settings):
    kept = made()
    settings.SECURITY_DAYS = -1
    made()
    purge_security()
    assert rows() == [kept]


def test_nothing_goes_before_its_time(db):
    kept = made()
    with context.system("test"):
        assert activity.purge(timezone.now() + timedelta(days=1000)) == 0
        SecurityEvent.objects.all().delete()
    assert rows() == [kept]
    with pytest.raises(ProgrammingError, match="denied"), connection.cursor() as cursor:
        cursor.execute("UPDATE base_securityevent SET expires_at = now()")


@pytest.mark.parametrize(
    ("text", "family"),
    [
        (PHONE, "Safari, iPhone"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/130 Safari/537 Edg/130",
            "Edge, Windows",
        ),
        ("Mozilla/5.0 (X11; CrOS x86_64) Chrome/130.0 Safari/537.36", "Chrome, ChromeOS"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/130 Mobile Safari/537.36", "Chrome, Android"),
        ("Ana Diaz has asthma", ""),
        ("", ""),
    ],
)
def test_only_the_family_of_a_browser_is_kept(text, family):
    assert activity.agent_family(text) == family


@pytest.mark.parametrize("text", ["", None, "unix:", "203.0.113.9, evil", "<b>"])
def test_what_is_no_address_is_left_out(text):
    assert activity.clean_address(text) is None
