"""The one place where a lower floor reaches a higher one: apps sign up in `AppConfig.ready`.

`manage.py registry` prints all of it, and a test checks it against the list that is expected.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, TypedDict, TypeVar
from uuid import UUID

from django.utils.functional import Promise

from portal.base.clock.levels import Due
from portal.base.health.found import Check

Signed = TypeVar("Signed")


class Section(dict[str, Signed]):
    """What apps signed up for one purpose, by a name that begins with the app's."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = title
        self.does: dict[str, str] = {}

    def sign_up(self, name: str, what: Signed, does: str) -> None:
        if self.get(name, what) is not what:
            raise ValueError(f"{self.title}: {name!r} is registered already.")
        self[name], self.does[name] = what, does


# As JSON holds it. "id" tells one from another.
Entry = Mapping[str, Any]


@dataclass(frozen=True)
class InCopy:
    """How a part stands in the copy that a member keeps."""

    # Of the file with its data, in front of ".ndjson".
    name: str
    # Some entries after the one with this id ("" for the first), in order; none at the end. As the
    # functions of its part, but for the line in the trail, which whoever copies writes. "files" of
    # one holds "name", "type" and, where it may be opened, "data" as bytes.
    some: Callable[[Any, UUID, str], list[dict[str, Any]]]
    # These as HTML, under a heading where they are the first. A file that goes along has "path".
    shown: Callable[[list[dict[str, Any]], bool], str]


@dataclass(frozen=True)
class Part:
    """Something of a member's whole record, behind its own app's door.

    Both functions take the acting user and the member's id, decide, and write to the trail; both
    raise PermissionDenied. An item is what a copy for the member would hold of it.
    """

    # The models whose rows it goes through, as "app.Model".
    models: frozenset[str]
    count: Callable[[Any, UUID], int]
    items: Callable[[Any, UUID], Iterator[Entry]]
    in_copy: InCopy | None = None


class Right(StrEnum):
    ACCOUNT = "account"  # to sign in
    SEAT = "seat"  # of a staff member, to work in a team
    ASSIGNMENT = "assignment"  # of a team, to care for a member


@dataclass(frozen=True)
class Ending:
    """A right that has just ended, in the transaction that ended it."""

    right: Right
    plan_id: UUID
    user_id: UUID | None = None
    member_id: UUID | None = None
    team_id: UUID | None = None


@dataclass(frozen=True)
class Alarm:
    """What the portal itself noticed. Without a plan it is every plan's."""

    kind: str
    plan_id: UUID | None = None
    # Whose account or which thing it is about; the same again is no second alarm.
    about_id: UUID | None = None


@dataclass(frozen=True)
class Report:
    """What a person says went wrong. `key` becomes the incident's, so that it is told once."""

    by: Any
    key: UUID
    kind: str
    way: str
    told: str


@dataclass(frozen=True)
class Scanned:
    """What the virus scanner said of a file, in the transaction that keeps it.

    Inside the file of its member; the file's row is locked, so that what it is about stays.
    """

    about_id: UUID
    stopped: bool
    # From the upload on.
    waited: timedelta


class Thing(NamedTuple):
    """What a line of the trail is about, as the member knows it."""

    title: str
    page: str


class Grounds(TypedDict):
    """What a line of the trail says of why."""

    purpose: str
    basis: str
    # The question in codes, to be decided again; empty where nothing was decided.
    decision: str


class Step(StrEnum):
    """What someone does of an act that needs a second person."""

    ASK = "ask"
    DECIDE = "decide"
    CARRY_OUT = "carry_out"


# What JSON gives back as it was.
Facts = dict[str, Any]


