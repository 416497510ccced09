"""What a resource points at, and the patient it is about.

The canonical name of a resource is "Type/id". Everything here ends in that or in None.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from phi_records.fhir.spelling import URN, one_spelling
from phi_records.fhir.types import RESOURCE_TYPES

Lookup = Callable[[str], str | None]
"""Asked for "Type/id", a full URL or "Type?identifier=system|value"; answers "Type/id"."""

_LOCAL = re.compile(
    r"(?:.*/)?([A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?"
)
# What an attachment, or a photograph, points at where it doesn't hold its bytes.
_FILE = re.compile(
    rf"((?:.*/)?)Binary/+([A-Za-z0-9\-.]{{1,64}})(?:[/;].*)?|{URN.pattern}", re.IGNORECASE
)
# How a server is to write what it is asked for.
_FORM = ("_format=", "_pretty=", "_summary=", "_elements=")
_SUBJECT_FIELDS = ("subject", "patient", "beneficiary", "individual", "for", "candidate")
_SECURITY = "securityContext"
"""Who may have a Binary, may have what it is of: a patient, or a record."""
_PEOPLE = ("Patient", "RelatedPerson", "Person", "Group")
# Where what is named without a reference may be a patient as well as whoever treats them.
_PERSON_FIELDS = frozenset(
    {
        *_SUBJECT_FIELDS,
        "actor",
        "author",
        "entity",
        "member",
        "onBehalfOf",
        "performer",
        "recipient",
        "requester",
        "sender",
        "source",
        "target",
    }
)
_ACTORS = ("actor", "deliverTo")
"""A patient may stand there, or someone else: it does not mean that it is about a patient."""
_ACTOR_LISTS = (("target", ""), ("participant", "actor"), ("link", "target"))


def _nothing(_name: str) -> None:
    return None


class Index:
    """The names that one bundle gives its resources."""

    def __init__(self, lookup: Lookup = _nothing) -> None:
        self._names: dict[str, str] = {}
        self._lookup = lookup

    def add(self, full_url: str, resource: Mapping[str, Any], id: str = "") -> None:
        kind, found = resource.get("resourceType"), id or resource.get("id")
        name = one_spelling(f"{kind}/{found}")
        self._names[name] = name
        if id and id != resource.get("id"):
            self._add_local(one_spelling(f"{kind}/{resource.get('id')}"), name)
        if full_url:
            self._names[full_url] = name
            self._names[one_spelling(full_url)] = name
        for system, value in _identifiers(resource):
            self._add_identifier(f"{kind}?identifier={system}|{value}", name)
            self._add_identifier(f"{kind}?identifier={value}", name)

    def _add_local(self, said: str, name: str) -> None:
        """An id that means something in its bundle alone, and nothing if two have it."""
        before = self._names.get(said, name)
        if before != said:
            self._names[said] = name if before == name else ""

    def _add_identifier(self, asked: str, name: str) -> None:
        """One that fits two is neither's: families share a subscriber's number."""
        self._names[asked] = name if self._names.get(asked, name) == name else ""

    def resolve(self, reference: object) -> str | None:
        """The canonical name of what a reference string points at, if anyone knows it."""
        if not isinstance(reference, str) or not reference or reference[0] == "#":
            return None
        return self._names.get(reference) or self._resolve_long(reference)

    def _resolve_long(self, reference: str) -> str | None:
        reference = plain_address(reference)
        if found := self._names.get(reference):
            return found
        if reference.startswith("urn:"):
            return self._names.get(one_spelling(reference)) or self._ask(reference)
        if "?" in reference:
            return self._ask(reference)
        local = _LOCAL.fullmatch(reference)
        if not local or local[1] not in RESOURCE_TYPES:
            return None
        unversioned = one_spelling(reference.partition("/_history/")[0])
        name = one_spelling(f"{local[1]}/{local[2]}")
        if reference.startswith(("http://", "https://")):
            # Someone else's server: the same id there need not be the same thing here.
            return self._names.get(unversioned) or self._ask(unversioned)
        return self._names[name] or None if name in self._names else self._ask(name)

    def _ask(self, name: str) -> str | None:
        return self._lookup(name)


def index_of(entries: Iterable[object], lookup: Lookup = _nothing) -> Index:
    """Over the entries of one unit; problems among them are passed over."""
    index = Index(lookup)
    for entry in entries:
        resource = getattr(entry, "resource", None)
        if isinstance(resource, Mapping):
            index.add(getattr(entry, "full_url", ""), resource, getattr(entry, "id", ""))
    return index


def subject_of(resource: Mapping[str, Any], index: Index) -> str | None:
    """ "Patient/id" of the person whom the resource is about; None when it is about nobody.

    Of several it is nobody's alone.
    """
    several = subjects_of(resource, index)
    return several[0] if len(several) == 1 else None


def subjects_of(resource: Mapping[str, Any], index: Index) -> list[str]:
    """Its subject; else each patient who is named in it, if one of them takes part in it."""
    if resource.get("resourceType") == "Patient":
        return [one_spelling(f"Patient/{resource.get('id')}")]
    for field in (*_SUBJECT_FIELDS, _SECURITY):
        for reference in _reference(resource.get(field)):
            found = index.resolve(reference)
            if found and found.startswith("Patient/"):
                return [found]
    taking_part = {index.resolve(one) or "" for one in _actors(resource)}
    if not any(name.startswith("Patient/") for name in taking_part):
        return []
    return patients_in(resource, index)


def patients_in(resource: Mapping[str, Any], index: Index) -> list[str]:
    """ "Patient/id" of each, or what another server calls them."""
    found = dict.fromkeys(
        index.resolve(one) or (one if "Patient/" in one else "") for one in references_in(resource)
    )
    return [name for name in found if "Patient/" in name]


def targets_of(resource: Mapping[str, Any]) -> list[tuple[str, str] | None]:
    """Type and id of each record that a Provenance tells of, or that a Binary came with; None where
    it is not ours to find."""
    field = {"Provenance": "target", "Binary": _SECURITY}.get(str(resource.get("resourceType")))
    if not field or (field == _SECURITY and not resource.get(field)):
        return []
    several = resource.get(field)
    found = [
        _LOCAL.fullmatch(plain_address(reference))
        for one in (several if isinstance(several, list) else [several])
        for reference in _reference(one) or [""]
    ]
    return [(one[1], one[2]) if one and "://" not in one[0] else None for one in found]


def type_and_id(reference: str) -> tuple[str, str] | None:
    """Of a record on whatever server."""
    found = _LOCAL.fullmatch(plain_address(reference))
    return (found[1], found[2]) if found and found[1] in RESOURCE_TYPES else None


def names_a_patient(resource: Mapping[str, Any]) -> bool:
    """Whether it means to be about someone: if so and nobody is found, set it aside.

    An identifier or a name alone means someone too, and so does what can't be read.
    """
    return any(bool(resource.get(field)) for field in _SUBJECT_FIELDS)


def may_name_another(resource: Mapping[str, Any], only: str, index: Index) -> bool:
    """Whether anything in it is, or may be, another patient than this one.

    It is asked of what has no subject of its own, before it is taken for the one person's of its
    bundle: what cannot be read as somewhere or someone else might be a patient.
    """
    nodes: list[tuple[str, Any]] = [("", resource)]
    while nodes:
        field, node = nodes.pop()
        if isinstance(node, list):
            nodes += [(field, part) for part in node]
        elif isinstance(node, dict):
            if node is not resource and node.get("resourceType") == "Patient":
                return True
            if _may_be_another(field, node, only, index):
                return True
            nodes += node.items()
    return False


def _may_be_another(field: str, node: dict[str, Any], only: str, index: Index) -> bool:
    reference = node.get("reference")
    if isinstance(reference, str) and reference:
        if reference.startswith("#"):
            return False
        found = index.resolve(reference)
        if found:
            return found.startswith("Patient/") and found != only
        local = _LOCAL.fullmatch(reference)
        return not local or local[1] not in RESOURCE_TYPES or local[1] in _PEOPLE
    # A name or a number alone.
    named = bool(node.get("display") or node.get("identifier"))
    return field in _PERSON_FIELDS and named and node.get("type") in (None, *_PEOPLE)


def refers_to_someone(resource: Mapping[str, Any]) -> bool:
    return any(_reference(resource.get(field)) for field in _SUBJECT_FIELDS)


def named_by_address(resource: Mapping[str, Any]) -> bool:
    """Whether it names its patient by the full address on a server."""
    several = (one for field in _SUBJECT_FIELDS for one in _reference(resource.get(field)))
    return any(one.startswith(("http://", "https://")) for one in several)


def named_in_a_bundle(resource: Mapping[str, Any]) -> bool:
    """Whether it names its patient as things are named within one bundle alone."""
    several = (one for field in _SUBJECT_FIELDS for one in _reference(resource.get(field)))
    return any(one.startswith("urn:") for one in several)


def references_in(resource: Mapping[str, Any]) -> Iterator[str]:
    nodes: list[Any] = [resource]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            reference = node.get("reference")
            if isinstance(reference, str):
                yield reference
            nodes.extend(node.values())
        elif isinstance(node, list):
            nodes.extend(node)


def is_of_file(url: str) -> bool:
    return _FILE.fullmatch(plain_address(url)) is not None


def files_in(value: object) -> Iterator[dict[str, Any]]:
    """What points at a file that may have come as a Binary of its own, by its "url"; in order."""
    if isinstance(value, list):
        for part in value:
            yield from files_in(part)
    elif isinstance(value, dict):
        url = value.get("url")
        if isinstance(url, str) and "data" not in value and is_of_file(url):
            yield value
        for part in value.values():
            yield from files_in(part)


def _actors(resource: Mapping[str, Any]) -> Iterator[str]:
    for field in _ACTORS:
        yield from _reference(resource.get(field))
    for field, inner in _ACTOR_LISTS:
        several = resource.get(field)
        for one in several if isinstance(several, list) else ():
            yield from _reference(one.get(inner) if inner and isinstance(one, dict) else one)


def _reference(value: object) -> list[str]:
    if isinstance(value, list) and len(value) == 1:
        # Accounts and contracts have a list of subjects. Of several it is nobody's alone.
        value = value[0]
    found = value.get("reference") if isinstance(value, dict) else None
    return [found] if isinstance(found, str) and found else []


def _identifiers(resource: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    several = resource.get("identifier")
    for one in several if isinstance(several, list) else (several,):
        if isinstance(one, dict) and isinstance(one.get("value"), str):
            system = one.get("system")
            yield (system if isinstance(system, str) else ""), one["value"]


def plain_address(reference: str) -> str:
    """In one spelling. One that asks is unescaped, the server's address left out; one by id is as
    any other; and none says how it is asked for ("Binary/x?_format=text") or which part is meant.
    """
    before, mark, query = reference.strip().partition("?")
    base = before.partition("#")[0] or before
    if file := _FILE.fullmatch(unquote(base)):
        return f"{file[1]}Binary/{file[2]}" if file[2] else base
    asked = [one for one in query.partition("#")[0].split("&") if not one.startswith(_FORM)]
    if not mark or not any(asked):
        return base
    base = base.removesuffix("/").removesuffix("/_search")
    id = next((one.removeprefix("_id=") for one in asked if one.startswith("_id=")), "")
    return f"{base}/{id}" if id else f"{base.rpartition('/')[2]}?{unquote('&'.join(asked))}"
