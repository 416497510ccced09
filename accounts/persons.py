"""Two accounts of one person, as far as the portal can know."""

from uuid import UUID

from accounts.models import User
from portal.base.crypto.blind import normalise
from portal.base.crypto.errors import KeyDestroyed
from portal.base.registry import same_person


def register() -> None:
    same_person.sign_up(
        "accounts.two_accounts", are_one, "Two accounts with the same email or the same name."
    )


def are_one(first: UUID, second: UUID) -> bool:
    """Two people of one name count as one: a third must approve then. Unknown is the same."""
    people = list(User.objects.filter(pk__in={first, second}))
    if len(people) < 2:
        return True
    one, other = (_marks(person) for person in people)
    return bool(one & other)


def _marks(person: User) -> set[tuple[str, str]]:
    try:
        name = normalise(person.display_name)
    except KeyDestroyed:
        name = ""
    return {mark for mark in (("email", normalise(person.email)), ("name", name)) if mark[1]}
