"""What accounts keep about a member, as a part of their whole record."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from accounts import access
from accounts.models import User
from portal.base.audit import trail
from portal.base.registry import Part, record_parts


def register() -> None:
    record_parts.sign_up(
        "accounts.person", PERSON, "Who they are, their account and their care teams."
    )


def count(user: User, member_id: UUID) -> int:
    return len(_read(user, member_id))


def items(user: User, member_id: UUID) -> Iterator[Mapping[str, Any]]:
    yield from _read(user, member_id)


def _read(user: User, member_id: UUID) -> list[dict[str, Any]]:
    """Of oneself alone. Raises Http404 for anyone else."""
    member, account, places = access.own_person(user, member_id)
    found: list[dict[str, Any]] = [
        {
            "kind": "person",
            "given_name": member.given_name,
            "family_name": member.family_name,
            "birth_date": member.birth_date.isoformat(),
            "member_number": member.member_number,
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
        purpose="own_access",
        basis="to_the_member",
        facts={"count": len(found)},
    )
    return found


PERSON = Part(
    frozenset({"accounts.Member", "accounts.User", "accounts.TeamAssignment"}), count, items
)
