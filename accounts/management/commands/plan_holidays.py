from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.management.plans import plan_named
from accounts.models import Plan
from accounts.plan_actions import set_holidays
from portal.base.clock.holidays import federal

LONGEST_NAME = 80


class Command(BaseCommand):
    help = (
        "Show the days on which a plan is closed, or change its own. They don't count as work"
        " days from the next message on; days that members were promised already stay."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the plan's short code")
        parser.add_argument(
            "--add",
            nargs=2,
            action="append",
            default=[],
            metavar=("DATE", "NAME"),
            help='such as 2026-11-27 "Day after Thanksgiving"; federal holidays are known',
        )
        parser.add_argument("--remove", action="append", default=[], metavar="DATE")

    def handle(self, *args: Any, **options: Any) -> None:
        plan = plan_named(options["slug"])
        add = {_day(day): _name(name) for day, name in options["add"]}
        for day in sorted(add):
            _require_of_use(plan, day)
        remove = {_day(day) for day in options["remove"]}
        for day in sorted(remove):
            if day.isoformat() not in plan.own_holidays:
                said = {"day": day, "plan": plan.name}
                raise CommandError(
                    _("%(day)s is no holiday of %(plan)s's own. Nothing was saved.") % said
                )
        if add or remove:
            plan = set_holidays(plan=plan, client="command:plan_holidays", add=add, remove=remove)
        self._show(plan)

    def _show(self, plan: Plan) -> None:
        today = plan.calendar.day(timezone.now())
        own = {date.fromisoformat(day): name for day, name in plan.own_holidays.items()}
        known = {**federal(today.year), **federal(today.year + 1)}
        coming = {**{day: _("%s (federal)") % name for day, name in known.items()}, **own}
        for day, name in sorted(coming.items()):
            if day >= today:
                self.stdout.write(f"{day}  {name}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(
            _("%s is no date such as 2026-11-27. Nothing was saved.") % text
        ) from error


def _require_of_use(plan: Plan, day: date) -> None:
    if day < plan.calendar.day(timezone.now()):
        raise CommandError(_("%s is over. Nothing was saved.") % day)
    if name := federal(day.year).get(day):
        said = {"day": day, "name": name}
        raise CommandError(
            _("%(day)s is a federal holiday already: %(name)s. Nothing was saved.") % said
        )


def _name(text: str) -> str:
    if not text.strip() or len(text) > LONGEST_NAME:
        raise CommandError(_("Give each holiday a name of up to %s characters.") % LONGEST_NAME)
    return text.strip()
