"""What points at a sensitive record tells of it, and has its tags, whichever comes first."""

import json
from base64 import b64encode
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from django.http import Http404
from django.urls import reverse

from accounts.models import Member, Plan, User
from consents.question import Tag
from phi_records.models import RecordItem
from portal.base import context
from portal.base.jobs import runner
from tests.factories import destroy_key
from tests.phi_records.bundles import bundle, document, load, observation, patient
from tests.phi_records.test_copies import ask, held, taken
from tests.phi_records.test_medications import come, points, said
from tests.phi_records.test_moved import take, two_people
from tests.phi_records.test_tags import ICD, coded, marked, officers_word, quiet

pytestmark = pytest.mark.promise("AL2")
PATIENT = {"reference": "Patient/p1"}
SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
NOTES = {"meta": {"security": [{"system": SYSTEM, "code": "PSYTHPN"}]}}


def of(type: str, id: str, **fields: Any) -> dict[str, Any]:
    return {"resourceType": type, "id": id, "status": "active", "subject": PATIENT, **fields}


def to(name: str) -> dict[str, str]:
    return {"reference": name}


def condition(code: str = "F11.20", id: str = "c1") -> dict[str, Any]:
    return of("Condition", id, code=coded(ICD, code))


def note(url: str = "Binary/b1", id: str = "d1", **more: Any) -> dict[str, Any]:
    attachment = {"contentType": "text/plain", "url": url}
    return of("DocumentReference", id, content=[{"attachment": attachment}], **more)


def file(**more: Any) -> dict[str, Any]:
    data = b64encode(b"Canary words").decode()
    return {"resourceType": "Binary", "id": "b1", "contentType": "text/plain", "data": data, **more}


@pytest.fixture
def ana(member: Member, tmp_path: Path) -> Member:
    with context.system("test"):
        number = Member.objects.get(pk=member.pk).member_number
    come(member, tmp_path, [patient(number)])
    return member


def tags(member: Member, type: str, id: str = "r1") -> set[Tag]:
    return set(marked(member, type)[id][1])


POINTING = {
    "reason": of("MedicationRequest", "r1", reasonReference=[to("Condition/c1")]),
    "procedure": of("Procedure", "r1", reasonReference=[to("Condition/c1")]),
    "care plan": of("CarePlan", "r1", addresses=[to("Condition/c1")]),
    "claim": of("Claim", "r1", diagnosis=[{"diagnosisReference": to("Condition/c1")}]),
    "visit": of("Encounter", "r1", diagnosis=[{"condition": to("Condition/c1")}]),
    "impression": of("ClinicalImpression", "r1", problem=[to("Condition/c1")]),
    "full address": of("Goal", "r1", addresses=[to("https://feed.example/Condition/c1")]),
    "by id": of("Goal", "r1", addresses=[to("Condition?_id=c1")]),
    "version": of("Goal", "r1", addresses=[to("Condition/c1/_history/2")]),
    "contained": of("Procedure", "r1", contained=[
        {"resourceType": "List", "id": "x", "entry": [{"item": to("Condition/c1")}]}
    ]),
}  # fmt: skip


@pytest.mark.parametrize("way", POINTING)
@pytest.mark.parametrize("order", ["together", "before", "after"])
def test_what_points_at_a_sensitive_record_has_its_tags(
    ana: Member, tmp_path: Path, way: str, order: str
) -> None:
    pointing, other = POINTING[way], {**POINTING[way], "id": "r2"}
    plain = json.loads(json.dumps(other).replace("c1", "c2"))
    units = {
        "together": [[pointing, plain, condition(), condition("J45.909", "c2")]],
        "before": [[pointing, plain], [condition(), condition("J45.909", "c2")]],
        "after": [[condition(), condition("J45.909", "c2")], [pointing, plain]],
    }
    come(ana, tmp_path, *units[order])
    type = pointing["resourceType"]
    assert (tags(ana, type), tags(ana, type, "r2")) == ({Tag.PART2}, set())


