"""Practitioners, organizations and places: named by many records, about no member."""

from collections import Counter
from datetime import datetime
from typing import Any, Protocol

from accounts.models import Plan
from phi_records import patients
from phi_records.fhir import social_security, words
from phi_records.fhir.reader import Entry, Unit
from phi_records.fhir.spelling import URN, one_spelling
from phi_records.models import DirectoryEntry

ROWS_IN_INSERT = 500
NPI = "http://hl7.org/fhir/sid/us-npi"


class Counts(Protocol):
    added: Counter[str]
    changed: Counter[str]
    unchanged: Counter[str]


def keep(
    *,
    plan: Plan,
    unit: Unit,
    feed: str,
    received_at: datetime,
    entries: list[Entry],
    outcome: Counts,
    only_missing: bool = False,
) -> list[tuple[DirectoryEntry, Any]]:
    """What was written, each with its content from before."""
    several = [
        _row(plan, unit, feed, received_at, entry, id)
        for entry in entries
        for id in (entry.id, *_name_in_bundle(entry))
    ]
    told = {patients.source_key(feed, entry.id) for entry in entries}
    rows = {(row.resource_type, row.source_key): row for row in several}
    stored = _stored(plan, list(rows.values())) if rows else {}
    fresh = []
    for key, row in rows.items():
        if key not in stored:
            fresh.append(row)
            counts = outcome.added
        elif only_missing or stored[key] == row.content:
            counts = outcome.unchanged
        else:
            fresh.append(row)
            counts = outcome.changed
        # Once, by whatever names it is kept.
        counts[row.resource_type] += row.source_key in told
    written = [(row, stored.get((row.resource_type, row.source_key))) for row in fresh]
    DirectoryEntry.objects.bulk_create(
        fresh,
        batch_size=ROWS_IN_INSERT,
        update_conflicts=True,
        unique_fields=["plan", "resource_type", "source_key"],
        update_fields=[
            "identifier", "name", "content", "feed", "file_sha256", "file_position", "received_at",
        ],
    )  # fmt: skip
    return written


def _name_in_bundle(entry: Entry) -> list[str]:
    """Records of the bundle may point at it by that alone, and are kept as they came."""
    found = URN.fullmatch(entry.full_url)
    id = one_spelling(found[1]) if found else entry.id
    return [id] if id != entry.id else []


def _row(
    plan: Plan, unit: Unit, feed: str, received_at: datetime, entry: Entry, id: str
) -> DirectoryEntry:
    # These rows are not sealed.
    content = social_security.left_out(entry.resource)
    return DirectoryEntry(
        plan_id=plan.pk,
        resource_type=entry.type,
        source_key=patients.source_key(feed, id),
        identifier=_identifier(content),
        name=_name(content)[:300],
        content=content,
        feed=feed,
        file_sha256=unit.sha256[:64],
        file_position=entry.position,
        received_at=received_at,
    )


def _stored(plan: Plan, rows: list[DirectoryEntry]) -> dict[tuple[str, str], Any]:
    found = DirectoryEntry.objects.filter(
        plan=plan,
        resource_type__in={row.resource_type for row in rows},
        source_key__in={row.source_key for row in rows},
    ).values_list("resource_type", "source_key", "content")
    return {(kind, key): content for kind, key, content in found}


def _identifier(resource: dict[str, Any]) -> str:
    """system|value, the national provider number before others."""
    several = [words.fields(one) for one in words.items(resource.get("identifier"))]
    several = [one for one in several if one.get("value")]
    several.sort(key=lambda one: one.get("system") != NPI)
    found = f"{several[0].get('system', '')}|{several[0]['value']}" if several else ""
    return found if len(found) <= 300 else ""


def _name(resource: dict[str, Any]) -> str:
    named = resource.get("name")
    if isinstance(named, str):
        return named
    if named:
        return words.person_name(words.items(named)[0])
    return words.concept(resource.get("code"))
