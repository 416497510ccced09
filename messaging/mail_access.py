"""How notification mail goes, for those who run the portal."""

from accounts.models import User
from consents import access as consents
from consents.rules import Act, Category, Item, Purpose
from portal.base.audit import trail
from portal.base.outbox import queue


def undelivered(user: User) -> list[queue.Group]:
    """Counts of the plan's mail that has not gone out. Raises PermissionDenied."""
    purpose = Purpose.RUNNING_THE_PORTAL
    decision = consents.require(by=user, act=Act.VIEW, purpose=purpose, items=[Item(Category.MAIL)])
    found = queue.undelivered(user.plan_id)
    trail.record(
        "mail.listed",
        object_kind="mail",
        facts={"count": sum(group.count for group in found)},
        **consents.grounds(purpose, decision),
    )
    return found