@pytest.mark.parametrize(
    "pointer", [{"encounter": to("Encounter/e1")}, {"insurance": [{"coverage": to("Coverage/v1")}]}]
)
def test_the_visit_and_who_pays_tell_nothing_of_a_record(
    ana: Member, tmp_path: Path, pointer: dict[str, Any]
) -> None:
    reason = {"reasonCode": [coded(ICD, "F11.20")]}
    named = [of("Encounter", "e1", **reason), of("Coverage", "v1", **reason)]
    come(ana, tmp_path, [*named, of("Claim", "r1", **pointer)])
    assert tags(ana, "Encounter", "e1") == {Tag.PART2}
    assert tags(ana, "Claim") == set()


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_tags_go_on_from_record_to_record(
    ana: Member, tmp_path: Path, order: tuple[int, ...]
) -> None:
    units = [
        [condition()],
        [of("Claim", "r1", diagnosis=[{"diagnosisReference": to("Condition/c1")}])],
        [of("ExplanationOfBenefit", "r1", claim=to("Claim/r1"))],
    ]
    come(ana, tmp_path, *(units[number] for number in order))
    assert tags(ana, "ExplanationOfBenefit") == {Tag.PART2}
    assert tags(ana, "Claim") == {Tag.PART2}


def test_a_circle_ends(ana: Member, tmp_path: Path) -> None:
    one = of("Observation", "r1", derivedFrom=[to("Observation/r2")])
    two = of("Observation", "r2", hasMember=[to("Observation/r1")], **NOTES)
    come(ana, tmp_path, [one], [two], [condition()])
    assert tags(ana, "Observation") == {Tag.PSYCHOTHERAPY_NOTES}


def test_the_same_id_of_another_type_or_feed_is_another(ana: Member, tmp_path: Path) -> None:
    come(ana, tmp_path, [of("Procedure", "r1", reasonReference=[to("Observation/c1")])])
    come(ana, tmp_path, [condition()])
    assert tags(ana, "Procedure") == set()
    with context.system("test"):
        number = Member.objects.get(pk=ana.pk).member_number
    goal = of("Goal", "r1", addresses=[to("Condition/c1")])
    come(ana, tmp_path, [patient(number), goal], feed="clinic")
    assert tags(ana, "Goal") == set()


@pytest.mark.parametrize("posted", [False, True])
def test_names_that_mean_something_in_one_bundle_alone_are_found(
    ana: Member, tmp_path: Path, posted: bool
) -> None:
    urn = "urn:uuid:00000000-0000-4000-8000-00000000000a"
    name = "Condition/c1" if posted else urn
    whole = json.loads(bundle(condition(), of("Goal", "r1", addresses=[to(name)])))
    whole["entry"][0]["fullUrl"] = urn
    if posted:
        whole["entry"][0]["request"] = {"method": "POST", "url": "Condition"}
    (tmp_path / "urn.json").write_text(json.dumps(whole))
    load(ana.plan, tmp_path / "urn.json")
    assert tags(ana, "Goal") == {Tag.PART2}
    quiet("tag_records", "--plan", ana.plan.slug)
    assert tags(ana, "Goal") == {Tag.PART2}


def test_a_report_is_as_sensitive_as_its_results(
    ana: Member, tmp_path: Path, client_for: Any, member_user: User
) -> None:
    results = [observation("o1"), {**observation("o2", "Canary held"), **NOTES}]
    report = of("DiagnosticReport", "r1", code={"text": "Canary panel"},
                result=[to("Observation/o1"), to("Observation/o2")])  # fmt: skip
    other = {**report, "id": "r2", "result": [to("Observation/o1"), to("Observation/o9")]}
    come(ana, tmp_path, [report, other], results)
    pages = {
        id: client_for(member_user).get(reverse("records:detail", args=[pk]))
        for id, (pk, _tags) in marked(ana, "DiagnosticReport").items()
    }
    assert (pages["r1"].status_code, pages["r2"].status_code) == (404, 200)
    assert "Canary potassium" in pages["r2"].text
    # Of what is not shown, or not here, there is not even a line.
    assert "See this result" not in pages["r2"].text


CONTEXTS = {
    "of the document": {"securityContext": to("DocumentReference/d1")},
    "of the patient": {"securityContext": PATIENT},
    "none": {},
}


def shown(client: Any, pk: Any) -> tuple[int, int]:
    page = client.get(reverse("records:detail", args=[pk])).status_code
    return page, client.get(reverse("records:file", args=[pk, 1])).status_code


def in_one(member: Member, folder: Path, *several: dict[str, Any]) -> None:
    with context.system("test"):
        number = Member.objects.get(pk=member.pk).member_number
    come(member, folder, [patient(number), *several])


