"""Who may open whose file. Fetching is checking: what may not be seen is not found (404)."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.devices import PrintedCode, TotpDevice
from accounts.models import (
    CareTeam,
    EmailChange,
    KnownBrowser,
    Member,
    Plan,
    PlanLogo,
    Registration,
    Role,
    SignIn,
    TeamAssignment,
    TeamSeat,
    User,
)
from portal.base import context
from portal.base.audit import activity
from portal.base.audit.models import SecurityEvent
from portal.base.crypto import keyring
from portal.base.crypto.blind import blind_index
from portal.base.registry import Grounds

CODE_WAITS = timedelta(minutes=30)
CODE_TRIES, CODE_DIGITS = 5, 8


def plan_of_host(host: str) -> Plan | None:
    return Plan.objects.filter(host=host.partition(":")[0].casefold()).first()


def logo_of(plan: Plan, name: str) -> bytes | None:
    """The picture by the name that this plan's pages give it; any other name has none here."""
    found = PlanLogo.objects.filter(plan=plan, name=name).first()
    return bytes(found.content) if found else None


def plan_by_slug(slug: str) -> Plan | None:
    return Plan.objects.filter(slug=slug).first()


def user_of_plan(plan: Plan, user_id: str) -> User | None:
    """For commands on the server; pages of staff ask user_by_user_id()."""
    return User.objects.in_plan(plan, user_id)


def user_of_key(plan: Plan, holder_id: UUID) -> User | None:
    """Whose name this key seals."""
    return User.objects.filter(plan=plan, holder_id=holder_id).first()


def plans() -> list[Plan]:
    return list(Plan.objects.order_by("name"))


def user_in_plan(plan_id: UUID, user_id: UUID) -> User:
    """A staff name beside what they did. Raises Http404 outside the plan."""
    found = User.objects.filter(plan_id=plan_id, pk=user_id).first()
    if found is None:
        raise Http404
    return found


def users_of_plan(plan_id: UUID, ids: set[UUID]) -> dict[UUID, User]:
    found = {user.pk: user for user in User.objects.filter(plan_id=plan_id, pk__in=ids)}
    # Their names are about to be read: all keys at once.
    keyring.prefetch(user.holder_id for user in found.values())
    return found


def registration_of(user: User) -> Registration | None:
    """Its fields open for one purpose alone, which `consents.identifying` asks the rules for."""
    return Registration.objects.filter(plan_id=user.plan_id, pk=user.pk).first()


def user_by_user_id(user: User, user_id: str) -> User | None:
    """Staff find a person by what they sign in with, in their own plan alone."""
    if not user.is_staff_role:
        return None
    return User.objects.in_plan(user.plan, user_id)


def own_activity(user: User, count: int = 50) -> list[SecurityEvent]:
    """From where this account was used of late, and where that failed."""
    return list(activity.of_person(user.plan_id, user.pk)[:count])


def users_by_email(plan: Plan, email: str) -> list[User]:
    """Whom a forgotten password may be about. A family may share an address."""
    people = User.objects.filter(plan=plan, is_active=True, email__iexact=email)
    return list(people.order_by("created_at")[:10])


def check_role(user: User, *roles: Role) -> None:
    """Before anything is looked for. Raises PermissionDenied for any other role."""
    if user.role not in roles:
        raise PermissionDenied(_("Your role does not allow this. Nothing was shown or changed."))


def own_member_id(user: User) -> UUID:
    """Where only their rows are read, not who they are. Raises PermissionDenied for staff."""
    check_role(user, Role.MEMBER)
    if user.member_id is None:
        raise Http404
    return user.member_id


def own_member(user: User) -> Member:
    """The member that this account belongs to. Raises PermissionDenied for staff."""
    found = Member.objects.filter(pk=own_member_id(user), plan_id=user.plan_id).first()
    if found is None:
        raise Http404
    return found


def own_person(user: User, member_id: UUID) -> tuple[Member, User, list[TeamAssignment]]:
    """What is kept of who a member is and who cares for them. Raises Http404 for anyone else."""
    member = own_member(user)
    if member.pk != member_id:
        raise Http404
    places = TeamAssignment.objects.filter(member=member, plan_id=user.plan_id)
    return member, user, list(places.select_related("team").order_by("since", "pk"))


