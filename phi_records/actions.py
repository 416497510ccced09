"""Taking records in. A unit goes in whole, or nothing of it does."""

import hashlib
import hmac
import json
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Member, Plan
from phi_records import directory, patients
from phi_records.fhir import exact, kinds, plain, references
from phi_records.fhir.reader import Entry, Problem, Unit
from phi_records.fhir.sources import Refused
from phi_records.models import ImportedUnit, RecordItem
from portal.base import context
from portal.base.audit import trail
from portal.base.crypto.blind import blind_index
from portal.base.ids import uuid7

CLIENT = "import_fhir"
PURPOSE, BASIS = "keep_records", "plan_operations"
BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError)
BATCH = 1000
ROWS_IN_INSERT = 250


@dataclass
class Outcome:
    """What a unit changed, by resource type, and what of it was set aside."""

    added: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    # Resources of people who aren't here, who may come in with a later file of the same delivery.
    waiting: int = 0
    passed_over: bool = False
    # Roughly how much of the file that was, for the progress of an import.
    read_bytes: int = 0

    @property
    def taken(self) -> int:
        return self.added.total() + self.changed.total() + self.unchanged.total()


def _named_patient(name: str) -> str | None:
    """Patients of other files go by their plain name; a foreign server's are not ours."""
    return name if name.startswith("Patient/") else None


Report = Callable[[Outcome], None]
"""Told how far a unit has come, now and then; nothing of it is in before its end."""


def _no_report(_outcome: Outcome) -> None:
    pass


@dataclass
class _Intake:
    """One unit on its way in."""

    plan: Plan
    unit: Unit
    feed: str
    received_at: datetime
    outcome: Outcome
    report: Report
    id: UUID = field(default_factory=uuid7)
    people: dict[str, Member] = field(default_factory=dict)
    # Members with no rows yet: nothing to compare with.
    new: set[UUID] = field(default_factory=set)
    lines: Counter[UUID] = field(default_factory=Counter)
    index: references.Index = field(default_factory=lambda: references.Index(_named_patient))
    # Patients of this unit who were set aside: nobody else's file takes their records.
    strangers: set[str] = field(default_factory=set)
    # The one person whom a whole bundle is about.
    only: str | None = None
    # Whether anything was set aside that a later run, knowing more people, may take.
    refused: bool = False

    def set_aside(self, entry: Entry, reason: str) -> None:
        self.refused = True
        self.outcome.problems.append(Problem(self.unit.source, entry.position, reason))


def import_unit(*, plan: Plan, unit: Unit, feed: str, report: Report = _no_report) -> Outcome:
    """Take one unit in, in one transaction. A unit that is in already is passed over."""
    intake = _Intake(plan, unit, feed, timezone.now(), Outcome(), report)
    try:
        with context.system(CLIENT, plan.pk):
            _one_import_at_a_time(plan)
            _take(intake)
    except Refused as refused:
        return _nothing_taken(unit, str(refused))
    except BROKEN:
        return _nothing_taken(unit, _("This file is damaged or cut off."))
    except (DataError, IntegrityError):
        return _nothing_taken(unit, _("The database did not accept it, so nothing was taken."))
    return intake.outcome


def _nothing_taken(unit: Unit, reason: str) -> Outcome:
    return Outcome(problems=[Problem(unit.source, 0, reason)])


