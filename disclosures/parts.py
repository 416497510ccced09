"""The accounting of disclosures, as a part of a member's whole record."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from accounts.models import User
from consents.rules import Category
from disclosures.access import whole_file
from disclosures.models import Disclosure
from portal.base.audit import trail
from portal.base.registry import Part, record_parts


def register() -> None:
    record_parts.sign_up("disclosures.accounting", ACCOUNTING, "What left about them, to whom.")


def count(user: User, member_id: UUID) -> int:
    return len(_read(user, member_id))


def items(user: User, member_id: UUID) -> Iterator[Mapping[str, Any]]:
    for row in _read(user, member_id):
        yield {
            "id": str(row.pk),
            "disclosed_on": row.disclosed_on.isoformat(),
            "recipient": row.recipient,
            "recipient_address": row.recipient_address,
            "what": row.what,
            "purpose": row.purpose,
            "basis": row.basis,
        }


def _read(user: User, member_id: UUID) -> list[Disclosure]:
    with whole_file(user, member_id, Category.DISCLOSURES):
        rows = Disclosure.objects.filter(plan_id=user.plan_id, member_id=member_id)
        found = list(rows.order_by("disclosed_on", "pk"))
        trail.record(
            "disclosures.listed",
            member_id=member_id,
            object_kind="disclosure",
            facts={"count": len(found)},
        )
    return found


ACCOUNTING = Part(frozenset({"disclosures.Disclosure"}), count, items)
