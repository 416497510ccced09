"""Small makers of the cast. They write as the system role, as a roster load would."""

import time
from datetime import date
from typing import Any
from unittest import mock
from uuid import UUID

from django.test import Client
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from accounts import actions, devices
from accounts.models import (
    CareTeam,
    Member,
    Plan,
    TeamAssignment,
    TeamSeat,
    User,
    stored_username,
)
from consents.notice_actions import publish
from consents.notice_rules import Draft
from consents.notice_text import product_text
from portal.base import context, registry
from portal.base.crypto import keyring
from portal.base.ids import uuid7

ADDRESS = "12 Elm Street\nSpringfield, NC 27000"
PASSWORD = "correct horse battery 7"


def today(plan: Plan) -> date:
    """The day it is where the plan is, as its people type it into a form."""
    return plan.calendar.day(timezone.now())


def plan(slug: str) -> Plan:
    with context.system("test"):
        return Plan.objects.create(
            slug=slug,
            host=f"{slug}.localhost",
            name=f"{slug.title()} Health Plan",
            short_name=slug.title(),
            phone="1-800-555-0142",
            hours="Monday to Friday, 8 AM to 6 PM ET",
            address="1 Main Street, Springfield, NC 27000",
        )


def notices(plan: Plan) -> None:
    """Two versions of the notice of privacy practices, both in force, and one of each other."""
    said = {"en": "- A word.", "es": "- Una palabra."}
    for kind in ("npp", "npp", "privacy", "terms"):
        publish(plan=plan, draft=draft(plan, kind, changes=said), client="test")


def draft(plan: Plan, kind: str = "npp", **values: Any) -> Draft:
    """The product's own text, to take effect today."""
    texts = {code: product_text(kind, code) or "" for code in plan.languages}
    given: dict[str, Any] = {
        "kind": kind,
        "texts": texts,
        "changes": {},
        "contact": "Privacy Office, 1 Main Street, Springfield, NC 27000",
        "phone": plan.phone,
        "effective": today(plan),
    }
    return Draft(**{**given, **values})


def team(plan: Plan, name: str) -> CareTeam:
    with context.system("test"):
        return CareTeam.objects.create(plan=plan, name=name, care_type=name)


def member(plan: Plan, given: str, family: str, number: str = "") -> Member:
    with context.system("test"):
        return Member.objects.create(
            plan=plan,
            record_holder_id=keyring.create_holder("member_record", plan.pk),
            privacy_holder_id=keyring.create_holder("member_privacy", plan.pk),
            given_name=given,
            family_name=family,
            birth_date=date(1984, 3, 12),
            address=ADDRESS,
            member_number=number or f"M{uuid7().hex[-10:]}",
        )


def member_user(
    plan: Plan, user_id: str, given: str, family: str, *, team: CareTeam | None = None
) -> User:
    person = member(plan, given, family)
    with context.system("test"):
        if team:
            TeamAssignment.objects.create(plan=plan, member=person, team=team)
    return _user(plan, user_id, f"{given} {family}", "member", person)


def staff_user(
    plan: Plan, user_id: str, name: str, role: str, *, team: CareTeam | None = None
) -> User:
    user = _user(plan, user_id, name, role, None)
    if team:
        with context.system("test"):
            TeamSeat.objects.create(plan=plan, team=team, user=user)
    return user


def _user(plan: Plan, user_id: str, name: str, role: str, person: Member | None) -> User:
    with context.system("test"):
        user = User(
            plan=plan,
            username=stored_username(plan.slug, user_id),
            email=f"{user_id}@mail.example",
            role=role,
            member=person,
            holder_id=keyring.create_holder("person", plan.pk),
            display_name=name,
        )
        user.set_password(PASSWORD)
        user.save()
    return user


def destroy_key(holder_id: UUID, by: UUID | None = None) -> None:
    """As when every retention has ended: no guard is asked."""
    with mock.patch.dict(registry.shred_guards, clear=True), context.system("test"):
        keyring.shred(holder_id, by=by or uuid7())


def signed_in(user: User) -> Client:
    """A client whose session has passed both steps."""
    with context.system("test"):
        device = user.totp_devices.filter(confirmed=True).first()
        if device is None:
            device = devices.pending_totp(user)
            device.confirmed = True
            device.save(update_fields=["confirmed"])
    client = Client(headers={"host": user.plan.host})
    client.force_login(user)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    actions.start_session(session, user)
    session.save()
    return client


def type_a_code(client: Client, user: User) -> None:
    """As if this person had just confirmed that it is them."""
    session = client.session
    session["account_authentication_methods"] = [{"method": "otp", "at": time.time()}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
