from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from accounts.models import Member, Plan
from phi_records.fhir import references
from phi_records.fhir.reader import Problem, Unit
from portal.base.ids import uuid7

PURPOSE = "keep_records"
BASIS = "plan_operations"


@dataclass
class Outcome:
    """What a unit changed, by resource type, and what of it was set aside."""

    added: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    # What went in, and asks something of the operator.
    notes: list[Problem] = field(default_factory=list)
    # New or changed records of a medicine that is known by its number alone.
    unnamed: int = 0
    # Resources of people who aren't here, who may come in with a later file of the same delivery.
    waiting: int = 0
    passed_over: bool = False
    # Roughly how much of the file that was, for the progress of an import.
    read_bytes: int = 0

    @property
    def taken(self) -> int:
        return self.added.total() + self.changed.total() + self.unchanged.total()


@dataclass
class Ahead:
    """What a first look at a delivery tells of its patients."""

    # Under whose id somebody else comes than before.
    others: set[str] = field(default_factory=set)
    # Under whose id, which is held, its first person comes.
    firsts: set[str] = field(default_factory=set)


Report = Callable[[Outcome], None]
"""Told how far a unit has come, now and then; nothing of it is in before its end."""


def no_report(_outcome: Outcome) -> None:
    pass


def no_word() -> None:
    pass


@dataclass
class Intake:
    """One unit on its way in."""

    plan: Plan
    unit: Unit
    feed: str
    received_at: datetime
    outcome: Outcome
    report: Report
    # Whether a record goes with its source's newer word to another person's file.
    move: bool = False
    # Whether an id that is held goes on for its first person.
    settle: bool = False
    # Whether what was in already is taken anew, over what came since.
    again: bool = False
    ahead: Ahead = field(default_factory=Ahead)
    id: UUID = field(default_factory=uuid7)
    people: dict[str, Member] = field(default_factory=dict)
    lines: Counter[UUID] = field(default_factory=Counter)
    # Of whose file records were taken out, since they are about somebody else.
    moved: Counter[UUID] = field(default_factory=Counter)
    # Of whose ids somebody else came, so that nothing more is taken under them.
    held: Counter[UUID] = field(default_factory=Counter)
    index: references.Index = field(init=False)
    # By full address the patients of other files who came under it; nobody, where none did.
    addresses: dict[str, str] = field(default_factory=dict)
    # What was asked for beside those.
    asked: set[str] = field(default_factory=set)
    # Of this unit's records, what its own pointers alone find them by.
    names: references.Index = field(default_factory=references.Index)
    # Patients of this unit who were set aside: nobody else's file takes their records.
    strangers: set[str] = field(default_factory=set)
    # Patients of a UUID that is another person's in other feeds.
    apart: set[str] = field(default_factory=set)
    # Whether files came as Binaries of their own, which others point at.
    has_files: bool = False
    # The one person whom a whole bundle is about.
    only: str | None = None
    # It was here before, less what was set aside: what is in stays as later files left it.
    only_missing: bool = False
    # When it was first taken in, if it was.
    first_taken: datetime | None = None
    # Whether anything was set aside that a later run, knowing more people, may take.
    refused: bool = False

    def __post_init__(self) -> None:
        self.index = references.Index(self._named_patient)

    def _named_patient(self, name: str) -> str | None:
        """Patients of other files go by their plain name, or by the address under which they came;
        another server's are not ours."""
        if name.startswith("Patient/"):
            return name
        if "/Patient/" in name and name not in self.addresses:
            self.asked.add(name)
        return self.addresses.get(name) or None

    def know(self, name: str, member: Member, *, apart: bool) -> None:
        self.people[name] = member
        if apart:
            self.apart.add(name)

    def set_aside(self, position: int, reason: str) -> None:
        self.refused = True
        self.outcome.problems.append(Problem(self.unit.source, position, reason))
