from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import access, actions
from accounts.management.plans import plan_named
from accounts.models import Plan, User
from portal.base import context

CLIENT = "command:reset_second_step"


class Command(BaseCommand):
    help = (
        "Take away the app and the printed codes that a person has lost. Their sessions end, they "
        "get a mail, and the next sign-in begins with a new second step. First check who they are, "
        "as strictly as when the account was made: whoever knows the password is in after this."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--plan", required=True, help="the plan's short name in its address")
        parser.add_argument("--user", required=True, help="the User ID of who lost it")
        parser.add_argument("--by", required=True, help="the User ID of the staff who checked")

    def handle(self, *args: Any, plan: str, user: str, by: str, **options: Any) -> None:
        found = plan_named(plan)
        staff = self._person(found, by)
        if not staff.is_staff_role:
            raise CommandError(_("--by names someone who is not staff: %s.") % by)
        person = self._person(found, user)
        acting = context.AccessContext(
            plan_id=found.pk, user_id=staff.pk, role=context.SYSTEM_ROLE, client=CLIENT
        )
        with transaction.atomic(), context.bind(acting):
            ended = actions.reset_second_step(user=person)
        said = {"user": person.user_id, "count": ended}
        self.stdout.write(
            _("%(user)s sets up a new second step at the next sign-in. Sessions ended: %(count)d.")
            % said
        )

    def _person(self, plan: Plan, user_id: str) -> User:
        with context.system(CLIENT, plan.pk):
            person = access.user_of_plan(plan, user_id)
        if person is None or not person.is_active:
            said = {"plan": plan.name, "user": user_id}
            raise CommandError(_("%(plan)s has no open account “%(user)s”.") % said)
        return person