@pytest.mark.parametrize("is_held", [True, False])
@pytest.mark.parametrize("first", ["file", "document", "together"])
@pytest.mark.parametrize("way", CONTEXTS)
def test_a_file_is_held_with_the_document_that_it_belongs_to(
    ana: Member, tmp_path: Path, client_for: Any, member_user: User,
    way: str, first: str, is_held: bool,
) -> None:  # fmt: skip
    binary, paper = file(**CONTEXTS[way]), note(**(NOTES if is_held else {}))
    units = {
        "file": [[binary], [paper], [binary, condition()]],
        "document": [[paper], [binary]],
        "together": [[binary, paper]],
    }
    for unit in units[first]:
        in_one(ana, tmp_path, *unit)
    [(pk, found)] = marked(ana, "Binary").values()
    assert found == ({Tag.PSYCHOTHERAPY_NOTES} if is_held else set())
    client = client_for(member_user)
    assert shown(client, pk) == ((404, 404) if is_held else (200, 200))


def test_a_file_whose_record_is_not_here_is_in_nobodys_file(ana: Member, tmp_path: Path) -> None:
    contexts = ["DocumentReference/d1", "urn:uuid:00000000-0000-4000-8000-00000000000b",
                "https://other.example/DocumentReference/d2", "Organization/o1"]  # fmt: skip
    come(ana, tmp_path, [note(id="d2"), {"resourceType": "Organization", "id": "o1"}])
    with context.system("test"):
        person = patient(Member.objects.get(pk=ana.pk).member_number)
    for number, name in enumerate(contexts):
        path = tmp_path / "b.json"
        path.write_text(bundle(person, file(securityContext=to(name), id=f"b{number}")))
        [outcome] = load(ana.plan, path)
        assert (outcome.added.total(), outcome.waiting) == (0, 1), name
        [problem] = outcome.problems
        assert problem.reason == "The record that this file is held with is not here."
    assert marked(ana, "Binary") == {}
    # Once that is here, the same file goes in.
    come(ana, tmp_path, [note()])
    path.write_text(bundle(person, file(securityContext=to("DocumentReference/d1"), id="b0")))
    [outcome] = load(ana.plan, path)
    assert outcome.added == {"Binary": 1}


@pytest.mark.parametrize(
    "paper",
    [
        note("https://feed.example/Binary/b1", **NOTES),
        note("Binary/b1/_history/1", **NOTES),
        note("https://feed.example/fhir/Binary/b1?_format=text/plain", **NOTES),
        note("Binary/b1?_format=text", **NOTES),
        note("Binary/b1#page1", **NOTES),
        note("Binary/b1/", **NOTES),
        note("binary/b1", **NOTES),
        note("Binary//b1", **NOTES),
        note("Binary/b1;v=1", **NOTES),
        note("https://feed.example/fhir/Binary/_search?_id=b1", **NOTES),
        note("https://feed.example/fhir/Binary/b1/$binary-access-read", **NOTES),
        of("DiagnosticReport", "d1", presentedForm=[{"url": "Binary/b1"}], **NOTES),
        of("Communication", "d1", payload=[{"contentAttachment": {"url": "Binary/b1"}}], **NOTES),
    ],
    ids=[
        "address", "version", "format", "its format", "page", "folder", "small", "two slashes",
        "parameter", "search", "operation", "report", "letter",
    ],
)  # fmt: skip
def test_a_file_is_found_by_each_way_of_naming_it(
    ana: Member, tmp_path: Path, paper: dict[str, Any]
) -> None:
    in_one(ana, tmp_path, file())
    come(ana, tmp_path, [paper])
    assert tags(ana, "Binary", "b1") == {Tag.PSYCHOTHERAPY_NOTES}


def test_a_picture_is_held_with_its_report_and_not_with_a_list(ana: Member, tmp_path: Path) -> None:
    pictures = [of("Media", "r1"), of("Media", "r2")]
    report = of("DiagnosticReport", "d1", media=[{"link": to("Media/r1")}], **NOTES)
    listed = of("List", "l1", entry=[{"item": to("Media/r2")}], **NOTES)
    come(ana, tmp_path, [report, listed], pictures)
    assert (tags(ana, "Media"), tags(ana, "Media", "r2")) == ({Tag.PSYCHOTHERAPY_NOTES}, set())


