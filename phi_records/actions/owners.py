"""In whose file a record goes: in one person's, or in nobody's."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Member
from phi_records import patients
from phi_records.actions import known
from phi_records.actions.intake import Intake
from phi_records.actions.known import Known
from phi_records.attachments import BINARY
from phi_records.fhir import kinds, references, words
from phi_records.fhir.reader import Entry

_Found = TypeVar("_Found")


@dataclass
class Owned:
    member: Member
    # Whether their ids are kept to their feed.
    apart: bool
    entries: list[Entry] = field(default_factory=list)


class _Grouped:
    def __init__(self) -> None:
        self._by_member: dict[tuple[UUID, bool], Owned] = {}

    def put(self, entry: Entry, member: Member, *, apart: bool) -> None:
        owned = self._by_member.setdefault((member.pk, apart), Owned(member, apart))
        owned.entries.append(entry)

    def all(self) -> Iterable[Owned]:
        return self._by_member.values()


def by_member(intake: Intake, entries: list[Entry], of_records: list[Entry]) -> Iterable[Owned]:
    """What names no patient and tells of other records is put with `of_records`: those go first."""
    subjects = _asked(intake, lambda: [(entry, _subjects(intake, entry)) for entry in entries])
    if intake.has_files:
        subjects = _with_files(intake, subjects)
    _look_up(intake, {name for _entry, names in subjects for name in names})
    grouped = _Grouped()
    for entry, names in subjects:
        name = _one_person(intake, names)
        if name:
            grouped.put(entry, intake.people[name], apart=name in intake.apart)
        elif not names and _targets(intake, entry):
            of_records.append(entry)
        elif entry.type != "Patient":
            _set_ownerless_aside(intake, entry, names)
    return grouped.all()


def _with_files(
    intake: Intake, subjects: list[tuple[Entry, list[str]]]
) -> list[tuple[Entry, list[str]]]:
    """A file that says of nobody whose it is goes where the papers go that point at it."""
    papers: dict[str, dict[str, None]] = {}
    for entry, names in subjects:
        for one in references.files_in(entry.resource):
            name = intake.index.resolve(one["url"]) or ""
            papers.setdefault(name, {}).update(dict.fromkeys(names))
    return [
        (entry, names or (list(papers.get(f"{BINARY}/{entry.id}", ())) if _is_open(entry) else []))
        for entry, names in subjects
    ]


def _is_open(entry: Entry) -> bool:
    return entry.type == BINARY and "securityContext" not in entry.resource


def by_target(intake: Intake, entries: list[Entry]) -> Iterable[Owned]:
    """A Provenance goes where the records are that it tells of, if all are one person's. So does a
    file that says with which record it is held: until that is here, it is in nobody's file."""
    targets = [_targets(intake, entry) for entry in entries]
    here = known.look_up_keys(
        [
            (one[0], key)
            for several in targets
            for one in several
            if one
            for key in _keys(intake, one)
        ]
    )
    named = _asked(
        intake,
        lambda: [references.patients_in(entry.resource, intake.index) for entry in entries],
    )
    _look_up(intake, {name for names in named for name in names})
    grouped = _Grouped()
    for entry, several, names in zip(entries, targets, named, strict=True):
        found = _holders(intake, several, here)
        others = {intake.people[name].pk if name in intake.people else None for name in names}
        if not found:
            intake.outcome.waiting += 1
            intake.set_aside(entry.position, _not_here(entry))
        elif len(found) > 1 or others - {member_id for member_id, _apart in found}:
            intake.set_aside(entry.position, _of_several())
        else:
            [(member_id, apart)] = found
            member = patients.member_of(intake.plan, member_id)
            if patients.takes_records(member):
                grouped.put(entry, member, apart=apart)
            else:
                intake.set_aside(entry.position, patients.destroyed())
    return grouped.all()


def _not_here(entry: Entry) -> str:
    if entry.type == "Binary":
        return _("The record that this file is held with is not here.")
    return _("The records that it tells of are not all here.")


def _targets(intake: Intake, entry: Entry) -> list[tuple[str, str] | None]:
    if entry.type != "Binary" or not entry.resource.get("securityContext"):
        return references.targets_of(entry.resource)
    said = words.text(words.fields(entry.resource["securityContext"]).get("reference"))
    # Of its own server, as far as it says where it is.
    said = said.removeprefix(f"{entry.full_url.partition('/Binary/')[0]}/")
    name = intake.index.resolve(said) or intake.names.resolve(said) or said
    found = references.type_and_id(name) if "://" not in name else None
    return [] if found and found[0] == "Patient" else [found]


