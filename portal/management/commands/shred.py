from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from accounts.management.plans import plan_named
from accounts.models import Member, Plan, Role, User
from portal.base import context
from portal.base.audit import trail
from portal.base.audit.models import Outcome
from portal.base.crypto import keyring
from portal.base.crypto.blind import blind_index
from portal.base.crypto.fields import SealedMixin
from portal.base.crypto.models import KeyHolder
from portal.base.management.asking import ask

CLIENT = "command:shred"


@dataclass(frozen=True)
class Target:
    holder_id: UUID
    member_id: UUID | None
    # What the operator types to say that they mean it.
    word: str
    name: str


class Command(BaseCommand):
    help = "Destroy the key of a member's record or privacy file, or of a person, for good."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["record", "privacy-file", "person"])
        parser.add_argument("who", help="the member number; for a person, the User ID")
        parser.add_argument("--plan", required=True)
        parser.add_argument("--by", required=True, help="User ID of the operator who does it")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        plan = plan_named(options["plan"])
        by = User.objects.in_plan(plan, options["by"])
        if by is None or not by.is_active or by.role != Role.OPERATOR:
            raise CommandError(_("--by names nobody who is an operator of this plan."))
        with _acting(plan, by):
            target = _target(plan, options["what"], options["who"])
            holder = KeyHolder.objects.get(pk=target.holder_id)
            if holder.shredded_at:
                raise CommandError(_("It was destroyed on %s.") % f"{holder.shredded_at:%Y-%m-%d}")
            reasons, sealed = keyring.refusals(holder.pk), _sealed(target)
            if reasons:
                _note(target, holder, Outcome.REFUSED, reasons)
        said = {"what": target.name, "plan": plan.name}
        self.stdout.write(_("%(what)s in %(plan)s. Its key seals:") % said)
        for label, count in sealed.items():
            self.stdout.write(f"  {count:>6}  {label}")
        if reasons:
            listed = "\n".join(f"  {name}: {reason}" for name, reason in reasons.items())
            raise CommandError(_("The key may not be destroyed:") + f"\n{listed}")
        self._ask(target, options["yes"])
        with _acting(plan, by):
            # Asks the guards again: something may have happened since.
            keyring.shred(target.holder_id, by=by.pk)
            _note(target, holder, Outcome.PERMITTED, {})
        self.stdout.write(_("Destroyed. Backups from before still open with the ring they had."))

    def _ask(self, target: Target, sure: bool) -> None:
        self.stdout.write(_("Nobody will be able to read any of this again. It can't be undone."))
        if not sure and ask(_("Type %s to destroy it: ") % target.word) != target.word:
            raise CommandError(_("Nothing was destroyed."))


@contextmanager
def _acting(plan: Plan, by: User) -> Iterator[None]:
    """A command that one person stands for: the trail names them."""
    with (
        context.system(CLIENT, plan.pk) as bound,
        context.bind(replace(bound, user_id=by.pk)),
    ):
        yield


def _target(plan: Plan, what: str, who: str) -> Target:
    if what == "person":
        user = User.objects.in_plan(plan, who)
        if user is None:
            raise CommandError(_("Nobody in this plan has this User ID."))
        return Target(user.holder_id, None, who, _("The person %s") % who)
    mark = blind_index("member.number", plan.pk, who)
    member = Member.objects.filter(plan=plan, member_number_index=mark).first()
    if member is None:
        raise CommandError(_("Nobody in this plan has that member number."))
    if what == "record":
        return Target(member.record_holder_id, member.pk, who, _("The record of member %s") % who)
    name = _("The privacy file of member %s") % who
    return Target(member.privacy_holder_id, member.pk, who, name)


def _sealed(target: Target) -> dict[str, int]:
    """How many rows of each table would be gone."""
    opened = context.about_member(target.member_id) if target.member_id else nullcontext()
    found = {}
    with opened:
        for model in apps.get_models():
            fields = [one for one in model._meta.concrete_fields if isinstance(one, SealedMixin)]
            for name in {one.holder for one in fields}:
                count = model._base_manager.filter(**{name: target.holder_id}).count()
                if count:
                    found[str(model._meta.verbose_name_plural)] = count
    return found


def _note(target: Target, holder: KeyHolder, outcome: Outcome, reasons: dict[str, str]) -> None:
    facts: dict[str, str | int] = {"kind": str(holder.kind)}
    if reasons:
        facts["reason_code"] = " ".join(reasons)
    trail.record(
        "key.destroyed",
        outcome=outcome,
        member_id=target.member_id,
        object_kind="key",
        object_id=holder.pk,
        facts=facts,
    )
