"""Who an account belongs to: what its owner told to say who they are, and for nothing else.

The one reader of registrants' data (promise AM14). The rules are asked for this purpose, the fields
open for no other, and each reading is a line in the trail.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from django.http import Http404

from accounts.access import registration_of
from accounts.models import User
from consents import access
from consents.rules import Act, Category, Item, Purpose
from portal.base import context
from portal.base.audit import trail
from portal.base.audit.models import Outcome

SHOWN_DIGITS = 4


class Why(StrEnum):
    """Kept in the trail, so a code: words could tell of a person."""

    CALL = "call"
    LOST_ACCESS = "lost_access"
    REPORT = "report"
    LEAVING = "leaving"


@dataclass(frozen=True)
class Identified:
    legal_name: str
    site: str
    tax_id: str


def identify(*, by: User, user: User, why: Why, whole: bool = False) -> Identified:
    """The tax ID by its last digits alone, unless `whole`.

    Raises Refused where the rules say no, and Http404 for an account that told nothing, as for one
    of another plan.
    """
    decision = access.require(
        by=by,
        act=Act.VIEW,
        purpose=Purpose.IDENTIFICATION,
        items=[Item(Category.REGISTRANT)],
        plan_id=user.plan_id,
    )
    grounds = access.grounds(Purpose.IDENTIFICATION, decision)
    with context.bind(replace(context.current(), **grounds)):
        row = registration_of(user)
        if row is None:
            raise Http404
        found = Identified(row.legal_name, row.site, row.tax_id if whole else masked(row.tax_id))
        trail.record(
            "account.identified",
            object_kind="account",
            object_id=user.pk,
            facts={"reason_code": why.value, "kind": "whole" if whole else "masked"},
        )
    return found


def note_refused(*, user: User, why: Why, refused: access.Refused) -> None:
    """For a command. What a page refuses is noted by the middleware."""
    trail.record(
        "account.identified",
        outcome=Outcome.REFUSED,
        object_kind="account",
        object_id=user.pk,
        purpose=Purpose.IDENTIFICATION,
        decision=refused.told,
        facts={"reason_code": why.value},
    )


def masked(tax_id: str) -> str:
    return "•" * (len(tax_id) - SHOWN_DIGITS) + tax_id[-SHOWN_DIGITS:]
