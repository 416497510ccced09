from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.utils.translation import gettext as _

from phi_records.fhir import exact, kinds
from phi_records.fhir.check import check, is_id
from phi_records.fhir.spelling import URN, UUID, one_spelling


@dataclass(frozen=True, slots=True)
class Entry:
    """A resource that passed the check. `position` counts from 1: entry or line."""

    position: int
    full_url: str
    resource: dict[str, Any]
    # The bundle in which it is sent as new, so that its server is to give it an id.
    new_in: str = ""

    @property
    def type(self) -> str:
        return str(self.resource["resourceType"])

    @property
    def id(self) -> str:
        return _identity(self.resource, self.full_url, self.new_in)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something set aside. Position 0 is the file as a whole."""

    file: str
    position: int
    reason: str
    # A Patient that was set aside: records that name its id may be about somebody new.
    patient: Entry | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Unit:
    """One atomic group: it goes in whole, less its problems, or not at all.

    Iterate it as often as needed; a large bundle is read anew each time, and raises Refused
    when its file changed in between.
    """

    source: str
    sha256: str
    _items: Callable[[], Iterable[Entry | Problem]]
    # How many to take at a time. What is in memory already may as well be taken at once.
    batch: int = 10_000
    # How much of its file it is, where it is a part.
    size: int = 0
    # What a search found need not be about the one patient who was found with it.
    searched: bool = False

    def __iter__(self) -> Iterator[Entry | Problem]:
        return iter(self._items())


def problem_unit(name: str, reason: str, sha256: str = "", position: int = 0) -> Unit:
    problems = [Problem(name, position, reason)]
    return Unit(name, sha256, lambda: problems)


class Names(Protocol):
    """What stood in a file before: a set, or what is like one and stays small."""

    def isdisjoint(self, names: set[str], /) -> bool: ...
    def update(self, names: set[str], /) -> None: ...


class Sorter:
    """Tells entries from problems, and notices what one file holds twice.

    A label on a bundle holds for all that is in it, so each record gets it: it goes on with the
    record wherever that goes, and is there when somebody looks again.
    """

    def __init__(
        self,
        name: str,
        labels: list[Any] | None = None,
        *,
        sha256: str = "",
        people_only: bool = False,
        seen: Names | None = None,
    ) -> None:
        self._name, self._people_only = name, people_only
        self._bundle = sha256[:16]
        self._seen: Names = set[str]() if seen is None else seen
        self._labels = labels or []

    def wants(self, entry: object) -> bool:
        """Most of what is read for its people alone need not be looked into."""
        return not self._people_only or self._patient_in(0, entry) is not None

    def sort(self, position: int, entry: object) -> Entry | Problem:
        reason = self._why_not(entry)
        if reason or not isinstance(entry, dict):
            return Problem(self._name, position, reason, self._patient_in(position, entry))
        resource = self._labelled(entry["resource"])
        if resource is not entry["resource"] and (reasons := check(resource)):
            return Problem(self._name, position, " ".join(reasons))
        return Entry(position, entry.get("fullUrl") or "", resource, self._new_in(entry))

    def _new_in(self, entry: dict[str, Any]) -> str:
        request = entry.get("request")
        posted = isinstance(request, dict) and request.get("method") == "POST"
        return self._bundle if posted else ""

    def _labelled(self, resource: dict[str, Any]) -> dict[str, Any]:
        # Who treats and where is about no member, and is kept in the clear.
        if not self._labels or resource["resourceType"] in kinds.DIRECTORY_TYPES:
            return resource
        meta = resource.get("meta")
        meta = meta if isinstance(meta, dict) else {}
        own = labels_of(resource)
        security = own + [one for one in self._labels if one not in own]
        return {**resource, "meta": {**meta, "security": security}}

    def _why_not(self, entry: object) -> str:
        reason = _not_an_entry(entry)
        if reason or not isinstance(entry, dict):
            return reason
        resource, full_url = entry["resource"], entry.get("fullUrl") or ""
        reasons = check(resource)
        if reasons:
            return " ".join(reasons)
        if resource["resourceType"] == "Bundle":
            return _(
                "A bundle inside a bundle is not read: save it as a file of its own, and import"
                " that."
            )
        if resource["resourceType"] == "OperationOutcome":
            return _("This is a note from the sender’s system and not a health record.")
        found = _identity(resource, full_url, self._new_in(entry))
        if not found:
            return _("It has no id, so it could not be told apart from others.")
        return self._repeated(
            {f"{resource['resourceType']}/{found}", one_spelling(full_url)} - {""}
        )

    def _patient_in(self, position: int, entry: object) -> Entry | None:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or not isinstance(resource, dict):
            return None
        if resource.get("resourceType") != "Patient":
            return None
        full_url = entry.get("fullUrl")
        url = full_url if isinstance(full_url, str) else ""
        return Entry(position, url, resource, self._new_in(entry))

    def _repeated(self, names: set[str]) -> str:
        if not self._seen.isdisjoint(names):
            return _("Another resource in this file has the same id. The first one was taken.")
        self._seen.update(names)
        return ""


def labels_of(resource: dict[str, Any]) -> list[Any]:
    """The security labels of a resource, or of a bundle; one thing alone is a list of one."""
    meta = resource.get("meta")
    found = meta.get("security") if isinstance(meta, dict) else None
    several = found if isinstance(found, list) else [found]
    return [one for one in several if isinstance(one, dict)]


def _not_an_entry(entry: object) -> str:
    if not isinstance(entry, dict):
        return _("This entry is not an object.")
    if exact.TWICE in entry:
        return _("The same field stands twice in one place, so we cannot tell which holds.")
    request = entry.get("request")
    if isinstance(request, dict) and request.get("method") not in (None, "POST", "PUT"):
        return _("This entry asks for something else than adding a record.")
    full_url = entry.get("fullUrl")
    if full_url is not None and not (isinstance(full_url, str) and full_url.isascii()):
        return _("The fullUrl of this entry is not an address.")
    if "resource" not in entry:
        return _("This entry holds no resource.")
    return ""


def _identity(resource: dict[str, Any], full_url: str, new_in: str) -> str:
    """Its id; else, for one not stored anywhere before, what it goes by in the bundle.

    What is sent as new has no id yet, whatever it says (FHIR R4 3.1.0.7.1): another bundle may say
    the same. But nobody gives a UUID to two things.
    """
    found = resource.get("id")
    if isinstance(found, str) and (not new_in or UUID.fullmatch(found)):
        return one_spelling(found)
    uuid = URN.fullmatch(full_url)
    if uuid:
        return one_spelling(uuid[1])
    last = one_spelling(full_url.rstrip("/").rpartition("/")[2])
    if full_url.startswith(("http://", "https://")) and is_id(last):
        return last
    return f"{new_in}.{found}" if isinstance(found, str) else ""
