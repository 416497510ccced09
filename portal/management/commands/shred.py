from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.management.plans import plan_named
from accounts.models import Plan, Role, User
from disclosures import destroying
from disclosures.destroying import Target
from disclosures.shredding import DESTROY_KEY
from portal.base import context
from portal.base.approvals import actions as approvals
from portal.base.approvals.models import Approval, ApprovalState
from portal.base.audit.models import Outcome
from portal.base.clock.shown import moment
from portal.base.crypto.models import KeyHolder
from portal.base.management.asking import ask
from portal.base.registry import approval_kinds

CLIENT = "command:shred"


class Command(BaseCommand):
    help = (
        "Destroy the key of a member's record or privacy file, or of a person, for good. The first "
        "time it asks a privacy officer; once they approved, the same command destroys it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=destroying.WHATS)
        parser.add_argument("who", help="the member number; for a person, the User ID")
        parser.add_argument("--plan", required=True)
        parser.add_argument("--by", required=True, help="User ID of the operator who does it")
        parser.add_argument("--reason", help="why, for the privacy officer: it is kept")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        plan, what, who = plan_named(options["plan"]), options["what"], options["who"]
        by = User.objects.in_plan(plan, options["by"])
        if by is None or not by.is_active or by.role != Role.OPERATOR:
            raise CommandError(_("--by names nobody who is an operator of this plan."))
        with _acting(plan, by):
            target = _target(plan, what, who)
            reasons = destroying.refusals(target.key_id)
            if reasons:
                destroying.note(target.key_id, Outcome.REFUSED, reasons)
            sealed = destroying.facts(target.key_id)["rows"]
            asked = approvals.open_one(plan.pk, DESTROY_KEY, target.key_id)
            changed = asked and approvals.void_by_now(asked, approval_kinds[DESTROY_KEY])
        said = {"what": _name(what, who), "plan": plan.name}
        self.stdout.write(_("%(what)s in %(plan)s. Its key seals:") % said)
        for label, count in sorted(sealed.items()):
            self.stdout.write(f"  {count:>6}  {destroying.ROWS.get(label, label)}")
        if reasons:
            listed = "\n".join(f"  {name}: {reason}" for name, reason in reasons.items())
            raise CommandError(_("The key may not be destroyed:") + f"\n{listed}")
        if changed:
            self.stdout.write(_("It changed since someone asked, so that counts no more."))
        if asked is None or (changed and asked.state == ApprovalState.WAITING):
            self._ask_for_it(plan, by, target, options)
        elif asked.state == ApprovalState.WAITING:
            day = _day(asked)
            waits = _(
                "It waits for a privacy officer to approve it, until %s. Nothing was added to it."
            )
            raise CommandError(waits % day)
        else:
            self._destroy(plan, by, target, options)

    def _ask_for_it(self, plan: Plan, by: User, target: Target, options: dict[str, Any]) -> None:
        reason = options["reason"] or ""
        if not reason.strip() and not options["yes"]:
            reason = ask(_("A privacy officer must approve this. Why must it be destroyed? "))
        if not reason.strip():
            raise CommandError(_("Say why with --reason. Nothing was asked for."))
        with _refusals_told(), _acting(plan, by):
            asked = approvals.ask(
                kind=DESTROY_KEY,
                about_id=target.key_id,
                by=by,
                reason=reason.strip(),
                member_id=target.member_id,
            )
        self.stdout.write(
            _(
                "The privacy officers were asked. Once one of them approves it, give this command "
                "again, until %s. Nothing was destroyed."
            )
            % _day(asked)
        )

    def _destroy(self, plan: Plan, by: User, target: Target, options: dict[str, Any]) -> None:
        self.stdout.write(_("Nobody will be able to read any of this again. It can't be undone."))
        word = options["who"]
        if not options["yes"] and ask(_("Type %s to destroy it: ") % word) != word:
            raise CommandError(_("Nothing was destroyed."))
        with _refusals_told(), _acting(plan, by):
            # Looks and asks the guards again: something may have happened since.
            used = approvals.use(kind=DESTROY_KEY, about_id=target.key_id, by=by)
        if used.state != ApprovalState.USED:
            raise CommandError(
                _("It is no longer what was approved. Ask again. Nothing was destroyed.")
            )
        self.stdout.write(_("Destroyed. Backups from before still open with the ring they had."))


@contextmanager
def _acting(plan: Plan, by: User) -> Iterator[None]:
    """A command that one person stands for: the trail names them."""
    with (
        context.system(CLIENT, plan.pk) as bound,
        context.bind(replace(bound, user_id=by.pk)),
        timezone.override(ZoneInfo(plan.time_zone)),
    ):
        yield


@contextmanager
def _refusals_told() -> Iterator[None]:
    try:
        yield
    except PermissionDenied as refused:
        raise CommandError(str(refused)) from refused


def _target(plan: Plan, what: str, who: str) -> Target:
    target = destroying.find(plan, what, who)
    if target is None and what == "person":
        raise CommandError(_("Nobody in this plan has this User ID."))
    if target is None:
        raise CommandError(_("Nobody in this plan has that member number."))
    holder = KeyHolder.objects.get(pk=target.key_id)
    if holder.shredded_at:
        raise CommandError(_("It was destroyed on %s.") % f"{holder.shredded_at:%Y-%m-%d}")
    return target


def _name(what: str, who: str) -> str:
    if what == "person":
        return _("The person %s") % who
    if what == "record":
        return _("The record of member %s") % who
    return _("The privacy file of member %s") % who


def _day(asked: Approval) -> str:
    return moment(asked.expires_at)
