"""Who finds whom, and who is a member, asked of the functions themselves."""

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied

from accounts import access
from accounts.models import Member, User
from tests import factories
from tests.messaging.conftest import acting

# What someone is asked for by, and how staff ask.
LOOKUPS: dict[str, Callable[[User, User], object]] = {
    "number": lambda by, whom: access.member_by_number(by, whom.member.member_number),
    "user id": lambda by, whom: access.user_by_user_id(by, whom.user_id),
    "id": lambda by, whom: access.members_in_plan(by, {whom.member_id}).get(whom.member_id),
}


@pytest.mark.parametrize("way", LOOKUPS)
def test_staff_look_people_up_and_members_do_not(
    care_worker: User, member_user: User, way: str
) -> None:
    for by, finds in ((care_worker, True), (member_user, False)):
        with acting(by):
            assert bool(LOOKUPS[way](by, member_user)) is finds


@pytest.mark.parametrize("way", ["number", "id"])
def test_staff_look_up_people_of_their_own_plan_alone(
    care_worker: User, other_plan_member: User, way: str
) -> None:
    theirs = factories.staff_user(
        other_plan_member.plan, "other.worker", "Other Worker", "care_worker"
    )
    for by, finds in ((theirs, True), (care_worker, False)):
        with acting(by):
            assert bool(LOOKUPS[way](by, other_plan_member)) is finds


def test_an_account_of_staff_is_no_members(
    member_user: User, care_worker: User, member: Member
) -> None:
    """Not even one that names a member, as nothing in the database forbids."""
    User.objects.filter(pk=member_user.pk).update(member=None)
    for role, is_theirs in (("member", True), ("care_worker", False)):
        care_worker.role, care_worker.member = role, member
        care_worker.save()
        with acting(care_worker):
            if is_theirs:
                assert access.own_member(care_worker) == member
                continue
            with pytest.raises(PermissionDenied):
                access.own_member(care_worker)
