"""Making the accounts that people sign in with. Who they are was checked before, by the plan."""

from django.db import transaction

from accounts.actions import ask_for_reset
from accounts.models import (
    CareTeam,
    Member,
    Plan,
    Role,
    TeamAssignment,
    TeamSeat,
    User,
    stored_username,
)
from accounts.noted import record
from portal.base import context
from portal.base.audit import trail
from portal.base.crypto import keyring


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
            display_name=name,
            title=title,
            language=member.language if member else "en",
        )
        user.set_unusable_password()
        user.save()
        for team in teams:
            if member:
                TeamAssignment.objects.get_or_create(plan=plan, member=member, team=team)
            else:
                TeamSeat.objects.create(plan=plan, team=team, user=user)
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
        there = list(User.objects.filter(plan=plan, role=Role.PLAN_ADMIN)[:2])
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
