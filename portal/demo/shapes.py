"""What the generator hands over: plain values, so that any loader can take them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

Resource = dict[str, Any]
Language = Literal["en", "es"]
Sex = Literal["female", "male"]
Role = Literal["care_worker", "supervisor", "privacy_officer", "plan_administrator", "operator"]


@dataclass(frozen=True, slots=True)
class Address:
    line: str
    city: str
    state: str
    postal_code: str


@dataclass(frozen=True, slots=True)
class Member:
    id: UUID  # Also the id of the Patient resource.
    member_number: str
    user_id: str | None  # None: under 13, or has died; can't sign in.
    given: str
    family: str
    birth_date: date
    sex: Sex
    language: Language
    email: str | None
    phone: str
    address: Address
    family_key: str
    relationship: Literal["self", "spouse", "child", "parent"]  # To the subscriber.
    subscriber_id: UUID
    guardian_ids: tuple[UUID, ...]  # Parents of a person under 18.
    deceased_on: date | None
    profile: tuple[str, ...]  # Keys of tables.CONDITIONS.

    @property
    def full_name(self) -> str:
        return f"{self.given} {self.family}"


@dataclass(frozen=True, slots=True)
class Staff:
    id: UUID
    user_id: str
    role: Role
    given: str
    family: str
    email: str
    language: Language
    team_keys: tuple[str, ...]

    @property
    def full_name(self) -> str:
        return f"{self.given} {self.family}"


@dataclass(frozen=True, slots=True)
class Team:
    id: UUID
    key: str
    name: str
    description: str
    staff_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Message:
    id: UUID
    sender_user_id: str
    from_member_side: bool
    sent_at: datetime
    body: str


@dataclass(frozen=True, slots=True)
class Thread:
    id: UUID
    member_id: UUID  # Whom it is about; a parent may write for a child.
    team_key: str
    subject: str
    status: Literal["answered", "waiting"]
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class DemoPlan:
    slug: str
    name: str
    members: tuple[Member, ...]
    staff: tuple[Staff, ...]
    teams: tuple[Team, ...]
    shared_records: tuple[Resource, ...]  # Organization and Practitioner.
    records: dict[UUID, tuple[Resource, ...]]  # By member; Patient first.
    threads: tuple[Thread, ...]