def _keys(intake: Intake, target: tuple[str, str]) -> list[str]:
    """What is kept to its feed goes before what another feed has under the same id."""
    return [patients.key_apart(intake.feed, target[1]), patients.source_key(intake.feed, target[1])]


def _holders(
    intake: Intake, targets: list[tuple[str, str] | None], here: Known
) -> set[tuple[UUID, bool]]:
    """In whose files they are, and whether kept to their feed; nobody's if one is not here."""
    found: set[tuple[UUID, bool]] = set()
    for one in targets:
        if one and one[0] in kinds.DIRECTORY_TYPES:
            continue
        keys = _keys(intake, one) if one else []
        key = next((key for key in keys if one and here.holders(one[0], key)), None)
        if one is None or key is None:
            return set()
        found |= {(id, key != keys[-1]) for id in here.holders(one[0], key)}
    return found


def _one_person(intake: Intake, names: list[str]) -> str | None:
    """By one of their names, if all of them are one person's."""
    people = {intake.people[name].pk if name in intake.people else None for name in names}
    return names[0] if len(people) == 1 and None not in people else None


def _subjects(intake: Intake, entry: Entry) -> list[str]:
    if entry.type == "Patient":
        return [f"Patient/{entry.id}"]
    found = references.subjects_of(entry.resource, intake.index)
    if entry.type == "Binary" and _targets(intake, entry):
        return []
    if found:
        return found
    if references.names_a_patient(entry.resource) or not entry.full_url:
        return []
    # What a bundle about one person holds is that person's, such as who wrote it.
    only = intake.only
    if not only or references.may_name_another(entry.resource, only, intake.index):
        return []
    return [only]


def _asked(intake: Intake, ask: Callable[[], _Found]) -> _Found:
    """Asked once more if somebody came in an earlier file under an address that turned up."""
    found = ask()
    asked, intake.asked = intake.asked, set()
    if not asked:
        return found
    known = patients.addressed(plan=intake.plan, feed=intake.feed, addresses=asked)
    intake.addresses |= dict.fromkeys(asked, "") | known
    return ask() if known else found


def _look_up(intake: Intake, names: set[str]) -> None:
    missing = names - intake.people.keys() - intake.strangers
    if not missing:
        return
    for name, link in patients.linked(plan=intake.plan, feed=intake.feed, names=missing).items():
        if link.held_at or name in intake.ahead.others:
            intake.strangers.add(name)
        else:
            intake.know(name, link.member, apart=link.apart)


def _set_ownerless_aside(intake: Intake, entry: Entry, names: list[str]) -> None:
    if names or references.names_a_patient(entry.resource):
        intake.outcome.waiting += 1
        intake.set_aside(entry.position, _said(intake, entry, names))
    elif entry.type == BINARY:
        reason = _(
            "A file alone (Binary) does not say whose it is. Ask the source for its securityContext"
            " with the patient, or for one bundle with the patient and the paper that points at it."
        )
        intake.set_aside(entry.position, reason)
    else:
        intake.set_aside(entry.position, _("It does not say which patient it is about."))


def _said(intake: Intake, entry: Entry, names: list[str]) -> str:
    if len(names) > 1:
        return _of_several()
    if intake.strangers.intersection(names):
        return _("The patient whom it is about was set aside, so it is in nobody's file.")
    if not names and references.named_in_a_bundle(entry.resource):
        return _(
            "It names its patient by an address that begins with “urn:”. That means something"
            " within one bundle that holds the patient too. Ask the source for such a bundle, or"
            " for references such as “Patient/” with the id."
        )
    if any("://" in name for name in names) or references.named_by_address(entry.resource):
        return _(
            "It names its patient by the full address on a server, and nobody came under that"
            " address in this feed. Take in the bundle with the patient whose fullUrl it is, or ask"
            " the source for references such as “Patient/” with the id."
        )
    if names or references.refers_to_someone(entry.resource):
        return _("The patient whom it is about is not in this plan.")
    return _("It names its patient without a reference, so nobody can be found for sure.")


def _of_several() -> str:
    return _("It is about more than one patient, so it is in nobody's file.")
