"""Making and closing accounts, and places on care teams. Who they are the plan has checked."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.actions import ask_for_reset
from accounts.models import (
    CareTeam,
    Member,
    Plan,
    Registration,
    Role,
    TeamAssignment,
    TeamSeat,
    User,
    stored_username,
)
from accounts.noted import record
from portal.base import context, registry
from portal.base.audit import trail
from portal.base.crypto import keyring
from portal.base.crypto.fields import IdentifyingTextField
from portal.base.registry import Ending, Right
from portal.base.words import unturned

# A plan without one of these could let nobody in, or had nobody to look after privacy.
NEVER_NONE = frozenset({Role.PLAN_ADMIN, Role.PRIVACY_OFFICER})


@dataclass(frozen=True)
class Told:
    """What someone said of who they are. All of it, or there is no account (promise AM13)."""

    legal_name: str
    site: str
    tax_id: str


def keep_registration(user: User, told: Told) -> None:
    """In a context of work for the plan."""
    with context.bind(replace(context.current(), purpose=IdentifyingTextField.PURPOSE)):
        Registration.objects.create(
            user=user,
            plan_id=user.plan_id,
            holder_id=user.holder_id,
            legal_name=unturned(told.legal_name),
            site=told.site,
            tax_id=told.tax_id,
        )


def create_team(*, plan: Plan, name: str, care_type: str, client: str) -> CareTeam:
    with context.system(client, plan.pk):
        team = CareTeam.objects.create(plan=plan, name=name, care_type=care_type)
        trail.record("team.created", object_kind="team", object_id=team.pk)
    return team


def create_account(
    *,
    plan: Plan,
    user_id: str,
    email: str,
    role: Role,
    name: str,
    client: str,
    member: Member | None = None,
    title: str = "",
    teams: list[CareTeam],
    mail_link: bool = True,
    told: Told | None = None,
) -> User:
    """An account with no password: a mailed link lets its owner choose one, or one told by hand.

    `member` is whose record a member's account opens. For a member, `teams` care for them; for
    staff, they are the teams they work in.
    """
    with transaction.atomic(), context.system(client, plan.pk):
        user = User(
            plan=plan,
            username=stored_username(plan.slug, user_id),
            email=email,
            role=role,
            member=member,
            holder_id=keyring.create_holder("person", plan.pk),
            display_name=unturned(name),
            title=title,
            language=member.language if member else "en",
        )
        user.set_unusable_password()
        user.save()
        if told:
            keep_registration(user, told)
        for team in teams:
            join_team(team=team, who=member or user)
        trail.record(
            "account.created",
            member_id=member.pk if member else None,
            object_kind="account",
            object_id=user.pk,
            facts={"kind": role.value},
        )
        if mail_link:
            ask_for_reset(plan=plan, users=[user])
    return user


@transaction.atomic
def create_first_administrator(
    *, plan: Plan, user_id: str, email: str, name: str, client: str
) -> User | None:
    """For a server where nobody can let anyone in yet. None when somebody can already.

    Asked again for the same person who has not chosen a password yet, it is the same account:
    their link may have run out.
    """
    with context.system(client, plan.pk):
        # Two of these commands at once: the second waits, and finds the first one's.
        Plan.objects.select_for_update().get(pk=plan.pk)
        there = list(User.objects.filter(plan=plan, role=Role.PLAN_ADMIN, is_active=True)[:2])
        if there:
            same = len(there) == 1 and there[0].user_id == user_id
            if not same or there[0].has_usable_password():
                return None
            record("signin.reset_asked", there[0])
            return there[0]
        return create_account(
            plan=plan,
            user_id=user_id,
            email=email,
            role=Role.PLAN_ADMIN,
            name=name,
            client=client,
            teams=[],
            mail_link=False,
        )


class LastOne(Exception):
    """A plan keeps one person who can let others in, and one who looks after privacy."""


@transaction.atomic
def join_team(*, team: CareTeam, who: Member | User, until: datetime | None = None) -> bool:
    """Let a team care for a member, or a staff member work in it. False if they do already."""
    _one_at_a_time(team)
    if _places(team, who).filter(until=None).exists():
        return False
    # One that ends of itself gives way to the new one, or the two would overlap.
    now = timezone.now()
    _places(team, who).update(until=now, stopped_at=now)
    _places(team, who).create(plan_id=team.plan_id, team=team, until=until, **_whose(who))
    _team_note("team.joined", team, who)
    return True


@transaction.atomic
def leave_team(*, team: CareTeam, who: Member | User) -> dict[str, int] | None:
    """End it at once: the next request of anyone finds it ended. None if there was nothing."""
    _one_at_a_time(team)
    now = timezone.now()
    if not _places(team, who).update(until=now, stopped_at=now):
        return None
    return _stop_in_team(team, who)


def end_terms(client: str) -> int:
    """Stop what went on with places in teams whose last day is over: how many there were."""
    count = 0
    for table in (TeamAssignment, TeamSeat):
        with context.system(client):
            over = list(table.objects.over().values_list("pk", "plan_id"))
        for pk, plan_id in over:
            with context.system(client, plan_id):
                count += _end_term(table, pk)
    return count


@transaction.atomic
def _end_term(table: type[TeamAssignment] | type[TeamSeat], pk: UUID) -> int:
    place = table.objects.over().select_for_update(skip_locked=True).filter(pk=pk).first()
    if place is None:
        return 0
    place.stopped_at = timezone.now()
    place.save(update_fields=["stopped_at"])
    who = place.member if isinstance(place, TeamAssignment) else place.user
    if not _places(place.team, who).exists():
        _stop_in_team(place.team, who)
    return 1


def _stop_in_team(team: CareTeam, who: Member | User) -> dict[str, int]:
    _team_note("team.left", team, who)
    if isinstance(who, Member):
        ending = Ending(Right.ASSIGNMENT, team.plan_id, member_id=who.pk, team_id=team.pk)
    else:
        ending = Ending(Right.SEAT, team.plan_id, user_id=who.pk, team_id=team.pk)
    return registry.stop(ending)


@transaction.atomic
def close_account(*, user: User) -> dict[str, int]:
    """Nobody signs in with it any more, and what was going on with it stops.

    Raises LastOne for a plan's only administrator or privacy officer.
    """
    if user.role in NEVER_NONE:
        # Two that close each other at once: the second waits, and finds that it is the last.
        Plan.objects.select_for_update(no_key=True).get(pk=user.plan_id)
        same = User.objects.filter(plan_id=user.plan_id, role=user.role, is_active=True)
        if not same.exclude(pk=user.pk).exists():
            raise LastOne
    # Whoever answers a member at this moment ends that first.
    list(TeamSeat.objects.current().select_for_update(no_key=True).filter(user=user))
    user.is_active = False
    user.save(update_fields=["is_active"])
    trail.record(
        "account.closed", member_id=user.member_id, object_kind="account", object_id=user.pk
    )
    return registry.stop(
        Ending(Right.ACCOUNT, user.plan_id, user_id=user.pk, member_id=user.member_id)
    )


def _one_at_a_time(team: CareTeam) -> None:
    CareTeam.objects.select_for_update(no_key=True).get(pk=team.pk)


def _places(team: CareTeam, who: Member | User) -> Any:
    """Those that have not ended."""
    table = TeamAssignment if isinstance(who, Member) else TeamSeat
    return table.objects.current().filter(team=team, **_whose(who))


def _whose(who: Member | User) -> dict[str, Any]:
    return {"member": who} if isinstance(who, Member) else {"user": who}


def _team_note(action: str, team: CareTeam, who: Member | User) -> None:
    member_id = who.pk if isinstance(who, Member) else None
    trail.record(action, member_id=member_id, object_kind="team", object_id=team.pk)
