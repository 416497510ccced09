"""Reading records: each function opens the file (`door`) and writes its line in the trail."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Max, Q
from django.db.models.expressions import OrderBy
from django.http import Http404
from django.utils.timezone import localdate

from accounts.models import User
from consents.access import NotShown
from phi_records import attachments, medications
from phi_records.door import OpenFile, own_file
from phi_records.fhir import exact
from phi_records.fhir.kinds import KINDS, Kind
from phi_records.models import DirectoryEntry, RecordItem
from phi_records.patients import key_apart, key_in_references, key_of_reference
from portal.base.audit import trail
from portal.base.crypto.errors import KeyDestroyed
from portal.base.files.download import Download

PER_PAGE = 25
MOST_RELATED = 200
MOST_RESULTS = 300


@dataclass(frozen=True)
class KindCount:
    kind: Kind
    count: int
    newest: date | None
    received_at: datetime


def kinds_with_counts(user: User) -> list[KindCount]:
    """The kinds that hold anything, in the order that people read them."""
    with own_file(user) as file:
        rows = (
            file.rows()
            .values("kind")
            .annotate(n=Count("pk"), newest=Max("happened_on"), received=Max("received_at"))
        )
        found = {row["kind"]: row for row in rows.order_by("kind")}
        trail.record(
            "records.listed",
            member_id=file.member_id,
            object_kind="record",
            facts={"count": sum(row["n"] for row in found.values())},
        )
    return [
        KindCount(kind, row["n"], row["newest"], row["received"])
        for kind in KINDS
        if (row := found.get(kind.slug))
    ]


def items_of_kind(user: User, kind: Kind, page: int | str = 1) -> Page[RecordItem]:
    """One page of records, newest first, opened here so that the page itself reads nothing."""
    with own_file(user) as file:
        rows = file.rows().filter(kind=kind.slug).order_by(_newest_first(), "-pk")
        found = Paginator(rows, PER_PAGE).get_page(page)
        found.object_list = _opened(list(found.object_list))
        trail.record(
            "records.listed",
            member_id=file.member_id,
            object_kind="record",
            facts={"kind": kind.slug, "count": len(found.object_list)},
        )
    return found


def latest(user: User, count: int = 5) -> list[RecordItem]:
    with own_file(user) as file:
        rows = file.rows().filter(happened_on__lte=localdate()).exclude(kind="other")
        try:
            found = _opened(list(rows.order_by("-happened_on", "-pk")[:count]))
        except KeyDestroyed:
            # The first page still shows; the page of each kind says when it was destroyed.
            found = []
        trail.record(
            "records.listed",
            member_id=file.member_id,
            object_kind="record",
            facts={"kind": "latest", "count": len(found)},
        )
    return found


def some_left_out(user: User) -> bool:
    """Whether the member is told that some of their records are not shown: never how many."""
    with own_file(user) as file:
        return file.tells_of_more()


def get_item(user: User, item_id: UUID) -> RecordItem:
    """Raises Http404 for a record of anyone else, as for one that does not exist."""
    with own_file(user) as file:
        found = _one(file, item_id)
        trail.record(
            "record.opened",
            member_id=file.member_id,
            object_kind="record",
            object_id=found.pk,
            facts={"kind": found.kind},
        )
    return found


def _one(file: OpenFile, item_id: UUID) -> RecordItem:
    found = file.rows().filter(pk=item_id).first()
    if found is None:
        raise NotShown(file.told)
    _opened([found])
    return found


def results_of_kind(user: User, item: RecordItem) -> list[dict[str, Any]]:
    """The newest results beside this one, among which a chart looks for the same test."""
    with own_file(user) as file:
        rows = file.rows().filter(kind=item.kind, resource_type=item.resource_type)
        newest = rows.exclude(pk=item.pk).order_by(_newest_first(), "-pk")[:MOST_RESULTS]
        found = _opened(list(newest))
        trail.record(
            "records.listed",
            member_id=file.member_id,
            object_kind="record",
            facts={"kind": item.kind, "count": len(found)},
        )
    return [outline_of(one) for one in found]


def resource_of(item: RecordItem) -> dict[str, Any]:
    """The FHIR resource as it came, its numbers to the last digit, with all that is attached."""
    return attachments.restored(outline_of(item))


def outline_of(item: RecordItem) -> dict[str, Any]:
    """The resource, but a mark in place of each large attachment: enough for lists."""
    found: dict[str, Any] = exact.loads_ours(item.content)
    return found


def with_medicines(
    user: User, several: Iterable[tuple[RecordItem, Mapping[str, Any]]]
) -> list[Mapping[str, Any]]:
    """The resources, with the names of medicines that they only point at."""
    pairs = [(item.feed, resource) for item, resource in several]
    return medications.with_names(user.plan_id, pairs)


def files_pointed_at(user: User, item: RecordItem) -> list[tuple[RecordItem, attachments.Attached]]:
    """Files that came as records of their own, in the order and by the titles of this one."""
    titles = attachments.pointed_at(item.feed, outline_of(item))
    if not titles:
        return []
    asked = {key_apart(item.feed, key): key for key in titles} | {key: key for key in titles}
    with own_file(user) as file:
        rows = file.rows().filter(resource_type=attachments.BINARY, feed=item.feed)
        found = _opened(list(rows.filter(source_key__in=asked)[:MOST_RELATED]))
        if found:
            trail.record(
                "records.listed",
                member_id=file.member_id,
                facts={"kind": item.kind, "count": len(found)},
            )
    order = list(titles)
    found.sort(key=lambda row: order.index(asked[row.source_key]))
    return [
        (row, replace(one, title=titles[asked[row.source_key]] or one.title))
        for row in found
        for one in attached_to(row)
    ]


def get_file(user: User, item_id: UUID, number: int) -> Download:
    """Something attached to a record. Raises Http404 as `get_item` does, or for no such number."""
    with own_file(user) as file:
        item = _one(file, item_id)
        found = next((one for one in attached_to(item) if one.number == number), None)
        body = attachments.content(found) if found else None
        if found is None or body is None:
            raise Http404
        trail.record(
            "record.file_taken",
            member_id=file.member_id,
            object_kind="record",
            object_id=item.pk,
            facts={"kind": item.kind},
        )
    day = f"-{item.happened_on.isoformat()}" if item.happened_on else ""
    name = f"record{day}-{number}.{found.ending}"
    return Download(name, found.content_type, body)


def attached_to(item: RecordItem) -> list[attachments.Attached]:
    return attachments.attached(outline_of(item))


def related(
    user: User, item: RecordItem, references: Iterable[str]
) -> dict[str, Mapping[str, Any]]:
    """What a record points at, by the words it points with: who, where, and results of a test."""
    names = sorted(set(references))[:MOST_RELATED]
    keys = {name: key for name in names if (key := key_of_reference(item.feed, name))}
    with own_file(user) as file:
        found: dict[str, Mapping[str, Any]] = {}
        asked = {one for key in keys.values() for one in (key, key_apart(item.feed, key))}
        for row in _opened(list(file.rows().filter(source_key__in=asked))):
            found[key_in_references(row.feed, row.source_key)] = outline_of(row)
        if found:
            trail.record(
                "records.listed",
                member_id=file.member_id,
                facts={"kind": item.kind, "count": len(found)},
            )
    entries = DirectoryEntry.objects.filter(plan_id=user.plan_id).filter(
        Q(source_key__in=keys.values()) | Q(identifier__in=keys.values())
    )
    for entry in entries:
        found |= {entry.source_key: entry.content, entry.identifier: entry.content}
    return {name: found[key] for name, key in keys.items() if key in found}


def _newest_first() -> OrderBy:
    return F("happened_on").desc(nulls_last=True)


def _opened(rows: list[RecordItem]) -> list[RecordItem]:
    """Unsealed while the file is open; one key holder, so one key."""
    for row in rows:
        row.content  # noqa: B018  reading opens it
    return rows
