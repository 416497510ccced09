"""A record that its source, later, says is about another patient."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from accounts.models import Member, Plan, User
from consents.question import Tag
from disclosures.models import Incident, IncidentKind
from phi_records import actions, copies, marks
from phi_records.access import resource_of
from phi_records.actions.marking import mark_record
from phi_records.fhir.reader import read
from phi_records.models import RecordItem, StaffTag
from portal.base import context
from portal.base.audit.models import Event
from portal.base.files.models import SealedFile
from portal.base.ids import uuid7
from portal.base.jobs.models import Job, JobState
from tests.messaging.conftest import acting
from tests.phi_records.bundles import bundle, document, observation, patient

UNIVERSAL = "6f1c2c1e-0f7b-4b52-9a53-6a9d7f0c7a11"


def about(resource: dict[str, Any], patient_id: str) -> dict[str, Any]:
    return {**resource, "subject": {"reference": f"Patient/{patient_id}"}}


def take(
    plan: Plan, folder: Path, text: str, *, feed: str = "lab", move: bool = False
) -> actions.Outcome:
    path = folder / "delivery.json"
    path.write_text(text)
    [unit] = read([path])
    return actions.import_unit(plan=plan, unit=unit, feed=feed, move=move)


def two_people(plan: Plan, folder: Path, *firsts: dict[str, Any]) -> tuple[Member, Member]:
    """Ana, whom the first resources are about, and Ben, who has none."""
    people = (patient("M1"), patient("M2", "Lee", "p2"))
    take(plan, folder, bundle(*people, *(about(one, "p1") for one in firsts)))
    with context.system("test", plan.pk):
        ana, ben = Member.objects.filter(plan=plan).order_by("pk")
    return ana, ben


def held(member: Member) -> dict[str, str]:
    with context.system("test", member.plan_id), context.about_member(member.pk):
        rows = RecordItem.objects.filter(member=member).exclude(resource_type="Patient")
        return {str(resource_of(row)["id"]): row.resource_type for row in rows}


def told(plan: Plan, action: str) -> list[tuple[Any, Any]]:
    with context.system("test", plan.pk):
        lines = Event.objects.filter(action=action, plan_id=plan.pk).order_by("pk")
        return [(line.member_id, line.facts) for line in lines]


def incidents(plan: Plan) -> int:
    with context.system("test", plan.pk):
        return Incident.objects.filter(plan=plan, kind=IncidentKind.MISFILED).count()


def test_it_is_set_aside_until_someone_says_that_it_moves(plan: Plan, tmp_path: Path) -> None:
    ana, ben = two_people(plan, tmp_path, observation("o1"))
    put_right = bundle(about(observation("o1"), "p2"), about(observation("o2"), "p2"))
    # Told each time, so that the run with --move still finds it.
    for _time in range(2):
        [problem] = take(plan, tmp_path, put_right).problems
        assert "run this file again with --move" in problem.reason
    assert (held(ana), held(ben)) == ({"o1": "Observation"}, {"o2": "Observation"})
    assert (told(plan, "records.moved"), incidents(plan)) == ([], 0)

    again = take(plan, tmp_path, put_right, move=True)
    assert (again.problems, again.added.total(), again.unchanged.total()) == ([], 1, 1)
    assert (held(ana), held(ben)) == ({}, {"o1": "Observation", "o2": "Observation"})
    assert told(plan, "records.moved") == [(ana.pk, {"count": 1})]
    assert incidents(plan) == 1


def test_each_delivery_that_moves_something_is_a_report(plan: Plan, tmp_path: Path) -> None:
    two_people(plan, tmp_path, observation("o1"), observation("o2"))
    for number, id in enumerate(("o1", "o2"), 1):
        take(plan, tmp_path, bundle(about(observation(id), "p2")), move=True)
        assert incidents(plan) == number


def test_a_copy_that_still_holds_it_is_withdrawn(plan: Plan, tmp_path: Path) -> None:
    ana, ben = two_people(plan, tmp_path, observation("o1"))
    with context.system("test", plan.pk), context.about_member(ana.pk):
        job = Job.objects.create(
            id=uuid7(), plan_id=plan.pk, member_id=ana.pk, owner_id=uuid7(), kind=copies.KIND
        )
    take(plan, tmp_path, bundle(about(observation("o1"), "p2")), move=True)
    with context.system("test", plan.pk):
        assert Job.objects.get(pk=job.pk).state == JobState.STOPPED
    assert held(ben)


def test_moving_twice_changes_nothing_more(plan: Plan, tmp_path: Path) -> None:
    ana, ben = two_people(plan, tmp_path, observation("o1"))
    for _time in range(2):
        take(plan, tmp_path, bundle(about(observation("o1"), "p2")), move=True)
    assert (held(ana), held(ben)) == ({}, {"o1": "Observation"})
    assert (len(told(plan, "records.moved")), incidents(plan)) == (1, 1)


def test_what_was_attached_goes_with_it(plan: Plan, tmp_path: Path) -> None:
    letter = document("d1", b"For Ben alone. " * 2000)
    ana, ben = two_people(plan, tmp_path, letter)
    take(plan, tmp_path, bundle(about(letter, "p2")), move=True)
    with context.system("test", plan.pk):
        for member, open_files in ((ana, 0), (ben, 1)):
            with context.about_member(member.pk):
                files = SealedFile.objects.filter(member_id=member.pk, removed_at=None)
                assert files.count() == open_files


@pytest.mark.parametrize("move", [False, True])
def test_an_older_delivery_read_again_does_not_move_it_back(
    plan: Plan, tmp_path: Path, move: bool
) -> None:
    first = [about(observation("o1"), "p1"), about(observation("o9"), "p9")]
    people = (patient("M1"), patient("M2", "Lee", "p2"))
    older = bundle(*people, *first)
    # Not whole: it waits for p9, so a next run reads it again.
    assert take(plan, tmp_path, older).waiting == 1
    take(plan, tmp_path, bundle(about(observation("o1"), "p2")), move=True)
    with context.system("test", plan.pk):
        ana, ben = Member.objects.filter(plan=plan).order_by("pk")
    take(plan, tmp_path, older, move=move)
    assert (held(ana), held(ben)) == ({}, {"o1": "Observation"})


@pytest.mark.parametrize("move", [False, True])
def test_another_source_takes_nothing_out(plan: Plan, tmp_path: Path, move: bool) -> None:
    ana, ben = two_people(plan, tmp_path, observation(UNIVERSAL))
    text = bundle(patient("M2", "Lee", "other"), about(observation(UNIVERSAL), "other"))
    outcome = take(plan, tmp_path, text, feed="elsewhere", move=move)
    [problem] = outcome.problems
    assert "from another source" in problem.reason
    assert (held(ana), held(ben)) == ({UNIVERSAL: "Observation"}, {})


def test_nobody_but_an_import_asks_in_whose_file_a_record_is(plan: Plan, tmp_path: Path) -> None:
    two_people(plan, tmp_path, observation(UNIVERSAL))
    asked = "SELECT count(*) FROM phi_records_known(ARRAY['Observation'], ARRAY[%s])"
    counts = {}
    for role in ("system", "member", "care_worker", "privacy_officer"):
        bound = context.AccessContext(plan_id=plan.pk, role=role)
        with transaction.atomic(), context.bind(bound), connection.cursor() as cursor:
            cursor.execute(asked, [UNIVERSAL])
            counts[role] = cursor.fetchone()[0]
    assert counts == {"system": 1, "member": 0, "care_worker": 0, "privacy_officer": 0}


@pytest.mark.promise("AH2")
@pytest.mark.parametrize("stands_there", [False, True], ids=["new there", "there already"])
def test_an_officers_mark_goes_with_it(
    plan: Plan, privacy_officer: User, tmp_path: Path, stands_there: bool
) -> None:
    ana, ben = two_people(plan, tmp_path, observation("o1"))
    if stands_there:
        stand_in_both(ana, ben)
    word(privacy_officer, ana, Tag.HIV, on=True)
    word(privacy_officer, ana, Tag.ENDANGERMENT_HOLD, on=True)
    word(privacy_officer, ana, Tag.HIV, on=False)
    take(plan, tmp_path, bundle(about(observation("o1"), "p2")), move=True)
    assert (held(ana), held(ben)) == ({}, {"o1": "Observation"})
    assert tags_and_words(ben) == (
        {Tag.ENDANGERMENT_HOLD},
        [("+hiv", "Why on"), ("+endangerment_hold", "Why on"), ("-hiv", "Why off")],
    )
    # The next delivery, and a look at the lists, keep to it.
    changed = {**observation("o1"), "status": "amended"}
    take(plan, tmp_path, bundle(about(changed, "p2")))
    call_command("tag_records", "--plan", plan.slug, stdout=StringIO(), stderr=StringIO())
    assert tags_and_words(ben)[0] == {Tag.ENDANGERMENT_HOLD}


def test_told_twice_in_one_delivery_it_moves_once(plan: Plan, tmp_path: Path) -> None:
    ana, ben = two_people(plan, tmp_path, observation("o1"))
    twice = [about(observation("o1"), "p2")] * 2
    take(plan, tmp_path, bundle(*twice), move=True)
    assert (held(ana), held(ben)) == ({}, {"o1": "Observation"})
    assert told(plan, "records.moved") == [(ana.pk, {"count": 1})]


def the_record(member: Member) -> RecordItem:
    return RecordItem.objects.filter(member=member).exclude(resource_type="Patient").get()


def stand_in_both(ana: Member, ben: Member) -> None:
    """As before records were kept to one file."""
    with context.system("test", ana.plan_id):
        with context.about_member(ana.pk):
            row = the_record(ana)
            row.content  # noqa: B018
        row.pk, row.member_id, row.record_holder_id = uuid7(), ben.pk, ben.record_holder_id
        row.file_name, row._state.adding = "", True
        with context.about_member(ben.pk):
            row.save(force_insert=True)


def word(by: User, member: Member, tag: Tag, *, on: bool) -> None:
    with context.system("test", member.plan_id), context.about_member(member.pk):
        id = the_record(member).pk
    with acting(by):
        mark_record(by=by, record_id=id, tag=tag, on=on, reason=f"Why {'on' if on else 'off'}")


def tags_and_words(member: Member) -> tuple[set[Tag], list[tuple[str, str]]]:
    with context.system("test", member.plan_id), context.about_member(member.pk):
        row = the_record(member)
        said = StaffTag.objects.filter(record_id=row.pk).order_by("said_at")
        return set(marks.of(row)), [(one.word.strip(), one.reason) for one in said]
