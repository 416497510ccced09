"""The one way to a member's records: the decision, and the rows that it leaves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from accounts.access import members_file, own_member_id
from accounts.models import User
from consents import access as consents
from consents.question import with_each_tag
from consents.rules import Act, Category, Decision, Purpose, Tag
from phi_records import marks
from phi_records.models import RecordItem


@dataclass(frozen=True)
class OpenFile:
    """A member's records as far as the one who asked may have them. The one way to their rows."""

    plan_id: UUID
    member_id: UUID
    # Tags of what is left out.
    withheld: frozenset[Tag]
    # The decision, as the trail keeps it.
    told: str

    def rows(self) -> QuerySet[RecordItem]:
        hidden = marks.marks(self.plan_id, self.member_id, self.withheld)
        return self._all().exclude(tag_marks__overlap=hidden)

    def tells_of_more(self) -> bool:
        """Whether to say that something is left out; of what may endanger someone, not even so."""
        told = self.withheld - {Tag.ENDANGERMENT_HOLD}
        hidden = marks.marks(self.plan_id, self.member_id, told)
        silent = marks.marks(self.plan_id, self.member_id, self.withheld - told)
        found = self._all().filter(tag_marks__overlap=hidden)
        # A record may have both tags: it isn't told of either.
        return found.exclude(tag_marks__overlap=silent).exists()

    def _all(self) -> QuerySet[RecordItem]:
        return RecordItem.objects.filter(plan_id=self.plan_id, member_id=self.member_id)


# One of each, for the rules to say which they cut away.
_ASKED = with_each_tag(Category.RECORDS)


@contextmanager
def own_file(user: User) -> Iterator[OpenFile]:
    with file_of(user, user.member_id) as file:
        yield file


@contextmanager
def file_of(user: User, member_id: UUID | None) -> Iterator[OpenFile]:
    """A member's file for themselves. Raises Refused where not even a record without a tag may be
    shown."""
    decision = _decided(user, member_id, Act.VIEW, Purpose.OWN_ACCESS)
    member_id = own_member_id(user)
    with members_file(member_id, consents.grounds(Purpose.OWN_ACCESS, decision)):
        yield OpenFile(user.plan_id, member_id, _tags_cut(decision), decision.told)


@dataclass(frozen=True)
class OfficersFile(OpenFile):
    """A member's records for whoever says how sensitive they are: that each is there, with its
    tags. What may be told of it beside that depends on them."""

    def rows(self) -> QuerySet[RecordItem]:
        return self._all()

    def may_tell(self, tags: frozenset[Tag]) -> bool:
        return not tags & self.withheld


@contextmanager
def officers_file(user: User, member_id: UUID) -> Iterator[OfficersFile]:
    """Raises Refused for all but privacy officers of the plan."""
    purpose = Purpose.PRIVACY_OVERSIGHT
    decision = _decided(user, member_id, Act.MARK_RECORD, purpose)
    with members_file(member_id, consents.grounds(purpose, decision)):
        yield OfficersFile(user.plan_id, member_id, _tags_cut(decision), decision.told)


def _decided(user: User, member_id: UUID | None, act: Act, purpose: Purpose) -> Decision:
    decision = consents.decide(by=user, act=act, purpose=purpose, items=_ASKED, member_id=member_id)
    if not decision.permitted or _ASKED[0] in decision.cut:
        raise consents.Refused(decision)
    return decision


def _tags_cut(decision: Decision) -> frozenset[Tag]:
    return frozenset(Tag(tag) for item in decision.cut for tag in item.tags)
