"""Everything a demo plan holds, from a seed and a day."""

from datetime import date
from random import Random

from portal.demo.fhir import shared_records
from portal.demo.people import make_members, make_staff, make_teams
from portal.demo.records import make_records
from portal.demo.shapes import DemoPlan
from portal.demo.tables import PLAN_NAMES
from portal.demo.threads import make_threads

SEED = 2026


def generate(plan_slug: str, today: date, seed: int = SEED) -> DemoPlan:
    # A stream of chance for each person: a change to one doesn't ripple through all.
    def chance(stream: object) -> Random:
        return Random(f"{seed}/{plan_slug}/{stream}")  # noqa: S311

    members = make_members(plan_slug, today, chance("people"))
    staff = make_staff(plan_slug)
    records = {
        member.id: make_records(plan_slug, member, today, chance(member.id)) for member in members
    }
    return DemoPlan(
        slug=plan_slug,
        name=PLAN_NAMES[plan_slug],
        members=members,
        staff=staff,
        teams=make_teams(plan_slug, staff),
        shared_records=shared_records(plan_slug),
        records=records,
        threads=make_threads(plan_slug, members, staff, today, chance("threads")),
    )
