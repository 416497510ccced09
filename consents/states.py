"""The law of states as data: one file for each version of a state's pack in packs/, read and
checked at the start. A version that was in force stays, so that its decisions can be made again.

A pack says which items of a minor a parent sees only with something more, which items go to others
only with the member's consent, and what it opens to the member beyond federal law. It can take
nothing from a member's own access, and for sharing it only adds (45 CFR 160.203(b)).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from consents.question import Code, Fact, Purpose, Tag
from portal.base.clock.days import years_on

PACKS = Path(__file__).parent / "packs"
NATIONAL = "us"
# Of whoever has this age, nobody is the parent any more.
FULL_AGE = 18


class ParentsNeed(Code):
    MINORS_CONSENT = "minors_consent"
    PROFESSIONAL = "professional"


@dataclass(frozen=True)
class Minors:
    """From this age in whole years on, a parent sees such an item only with what is named."""

    tag: Tag
    from_age: int
    parents_need: ParentsNeed
    citation: str

    def holds_whoever_consented(self) -> bool:
        """To the care. What the lines keep is care that the minor alone agreed to; but the records
        of a program go by the word of a minor who could have agreed alone (42 CFR 2.14(b))."""
        return self.tag is Tag.PART2


@dataclass(frozen=True)
class Secrecy:
    """An item with the tag goes to others for these purposes alone, or with a consent; for those
    of `free_with`, with the fact that it names."""

    tag: Tag
    free_for: frozenset[Purpose]
    citation: str
    free_with: Mapping[Purpose, Fact] = field(default_factory=dict)

    def lets_go(self, purpose: Purpose, facts: frozenset[Fact]) -> bool:
        return purpose in self.free_for or self.free_with.get(purpose) in facts


@dataclass(frozen=True)
class Opened:
    """An item with the tag is the member's to see, though federal law would leave it out."""

    tag: Tag
    citation: str


@dataclass(frozen=True)
class Pack:
    state: str
    name: str
    version: str
    sources: tuple[str, ...]
    # What counsel is asked before anyone relies on it.
    confirm: str
    minors: tuple[Minors, ...]
    secrecy: tuple[Secrecy, ...]
    own_access: tuple[Opened, ...]

    @property
    def key(self) -> str:
        return f"{self.state}-{self.version}"

    def for_parent(
        self, age: int | None, tags: frozenset[str], *, consented: bool
    ) -> set[ParentsNeed]:
        """All that a parent needs beside their right. Of an unknown age each line holds.

        `consented`: a parent is known to have consented to the care.
        """
        return {
            one.parents_need
            for one in self.minors
            if one.tag in tags and (age is None or max(age, 0) >= one.from_age)
            if not consented or one.holds_whoever_consented()
        }

    def keeps_secret(self, purpose: Purpose, tags: frozenset[str], facts: frozenset[Fact]) -> bool:
        """Whether an item with these tags goes for this purpose only with the member's consent."""
        return any(one.tag in tags and not one.lets_go(purpose, facts) for one in self.secrecy)

    @cached_property
    def opened(self) -> frozenset[str]:
        return frozenset(one.tag for one in self.own_access)


class WrongPack(ValueError):
    """A pack that can't be relied on. The portal does not start with one."""


def read(path: Path) -> Pack:
    """Raises WrongPack, naming the file, for anything that is missing, unknown or said twice."""
    try:
        pack = _pack(json.loads(path.read_text()))
        _check(pack, path.stem)
    except (ValueError, KeyError, TypeError) as error:
        raise WrongPack(f"{path.name}: {error}") from error
    return pack