def test_a_newer_word_of_the_source_goes_on_too(ana: Member, tmp_path: Path) -> None:
    goal = of("Goal", "r1", addresses=[to("Condition/c1")])
    come(ana, tmp_path, [condition("J45.909"), goal])
    assert (tags(ana, "Goal"), said(ana)) == (set(), [])
    come(ana, tmp_path, [condition()])
    assert (tags(ana, "Goal"), len(said(ana))) == ({Tag.PART2}, 1)
    # The other way: it points at something else.
    come(ana, tmp_path, [{**goal, "addresses": [to("Condition/c2")]}])
    assert tags(ana, "Goal") == set()
    come(ana, tmp_path, [goal])
    assert tags(ana, "Goal") == {Tag.PART2}


def test_what_is_no_more_goes_with_looking_again(ana: Member, tmp_path: Path) -> None:
    goal = of("Goal", "r1", addresses=[to("Condition/c1")])
    come(ana, tmp_path, [condition(), goal], [condition("J45.909")])
    assert tags(ana, "Goal") == {Tag.PART2}
    quiet("tag_records", "--plan", ana.plan.slug)
    assert tags(ana, "Goal") == set()


def test_looking_again_finds_what_older_rows_point_at(ana: Member, tmp_path: Path) -> None:
    in_one(ana, tmp_path, file(), note(**NOTES))
    come(ana, tmp_path, [condition(), of("Goal", "r1", addresses=[to("Condition/c1")])])
    with context.system("test", ana.plan_id), context.about_member(ana.pk):
        RecordItem.objects.filter(member=ana).update(tag_marks=[], link_marks=[])
    quiet("tag_records", "--plan", ana.plan.slug)
    assert tags(ana, "Goal") == {Tag.PART2}
    assert tags(ana, "Binary", "b1") == {Tag.PSYCHOTHERAPY_NOTES}
    come(ana, tmp_path, [{**note(), "status": "superseded"}])
    come(ana, tmp_path, [condition("B20")])
    assert tags(ana, "Goal") == {Tag.PART2, Tag.HIV}


def test_a_medicine_that_comes_later_goes_on_too(ana: Member, tmp_path: Path) -> None:
    request = points("MedicationRequest", "Medication/m1")
    request["reasonReference"] = [to("Condition/c1")]
    bill = of("Claim", "r1", prescription=to("MedicationRequest/r1"))
    pill = {"resourceType": "Medication", "id": "m1", "code": {"text": "buprenorphine"}}
    come(ana, tmp_path, [bill], [request], [condition("B20")], [pill])
    assert tags(ana, "MedicationRequest") == {Tag.PART2, Tag.HIV}
    assert tags(ana, "Claim") == {Tag.PART2, Tag.HIV}


def test_an_officers_mark_goes_on_at_once_and_is_told_by_no_line(
    ana: Member, tmp_path: Path, privacy_officer: User, client_for: Any, member_user: User
) -> None:
    in_one(ana, tmp_path, file(), note(), condition("J45.909"))
    come(ana, tmp_path, [of("Goal", "r1", addresses=[to("Condition/c1")])])
    client, pk = client_for(member_user), marked(ana, "Binary")["b1"][0]
    assert shown(client, pk) == (200, 200)
    for type, id in (("DocumentReference", "d1"), ("Condition", "c1")):
        officers_word(marked(ana, type)[id][0], Tag.ENDANGERMENT_HOLD, by=privacy_officer)
    assert shown(client, pk) == (404, 404)
    assert tags(ana, "Goal") == {Tag.ENDANGERMENT_HOLD}
    assert said(ana) == []
    # What comes later too.
    come(ana, tmp_path, [of("Goal", "r2", addresses=[to("Condition/c1")])])
    assert tags(ana, "Goal", "r2") == {Tag.ENDANGERMENT_HOLD}


