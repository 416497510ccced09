import hashlib
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import DataError, IntegrityError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Plan
from phi_records import attachments, directory, identity, medications, patients
from phi_records.actions import tagging
from phi_records.actions.intake import (
    BASIS,
    PURPOSE,
    Ahead,
    Intake,
    Outcome,
    Report,
    no_report,
    no_word,
)
from phi_records.actions.owners import by_member, by_target
from phi_records.actions.rows import keep
from phi_records.fhir import kinds
from phi_records.fhir.reader import Entry, Problem, Unit
from phi_records.fhir.sources import Refused
from phi_records.links import goes_by_another_name
from phi_records.models import ImportedUnit, PatientLink
from portal.base import context
from portal.base.audit import trail
from portal.base.registry import Alarm, raise_alarm

CLIENT = "import_fhir"
BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError)


def import_unit(
    *,
    plan: Plan,
    unit: Unit,
    feed: str,
    move: bool = False,
    settle: bool = False,
    again: bool = False,
    ahead: Ahead | None = None,
    report: Report = no_report,
    on_wait: Callable[[], None] = no_word,
) -> Outcome:
    """Take one unit in, in one transaction. A unit that is in already is passed over.

    With `again` it is taken anew, since its source went back to it after something newer.

    A record that stands in another person's file is set aside, or with `move` goes to the one whom
    it is about now, and the privacy office is told. So it is where one id came for two people: then
    nothing more is taken under it, until its first person comes again with `settle`. `ahead` says
    what a first look at the whole delivery told of its people.
    """
    ahead = Ahead() if ahead is None else ahead
    intake = Intake(plan, unit, feed, timezone.now(), Outcome(), report, move, settle, again, ahead)
    try:
        # Days are sorted by as members of this plan read them.
        with context.system(CLIENT, plan.pk), timezone.override(ZoneInfo(plan.time_zone)):
            _one_import_at_a_time(plan, on_wait)
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


def _one_import_at_a_time(plan: Plan, on_wait: Callable[[], None]) -> None:
    """Two imports of the same file would else both find a record missing."""
    lock, key = "advisory_xact_lock(hashtextextended(%s, 7))", [str(plan.pk)]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_{lock}", key)
        if cursor.fetchone() != (True,):
            on_wait()
            cursor.execute(f"SELECT pg_{lock}", key)


def _take(intake: Intake) -> None:
    digest = _digest(intake.unit, intake.feed)
    earlier = ImportedUnit.objects.filter(plan=intake.plan, digest=digest).first()
    if earlier and earlier.whole and not (intake.settle or intake.again):
        intake.outcome.passed_over = True
        intake.outcome.problems += [one for one in intake.unit if isinstance(one, Problem)]
        return
    if earlier:
        intake.id, intake.only_missing = earlier.pk, not intake.again
        intake.first_taken = earlier.finished_at
    _take_patients(intake)
    entries = _good_entries(intake)
    while batch := list(islice(entries, intake.unit.batch)):
        _take_batch(intake, batch)
        intake.report(intake.outcome)
    _record_lines(intake)
    if digest:
        _remember(intake, digest, earlier)


def is_in_already(plan: Plan, unit: Unit, feed: str) -> bool:
    digest = _digest(unit, feed)
    return ImportedUnit.objects.filter(plan=plan, digest=digest, whole=True).exists()


def _digest(unit: Unit, feed: str) -> bytes:
    """Of the content and the feed: the same file from another source is other records."""
    return hashlib.sha256(f"{feed}|{unit.sha256}".encode()).digest() if unit.sha256 else b""


def _take_patients(intake: Intake) -> None:
    """People first: their records may stand before them in the file."""
    found, spoiled = [], []
    for one in intake.unit:
        if isinstance(one, Problem):
            spoiled += [one.patient] if one.patient else []
            continue
        if goes_by_another_name(one):
            intake.names.add(one.full_url, one.resource, one.id)
        if one.type in {"Patient", medications.TYPE, attachments.BINARY}:
            # What records point at by names that this unit alone gives.
            intake.index.add(one.full_url, one.resource, one.id)
            if one.type == "Patient":
                found.append(one)
            intake.has_files |= one.type == attachments.BINARY
    if len(found) == 1 and not spoiled and not intake.unit.searched:
        intake.only = name_of(found[0])
    links = _links(intake, found)
    for entry in found:
        _take_patient(intake, entry, links.get(name_of(entry)))
    patients.keep_addresses(
        plan=intake.plan,
        feed=intake.feed,
        addresses={
            entry.full_url: intake.people[name]
            for entry in found
            if (name := name_of(entry)) in intake.people and entry.full_url
        },
    )
    links = _links(intake, spoiled) if spoiled else {}
    for entry in spoiled:
        link = links.get(name_of(entry))
        if link and identity.is_someone_else(link.member, entry.resource, spoiled=True):
            _hold(intake, link, name_of(entry))