@dataclass(frozen=True)
class SecondPerson:
    """An act that one person asks for and another must approve before it is done, once.

    What it is done to is told by an id, to every function here.
    """

    label: str | Promise
    lasts: timedelta
    # What allows this person this step, for the trail. Raises PermissionDenied.
    require: Callable[[Any, Step], Grounds]
    # The people of a plan who may approve.
    deciders: Callable[[UUID], Iterable[Any]]
    # Exactly what would be done, as it is now: ids, codes and counts, as they stay with the plan.
    facts: Callable[[UUID], Facts]
    # Why it may not be done now, in sentences. Any forbids each step.
    hindrances: Callable[[UUID], list[str]]
    # The facts in words, with the names that this person may read.
    lines: Callable[[Any, UUID, Facts], list[tuple[str, str]]]
    carry_out: Callable[[Any, UUID], None]


record_parts: Section[Part] = Section("Whole record of a member")
incident_reports: Section[Callable[[Report], None]] = Section("Who takes a report of an incident")
incident_alarms: Section[Callable[[Alarm], None]] = Section("Who takes an alarm")
# Each answers how much it stopped.
stop_hooks: Section[Callable[[Ending], int]] = Section("What stops when a right ends")
# Each answers why a key holder must not be shredded, or None. Any reason forbids it.
shred_guards: Section[Callable[[UUID], str | None]] = Section("What forbids destroying a key")
# What, beside the values that a holder seals, goes with its key: keyed marks made from them.
shred_erasers: Section[Callable[[UUID], None]] = Section("What goes with a destroyed key")
# Each answers whose lines of a year of the trail must be copied out before it is dropped.
log_holds: Section[Callable[[int], Iterable[UUID]]] = Section("What holds lines of the trail")
# Each answers what someone must do by a day that is near or past, in all plans.
due_lists: Section[Callable[[datetime], Iterable[Due]]] = Section("What must be done by a day")
# Each finds those of these ids that are things of this member's own.
thing_finders: Section[Callable[[Any, Collection[UUID]], dict[UUID, Thing]]] = Section(
    "What a line of the trail is about"
)
# Each answers whose a thing of this id is; nobody's, where it is none of its own.
owner_finders: Section[Callable[[UUID], UUID | None]] = Section("Whose a refused thing is")
# Each tells people what became of a file, if it is one of its own.
scan_ends: Section[Callable[[Scanned], None]] = Section("Who tells what became of a file")
# Each finds what is wrong in its app, for `doctor`. In all plans.
health_checks: Section[Check] = Section("What doctor asks")
approval_kinds: Section[SecondPerson] = Section("What needs a second person")
# Each answers whether two accounts are one person's, as far as it knows.
same_person: Section[Callable[[UUID, UUID], bool]] = Section("Who is one person")

SECTIONS: tuple[Section[Any], ...] = (
    record_parts,
    incident_reports,
    incident_alarms,
    stop_hooks,
    shred_guards,
    shred_erasers,
    log_holds,
    due_lists,
    thing_finders,
    owner_finders,
    health_checks,
    scan_ends,
    approval_kinds,
    same_person,
)


def stop(ending: Ending) -> dict[str, int]:
    """Stop what the right allowed, and tell what that was. In the transaction that ends it."""
    return {name: count for name, hook in stop_hooks.items() if (count := hook(ending))}


def scan_ended(scanned: Scanned) -> None:
    for tell in scan_ends.values():
        tell(scanned)


def owner_of(id: UUID) -> UUID | None:
    """The member whose thing this is. Asks all, whoever's it is: no answer comes sooner."""
    found = [finder(id) for finder in owner_finders.values()]
    return next((one for one in found if one), None)


def report_incident(report: Report) -> None:
    """Hand it to who takes incidents. Never to nobody: that raises LookupError."""
    _taker(incident_reports)(report)


def raise_alarm(alarm: Alarm) -> None:
    _taker(incident_alarms)(alarm)


def _taker(section: Section[Signed]) -> Signed:
    if len(section) != 1:
        raise LookupError(f"{section.title}: one must, not {sorted(section)}.")
    return next(iter(section.values()))
