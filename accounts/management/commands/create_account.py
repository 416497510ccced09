import re
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from accounts import access
from accounts.management.plans import plan_named
from accounts.models import CareTeam, Member, Plan, Role, User
from accounts.people_actions import Told, create_account
from portal.base import context
from portal.base.management.asking import ask, secret

CLIENT = "command:create_account"
_TAX_ID = re.compile(r"[0-9]{9}")
_USER_ID = re.compile(r"[a-z0-9][a-z0-9._-]{2,59}")


class Command(BaseCommand):
    help = (
        "Make an account for a member whose records are here, or for staff. First check who they "
        "are. They get a mail with a link to choose a password, and set up the second step at the "
        "first sign-in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user_id", metavar="USER_ID", help="such as ana.diaz")
        parser.add_argument("--plan", required=True, metavar="SLUG")
        parser.add_argument("--email", required=True)
        parser.add_argument("--role", default=Role.MEMBER, choices=Role.values)
        parser.add_argument("--member-number", help="for a member: the number on their card")
        parser.add_argument("--name", help="for staff: what members see")
        parser.add_argument("--title", default="", help="for staff, such as Nurse")
        parser.add_argument(
            "--identified",
            action="store_true",
            help="for staff: asks what they told of who they are (legal name as on their ID, site, "
            "tax ID), so that it stands in no history of the shell",
        )
        parser.add_argument("--team", action="append", default=[], help="may be given again")

    def handle(self, *args: Any, **options: Any) -> None:
        user_id, email = options["user_id"].strip().casefold(), options["email"]
        role = Role(options["role"])
        plan = plan_named(options["plan"])
        check_new(plan, user_id, email, CLIENT)
        member, name = _person(plan, role, options["member_number"], options["name"])
        told = _told(role) if options["identified"] else None
        user = create_account(
            plan=plan,
            user_id=user_id,
            email=email,
            role=role,
            name=name,
            client=CLIENT,
            member=member,
            title=_title(options["title"]),
            teams=[_team(plan, one) for one in dict.fromkeys(options["team"])],
            told=told,
        )
        said = {"user": user.user_id, "host": plan.host, "email": email}
        self.stdout.write(
            _(
                "%(user)s can sign in at %(host)s after choosing a password: a link is on its way "
                "to %(email)s."
            )
            % said
        )


def _told(role: Role) -> Told:
    if role == Role.MEMBER:
        raise CommandError(_("A member is known by their record: --identified is for staff."))
    told = Told(
        legal_name=ask(_("Legal name, as on their ID: ")),
        site=ask(_("Site where they work: ")),
        tax_id=re.sub(r"[\s-]", "", secret(_("Tax ID, 9 digits (not shown): "), None)),
    )
    if not told.legal_name or not told.site:
        raise CommandError(_("Legal name, site and tax ID are all needed. Nothing was made."))
    if not _TAX_ID.fullmatch(told.tax_id):
        raise CommandError(_("A tax ID has 9 digits. Nothing was made."))
    return told


def check_new(plan: Plan, user_id: str, email: str, client: str) -> None:
    if not _USER_ID.fullmatch(user_id):
        raise CommandError(
            _(
                "A User ID has 3 to 60 letters a to z, digits, “.”, “_” and “-”, and begins with a "
                "letter or digit."
            )
        )
    try:
        validate_email(email)
    except ValidationError:
        raise CommandError(_("--email is not an email address.")) from None
    if len(email) > (User._meta.get_field("email").max_length or 0):
        raise CommandError(_("--email is too long for an email address."))
    with context.system(client, plan.pk):
        if access.user_of_plan(plan, user_id):
            said = {"plan": plan.name, "user": user_id}
            raise CommandError(_("%(plan)s has an account “%(user)s” already.") % said)


def _person(
    plan: Plan, role: Role, number: str | None, name: str | None
) -> tuple[Member | None, str]:
    if role != Role.MEMBER:
        if number or not name:
            raise CommandError(_("Staff need --name, and have no --member-number."))
        return None, name
    if not number or name:
        raise CommandError(_("A member needs --member-number; the name is in their record."))
    with context.system(CLIENT, plan.pk):
        member = access.member_of_number(plan, number)
        if member is None:
            raise CommandError(_("%s has no member with this number.") % plan.name)
        if access.has_account(member):
            raise CommandError(_("This member has an account already."))
        return member, member.full_name


def _title(title: str) -> str:
    most = User._meta.get_field("title").max_length or 0
    if len(title) > most:
        raise CommandError(_("--title has up to %d characters.") % most)
    return title


def _team(plan: Plan, name: str) -> CareTeam:
    with context.system(CLIENT, plan.pk):
        teams = {team.name: team for team in access.teams_of_plan(plan)}
    if name not in teams:
        said = {"team": name, "known": ", ".join(sorted(teams)) or _("none yet")}
        raise CommandError(_("There is no team “%(team)s”. The teams are: %(known)s.") % said)
    return teams[name]