def name_of(patient: Entry) -> str:
    return f"Patient/{patient.id}"


def _links(intake: Intake, found: list[Entry]) -> dict[str, PatientLink]:
    names = [name_of(entry) for entry in found]
    return patients.linked(plan=intake.plan, feed=intake.feed, names=names)


def _take_patient(intake: Intake, entry: Entry, link: PatientLink | None) -> None:
    name, ahead = name_of(entry), intake.ahead
    key, apart = patients.source_key(intake.feed, entry.id), link is not None and link.apart
    if link and intake.settle and _goes_apart(intake, entry, link):
        key, apart, link = patients.key_apart(intake.feed, entry.id), True, None
        ahead.others.discard(name)
    is_mixed = link is not None and name in ahead.others
    if link and link.held_at and intake.settle and not is_mixed:
        patients.settle(link)
    member, reason = patients.find_or_create(
        plan=intake.plan, key=key, patient=entry.resource, link=link
    )
    if member and not is_mixed:
        intake.know(name, member, apart=apart)
        asked = identity.questions(member, entry.resource, was_known=link is not None)
        intake.outcome.notes += [Problem(intake.unit.source, entry.position, one) for one in asked]
        return
    intake.set_aside(entry.position, reason or patients.held())
    _hold(intake, link, name)


def _goes_apart(intake: Intake, entry: Entry, link: PatientLink) -> bool:
    # What has both of them doesn't say whose the rest is.
    return name_of(entry) not in intake.ahead.firsts and patients.may_go_apart(
        link, feed=intake.feed, id=entry.id, patient=entry.resource
    )


def _hold(intake: Intake, link: PatientLink | None, name: str) -> None:
    """Nobody's file takes what names this person: neither in this unit nor in a later one."""
    intake.strangers.add(name)
    intake.people.pop(name, None)
    if link and not link.held_at:
        patients.hold(link)
        intake.held[link.member_id] += 1


def _good_entries(intake: Intake) -> Iterator[Entry]:
    for one in intake.unit:
        if isinstance(one, Problem):
            intake.outcome.problems.append(one)
        else:
            yield one


def _take_batch(intake: Intake, batch: list[Entry]) -> None:
    shared = [entry for entry in batch if entry.type in kinds.DIRECTORY_TYPES]
    written = directory.keep(
        plan=intake.plan,
        unit=intake.unit,
        feed=intake.feed,
        received_at=intake.received_at,
        entries=shared,
        outcome=intake.outcome,
        only_missing=intake.only_missing,
    )
    tagging.medicines_came(intake.plan, written)
    owned = [entry for entry in batch if entry.type not in kinds.DIRECTORY_TYPES]
    of_records: list[Entry] = []
    keep(intake, by_member(intake, owned, of_records))
    keep(intake, by_target(intake, of_records))


def _record_lines(intake: Intake) -> None:
    unit: Any = {"object_kind": "imported_unit", "object_id": intake.id}
    grounds: Any = {"purpose": PURPOSE, "basis": BASIS}
    trail.record_each("records.imported", _counts(intake.lines), **unit, **grounds)
    if intake.moved:
        trail.record_each("records.moved", _counts(intake.moved), **unit, **grounds)
        # Someone could read what is another person's: the privacy office asks who did.
        raise_alarm(Alarm("misfiled", intake.plan.pk, intake.id))
    if intake.held:
        trail.record_each("records.held", _counts(intake.held), **unit, **grounds)
        # What came before under this id may be in the wrong file: somebody has to look.
        raise_alarm(Alarm("mixed", intake.plan.pk, intake.id))


def _counts(lines: Counter[UUID]) -> dict[UUID, dict[str, str | int]]:
    return {member_id: {"count": count} for member_id, count in lines.items() if count}


def _remember(intake: Intake, digest: bytes, earlier: ImportedUnit | None) -> None:
    outcome = intake.outcome
    counts = {
        "added": outcome.added.total(),
        "changed": outcome.changed.total(),
        "unchanged": outcome.unchanged.total(),
        "set_aside": len(outcome.problems),
    }
    if earlier is None and (outcome.taken or intake.refused):
        ImportedUnit.objects.create(
            id=intake.id,
            plan=intake.plan,
            digest=digest,
            feed=intake.feed,
            counts=counts,
            whole=not intake.refused,
        )
    elif earlier and (intake.again or outcome.added or not intake.refused):
        if intake.again:
            earlier.finished_at = intake.received_at
        counts["added"] += earlier.counts["added"]
        earlier.counts, earlier.whole = counts, not intake.refused
        earlier.save(update_fields=["counts", "whole", "finished_at"])