@pytest.mark.promise("AH2")
def test_a_mark_taken_off_leaves_what_had_it_by_that_alone(
    ana: Member, tmp_path: Path, privacy_officer: User
) -> None:
    """At once, and as it is after everything was looked at again."""
    two = [to("Condition/c1"), to("Condition/c2")]
    come(ana, tmp_path, [
        condition("J45.909"), condition("J45.909", "c2"),
        note(evidence=[two[0]]), file(),
        of("Goal", "r1", addresses=two[:1]), of("Goal", "both", addresses=two),
        of("Goal", "own", addresses=two[:1], meta={"security": [{"code": "NOPAT"}]}),
        of("Goal", "word", addresses=two[:1]), of("Goal", "other", addresses=two[1:]),
        of("Claim", "r1", related=[{"claim": to("Goal/r1")}]),
        of("Claim", "word", related=[{"claim": to("Goal/word")}]),
    ])  # fmt: skip

    def held() -> set[tuple[str, str]]:
        types = ("Condition", "DocumentReference", "Binary", "Goal", "Claim")
        return {
            (type, id)
            for type in types
            for id, (_pk, found) in marked(ana, type).items()
            if Tag.ENDANGERMENT_HOLD in found
        }

    def word(type: str, id: str, *lift: str) -> None:
        pk = marked(ana, type)[id][0]
        officers_word(pk, Tag.ENDANGERMENT_HOLD, *lift, by=privacy_officer)

    stay = {("Condition", "c2"), ("Goal", "both"), ("Goal", "own"), ("Goal", "word"),
            ("Goal", "other"), ("Claim", "word")}  # fmt: skip
    for type, id in (("Goal", "word"), ("Condition", "c2")):
        word(type, id)
    assert held() == stay
    word("Condition", "c1")
    assert held() == stay | {
        ("Condition", "c1"), ("DocumentReference", "d1"), ("Binary", "b1"),
        ("Goal", "r1"), ("Claim", "r1"),
    }  # fmt: skip
    word("Condition", "c1", "--lift")
    assert held() == stay
    quiet("tag_records", "--plan", ana.plan.slug)
    assert held() == stay
    # A list's mark goes the same way; and no line of the trail tells of the others.
    goal = of("Goal", "r3", addresses=[to("Condition/c3")])
    come(ana, tmp_path, [condition("F11.20", "c3"), goal])
    before = len(said(ana))
    officers_word(marked(ana, "Condition")["c3"][0], Tag.PART2, "--lift", by=privacy_officer)
    assert (tags(ana, "Goal", "r3"), len(said(ana))) == (set(), before)


@pytest.mark.promise("AH2")
def test_a_file_gives_no_mark_back_to_what_it_was_taken_off(
    ana: Member, tmp_path: Path, privacy_officer: User
) -> None:
    in_one(ana, tmp_path, file(), note(), note(id="d2"))
    pk = marked(ana, "DocumentReference")["d1"][0]
    officers_word(pk, Tag.HIV, by=privacy_officer)
    assert tags(ana, "DocumentReference", "d2") == tags(ana, "Binary", "b1") == {Tag.HIV}
    officers_word(pk, Tag.HIV, "--lift", by=privacy_officer)
    for type, id in (("DocumentReference", "d1"), ("DocumentReference", "d2"), ("Binary", "b1")):
        assert tags(ana, type, id) == set()


def test_what_an_officer_took_off_stays_off(
    ana: Member, tmp_path: Path, privacy_officer: User
) -> None:
    goal = of("Goal", "r1", addresses=[to("Condition/c1")])
    come(ana, tmp_path, [condition(), goal])
    officers_word(marked(ana, "Goal")["r1"][0], Tag.PART2, "--lift", by=privacy_officer)
    assert tags(ana, "Goal") == set()
    come(ana, tmp_path, [{**condition(), "note": [{"text": "Newer"}]}], [{**goal, "x": "y"}])
    quiet("tag_records", "--plan", ana.plan.slug)
    assert tags(ana, "Goal") == set()


def test_pointers_tell_nothing_without_the_key(ana: Member, stranger: Any, tmp_path: Path) -> None:
    with context.system("test"):
        other = Member.objects.get(pk=stranger.member_id)
    person = {
        **patient(other.member_number, other.family_name, "p2"),
        "name": [{"family": other.family_name, "given": [other.given_name]}],
        "birthDate": other.birth_date.isoformat(),
    }
    theirs = of("Goal", "r2", addresses=[to("Condition/c1")], subject=to("Patient/p2"))
    mine = of("Goal", "r1", addresses=[to("Condition/c1")])
    come(ana, tmp_path, [person], [mine], [theirs], [condition()])
    found = []
    for one in (ana, other):
        with context.system("test", one.plan_id), context.about_member(one.pk):
            found += RecordItem.objects.filter(resource_type="Goal").values_list(
                "link_marks", "tag_marks"
            )
    (links, own), (others, none) = found
    assert bytes(links[0]) != bytes(others[0])
    # The condition is Ana's alone.
    assert (len(own), none) == (1, [])


