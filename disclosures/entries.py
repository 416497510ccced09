"""Entries of the trail as pages show them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts import access as accounts_access
from accounts.models import User
from consents.words import PURPOSES
from disclosures import facts
from disclosures.rules import ROLES, words_for
from portal.base import context
from portal.base.audit.models import Event
from portal.base.clock.shown import moment
from portal.base.crypto.shown import shown

Fact = Mapping[str, str]


def rows(user: User, events: list[Event]) -> list[dict[str, Any]]:
    """With the names of all people in it, fetched at once."""
    named = {person for event in events if (person := _person_of(event))}
    people = accounts_access.users_of_plan(user.plan_id, named)
    members = accounts_access.members_in_plan(user, {e.member_id for e in events if e.member_id})
    return [_row(event, people, members) for event in events]


def _person_of(event: Event) -> UUID | None:
    """Who acted; before the second step, whose account was tried."""
    if event.actor_id is None and event.object_kind == "user":
        return event.object_id
    return event.actor_id


def role_of(event: Event, who: User | None) -> str | Promise:
    """A command in someone's name works as the system; shown is what that person is."""
    by_command = who is not None and event.actor_role == context.SYSTEM_ROLE
    code = who.role if who and by_command else event.actor_role
    return ROLES.get(str(code), "")


def why_of(event: Event) -> str | Promise:
    return {**facts.WORK, **PURPOSES}.get(event.purpose, "")


def _row(event: Event, people: dict[UUID, User], members: dict[UUID, Any]) -> dict[str, Any]:
    person = _person_of(event)
    who = people.get(person) if person else None
    member = members.get(event.member_id) if event.member_id else None
    refused = event.outcome == "refused"
    return {
        "id": event.pk,
        "when": moment(event.at),
        "who": shown(who, "display_name") if who else ROLES.get(event.actor_role, ""),
        "role": role_of(event, who) if who else "",
        "member": member.full_name if member else "",
        "member_number": shown(member, "member_number") if member else "",
        "action": words_for(event.action),
        "what": _what(event),
        "why": why_of(event),
        "outcome_chip": {"tone": "bad", "text": _("Refused")} if refused else None,
    }


def _what(event: Event) -> str:
    for name in ("kind", "route"):
        if name in event.facts:
            return facts.value_of(name, event.facts[name])
    return ""


def entry(user: User, event: Event) -> tuple[str, list[Fact]]:
    """What was done, and all that is known of it."""
    row = rows(user, [event])[0]
    lines = [
        (_("When"), row["when"]),
        (_("Who"), row["who"]),
        (_("Role"), row["role"] or ROLES.get(event.actor_role, "")),
        (_("About"), row["member"]),
        (_("Member ID"), row["member_number"]),
        (_("Why"), row["why"]),
        (_("Legal ground"), facts.ground(event.basis)),
        (_("Outcome"), _("Refused") if event.outcome == "refused" else _("Allowed")),
        *facts.named(event.facts),
        (_("Came by"), facts.client(event.client)),
    ]
    return str(row["action"]), labelled(lines)


def marks(event: Event) -> list[Fact]:
    """What tells this entry, and the session it was made in, from all others."""
    return labelled(
        [
            (_("Entry number"), str(event.pk)),
            (_("Sign-in"), event.session),
            (_("Thing asked for"), str(event.object_id or "")),
            (_("Fingerprint"), bytes(event.row_hash).hex()),
        ]
    )


def labelled(lines: list[tuple[str, Any]]) -> list[Fact]:
    return [{"label": str(label), "value": str(value)} for label, value in lines if value]
