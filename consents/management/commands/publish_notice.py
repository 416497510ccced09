from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.management.plans import plan_named
from accounts.models import Plan
from consents import notice_actions, notice_rules, notice_text
from consents.models import NoticeKind
from consents.notice_rules import REQUIRED, Draft
from portal.base import context
from portal.base.outbox.sender import sign_in_url

CLIENT = "command:publish_notice"


class Command(BaseCommand):
    help = (
        "Publish the next version of a plan's notice of privacy practices, privacy policy or terms"
        " of use. It can't be changed or taken back afterwards: what was wrong, another version"
        " puts right. Members see at their next visit that there is one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--plan", required=True, help="the plan's short code")
        parser.add_argument("--kind", required=True, choices=NoticeKind.values)
        parser.add_argument("--contact", required=True, help="whom people write to, and where")
        parser.add_argument("--effective", metavar="DATE", help="such as 2027-01-01; else today")
        parser.add_argument(
            "--text",
            action="append",
            default=[],
            metavar="LANGUAGE=FILE",
            help="a text in Markdown, such as es=aviso.md; else the product's own",
        )
        parser.add_argument(
            "--changes",
            action="append",
            default=[],
            metavar="LANGUAGE=WORDS",
            help="what changed since the version before, for people; needed from the second on",
        )
        parser.add_argument("--check", action="store_true", help="look it over; publish nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        plan = plan_named(options["plan"])
        draft = _draft(plan, options)
        if options["check"]:
            with context.system(CLIENT, plan.pk):
                standing = notice_actions.standing(plan, draft.kind)
            told = notice_rules.hindrances(draft, standing)
            if told:
                raise _refused(told)
            held = len(REQUIRED) if draft.kind == NoticeKind.PRACTICES else 0
            said = {"languages": ", ".join(plan.languages), "held": held}
            self.stdout.write(
                _("It may be published, in %(languages)s. Required parts found: %(held)s.") % said
            )
            return
        try:
            version = notice_actions.publish(plan=plan, draft=draft, client=CLIENT)
        except notice_actions.NotPublished as error:
            raise _refused(error.args) from error
        said = {
            "number": version.number,
            "title": notice_text.TITLES[version.kind],
            "day": version.effective_on.isoformat(),
            "url": sign_in_url(plan.host).rstrip("/")
            + reverse("notices:version", args=[draft.kind, version.number]),
        }
        self.stdout.write(
            _("Published version %(number)s of “%(title)s”, in effect from %(day)s: %(url)s") % said
        )


def _draft(plan: Plan, options: Mapping[str, Any]) -> Draft:
    kind = options["kind"]
    files, changes = dict(_pairs(options["text"])), dict(_pairs(options["changes"]))
    for code in {*files, *changes} - set(plan.languages):
        said = {"code": code, "known": ", ".join(plan.languages)}
        raise CommandError(
            _("The plan has no pages in “%(code)s”, only in: %(known)s. Nothing was published.")
            % said
        )
    texts = {
        code: _read(files[code]) if code in files else notice_text.product_text(kind, code) or ""
        for code in plan.languages
    }
    return Draft(
        kind=kind,
        texts=texts,
        changes=changes,
        contact=options["contact"],
        phone=plan.phone,
        effective=_day(options["effective"]) or plan.calendar.day(timezone.now()),
    )


def _pairs(given: Sequence[str]) -> list[tuple[str, str]]:
    found = [one.partition("=")[::2] for one in given]
    for code, value in found:
        if not code or not value:
            raise CommandError(_("Write it as LANGUAGE=..., such as es=... Nothing was published."))
    return found


def _read(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        said = {"name": name}
        raise CommandError(
            _("%(name)s can't be read as a UTF-8 text file. Nothing was published.") % said
        ) from error


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise CommandError(
            _("%s is no date such as 2027-01-01. Nothing was published.") % text
        ) from error


def _refused(told: Sequence[str]) -> CommandError:
    lines = "\n".join(f"- {one}" for one in told)
    return CommandError(f"{_('Nothing was published:')}\n{lines}")
