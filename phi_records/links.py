"""What a record points at: it tells of that too, and has its tags.

The database holds keyed marks of it, others for each member, since what points where tells
something as well. Tags go on along them as marks, so that no record need be opened for that.
"""

import hmac
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID as UniqueId

from phi_records import patients
from phi_records.fhir.kinds import DIRECTORY_TYPES
from phi_records.fhir.reader import Entry
from phi_records.fhir.references import Index, is_of_file, type_and_id
from phi_records.fhir.spelling import URN, UUID, one_spelling
from phi_records.models import RecordItem
from portal.base.crypto.blind import blind_index

FILES = frozenset({"Binary", "Media"})
"""Part of what points at them: these have its tags, and it has theirs."""
# Lists of anything: what stands on one is not a part of it.
_GATHERING = frozenset({"Composition", "DocumentManifest", "List", "Provenance"})
# Who, at which visit, and who pays. A visit is for many things, of which one may be sensitive.
_NOT_TOLD_OF = DIRECTORY_TYPES | {
    "Coverage", "Encounter", "EpisodeOfCare", "Group", "Patient", "Person", "RelatedPerson",
}  # fmt: skip
# Named by nearly every record, and none of what it tells of.
_OF_OTHERS = ("encounter", "patient", "subject")
# In our own JSON, which is compact.
_REFERENCE, _URL = re.compile(r'"reference":"([^"\\]+)"'), re.compile(r'"url":"([^"\\]+)"')
# A file says with which of these it goes, in a bundle by a name without a type.
_WITH_FILES = frozenset({"Composition", "DiagnosticReport", "DocumentReference", "Media"})
_LENGTH = 16


def pointed_at(feed: str, resource: Mapping[str, Any], text: str, names: Index) -> frozenset[str]:
    """By reference, or by the address of an attachment. `text` is the resource as we write it, and
    `names` are those of its bundle alone."""
    of_file = resource.get("resourceType") == "Binary"
    said = set(_REFERENCE.findall(text)) - {*_of_others(resource)}
    if '"url":' in text:
        said |= {url for url in set(_URL.findall(text)) if _is_of_file(url, names)}
    found = (_name(feed, one, names, of_file) for one in said)
    return frozenset(name for name in found if name)


def _is_of_file(url: str, names: Index) -> bool:
    """Extensions have addresses too, of what they mean."""
    return is_of_file(url) or url.startswith("urn:") or names.resolve(url) is not None


def _of_others(resource: Mapping[str, Any]) -> Iterator[Any]:
    for field in _OF_OTHERS:
        value = resource.get(field)
        if isinstance(value, dict):
            yield value.get("reference")


def goes_by_another_name(entry: Entry) -> bool:
    """Whether its bundle alone tells what points at it, or what type it has."""
    id, url = entry.id, one_spelling(entry.full_url)
    if entry.type in DIRECTORY_TYPES:
        return False
    if entry.resource.get("id") != id or (entry.type in _WITH_FILES and url.startswith("urn:")):
        return True
    return bool(url) and not url.endswith((f"/{entry.type}/{id}", f"urn:uuid:{id}"))


def _name(feed: str, said: str, names: Index, of_file: bool) -> str:
    local = names.resolve(said) or said
    if urn := URN.fullmatch(local):
        return urn[1].lower()
    type, id = type_and_id(local) or ("", "")
    if not type or (type in _NOT_TOLD_OF and not of_file):
        return ""
    return _full(type, patients.source_key(feed, id))


def _full(type: str, key: str) -> str:
    """Ids of two types may be the same, but not UUIDs, which come without a type too."""
    return key if UUID.fullmatch(key) else f"{type}/{key}"


def name_of(row: RecordItem) -> str:
    return _full(row.resource_type, patients.key_in_references(row.feed, row.source_key))


def key_of(plan_id: UniqueId, member_id: UniqueId) -> bytes:
    return blind_index("record.link", plan_id, str(member_id))


def marks(key: bytes, names: Iterable[str]) -> list[bytes]:
    return sorted(_mark(key, name) for name in names)


def _mark(key: bytes, name: str) -> bytes:
    return hmac.digest(key, name.encode(), "sha256")[:_LENGTH]


def source_keys(feed: str, name: str) -> list[str]:
    """What may stand in `source_key` of the record of this name."""
    _type, slash, key = name.partition("/")
    return [key] if slash else [name, patients.key_apart(feed, name)]


def may_be_file(name: str) -> bool:
    type, slash, _key = name.partition("/")
    return not slash or type in FILES


@dataclass(slots=True)
class Node:
    """A record among those that it points at and that point at it."""

    id: UniqueId
    type: str
    feed: str
    # What others point at it with.
    mark: bytes
    links: frozenset[bytes]
    # Of what it points at, where that was just read.
    names: frozenset[str] | None
    # Marks of its tags, and as they are stored.
    tags: set[bytes]
    stored: frozenset[bytes]
    is_new: bool


def node(key: bytes, row: RecordItem, stored: Iterable[bytes] | None = None) -> Node:
    tags = {bytes(one) for one in row.tag_marks}
    return Node(
        row.pk,
        row.resource_type,
        row.feed,
        _mark(key, name_of(row)),
        frozenset(bytes(one) for one in row.link_marks),
        row.names,
        tags,
        frozenset(tags if stored is None else stored),
        row._state.adding,
    )


def matters(row: RecordItem) -> bool:
    return bool(row.link_marks or row.tag_marks or row.resource_type in FILES)


Lifted = Mapping[UniqueId, Collection[bytes]]
"""Marks of tags that an officer took off a record."""


def spread(nodes: Iterable[Node], lifted: Lifted) -> list[Node]:
    """Tags to all that point at what has them, and so on from there. Who got one."""
    grown: dict[UniqueId, Node] = {}
    several = list(nodes)
    takers = _takers(several)
    waiting = [one for one in several if one.tags]
    while waiting:
        giver = waiting.pop()
        for taker in takers[giver.id]:
            if more := giver.tags - taker.tags - set(lifted.get(taker.id, ())):
                taker.tags |= more
                grown[taker.id] = taker
                waiting.append(taker)
    return list(grown.values())


def going_with(one: Node, nodes: Iterable[Node]) -> list[Node]:
    """Of these, all that what has `one` goes on to, itself among them."""
    takers = _takers(list(nodes))
    found, waiting = {one.id: one}, [one]
    while waiting:
        for taker in takers[waiting.pop().id]:
            if taker.id not in found:
                found[taker.id] = taker
                waiting.append(taker)
    return list(found.values())


def _takers(nodes: list[Node]) -> dict[UniqueId, list[Node]]:
    found: dict[UniqueId, list[Node]] = defaultdict(list)
    for giver, taker in _pairs(nodes):
        found[giver.id].append(taker)
    return found


def would_spread(nodes: Iterable[Node]) -> bool:
    return any(giver.tags - taker.tags for giver, taker in _pairs(list(nodes)))


def _pairs(nodes: list[Node]) -> Iterator[tuple[Node, Node]]:
    """Whose tags whom they come to."""
    by_mark: dict[bytes, list[Node]] = defaultdict(list)
    for one in nodes:
        by_mark[one.mark].append(one)
    for one in nodes:
        for target in (each for link in one.links for each in by_mark.get(link, ())):
            # A file alone names what it is held like.
            if target.type not in _NOT_TOLD_OF or one.type == "Binary":
                yield target, one
            if target.type in FILES and one.type not in _GATHERING:
                yield one, target