def _one_import_at_a_time(plan: Plan) -> None:
    """Two imports of the same file would else both find a record missing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))", [str(plan.pk)])


def _take(intake: _Intake) -> None:
    digest = _digest(intake)
    if digest and ImportedUnit.objects.filter(plan=intake.plan, digest=digest).exists():
        intake.outcome.passed_over = True
        intake.outcome.problems += [one for one in intake.unit if isinstance(one, Problem)]
        return
    _take_patients(intake)
    entries = _good_entries(intake)
    while batch := list(islice(entries, BATCH)):
        _take_batch(intake, batch)
        intake.report(intake.outcome)
    _record_lines(intake)
    if digest and intake.outcome.taken and not intake.refused:
        _mark_done(intake, digest)


def _digest(intake: _Intake) -> bytes:
    """Of the content and the feed: the same file from another source is other records."""
    if not intake.unit.sha256:
        return b""
    return hashlib.sha256(f"{intake.feed}|{intake.unit.sha256}".encode()).digest()


def _take_patients(intake: _Intake) -> None:
    """People first: their records may stand before them in the file."""
    found = [one for one in intake.unit if isinstance(one, Entry) and one.type == "Patient"]
    if len(found) == 1:
        intake.only = f"Patient/{found[0].id}"
    for entry in found:
        intake.index.add(entry.full_url, entry.resource, entry.id)
    for entry in found:
        member, reason, is_new = patients.find_or_create(
            plan=intake.plan, feed=intake.feed, patient_id=entry.id, patient=entry.resource
        )
        if member is None:
            intake.strangers.add(f"Patient/{entry.id}")
            intake.set_aside(entry, reason)
            continue
        intake.people[f"Patient/{entry.id}"] = member
        if is_new:
            intake.new.add(member.pk)


def _good_entries(intake: _Intake) -> Iterator[Entry]:
    for one in intake.unit:
        if isinstance(one, Problem):
            intake.outcome.problems.append(one)
        else:
            yield one


def _take_batch(intake: _Intake, batch: list[Entry]) -> None:
    shared = [entry for entry in batch if entry.type in kinds.DIRECTORY_TYPES]
    directory.keep(plan=intake.plan, feed=intake.feed, entries=shared, outcome=intake.outcome)
    owned = [entry for entry in batch if entry.type not in kinds.DIRECTORY_TYPES]
    for member, entries in _by_member(intake, owned):
        with _file_of(member):
            _keep(intake, member, entries)


@contextmanager
def _file_of(member: Member) -> Iterator[None]:
    with context.about_member(member.pk, purpose=PURPOSE, basis=BASIS):
        yield


# Whose record it is


def _by_member(intake: _Intake, entries: list[Entry]) -> Iterable[tuple[Member, list[Entry]]]:
    subjects = [(entry, _subject(intake, entry)) for entry in entries]
    _look_up(intake, {name for _entry, name in subjects if name})
    grouped: dict[UUID, tuple[Member, list[Entry]]] = {}
    for entry, name in subjects:
        member = intake.people.get(name) if name else None
        if member is not None:
            grouped.setdefault(member.pk, (member, []))[1].append(entry)
        elif entry.type != "Patient":
            _set_ownerless_aside(intake, entry, name)
    return grouped.values()


def _subject(intake: _Intake, entry: Entry) -> str | None:
    if entry.type == "Patient":
        return f"Patient/{entry.id}"
    found = references.subject_of(entry.resource, intake.index)
    if found:
        return found
    if references.names_a_patient(entry.resource) or not entry.full_url:
        return None
    # What a bundle about one person holds is that person's, such as who wrote it.
    return intake.only


def _look_up(intake: _Intake, names: set[str]) -> None:
    missing = names - intake.people.keys() - intake.strangers
    if missing:
        intake.people |= patients.known(plan=intake.plan, feed=intake.feed, names=missing)


def _set_ownerless_aside(intake: _Intake, entry: Entry, name: str | None) -> None:
    if name or references.names_a_patient(entry.resource):
        intake.outcome.waiting += 1
        intake.set_aside(entry, _("The patient whom it is about is not in this plan."))
    else:
        intake.set_aside(entry, _("It does not say which patient it is about."))


# Rows


def _keep(intake: _Intake, member: Member, entries: list[Entry]) -> None:
    mark_key = blind_index("record.mark", intake.plan.pk, str(member.pk))
    rows = [_row(intake, member, entry, mark_key) for entry in entries]
    stored = {} if member.pk in intake.new else _stored(member, rows)
    intake.outcome.read_bytes += sum(len(row.content) for row in rows)
    intake.lines[member.pk] += 0
    added: dict[tuple[str, str], RecordItem] = {}
    for row in rows:
        row_id, mark = stored.get((row.resource_type, row.source_key), (None, b""))
        if row_id is None:
            added.setdefault((row.resource_type, row.source_key), row)
        elif hmac.compare_digest(mark, row.content_mark):
            intake.outcome.unchanged[row.resource_type] += 1
        else:
            _overwrite(row, row_id)
            intake.outcome.changed[row.resource_type] += 1
            intake.lines[member.pk] += 1
            if row.resource_type == "Patient":
                patients.update(member, exact.loads(row.content))
    RecordItem.objects.bulk_create(added.values(), batch_size=ROWS_IN_INSERT)
    intake.outcome.added.update(row.resource_type for row in added.values())
    intake.lines[member.pk] += len(added)


def _row(intake: _Intake, member: Member, entry: Entry, mark_key: bytes) -> RecordItem:
    return RecordItem(
        plan_id=intake.plan.pk,
        member_id=member.pk,
        record_holder_id=member.record_holder_id,
        kind=kinds.kind_of(entry.resource).slug,
        resource_type=entry.type,
        source_key=patients.source_key(intake.feed, entry.id),
        happened_on=plain.when_of(entry.resource),
        # As text, so that numbers keep their digits: FHIR tells 6.40 from 6.4.
        content=exact.dumps(entry.resource),
        content_mark=hmac.digest(mark_key, _canonical(entry.resource), "sha256"),
        feed=intake.feed,
        file_name=intake.unit.source[-300:],
        file_position=entry.position,
        received_at=intake.received_at,
    )


def _canonical(resource: dict[str, Any]) -> bytes:
    return json.dumps(
        resource, sort_keys=True, default=_marked, ensure_ascii=True, separators=(",", ":")
    ).encode()


def _marked(value: Decimal) -> str:
    return f"\x00{value}"


def _stored(member: Member, rows: list[RecordItem]) -> dict[tuple[str, str], tuple[UUID, bytes]]:
    found = RecordItem.objects.filter(
        plan_id=member.plan_id,
        member_id=member.pk,
        resource_type__in={row.resource_type for row in rows},
        source_key__in={row.source_key for row in rows},
    ).values_list("resource_type", "source_key", "pk", "content_mark")
    return {(kind, key): (pk, bytes(mark)) for kind, key, pk, mark in found}


def _overwrite(row: RecordItem, row_id: UUID) -> None:
    """The source's newer word on the same record; its id, which pages link to, stays."""
    row.pk = row_id
    row._state.adding = False
    row.save(
        force_update=True,
        update_fields=[
            "kind", "happened_on", "content", "content_mark", "feed", "file_name",
            "file_position", "received_at",
        ],
    )  # fmt: skip


def _record_lines(intake: _Intake) -> None:
    for member_id, count in intake.lines.items():
        if count:
            trail.record(
                "records.imported",
                member_id=member_id,
                object_kind="imported_unit",
                object_id=intake.id,
                purpose=PURPOSE,
                basis=BASIS,
                facts={"count": count},
            )


def _mark_done(intake: _Intake, digest: bytes) -> None:
    outcome = intake.outcome
    ImportedUnit.objects.create(
        id=intake.id,
        plan=intake.plan,
        digest=digest,
        feed=intake.feed,
        counts={
            "added": outcome.added.total(),
            "changed": outcome.changed.total(),
            "unchanged": outcome.unchanged.total(),
            "set_aside": len(outcome.problems),
        },
    )
