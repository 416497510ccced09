from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Member
from phi_records import patients
from phi_records.actions.intake import Intake
from phi_records.fhir import references
from phi_records.fhir.reader import Entry


@dataclass
class Owned:
    member: Member
    # Whether their ids are kept to their feed.
    apart: bool
    entries: list[Entry] = field(default_factory=list)


def by_member(intake: Intake, entries: list[Entry]) -> Iterable[Owned]:
    subjects = [(entry, _subject(intake, entry)) for entry in entries]
    _look_up(intake, {name for _entry, name in subjects if name})
    grouped: dict[tuple[UUID, bool], Owned] = {}
    for entry, name in subjects:
        member = intake.people.get(name) if name else None
        if member is not None:
            apart = name in intake.apart
            owned = grouped.setdefault((member.pk, apart), Owned(member, apart))
            owned.entries.append(entry)
        elif entry.type != "Patient":
            _set_ownerless_aside(intake, entry, name)
    return grouped.values()


def _subject(intake: Intake, entry: Entry) -> str | None:
    if entry.type == "Patient":
        return f"Patient/{entry.id}"
    found = references.subject_of(entry.resource, intake.index)
    if found:
        return found
    if references.names_a_patient(entry.resource) or not entry.full_url:
        return None
    # What a bundle about one person holds is that person's, such as who wrote it.
    only = intake.only
    if only and references.may_name_another(entry.resource, only, intake.index):
        return None
    return only


def _look_up(intake: Intake, names: set[str]) -> None:
    missing = names - intake.people.keys() - intake.strangers
    if not missing:
        return
    for name, link in patients.linked(plan=intake.plan, feed=intake.feed, names=missing).items():
        if link.held_at or name in intake.ahead.others:
            intake.strangers.add(name)
        else:
            intake.know(name, link.member, apart=link.apart)


def _set_ownerless_aside(intake: Intake, entry: Entry, name: str | None) -> None:
    if name or references.names_a_patient(entry.resource):
        intake.outcome.waiting += 1
        intake.set_aside(entry.position, _said(intake, entry, name))
    else:
        intake.set_aside(entry.position, _("It does not say which patient it is about."))


def _said(intake: Intake, entry: Entry, name: str | None) -> str:
    if name in intake.strangers:
        return _("The patient whom it is about was set aside, so it is in nobody's file.")
    if name or references.refers_to_someone(entry.resource):
        return _("The patient whom it is about is not in this plan.")
    return _("It names its patient without a reference, so nobody can be found for sure.")
