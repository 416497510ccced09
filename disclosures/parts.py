"""Who a member is, and the accounting of disclosures, as parts of their whole record."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from accounts.access import own_person
from accounts.models import User
from consents.rules import Category
from disclosures.access import whole_file
from disclosures.models import Disclosure
from portal.base.audit import trail
from portal.base.registry import Part, record_parts


def register() -> None:
    record_parts.sign_up(
        "disclosures.person", PERSON, "Who they are, their account and their care teams."
    )
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


def count_person(user: User, member_id: UUID) -> int:
    return len(_read_person(user, member_id))


def person_items(user: User, member_id: UUID) -> Iterator[Mapping[str, Any]]:
    yield from _read_person(user, member_id)


def _read_person(user: User, member_id: UUID) -> list[dict[str, Any]]:
    with whole_file(user, member_id, Category.PERSON):
        member, account, places = own_person(user, member_id)
        found: list[dict[str, Any]] = [
            {
                "kind": "person",
                "given_name": member.given_name,
                "family_name": member.family_name,
                "birth_date": member.birth_date.isoformat(),
                "member_number": member.member_number,
                "address": member.address,
                "language": member.language,
                "deceased": member.deceased,
            },
            {
                "kind": "account",
                "user_id": account.user_id,
                "name": account.display_name,
                "email": account.email,
                "language": account.language,
                "since": account.created_at.isoformat(),
            },
            *(
                {
                    "kind": "care_team",
                    "name": place.team.name,
                    "since": place.since.isoformat(),
                    "until": place.until.isoformat() if place.until else None,
                }
                for place in places
            ),
        ]
        trail.record(
            "person.own_read",
            member_id=member_id,
            object_kind="member",
            object_id=member_id,
            facts={"count": len(found)},
        )
    return found


PERSON = Part(
    frozenset({"accounts.Member", "accounts.User", "accounts.TeamAssignment"}),
    count_person,
    person_items,
)
ACCOUNTING = Part(frozenset({"disclosures.Disclosure"}), count, items)
