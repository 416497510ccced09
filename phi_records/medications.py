"""The medicine that a record points at, which tells of the record what a code in it would.

Medicines are shared by many and come before a record, with it or after: what is not here yet is
waited for, by a mark that is keyed to the member.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.models import Plan
from consents.question import Tag
from phi_records import patients
from phi_records.fhir import exact, words
from phi_records.fhir.references import Index
from phi_records.fhir.tags import by_number_alone, tags_of
from phi_records.models import DirectoryEntry, MedicineAwaited, RecordItem
from portal.base.crypto.blind import blind_index

TYPE = "Medication"
Tags = frozenset[Tag]


def pointed_at(feed: str, resource: Mapping[str, Any], index: Index | None = None) -> str:
    """What the medicine goes by in the directory; nothing where none is pointed at outside."""
    pointer = words.fields(resource.get("medicationReference"))
    reference = pointer.get("reference")
    if not isinstance(reference, str):
        named = words.fields(pointer.get("identifier"))
        return f"{named.get('system', '')}|{named['value']}" if named.get("value") else ""
    found = index.resolve(reference) if index else None
    if found and found.startswith(f"{TYPE}/"):
        return patients.source_key(feed, found.partition("/")[2])
    return patients.key_of_reference(feed, reference)


def in_its_bundle(resource: dict[str, Any], index: Index) -> dict[str, Any]:
    """Pointing by the key of a medicine that is new in the bundle, whose id means nothing outside.

    FHIR has the server put such references right (R4 3.1.0.11.2); left as it is, it might find the
    medicine of another bundle. What a UUID names is found by that.
    """
    pointer = words.fields(resource.get("medicationReference"))
    reference = pointer.get("reference")
    found = index.resolve(reference)
    if not found or found == reference or not str(reference).startswith(f"{TYPE}/"):
        return resource
    return {**resource, "medicationReference": {**pointer, "reference": found}}


class Shelf:
    """The tags of medicines that are here, each looked up once."""

    def __init__(self, plan_id: UUID) -> None:
        self._plan_id = plan_id
        self._found: dict[str, Tags | None] = {}
        self._unnamed: set[str] = set()

    def look_up(self, keys: Iterable[str]) -> None:
        asked = set(keys) - self._found.keys() - {""}
        if not asked:
            return
        self._found |= dict.fromkeys(asked)
        rows = DirectoryEntry.objects.filter(plan_id=self._plan_id, resource_type=TYPE)
        for row in rows.filter(Q(source_key__in=asked) | Q(identifier__in=asked)):
            for key in names(row) & asked:
                self._found[key] = (self._found[key] or frozenset()) | _tags(row.content)
                if by_number_alone(row.content, exact.dumps(row.content)):
                    self._unnamed.add(key)

    def of(self, key: str) -> Tags | None:
        """None where the medicine is not here."""
        self.look_up([key])
        return self._found[key] if key else frozenset()

    def is_unnamed(self, key: str) -> bool:
        """Whether the medicine is here, and known by its number alone."""
        self.look_up([key])
        return key in self._unnamed


def names(row: DirectoryEntry) -> set[str]:
    return {row.source_key, row.identifier} - {""}


def with_names(
    plan_id: UUID, several: Sequence[tuple[str, Mapping[str, Any]]]
) -> list[Mapping[str, Any]]:
    """Resources, each after its feed: what points at a medicine without its name gets it."""
    keys = [_nameless(feed, resource) for feed, resource in several]
    asked = set(keys) - {""}
    found: dict[str, str] = {}
    if asked:
        rows = DirectoryEntry.objects.filter(plan_id=plan_id, resource_type=TYPE)
        for row in rows.filter(Q(source_key__in=asked) | Q(identifier__in=asked)):
            if name := words.concept(row.content.get("code")):
                found |= dict.fromkeys(names(row), name)
    return [
        _with_name(resource, found[key]) if key in found else resource
        for key, (_feed, resource) in zip(keys, several, strict=True)
    ]


def _nameless(feed: str, resource: Mapping[str, Any]) -> str:
    pointer = words.fields(resource.get("medicationReference"))
    return "" if pointer.get("display") else pointed_at(feed, resource)


def _with_name(resource: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    pointer = words.fields(resource.get("medicationReference"))
    return {**resource, "medicationReference": {**pointer, "display": name}}


def are_the_same(before: Any, after: Any) -> bool:
    """Of two contents of one medicine: whether they tell the same."""
    return _tags(before) == _tags(after)


def _tags(content: Any) -> Tags:
    return tags_of(content, exact.dumps(content))


def wait(rows: Collection[RecordItem]) -> None:
    """For what `awaits` names, and where it names nothing no more for what it named before."""
    if not rows:
        return
    MedicineAwaited.objects.filter(record_id__in=[row.pk for row in rows]).delete()
    MedicineAwaited.objects.bulk_create(
        MedicineAwaited(
            plan_id=row.plan_id,
            member_id=row.member_id,
            record_id=row.pk,
            mark=_mark(row.plan_id, row.member_id, row.awaits),
        )
        for row in rows
        if row.awaits
    )


def waiting_for(plan: Plan, keys: Collection[str]) -> dict[UUID, list[UUID]]:
    """Records by member, now that the medicines of these names came."""
    rows = MedicineAwaited.objects.filter(plan=plan)
    marks = [
        _mark(plan.pk, member_id, key)
        for member_id in rows.values_list("member_id", flat=True).distinct()
        for key in keys
    ]
    found: dict[UUID, list[UUID]] = {}
    for member_id, record_id in rows.filter(mark__in=marks).values_list("member_id", "record_id"):
        found.setdefault(member_id, []).append(record_id)
    return found


def _mark(plan_id: UUID, member_id: UUID, key: str) -> bytes:
    return blind_index("record.medicine", plan_id, f"{member_id}|{key}")
