"""Watches each sealed value of a member being opened, and whether it was decided that it may be.

What counts as decided: in the same transaction, before the value is opened, the rules permitted
the member's own file or, for the office's work, something of the plan, in a category that the
table of this value names.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock
from uuid import UUID

from consents import access
from consents.question import Category
from portal.base.crypto.fields import SealedMixin

C = Category
# What a decision about one member's own file lets be read of each table.
OF_A_MEMBER: dict[str, set[Category]] = {
    "accounts.Member": set(Category),
    "consents.Opening": {C.TRAIL},
    "disclosures.Disclosure": {C.DISCLOSURES},
    "messaging.Thread": {C.MESSAGES},
    "messaging.Message": {C.MESSAGES},
    "messaging.Draft": {C.MESSAGES},
    "phi_records.RecordItem": {C.RECORDS, C.CLAIMS},
    "phi_records.StaffTag": {C.RECORDS},
    "base.SealedFile": {C.MESSAGES, C.RECORDS},
}
# What the office's work on a whole plan lets be read: who a line or a letter is about, and what
# officers wrote. No health record and no message is in it.
OF_THE_PLAN: dict[str, set[Category]] = {
    "accounts.Registration": {C.REGISTRANT},
    "accounts.Member": {C.TRAIL, C.DISCLOSURES, C.INCIDENTS, C.LETTERS, C.KEYS},
    "base.Approval": {C.KEYS},
    "base.Letter": {C.LETTERS},
    "base.SealedFile": {C.LETTERS},
    "consents.Opening": {C.INCIDENTS},
    "disclosures.Disclosure": {C.DISCLOSURES},
    "disclosures.Incident": {C.INCIDENTS},
    "disclosures.IncidentNote": {C.INCIDENTS},
}
# Of people who sign in, and not of a member's file.
OF_NOBODYS_FILE = {"accounts.User", "accounts.TotpDevice", "accounts.EmailChange"}


class Recorder:
    def __init__(self) -> None:
        self.decided: set[tuple[UUID | None, Category]] = set()
        self.opened: set[str] = set()
        self.bypasses: set[str] = set()

    def note(self, member_id: UUID | None, items: Collection[Any], decision: Any) -> None:
        if decision.permitted:
            kept = {item.category for item in items if item not in decision.cut}
            self.decided |= {(member_id, category) for category in kept}

    def see(self, field: Any, row: Any) -> None:
        table = row._meta.label
        if table in OF_NOBODYS_FILE:
            return
        name = f"{table}.{field.name}"
        self.opened.add(name)
        member_id = row.pk if table == "accounts.Member" else getattr(row, "member_id", None)
        own = {(member_id, one) for one in OF_A_MEMBER.get(table, ()) if member_id}
        office = {(None, one) for one in OF_THE_PLAN.get(table, ())}
        if not self.decided & (own | office):
            self.bypasses.add(name)


@contextmanager
def watching() -> Iterator[Recorder]:
    """From here each opening is seen. One request, command or task each: decisions don't last."""
    seen = Recorder()
    decide, decide_each, opens = access.decide, access.decide_each, SealedMixin.open

    def decided(**asked: Any) -> Any:
        asked["items"] = tuple(asked["items"])
        decision = decide(**asked)
        seen.note(asked.get("member_id"), asked["items"], decision)
        return decision

    def decided_each(**asked: Any) -> Any:
        asked["items"] = tuple(asked["items"])
        found = decide_each(**asked)
        for member_id, decision in found.items():
            seen.note(member_id, asked["items"], decision)
        return found

    def opened(field: Any, instance: Any, sealed: Any) -> Any:
        seen.see(field, instance)
        return opens(field, instance, sealed)

    with (
        mock.patch.object(access, "decide", decided),
        mock.patch.object(access, "decide_each", decided_each),
        mock.patch.object(SealedMixin, "open", opened),
    ):
        yield seen
