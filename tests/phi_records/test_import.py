import json
import os
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Member, Plan
from phi_records import actions, patients
from phi_records.access import resource_of
from phi_records.fhir.reader import files, read
from phi_records.models import DirectoryEntry, ImportedUnit, RecordItem
from portal.base import context
from portal.base.audit import trail
from portal.base.audit.models import Event
from portal.base.crypto import keyring
from tests.factories import destroy_key
from tests.phi_records.bundles import bundle, load, observation, patient


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def members(plan: Plan) -> list[Member]:
    with context.system("test", plan.pk):
        return list(Member.objects.filter(plan=plan))


def records(member: Member) -> list[RecordItem]:
    with context.system("test", member.plan_id), context.about_member(member.pk):
        return list(RecordItem.objects.filter(member=member).order_by("resource_type", "pk"))


def lines(plan: Plan) -> list[Event]:
    with context.system("test", plan.pk):
        return list(Event.objects.filter(action="records.imported", plan_id=plan.pk))


def test_a_bundle_makes_its_member_and_their_records(plan: Plan, tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", bundle(observation("o1"), patient("M1")))
    [outcome] = load(plan, path)
    assert outcome.added == {"Observation": 1, "Patient": 1}
    [member] = members(plan)
    assert (member.full_name, member.member_number) == ("Ana Diaz", "M1")
    found = records(member)[0]
    assert (found.kind, str(found.happened_on)) == ("tests", "2024-05-06")
    assert (found.feed, found.file_name, found.file_position) == ("lab", "a.json", 1)


def test_a_new_person_costs_few_statements(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # First of its process or not, and however slow: else keys are looked at again.
    monkeypatch.setattr(keyring, "EPOCH_SECONDS", float("inf"))
    several = [observation(f"o{n}") for n in range(60)]
    path = write(tmp_path, "a.json", bundle(patient("M1"), *several))
    with CaptureQueriesContext(connection) as seen:
        load(plan, path)
    told = [one["sql"] for one in seen]
    for table in ("base_keyholder", "accounts_member", "phi_records_recorditem"):
        assert sum(f'INSERT INTO "{table}"' in sql for sql in told) == 1, table
    # Keys that were just made are not read back.
    assert not any('FROM "base_keyholder" WHERE' in sql for sql in told)


def test_a_record_stands_under_its_day_in_the_plans_zone(plan: Plan, tmp_path: Path) -> None:
    late = {**observation("o1"), "effectiveDateTime": "2024-05-07T01:00:00Z"}
    load(plan, write(tmp_path, "a.json", bundle(patient("M1"), late)))
    assert str(records(members(plan)[0])[0].happened_on) == "2024-05-06"


def test_numbers_keep_their_digits(plan: Plan, tmp_path: Path) -> None:
    text = bundle(patient("M1"), observation("o1")).replace("6.4,", "6.40,")
    load(plan, write(tmp_path, "a.json", text))
    assert str(resource_of(records(members(plan)[0])[0])["valueQuantity"]["value"]) == "6.40"


def test_the_same_file_twice_changes_nothing(plan: Plan, tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", bundle(patient("M1"), observation("o1")))
    load(plan, path)
    before = [(row.pk, row.received_at) for row in records(members(plan)[0])]
    [again] = load(plan, path)
    assert again.passed_over
    assert not again.taken
    assert [(row.pk, row.received_at) for row in records(members(plan)[0])] == before
    assert len(lines(plan)) == 1


def test_what_came_later_stays_when_a_part_that_waits_is_read_again(
    plan: Plan, tmp_path: Path
) -> None:
    stray = {**observation("o9"), "subject": {"reference": "Patient/p9"}}
    old = write(tmp_path, "a.json", bundle(patient("M1"), observation("o1", "Old"), stray))
    new = write(tmp_path, "b.json", bundle(observation("o1", "New"), patient("M1", family="Ruiz")))
    load(plan, old)
    load(plan, new)
    [again] = load(plan, old)
    assert (again.waiting, again.changed.total()) == (1, 0)
    [member] = members(plan)
    assert member.family_name == "Ruiz"
    assert resource_of(records(member)[0])["code"]["text"] == "New"
    load(plan, write(tmp_path, "c.json", bundle(patient("M9", family="Lee", id="p9"))))
    [last] = load(plan, old)
    assert last.added == {"Observation": 1}
    assert load(plan, old)[0].passed_over


def test_lines_of_many_members_take_few_round_trips(
    plan: Plan, tmp_path: Path, django_assert_max_num_queries: Callable[..., object]
) -> None:
    people = [patient(f"M{n}", family=f"Diaz{n}", id=f"p{n}") for n in range(60)]
    load(plan, write(tmp_path, "a.ndjson", "\n".join(map(json.dumps, people))))
    several = [{**observation(f"o{n}"), "subject": {"reference": f"Patient/p{n % 60}"}}
               for n in range(300)]  # fmt: skip
    path = write(tmp_path, "b.ndjson", "\n".join(map(json.dumps, several)))
    with django_assert_max_num_queries(25):  # type: ignore[attr-defined]
        [outcome] = load(plan, path)
    assert outcome.added.total() == 300
    assert [len(records(member)) for member in members(plan)] == [6] * 60
    assert len(lines(plan)) == 120


def test_the_same_records_in_another_order_are_unchanged(plan: Plan, tmp_path: Path) -> None:
    load(plan, write(tmp_path, "a.json", bundle(patient("M1"), observation("o1"))))
    turned = dict(reversed(observation("o1").items()))
    [again] = load(plan, write(tmp_path, "b.json", bundle(turned, patient("M1"))))
    assert again.unchanged == {"Observation": 1, "Patient": 1}
    assert len(lines(plan)) == 1


def test_a_newer_word_replaces_content_and_keeps_the_id(plan: Plan, tmp_path: Path) -> None:
    load(plan, write(tmp_path, "a.json", bundle(patient("M1"), observation("o1", "Old"))))
    first = records(members(plan)[0])[0]
    [outcome] = load(plan, write(tmp_path, "b.json", bundle(patient("M1"), observation("o1"))))
    now = records(members(plan)[0])[0]
    assert outcome.changed == {"Observation": 1}
    assert (now.pk, resource_of(now)["code"]["text"]) == (first.pk, "Canary potassium")


def test_a_changed_patient_changes_the_member(plan: Plan, tmp_path: Path) -> None:
    load(plan, write(tmp_path, "a.json", bundle(patient("M1"))))
    load(plan, write(tmp_path, "b.json", bundle(patient("M1", family="Ruiz"))))
    assert [member.family_name for member in members(plan)] == ["Ruiz"]


def test_the_same_id_from_another_feed_is_another_record(plan: Plan, tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", bundle(patient("M1"), observation("o1")))
    load(plan, path, feed="lab")
    load(plan, path, feed="clinic")
    [member] = members(plan)
    assert len(records(member)) == 4


def test_two_people_under_one_number_are_not_mixed(plan: Plan, tmp_path: Path) -> None:
    load(plan, write(tmp_path, "a.json", bundle(patient("M1"))))
    other = {**patient("M1", family="Cho", id="p2")}
    about = {**observation("o2"), "subject": {"reference": "Patient/p2"}}
    [outcome] = load(plan, write(tmp_path, "b.json", bundle(other, about)))
    assert not outcome.taken
    assert [one.position for one in outcome.problems] == [1, 2]
    assert len(records(members(plan)[0])) == 1


def test_one_person_in_two_plans_is_two_members(
    plan: Plan, other_plan: Plan, tmp_path: Path
) -> None:
    path = write(tmp_path, "a.json", bundle(patient("M1"), observation("o1")))
    load(plan, path)
    [outcome] = load(other_plan, path)
    assert outcome.added.total() == 2
    assert members(plan)[0].pk != members(other_plan)[0].pk
    assert len(lines(plan)) == len(lines(other_plan)) == 1


def test_bad_resources_are_set_aside_and_the_rest_goes_in(plan: Plan, tmp_path: Path) -> None:
    bad = {**observation("o2"), "effectiveDateTime": "2023-02-30"}
    text = bundle(patient("M1"), bad, observation("o1"))
    [outcome] = load(plan, write(tmp_path, "a.json", text))
    assert outcome.added == {"Patient": 1, "Observation": 1}
    assert [(one.file, one.position) for one in outcome.problems] == [("a.json", 2)]
    assert "2023-02-30" not in outcome.problems[0].reason


def test_a_record_of_nobody_here_waits(plan: Plan, tmp_path: Path) -> None:
    [outcome] = load(plan, write(tmp_path, "a.json", bundle(observation("o1"))))
    assert (outcome.waiting, outcome.taken) == (1, 0)
    with context.system("test", plan.pk):
        assert not ImportedUnit.objects.get().whole


def test_a_unit_that_breaks_leaves_nothing(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError

    path = write(tmp_path, "a.json", bundle(patient("M1"), observation("o1")))
    monkeypatch.setattr(trail, "record_each", fail)
    with pytest.raises(RuntimeError):
        load(plan, path)
    monkeypatch.undo()
    assert members(plan) == []
    assert load(plan, path)[0].added.total() == 2


def test_a_destroyed_record_takes_nothing_more(plan: Plan, tmp_path: Path) -> None:
    load(plan, write(tmp_path, "a.json", bundle(patient("M1"))))
    [member] = members(plan)
    with context.system("test", plan.pk):
        destroy_key(member.record_holder_id)
    [outcome] = load(plan, write(tmp_path, "b.json", bundle(patient("M1"), observation("o1"))))
    assert not outcome.taken
    assert len(outcome.problems) == 2


def test_the_directory_holds_no_social_security_numbers(plan: Plan, tmp_path: Path) -> None:
    doctor = {
        "resourceType": "Practitioner",
        "id": "d1",
        "name": [{"family": "Reyes", "given": ["Sam"]}],
        "identifier": [
            {"system": "http://hl7.org/fhir/sid/us-ssn", "value": "999-00-1234"},
            {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567890"},
        ],
    }
    load(plan, write(tmp_path, "a.json", bundle(doctor)))
    with context.system("test", plan.pk):
        [entry] = DirectoryEntry.objects.all()
    assert "999-00-1234" not in json.dumps(entry.content)
    assert (entry.name, entry.identifier) == (
        "Sam Reyes",
        "http://hl7.org/fhir/sid/us-npi|1234567890",
    )


SSN = {"system": "http://hl7.org/fhir/sid/us-ssn", "value": "999001234"}
DEEP = [
    {"managingOrganization": {"identifier": SSN}},
    {"contained": [{"resourceType": "Practitioner", "id": "c", "identifier": [SSN]}]},
    {"qualification": [{"identifier": [SSN | {"system": "urn:oid:2.16.840.1.113883.4.1"}]}]},
    {"extension": [{"url": "x", "extension": [{"url": "y", "valueIdentifier": SSN}]}]},
    {"identifier": [{"type": {"coding": [{"code": "SS"}]}, "value": "999001234"}]},
    {"identifier": [{"use": "secondary", "value": "999-00-1234"}]},
    {"extension": [{"url": "x", "valueString": " 999-00-1234"}]},
    {"text": {"status": "generated", "div": "<div>Tax id 999-00-1234, left</div>"}},
    {"partOf": {"reference": f"Organization?identifier={SSN['system']}|{SSN['value']}"}},
]


@pytest.mark.parametrize("more", DEEP, ids=lambda more: json.dumps(more)[:40])
def test_a_social_security_number_is_left_out_at_any_depth(
    plan: Plan, tmp_path: Path, more: dict[str, Any]
) -> None:
    phone = {"system": "phone", "value": "999-555-1234"}
    clinic = {"resourceType": "Organization", "id": "o1", "name": "Clinic", "telecom": [phone]}
    load(plan, write(tmp_path, "a.json", bundle(clinic | more)))
    with context.system("test", plan.pk):
        [entry] = DirectoryEntry.objects.all()
    stored = json.dumps(entry.content) + entry.identifier + entry.name
    assert "999001234" not in stored.replace("-", "")
    # All else stays as it came.
    assert entry.content["telecom"] == [phone]
    assert "left" in stored or "text" not in more


def test_records_of_another_plan_stay_closed_to_the_database_role(
    plan: Plan, other_plan: Plan, tmp_path: Path
) -> None:
    load(plan, write(tmp_path, "a.json", bundle(patient("M1"), observation("o1"))))
    [member] = members(plan)
    with context.system("test", other_plan.pk), context.about_member(member.pk):
        assert not RecordItem.objects.exists()


def run(*args: str) -> str:
    out = StringIO()
    call_command("import_fhir", *args, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_bulk_files_may_come_in_any_order(plan: Plan, tmp_path: Path) -> None:
    write(tmp_path, "Observation.ndjson", json.dumps(observation("o1")) + "\n")
    write(tmp_path, "Patient.ndjson", json.dumps(patient("M1")) + "\n")
    errors = tmp_path / "errors.ndjson"
    said = run(str(tmp_path), "--plan", "cedar", "--errors", str(errors))
    assert "2 resources" in said
    assert not errors.exists()
    assert len(records(members(plan)[0])) == 2
    assert "0 resources" in run(str(tmp_path), "--plan", "cedar", "--errors", str(errors))


def test_the_errors_file_names_file_position_and_reason(plan: Plan, tmp_path: Path) -> None:
    path = write(tmp_path, "a.ndjson", json.dumps(patient("M1")) + "\n{broken\n")
    errors = tmp_path / "errors.ndjson"
    run(str(path), "--plan", "cedar", "--errors", str(errors))
    [row] = [json.loads(line) for line in errors.read_text().splitlines()]
    assert (row["file"], row["position"]) == ("a.ndjson", 2)
    assert row["reason"]


@pytest.mark.parametrize("again", [False, True])
def test_what_is_set_aside_is_told_every_time(plan: Plan, tmp_path: Path, again: bool) -> None:
    path = write(tmp_path, "a.ndjson", json.dumps(patient("M1")) + "\n{broken\n")
    if again:
        load(plan, path, feed="Health plan")
    said = run(str(path), "--plan", "cedar", "--errors", str(tmp_path / "e.ndjson"))
    assert "1 set aside" in said


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["/no/such/file", "--plan", "cedar"], "There is nothing at /no/such/file."),
        ([".", "--plan", "nowhere"], "There is no plan “nowhere”. The plans are: cedar."),
        ([".", "--plan", "cedar", "--feed", "a|b"], "--feed is a name"),
    ],
)
def test_what_cannot_work_is_told_in_a_sentence(plan: Plan, args: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence.replace("|", r"\|")):
        run(*args)


def test_ids_that_are_not_unique_in_the_world_belong_to_their_feed() -> None:
    one = "BF3BCFB3-143f-61c6-3f15-fd27d8943700"
    assert patients.source_key("lab", one) == one.lower()
    assert patients.source_key("lab", "1") == "lab|1"


ONE = "bf3bcfb3-143f-61c6-3f15-fd27d8943700"
SPELLINGS = [
    {"resource": {"id": ONE.upper()}},
    {"resource": {"id": ONE}},
    {"fullUrl": f"urn:uuid:{ONE.upper()}", "resource": {}},
    {"fullUrl": f"urn:uuid:{ONE}", "resource": {}},
    {"fullUrl": f"https://feed.example/Observation/{ONE.upper()}", "resource": {}},
]


def spelled(which: dict[str, Any]) -> dict[str, Any]:
    """An entry that goes by this spelling alone."""
    plain = {name: value for name, value in observation("").items() if name != "id"}
    return {**which, "resource": {**plain, **which["resource"]}}


def of_entries(*entries: dict[str, Any]) -> str:
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": list(entries)})


@pytest.mark.parametrize("one", SPELLINGS, ids=str)
@pytest.mark.parametrize("other", SPELLINGS, ids=str)
def test_a_uuid_is_one_resource_however_it_is_spelled(
    plan: Plan, tmp_path: Path, one: dict[str, Any], other: dict[str, Any]
) -> None:
    entries = [{"resource": patient("M1")}, spelled(one), spelled(other)]
    [outcome] = load(plan, write(tmp_path, "a.json", of_entries(*entries)))
    assert outcome.added == {"Observation": 1, "Patient": 1}
    assert [problem.position for problem in outcome.problems] == [3]
    assert "has the same id" in outcome.problems[0].reason
    # In a file of its own it is the same one, too.
    [again] = load(plan, write(tmp_path, "b.json", of_entries(entries[0], spelled(other))))
    assert again.added == {}
    assert len(records(members(plan)[0])) == 2


def test_other_ids_tell_capitals_apart(plan: Plan, tmp_path: Path) -> None:
    several = [observation(id) for id in ("ab-1", "AB-1", f"x-{ONE}", f"x-{ONE.upper()}")]
    [outcome] = load(plan, write(tmp_path, "a.json", bundle(patient("M1"), *several)))
    assert (outcome.added["Observation"], outcome.problems) == (4, [])


@pytest.mark.parametrize(
    "reference",
    [
        f"Patient/{ONE}",
        f"Patient/{ONE.upper()}",
        f"Patient/{ONE.upper()}/_history/2",
        f"urn:uuid:{ONE}",
        f"urn:uuid:{ONE.upper()}",
        f"https://feed.example/Patient/{ONE}",
    ],
)
def test_a_person_is_found_however_their_uuid_is_spelled(
    plan: Plan, tmp_path: Path, reference: str
) -> None:
    person = patient("M1", id=ONE.upper())
    urls = (f"urn:uuid:{ONE.upper()}", f"https://feed.example/Patient/{ONE.upper()}")
    entry = {"fullUrl": urls["https:" in reference], "resource": person}
    seen = {**observation("o1"), "subject": {"reference": reference}}
    [outcome] = load(plan, write(tmp_path, "a.json", of_entries(entry, {"resource": seen})))
    assert (outcome.added.total(), outcome.problems) == (2, [])
    if reference.startswith("Patient/"):
        # And from a later file.
        later = {**observation("o2"), "subject": {"reference": reference}}
        [outcome] = load(plan, write(tmp_path, "b.json", of_entries({"resource": later})))
        assert (outcome.added.total(), outcome.problems) == (1, [])


def test_query_counts_are_flat(
    plan: Plan, tmp_path: Path, django_assert_max_num_queries: Callable[..., object]
) -> None:
    many = [observation(f"o{number}") for number in range(240)]
    path = write(tmp_path, "a.json", bundle(patient("M1"), *many))
    with django_assert_max_num_queries(30):  # type: ignore[attr-defined]
        [outcome] = [actions.import_unit(plan=plan, unit=unit, feed="lab") for unit in read([path])]
    assert outcome.added.total() == 241
    newer = [{**one, "status": "amended"} for one in many]
    path = write(tmp_path, "b.json", bundle(patient("M1"), *newer))
    with django_assert_max_num_queries(30):  # type: ignore[attr-defined]
        [outcome] = [actions.import_unit(plan=plan, unit=unit, feed="lab") for unit in read([path])]
    assert outcome.changed.total() == 240


def test_it_says_that_it_waits_for_another_import(plan: Plan, tmp_path: Path) -> None:
    [unit] = read([write(tmp_path, "a.json", bundle(patient("M1"), observation("o1")))])
    waits: list[bool] = []
    with psycopg.connect(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"]) as db:
        db.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))", [str(plan.pk)])

        def other_ends() -> None:
            waits.append(True)
            db.rollback()

        outcome = actions.import_unit(plan=plan, unit=unit, feed="lab", on_wait=other_ends)
    assert outcome.taken == 2
    assert waits == [True]


def test_a_used_id_with_another_name_and_birthday_is_another_person(
    plan: Plan, tmp_path: Path
) -> None:
    load(plan, write(tmp_path, "a.json", bundle(patient("M1"))))
    other = {**patient("M2", family="Cho"), "birthDate": "1950-01-01"}
    [outcome] = load(plan, write(tmp_path, "b.json", bundle(other, observation("o1"))))
    assert not outcome.taken
    [member] = members(plan)
    assert len(records(member)) == 1


def test_what_names_nobody_is_of_the_one_person_of_its_bundle(plan: Plan, tmp_path: Path) -> None:
    note = {"resourceType": "Binary", "id": "b1", "contentType": "text/plain"}
    [outcome] = load(plan, write(tmp_path, "a.json", bundle(note, patient("M1"))))
    assert outcome.added["Binary"] == 1
    two = bundle({**note, "id": "b2"}, patient("M1"), patient("M2", id="p2"))
    [outcome] = load(plan, write(tmp_path, "b.json", two))
    assert "Binary" not in outcome.added


def test_what_a_search_found_is_not_for_that_of_the_one_person_found(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = {"resourceType": "Binary", "id": "b1", "contentType": "text/plain"}
    found = bundle(note, observation("o1"), patient("M1")).replace("collection", "searchset")
    # In memory, and as a stream.
    for whole_up_to, name in ((files.WHOLE_UP_TO, "a.json"), (10, "b.json")):
        monkeypatch.setattr(files, "WHOLE_UP_TO", whole_up_to)
        [outcome] = load(plan, write(tmp_path, name, found), feed=name)
        assert outcome.added == {"Observation": 1, "Patient": 1}
        [problem] = outcome.problems
        assert problem.reason.startswith("A file alone (Binary) does not say whose it is.")


def test_a_name_of_a_bundle_is_told_as_such_where_there_is_none(plan: Plan, tmp_path: Path) -> None:
    urn = {"reference": "urn:uuid:6d3fbe1f-3b0a-4c0e-8a51-1f4be2d5a001"}
    lines = [patient("M1"), {**observation("o1"), "subject": urn}]
    path = write(tmp_path, "a.ndjson", "\n".join(json.dumps(one) for one in lines))
    [outcome] = load(plan, path)
    assert outcome.added == {"Patient": 1}
    [problem] = outcome.problems
    assert problem.position == 2
    assert "“urn:”. That means something within one bundle" in problem.reason


def test_a_patient_on_someone_elses_server_is_not_ours(plan: Plan, tmp_path: Path) -> None:
    load(plan, write(tmp_path, "a.json", bundle(patient("M1"))))
    foreign = {"reference": "https://elsewhere.example/fhir/Patient/p1"}
    about = {**observation("o1"), "subject": foreign}
    [outcome] = load(plan, write(tmp_path, "b.json", bundle(about)))
    assert outcome.waiting == 1
    assert len(records(members(plan)[0])) == 1


def test_files_opened_in_one_round_trip_stay_closed_to_each_other(
    plan: Plan, tmp_path: Path
) -> None:
    load(plan, write(tmp_path, "a.json", bundle(patient("M1"))))
    load(plan, write(tmp_path, "b.json", bundle(patient("M2", family="Cho", id="p2"))))
    ids = [member.pk for member in members(plan)]
    sql = "SELECT member_id FROM phi_records_recorditem"
    foreign = "UPDATE phi_records_recorditem SET feed = 'x' WHERE member_id = %s RETURNING 1"
    with context.system("test", plan.pk):
        found = context.run_for_members(
            [(ids[0], sql, []), (ids[1], sql, []), (ids[0], foreign, [ids[1]])]
        )
        assert found == [[(ids[0],)], [(ids[1],)], []]
        assert not RecordItem.objects.exists()