def own_member_or_none(user: User) -> Member | None:
    """Of a member's account, whose it is; nobody for anyone else's."""
    return own_member(user) if user.role == Role.MEMBER else None


def members_in_plan(user: User, ids: set[UUID]) -> dict[UUID, Member]:
    if not user.is_staff_role:
        return {}
    members = Member.objects.select_related("user")
    found = {m.pk: m for m in members.filter(pk__in=ids, plan_id=user.plan_id)}
    keyring.prefetch(member.privacy_holder_id for member in found.values())
    return found


def member_written_to(plan_id: UUID, user_id: UUID) -> Member | None:
    """Who a paper letter is for, by their account. Nobody where it is closed or they died."""
    members = Member.objects.select_related("plan", "user")
    open_accounts = members.filter(plan_id=plan_id, user__pk=user_id, user__is_active=True)
    return open_accounts.filter(deceased=False).first()


def member_by_number(user: User, number: str) -> Member | None:
    """Staff find a member by the number on the card: equality on a blind index.

    Capitals don't count, nor do spaces typed as a card prints them.
    """
    if not user.is_staff_role:
        return None
    in_plan = Member.objects.filter(plan_id=user.plan_id)
    for typed in (number, "".join(number.split())):
        mark = blind_index("member.number", user.plan_id, typed)
        if found := in_plan.filter(member_number_index=mark).first():
            return found
    return None


def member_of_number(plan: Plan, number: str) -> Member | None:
    """For commands alone, which no person is signed in to."""
    mark = blind_index("member.number", plan.pk, number)
    return Member.objects.filter(plan=plan, member_number_index=mark).first()


def has_account(member: Member) -> bool:
    return User.objects.filter(member=member).exists()


def teams_of_plan(plan: Plan) -> list[CareTeam]:
    return list(CareTeam.objects.filter(plan=plan).order_by("name"))


def teams_of_member(member: Member) -> list[CareTeam]:
    caring = TeamAssignment.objects.current().filter(member=member).values("team")
    return list(CareTeam.objects.filter(plan_id=member.plan_id, pk__in=caring).order_by("name"))


def teams_of_user(user: User) -> list[CareTeam]:
    seats = TeamSeat.objects.current().filter(user=user).values("team")
    return list(CareTeam.objects.filter(plan_id=user.plan_id, pk__in=seats).order_by("name"))


def on_team_of(user: User, member_ids: Collection[UUID]) -> set[UUID]:
    """Those of these members whom a team of this person cares for."""
    seats = TeamSeat.objects.current().filter(user=user).values("team")
    assignments = TeamAssignment.objects.current().filter(
        plan_id=user.plan_id, member_id__in=member_ids, team__in=seats
    )
    return set(assignments.values_list("member_id", flat=True))


def hold_care(member_id: UUID, team_id: UUID) -> bool:
    """Whether the team cares for the member. Ending that waits for this transaction."""
    caring = TeamAssignment.objects.current().select_for_update(no_key=True)
    return caring.filter(member_id=member_id, team_id=team_id).first() is not None


def hold_seat(user: User, team_id: UUID) -> bool:
    """Whether they work in the team. Ending that waits for this transaction."""
    seats = TeamSeat.objects.current().select_for_update(no_key=True)
    return seats.filter(user=user, team_id=team_id).first() is not None


def is_cared_for_by(member_id: UUID, team_id: UUID) -> bool:
    return TeamAssignment.objects.current().filter(member_id=member_id, team_id=team_id).exists()


def officers_of(plan_id: UUID) -> list[User]:
    """Whom the privacy office of this plan is told through."""
    people = User.objects.filter(plan_id=plan_id, role=Role.PRIVACY_OFFICER, is_active=True)
    return list(people.order_by("created_at"))


def sign_in_of(user: User, sign_in_id: str) -> SignIn | None:
    """The session's own line, or None once it was ended, here or from another device."""
    return user.sign_ins.filter(pk=sign_in_id, ended_at=None).first() if sign_in_id else None


