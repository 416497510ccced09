"""A first look at the people of a delivery, before any record of it is in somebody's file."""

from collections.abc import Iterator

from accounts.models import Plan
from phi_records import identity, patients
from phi_records.actions import units
from phi_records.actions.intake import Ahead
from phi_records.fhir.reader import Entry, Problem, Unit
from phi_records.fhir.sources import Refused
from phi_records.models import PatientLink
from portal.base import context


def knows_anyone(plan: Plan) -> bool:
    with context.system(units.CLIENT, plan.pk):
        return PatientLink.objects.filter(plan=plan).exists()


def look_ahead(*, plan: Plan, unit: Unit, feed: str, ahead: Ahead, again: bool = False) -> None:
    """Adds who comes under an id that was another person's before.

    Their records may stand before them in the delivery, so this is asked of all of it first.
    """
    try:
        found = list(_people(unit))
    except (Refused, *units.BROKEN):
        return  # Told when it is taken.
    if not found:
        return
    with context.system(units.CLIENT, plan.pk):
        if again or not units.is_in_already(plan, unit, feed):
            _compare(plan, feed, found, ahead)


def _compare(plan: Plan, feed: str, found: list[tuple[Entry, bool]], ahead: Ahead) -> None:
    names = [units.name_of(person) for person, _spoiled in found]
    links = patients.linked(plan=plan, feed=feed, names=names)
    for name, (person, spoiled) in zip(names, found, strict=True):
        if link := links.get(name):
            if identity.is_someone_else(link.member, person.resource, spoiled=spoiled):
                ahead.others.add(name)
            elif link.held_at:
                ahead.firsts.add(name)


def _people(unit: Unit) -> Iterator[tuple[Entry, bool]]:
    """Each with whether it was spoiled."""
    for one in unit:
        if isinstance(one, Problem):
            if one.patient:
                yield one.patient, True
        elif one.type == "Patient":
            yield one, False
