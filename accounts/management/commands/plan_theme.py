import json
from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.forms import model_to_dict
from django.utils.translation import gettext as _

from accounts import theme
from accounts.management import plan_options
from accounts.management.plans import plan_named
from accounts.plan_actions import change_plan
from accounts.plan_form import PlanForm


class Command(BaseCommand):
    help = "Show what a plan's pages show of it, or change it: name, logo, color, contacts, lines."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(
            prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs
        )
        parser.epilog = plan_options.EXAMPLE
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the plan's short code")
        plan_options.add_to(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        plan = plan_named(options["slug"])
        shown = model_to_dict(plan, fields=PlanForm.Meta.fields)
        changes = plan_options.given(options)
        logo = plan_options.logo_of(options["logo"])
        if not changes and logo is None:
            self._show(plan.logo_name, shown)
            return
        for name in ("languages", "crisis_lines", "texts"):
            shown[name] = json.dumps(shown[name])
        values = plan_options.checked(PlanForm(shown | changes, instance=plan))
        change_plan(
            plan=plan,
            client="command:plan_theme",
            logo=logo,
            **{name: values[name] for name in changes},
        )
        self.stdout.write(_("%s is changed. Its pages show it from the next one on.") % plan.name)

    def _show(self, logo_name: str, shown: dict[str, Any]) -> None:
        shades = theme.shades(shown["color"])._asdict()
        about = {
            **shown,
            "logo": logo_name,
            "shades": shades,
            "lowest_contrast": round(theme.lowest_contrast(shown["color"]), 1),
        }
        self.stdout.write(json.dumps(about, indent=2, ensure_ascii=False))
