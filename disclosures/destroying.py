"""Destroying a key: what it is done to, what would be gone, and what a second person approves."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.apps import apps
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import access as accounts_access
from accounts.models import Plan, User
from accounts.shredding import member_of
from consents import access as consents
from consents.rules import Act, Category, Item, Obligation, Purpose
from disclosures.facts import APPROVALS, GUARDS, KEYS
from disclosures.shredding import DESTROY_KEY
from portal.base import context
from portal.base.audit import trail
from portal.base.audit.models import Outcome
from portal.base.crypto import keyring
from portal.base.crypto.fields import SealedMixin
from portal.base.crypto.models import KeyHolder
from portal.base.crypto.shown import shown
from portal.base.files.models import SealedFile
from portal.base.registry import Facts, Grounds, SecondPerson, Step, approval_kinds

WHATS = ("record", "privacy-file", "person")
LASTS = timedelta(days=7)
ACTS = {
    Step.ASK: Act.ASK_TO_DESTROY,
    Step.DECIDE: Act.DECIDE_DESTROYING,
    Step.CARRY_OUT: Act.DESTROY,
}
# The rows that a key may seal, in words. A test checks that no table is missing.
ROWS: dict[str, Promise] = {
    "accounts.Member": gettext_lazy("Name, birth date, member ID and address"),
    "accounts.User": gettext_lazy("Names of accounts"),
    "accounts.Registration": gettext_lazy("What staff told of who they are"),
    "accounts.TotpDevice": gettext_lazy("Authenticator apps"),
    "accounts.EmailChange": gettext_lazy("Changes of email"),
    "base.Letter": gettext_lazy("Letters on paper"),
    "base.SealedFile": gettext_lazy("Files"),
    "consents.Opening": gettext_lazy("Reasons to open messages"),
    "disclosures.Disclosure": gettext_lazy("Disclosures"),
    "disclosures.Incident": gettext_lazy("Privacy reports"),
    "disclosures.IncidentNote": gettext_lazy("Notes on privacy reports"),
    "messaging.Draft": gettext_lazy("Drafts"),
    "messaging.Message": gettext_lazy("Messages"),
    "messaging.Thread": gettext_lazy("Subjects of messages"),
    "phi_records.RecordItem": gettext_lazy("Records"),
    "phi_records.StaffTag": gettext_lazy("What officers said of records"),
}


@dataclass(frozen=True)
class Target:
    key_id: UUID
    member_id: UUID | None = None


def register() -> None:
    approval_kinds.sign_up(
        DESTROY_KEY, DESTROYING, "Destroying the key of a record, a privacy file or a person."
    )


def find(plan: Plan, what: str, who: str) -> Target | None:
    """By member number; a person by their User ID. Operators may ask for what they may not read."""
    with context.seeing_all():
        if what == "person":
            user = accounts_access.user_of_plan(plan, who)
            return Target(user.holder_id) if user else None
        member = accounts_access.member_of_number(plan, who)
        if member is None:
            return None
        record = what == "record"
        return Target(member.record_holder_id if record else member.privacy_holder_id, member.pk)


def look_up(user: User, what: str, who: str) -> Target | None:
    """For the page: that nobody has this number is on record, like each other guess at one."""
    grounds, found = require(user, Step.ASK), find(user.plan, what, who)
    if found is None:
        told: dict[str, str | int] = {"reason_code": "unknown_number"}
        trail.record("member.looked_up", facts=told, **grounds)
    return found


def require(user: User, step: Step) -> Grounds:
    purpose = Purpose.DISPOSAL
    decision = consents.require(
        by=user,
        act=ACTS[step],
        purpose=purpose,
        items=[Item(Category.KEYS)],
        # What the approvals are for: nobody decides about what they asked for themselves.
        carries_out=frozenset({Obligation.SECOND_APPROVER}),
    )
    return consents.grounds(purpose, decision)


def facts(key_id: UUID) -> Facts:
    """Which key, how many rows of each table it locks, and a mark of all that they hold.

    The mark is made of what is sealed, and opens none of it.
    """
    with _seeing(key_id) as holder:
        rows: dict[str, int] = {}
        mark = hashlib.sha256()
        for label, model, name, columns in _tables():
            sealed = model._base_manager.filter(**{name: key_id}).order_by("pk")
            for row in sealed.values_list("pk", *columns).iterator():
                mark.update(repr((label, str(row[0]), [_raw(one) for one in row[1:]])).encode())
            # What was in a removed file is gone already; its row stays.
            there = sealed.filter(removed_at=None) if model is SealedFile else sealed
            if count := there.count():
                rows[label] = rows.get(label, 0) + count
    return {
        "kind": holder.kind,
        "destroyed": holder.shredded_at is not None,
        "rows": rows,
        "content": mark.hexdigest(),
    }


def _tables() -> Iterator[tuple[str, Any, str, list[str]]]:
    """Each table with sealed fields, by the column that names their key."""
    for model in apps.get_models():
        fields = [one for one in model._meta.concrete_fields if isinstance(one, SealedMixin)]
        for name in sorted({one.holder for one in fields}):
            columns = [one.attname for one in fields if one.holder == name]
            yield model._meta.label, model, name, columns


def _raw(value: Any) -> str | bytes | None:
    raw = value and value.raw
    return raw if raw is None or isinstance(raw, str) else bytes(raw)


@contextmanager
def _seeing(key_id: UUID) -> Iterator[KeyHolder]:
    """All rows that the key may seal, also those that no one person may see."""
    holder = KeyHolder.objects.get(pk=key_id)
    with context.seeing_all():
        member = member_of(key_id)
        with context.about_member(member.pk) if member else nullcontext():
            yield holder


def refusals(key_id: UUID) -> dict[str, str]:
    with context.seeing_all():
        return keyring.refusals(key_id)


def hindrances(key_id: UUID) -> list[str]:
    holder = KeyHolder.objects.get(pk=key_id)
    if holder.shredded_at:
        day = date_format(localtime(holder.shredded_at), "DATE_FORMAT")
        return [_("It was destroyed on %s.") % day]
    return [str(GUARDS.get(name, reason)) for name, reason in refusals(key_id).items()]


def lines(user: User, key_id: UUID, known: Facts) -> list[tuple[str, str]]:
    """Whose it is, for who may read that, and what would be gone."""
    found = [(_("Destroy the key of"), str(KEYS.get(known["kind"], known["kind"])))]
    with context.seeing_all():
        member, person = member_of(key_id), accounts_access.user_of_key(user.plan, key_id)
    if member and (readable := accounts_access.members_in_plan(user, {member.pk})):
        one = readable[member.pk]
        found += [(_("Member"), one.full_name), (_("Member ID"), shown(one, "member_number"))]
    if person:
        found += [(_("Name"), shown(person, "display_name")), (_("User ID"), person.user_id)]
    found += [(str(ROWS.get(label, label)), str(n)) for label, n in sorted(known["rows"].items())]
    return found


def carry_out(by: User, key_id: UUID) -> None:
    """The guards are asked again by the keyring itself."""
    keyring.shred(key_id, by=by.pk)
    note(key_id, Outcome.PERMITTED)


def note(key_id: UUID, outcome: Outcome, reasons: dict[str, str] | None = None) -> None:
    holder = KeyHolder.objects.get(pk=key_id)
    with context.seeing_all():
        member = member_of(key_id)
    told: dict[str, str | int] = {"kind": str(holder.kind)}
    if reasons:
        told["reason_code"] = " ".join(reasons)
    trail.record(
        "key.destroyed",
        outcome=outcome,
        member_id=member.pk if member else None,
        object_kind="key",
        object_id=key_id,
        facts=told,
    )


DESTROYING = SecondPerson(
    label=APPROVALS[DESTROY_KEY],
    lasts=LASTS,
    require=require,
    deciders=accounts_access.officers_of,
    facts=facts,
    hindrances=hindrances,
    lines=lines,
    carry_out=carry_out,
)