def test_lines_of_many_members_take_few_round_trips(
    plan: Any, tmp_path: Path, django_assert_max_num_queries: Any
) -> None:
    def lines(name: str, *several: dict[str, Any]) -> Path:
        (tmp_path / name).write_text("\n".join(map(json.dumps, several)))
        return tmp_path / name

    people = [patient(f"M{n}", f"Diaz{n}", f"p{n}") for n in range(60)]
    load(plan, lines("a.ndjson", *people))
    several = [
        of("Goal", f"g{n}", addresses=[to(f"Condition/c{n}")], subject=to(f"Patient/p{n % 60}"))
        for n in range(300)
    ]
    with django_assert_max_num_queries(27):
        load(plan, lines("b.ndjson", *several))
    named = [condition("J45.909", f"c{n}") | {"subject": to(f"Patient/p{n % 60}")}
             for n in range(300)]  # fmt: skip
    with django_assert_max_num_queries(27):
        load(plan, lines("c.ndjson", *named))


def test_a_copy_holds_no_file_of_a_held_note(
    ana: Member, tmp_path: Path, member_user: User
) -> None:
    in_one(ana, tmp_path, file(), document("d2", b"Canary plain"))
    job = ask(member_user)
    runner.sweep()
    assert held(member_user, job) == ["b1", "d2", "p1"]
    come(ana, tmp_path, [note(**NOTES)])
    # What was made before is gone.
    with pytest.raises(Http404):
        taken(member_user, job)
    job = ask(member_user)
    runner.sweep()
    assert held(member_user, job) == ["d2", "p1"]


def test_an_officer_is_told_that_another_record_tells(
    ana: Member, tmp_path: Path, client_for: Any, privacy_officer: User
) -> None:
    come(ana, tmp_path, [condition(), of("Goal", "r1", addresses=[to("Condition/c1")])])
    office = client_for(privacy_officer)
    pages = [
        office.get(reverse("records:mark-detail", args=[marked(ana, type)[id][0]])).text
        for type, id in (("Goal", "r1"), ("Condition", "c1"))
    ]
    assert ["Another record that it goes with" in one for one in pages] == [True, False]


def test_pointers_go_with_the_key(ana: Member, tmp_path: Path) -> None:
    come(ana, tmp_path, [condition(), of("Goal", "r1", addresses=[to("Condition/c1")])])
    destroy_key(ana.record_holder_id)
    with context.system("test", ana.plan_id), context.about_member(ana.pk):
        rows = RecordItem.objects.exclude(tag_marks=[], link_marks=[])
        assert not rows.exists()


@pytest.mark.parametrize("at_once", [True, False])
def test_a_delivery_in_files_by_type_is_held_together(
    ana: Member, tmp_path: Path, at_once: bool
) -> None:
    """As bulk exports name them: a Binary comes first, and what it is held with after it."""
    with context.system("test"):
        number = Member.objects.get(pk=ana.pk).member_number
    several = [
        file(securityContext=to("DocumentReference/d1")),
        of("Claim", "r1", diagnosis=[{"diagnosisReference": to("Condition/c1")}]),
        condition(),
        note(**NOTES),
        patient(number),
    ]
    folder = tmp_path / "bulk"
    folder.mkdir()
    for one in several:
        (folder / f"{one['resourceType']}.ndjson").write_text(json.dumps(one))
    for path in [folder] if at_once else [*sorted(folder.iterdir()), folder]:
        quiet("import_fhir", str(path), "--plan", ana.plan.slug, "--feed", "bulk",
              "--errors", str(tmp_path / "errors"))  # fmt: skip
    assert tags(ana, "Claim") == {Tag.PART2}
    assert tags(ana, "Binary", "b1") == {Tag.PSYCHOTHERAPY_NOTES}


def test_tags_come_with_what_moves_to_another_file(plan: Plan, tmp_path: Path) -> None:
    goal = of("Goal", "r1", addresses=[to("Condition/c1")])
    ana, ben = two_people(plan, tmp_path, goal)
    take(plan, tmp_path, bundle({**condition(), "subject": to("Patient/p2")}))
    assert tags(ana, "Goal") == set()
    take(plan, tmp_path, bundle({**goal, "subject": to("Patient/p2")}), move=True)
    assert (marked(ana, "Goal"), tags(ben, "Goal")) == ({}, {Tag.PART2})
    # And the other way: the condition comes to the goal.
    take(plan, tmp_path, bundle(goal), move=True)
    assert tags(ana, "Goal") == set()
    take(plan, tmp_path, bundle(condition()), move=True)
    assert tags(ana, "Goal") == {Tag.PART2}