def _pack(said: Mapping[str, Any]) -> Pack:
    known = {each.name for each in fields(Pack)}
    if set(said) != known:
        raise ValueError(f"names {sorted(set(said) ^ known)}")
    minors = (
        Minors(**_line(one, Minors) | {"parents_need": ParentsNeed(one["parents_need"])})
        for one in said["minors"]
    )
    secrecy = map(_secrecy, said["secrecy"])
    opened = (Opened(**_line(one, Opened)) for one in said["own_access"])
    return Pack(
        **{
            **said,
            "sources": tuple(said["sources"]),
            "minors": tuple(minors),
            "secrecy": tuple(secrecy),
            "own_access": tuple(opened),
        }
    )


def _secrecy(one: Mapping[str, Any]) -> Secrecy:
    # The first packs knew no fact that frees a purpose.
    said = _line({"free_with": {}, **one}, Secrecy)
    said["free_for"] = frozenset(map(Purpose, said["free_for"]))
    said["free_with"] = {Purpose(why): Fact(fact) for why, fact in said["free_with"].items()}
    return Secrecy(**said)


def _line(one: Mapping[str, Any], kind: type) -> dict[str, Any]:
    known = {each.name for each in fields(kind)}
    if set(one) != known:
        raise ValueError(f"a line names {sorted(set(one) ^ known)}")
    return {**one, "tag": Tag(one["tag"])}


def _check(pack: Pack, stem: str) -> None:
    date.fromisoformat(pack.version)
    if pack.key != stem:
        raise ValueError(f"is the file of {pack.key}")
    if not (pack.name and pack.sources and all(pack.sources)):
        raise ValueError("has no name or no source")
    tables: tuple[tuple[Minors | Secrecy | Opened, ...], ...] = (
        pack.minors, pack.secrecy, pack.own_access,
    )  # fmt: skip
    for table in tables:
        if len(table) != len({one.tag for one in table}):
            raise ValueError("has two lines for one tag")
        if not all(one.citation for one in table):
            raise ValueError("has a line without its citation")
    if any(one.free_for & one.free_with.keys() for one in pack.secrecy):
        raise ValueError("frees a purpose twice")
    for one in pack.minors:
        if type(one.from_age) is not int or not 0 <= one.from_age < FULL_AGE:
            raise ValueError("names an age that no minor has")
    if Tag.ENDANGERMENT_HOLD in pack.opened:
        raise ValueError("opens what may endanger someone")


def read_all(folder: Path = PACKS) -> dict[str, dict[str, Pack]]:
    """By state, then by version, the newest last."""
    packs: dict[str, dict[str, Pack]] = {}
    for path in sorted(folder.glob("*.json")):
        pack = read(path)
        packs.setdefault(pack.state, {})[pack.version] = pack
    if NATIONAL not in packs:
        raise WrongPack("The national default is missing.")
    return packs


ALL = read_all()


def state_of(plan_state: str) -> str:
    """Whose pack holds for a plan: its state's, or where we have none, the national default."""
    state = plan_state.lower()
    return state if state in ALL else NATIONAL


@lru_cache
def find(state: str, version: str, day: date) -> Pack | None:
    """The pack of this version, else the newest that is in force on the day: a version is the day
    from which it holds. None for a state or version that we never had."""
    versions = ALL.get(state, {})
    known = [one for one in versions if one <= day.isoformat()] or sorted(versions)[:1]
    return versions.get(version or max(known, default=""))


# Printed by `decision_matrix --states`, with the rest that counsel is to look at.
LEAP_DAY = (
    "Born on 29 February, one grows older on 1 March where there is no such day: the year is full "
    "at the end of 28 February. We know of no federal rule and no statute of a state here that "
    "says so for these purposes; counting whole years is this product's choice. It is not the more "
    "protective one by a day: until 1 March of a year a parent still has a parent's view. (Social "
    "Security counts otherwise, 20 CFR 404.2(c)(4): an age is reached the day before the birthday.)"
)


def age_on(birth: date, day: date) -> int:
    """Whole years on a day of the plan's zone; of 29 February as `LEAP_DAY` says."""
    years = day.year - birth.year
    return years if years_on(birth, years) <= day else years - 1