def open_sign_ins(user: User) -> list[SignIn]:
    """Where this person is signed in now, the last used first."""
    now = timezone.now()
    return list(
        user.sign_ins.filter(
            ended_at=None,
            last_seen_at__gt=now - timedelta(seconds=settings.IDLE_SECONDS),
            started_at__gt=now - timedelta(seconds=settings.SESSION_TOTAL_SECONDS),
        ).order_by("-last_seen_at")
    )


def browser_mark(user: User, cookie: str) -> bytes:
    return blind_index("known_browser", user.plan_id, f"{user.pk}/{cookie}")


def knows_browser(user: User, cookie: str) -> bool:
    return bool(cookie) and user.known_browsers.filter(mark=browser_mark(user, cookie)).exists()


def known_browser(user: User, browser_id: UUID) -> KnownBrowser | None:
    return user.known_browsers.filter(pk=browser_id).first()


def app_of(user: User) -> TotpDevice | None:
    """The app that makes this person's codes, once it has proven itself."""
    found: TotpDevice | None = user.totp_devices.filter(confirmed=True).first()
    return found


def printed_codes_left(user: User) -> int:
    return PrintedCode.objects.filter(sheet__user=user, used_at=None).count()


def email_change(user: User, change_id: UUID) -> EmailChange | None:
    return user.email_changes.filter(pk=change_id).first()


def pending_email(user: User) -> EmailChange | None:
    """The newest wish for another address, as long as its code may still come back."""
    newest = user.email_changes.order_by("-asked_at").first()
    return newest if newest and newest.confirmed_at is None and is_open(newest) else None


def is_open(change: EmailChange) -> bool:
    return change.tries < CODE_TRIES and timezone.now() - change.asked_at <= CODE_WAITS


def code_of(change: EmailChange) -> str:
    """Worked out from a key and never stored, so that reading the table gives no code away."""
    mark = blind_index("email_change.code", change.pk, change.new_email)
    return f"{int.from_bytes(mark) % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


@contextmanager
def members_file(member_id: UUID, grounds: Grounds) -> Iterator[None]:
    """Bind one member's file to the rest of the work. The caller has decided that it may."""
    with context.about_member(member_id, **grounds):
        yield


@contextmanager
def acting_for(user_id: UUID, plan_id: UUID, client: str) -> Iterator[User]:
    """Work that a person asked for goes on without them, with the rights they have now.

    Raises PermissionDenied for someone who may not sign in any more.
    """
    people = User.objects.select_related("plan").filter(is_active=True)
    user = people.filter(pk=user_id, plan_id=plan_id).first()
    if user is None:
        raise PermissionDenied("This person may not sign in any more.")
    bound = context.AccessContext(
        plan_id=plan_id, user_id=user.pk, role=user.role, member_id=user.member_id, client=client
    )
    zone = timezone.override(ZoneInfo(user.plan.time_zone))
    with context.bind(bound), translation.override(user.language), zone:
        yield user


def demo_people(plan: Plan) -> list[tuple[User, bool]]:
    """Who can be tried at this plan of a demo, and whether their second step is set up."""
    ready = TotpDevice.objects.filter(confirmed=True).values_list("user_id", flat=True)
    enrolled = set(ready.filter(user__plan=plan))
    users = User.objects.filter(plan=plan, is_active=True).order_by("pk")
    return [(user, user.pk in enrolled) for user in users] if settings.DEMO else []


def demo_accounts() -> list[tuple[User, str]]:
    """Every account of a demo that can sign in, with the secret of its codes. DEMO alone."""
    if not settings.DEMO:
        raise RuntimeError("Accounts may be listed in a demo alone.")
    users = User.objects.filter(is_active=True).select_related("plan", "member")
    found = []
    # Members' rows are not there for anyone else who lists.
    with context.system("command:demo_accounts"):
        for user in users.order_by("plan__slug", "role", "pk"):
            device = app_of(user)
            found.append((user, device.secret if device else ""))
    keyring.prefetch(user.member.privacy_holder_id for user, _secret in found if user.member)
    return found
