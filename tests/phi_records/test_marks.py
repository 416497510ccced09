"""The privacy officer's pages on sensitive records: what is marked, by whom, and changing it."""

import html
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models.signals import pre_save
from django.urls import reverse

from accounts.models import Member, User
from consents.question import Tag
from phi_records.models import RecordItem, StaffTag
from portal.base import context, once
from portal.base.audit.models import Event
from tests import factories
from tests.phi_records.bundles import bundle, load, load_for, patient
from tests.phi_records.test_tags import (
    HIV,
    LOINC,
    NOTES,
    PLAIN,
    coded,
    medicine,
    observed,
    rows,
)

SEARCH = reverse("records:mark-search")
PILL = {**medicine("Buprenorphine tablet"), "id": "m1"}


def page_of(pk: Any) -> str:
    return reverse("records:mark-detail", args=[pk])


def change_of(pk: Any) -> str:
    return reverse("records:mark-change", args=[pk])


def form(user: User, tag: Tag, way: str = "on", **more: str) -> dict[str, str]:
    key = once.new_key(user.pk)
    return {"send_key": key, "way": way, "tag": tag, "reason": "Canary reason", **more}


def said(member: Member) -> list[str]:
    with context.system("test", member.plan_id), context.about_member(member.pk):
        return [one.word.strip() for one in StaffTag.objects.order_by("said_at")]


def test_an_officer_finds_the_sensitive_records_of_a_member(
    client_for: Any, privacy_officer: User, member: Member, tmp_path: Path
) -> None:
    office = client_for(privacy_officer)
    found = office.post(SEARCH, {"member_number": member.member_number})
    assert found.status_code == 302
    assert member.member_number not in found.url
    assert "No sensitive records" in office.get(found.url).text
    load_for(member, tmp_path, PLAIN, HIV, NOTES)
    page = office.get(found.url)
    assert "Canary tested" in page.text
    assert "Canary plain" not in page.text
    # Notes are kept from officers too: that they are there, and not what they say.
    assert "Psychotherapy notes" in page.text
    assert "Canary notes" not in page.text
    assert "Canary plain" in office.get(f"{found.url}&every=1").text
    assert "Canary tested" not in office.get(f"{found.url}&kind=claims").text
    with context.system("test"):
        looks = Event.objects.filter(action="marks.listed", member_id=member.pk)
        assert {one.purpose for one in looks} == {"privacy_oversight"}
        assert len(looks) == 4


@pytest.mark.parametrize(("number", "told"), [("", "Enter the member ID"), ("no one", "No member")])
def test_a_number_that_nobody_has_is_told(
    client_for: Any, privacy_officer: User, number: str, told: str
) -> None:
    answer = client_for(privacy_officer).post(SEARCH, {"member_number": number})
    assert (answer.status_code, told in answer.text) == (422, True)


@pytest.mark.parametrize(
    ("resource", "name", "way"),
    [
        (HIV, "HIV", "A code in the record"),
        (NOTES, "Psychotherapy notes", "A label of the source"),
        (PILL, "Treatment for drugs or alcohol", "A medicine in the record"),
    ],
    ids=["code", "label", "medicine"],
)
def test_a_mark_tells_by_which_list_it_came(
    client_for: Any,
    privacy_officer: User,
    member: Member,
    tmp_path: Path,
    resource: dict[str, Any],
    name: str,
    way: str,
) -> None:
    load_for(member, tmp_path, PLAIN, resource)
    office = client_for(privacy_officer)
    with context.system("test", member.plan_id), context.about_member(member.pk):
        pk = RecordItem.objects.exclude(tag_marks=[]).get().pk
    page = office.get(page_of(pk)).text
    assert way in page
    assert f"The list “{name}”, version" in page
    plain = office.get(page_of(rows(member)["o1"][0])).text
    assert "None. It is shown like any other record." in plain
    assert "Nobody has changed its marks yet." in plain


@pytest.mark.promise("AH2")
def test_a_mark_is_looked_at_first_then_put_on_and_undone(
    client_for: Any, member_user: User, privacy_officer: User, member: Member, tmp_path: Path
) -> None:
    load_for(member, tmp_path, PLAIN)
    pk = rows(member)["o1"][0]
    office, own = client_for(privacy_officer), client_for(member_user)
    sent = form(privacy_officer, Tag.ENDANGERMENT_HOLD)
    looked = office.post(change_of(pk), sent)
    assert "May not see or get it any more" in looked.text
    assert "On their own pages and in copies of their records" in looked.text
    assert (said(member), rows(member)["o1"][1]) == ([], set())
    back = office.post(change_of(pk), sent | {"fill": "1"})
    assert "Canary reason</textarea>" in back.text
    assert office.post(change_of(pk), sent | {"sure": "1"}).url == page_of(pk)
    assert own.get(reverse("records:detail", args=[pk])).status_code == 404
    page = office.get(page_of(pk)).text
    for shown in ("May put someone in danger", "Canary reason", privacy_officer.display_name):
        assert shown in page
    undo = form(privacy_officer, Tag.ENDANGERMENT_HOLD, "off")
    assert "May see or get it from then on" in office.post(change_of(pk), undo).text
    office.post(change_of(pk), undo | {"sure": "1"})
    assert said(member) == ["+endangerment_hold", "-endangerment_hold"]
    assert own.get(reverse("records:detail", args=[pk])).status_code == 200


VISIT = {"encounter": {"reference": "Encounter/e1"}}


def in_a_file(member: Member, folder: Path, name: str, *resources: dict[str, Any]) -> None:
    folder = folder / name
    folder.mkdir()
    path = folder / f"{name}.json"
    path.write_text(bundle(patient(member.member_number), *resources))
    load(member.plan, path)


def named(page: str) -> set[str]:
    found = re.findall(r"Canary (\w+)", page)
    return set(found)


@pytest.mark.promise("AH2")
def test_a_hold_tells_of_other_records_that_may_say_the_same(
    client_for: Any, privacy_officer: User, member: Member, tmp_path: Path
) -> None:
    """Each way by itself; none is held unasked, and what is held already is not told of."""
    code = {**coded(LOINC, "2823-3"), "text": "Canary first"}
    in_a_file(member, tmp_path, "one", observed("o1", "", code=code, **VISIT), PLAIN | {"id": "o2"})
    again = {**coded("urn:oid:2.16.840.1.113883.6.1", "2823-3"), "text": "Canary again"}
    in_a_file(member, tmp_path, "two", observed("o3", "", code=again))
    in_a_file(member, tmp_path, "three", observed("o4", "Canary visited", **VISIT))
    other = {**coded(LOINC, "718-7"), "text": "Canary unrelated"}
    in_a_file(member, tmp_path, "four", observed("o5", "", code=other))
    office = client_for(privacy_officer)
    pk = rows(member)["o1"][0]
    looked = office.post(change_of(pk), form(privacy_officer, Tag.ENDANGERMENT_HOLD)).text
    assert "Other records may tell the same" in looked
    assert "3 other records of this member are not held back." in looked
    [link] = re.findall(r'href="([^"]*like=[^"]*)"', looked)
    assert named(office.get(html.unescape(link)).text) == {"plain", "again", "visited"}
    # Of another mark nothing of the kind is said, nor before there is one.
    for page in (
        office.post(change_of(pk), form(privacy_officer, Tag.HIV)).text,
        office.get(page_of(pk)).text,
    ):
        assert "may tell the same" not in page
    office.post(change_of(pk), form(privacy_officer, Tag.ENDANGERMENT_HOLD, sure="1"))
    assert said(member) == ["+endangerment_hold"]
    assert "3 other records" in office.get(page_of(pk)).text
    for one, left in (("o2", "2 other records"), ("o3", "1 other record of"), ("o4", "")):
        sent = form(privacy_officer, Tag.ENDANGERMENT_HOLD, sure="1")
        office.post(change_of(rows(member)[one][0]), sent)
        page = office.get(page_of(pk)).text
        assert (left or "Marks on it now") in page
        assert ("may tell the same" in page) == bool(left)


@pytest.mark.promise("AH2")
def test_a_preview_tells_of_the_records_that_go_with_it(
    client_for: Any, privacy_officer: User, member: Member, tmp_path: Path
) -> None:
    """Before a mark is put on and before it is taken off, as it is afterwards."""
    points = {"derivedFrom": [{"reference": "Observation/o1"}]}
    in_a_file(
        member, tmp_path, "one", observed("o1", "Canary first"),
        observed("o2", "Canary pointing", **points), observed("o3", "Canary pointed", **points),
        observed("o4", "Canary beside"),
    )  # fmt: skip
    office, pk = client_for(privacy_officer), rows(member)["o1"][0]
    assert "2 other records go with this one" in office.get(page_of(pk)).text
    assert "go with this one" not in office.get(page_of(rows(member)["o4"][0])).text
    sent = form(privacy_officer, Tag.ENDANGERMENT_HOLD)
    looked = office.post(change_of(pk), sent).text
    assert "2 other records get this mark too." in looked
    # What is held with it is not told of as not held.
    assert "1 other record of this member is not held back." in looked
    [link] = re.findall(r'href="([^"]*goes=[^"]*)"', looked)
    assert named(office.get(html.unescape(link)).text) == {"pointing", "pointed"}
    [link] = re.findall(r'href="([^"]*like=[^"]*)"', looked)
    assert named(office.get(html.unescape(link)).text) == {"beside"}
    saved = office.post(change_of(pk), sent | {"sure": "1"}, follow=True).text
    assert "2 other records that go with it have the mark now too." in saved
    # One keeps it by an officer's word.
    office.post(
        change_of(rows(member)["o2"][0]), form(privacy_officer, Tag.ENDANGERMENT_HOLD, sure="1")
    )
    undo = form(privacy_officer, Tag.ENDANGERMENT_HOLD, "off")
    looked = office.post(change_of(pk), undo).text
    assert "1 other record loses this mark too." in looked
    assert "1 other record keeps this mark:" in looked
    saved = office.post(change_of(pk), undo | {"sure": "1"}, follow=True).text
    assert "1 other record that goes with it lost the mark too." in saved
    held = {id for id, (_pk, found) in rows(member).items() if Tag.ENDANGERMENT_HOLD in found}
    assert held == {"o2"}
    # Nothing is promised of a mark that is not there.
    looked = office.post(change_of(pk), form(privacy_officer, Tag.ENDANGERMENT_HOLD, "off")).text
    assert "this mark too" not in looked
    assert "keeps this mark" not in looked


@pytest.mark.promise("AL2")
def test_what_officers_may_not_read_is_compared_by_its_file_alone(
    client_for: Any, privacy_officer: User, member: Member, tmp_path: Path
) -> None:
    code = {**coded(LOINC, "2823-3"), "text": "Canary first"}
    in_a_file(member, tmp_path, "one", observed("o1", "", code=code))
    notes = {"meta": {"security": [{"code": "PSYTHPN"}]}}
    in_a_file(member, tmp_path, "two", observed("o3", "", code=code, **notes))
    office, pk = client_for(privacy_officer), rows(member)["o1"][0]
    sent = form(privacy_officer, Tag.ENDANGERMENT_HOLD)
    assert "may tell the same" not in office.post(change_of(pk), sent).text
    in_a_file(member, tmp_path, "three", observed("o4", "", code=code))
    assert "1 other record of" in office.post(change_of(pk), sent).text


@pytest.mark.promise("AH2")
@pytest.mark.parametrize("tag", [Tag.ENDANGERMENT_HOLD, Tag.HIV], ids=str)
def test_the_member_reads_of_an_officers_look_and_not_of_a_hold(
    client_for: Any, member_user: User, privacy_officer: User, member: Member,
    tmp_path: Path, tag: Tag,
) -> None:  # fmt: skip
    """The same words for every mark, and whether one was put on or only looked at."""
    load_for(member, tmp_path, PLAIN)
    pk, office = rows(member)["o1"][0], client_for(privacy_officer)
    office.get(f"{SEARCH}?member={member.pk}&every=1")
    office.get(page_of(pk))
    office.post(change_of(pk), form(privacy_officer, tag))
    office.post(change_of(pk), form(privacy_officer, tag, sure="1"))
    page = client_for(member_user).get(reverse("disclosures:who-has-seen")).text
    assert page.count("Looked at health records") == 1
    assert privacy_officer.display_name in page
    assert "Checking that privacy rules are kept" in page
    for word in ("sensitive", "danger", "mark", "held"):
        assert word not in page.partition("<ol")[2].partition("</ol>")[0].lower()
    # The officers' own search says what it was.
    searched = office.get(f"{reverse('disclosures:trail-search')}?member={member.pk}").text
    assert "Checked how sensitive a record is" in searched


def test_a_mark_that_closes_nothing_says_so(
    client_for: Any, privacy_officer: User, member: Member, tmp_path: Path
) -> None:
    load_for(member, tmp_path, HIV)
    pk = rows(member)["o2"][0]
    answer = client_for(privacy_officer).post(change_of(pk), form(privacy_officer, Tag.HIV))
    assert "Nobody sees it differently." in answer.text


@pytest.mark.promise("AH2")
def test_the_same_form_many_times_is_one_mark(
    client_for: Any, privacy_officer: User, member: Member, tmp_path: Path
) -> None:
    load_for(member, tmp_path, PLAIN)
    pk = rows(member)["o1"][0]
    office, sent = client_for(privacy_officer), form(privacy_officer, Tag.HIV, sure="1")
    for _time in range(20):
        assert office.post(change_of(pk), sent).status_code == 302
    # Another key, the same mark: nothing more. The first key, other words: told.
    office.post(change_of(pk), form(privacy_officer, Tag.HIV, sure="1"))
    other = office.post(change_of(pk), sent | {"reason": "Other words"})
    assert (other.status_code, "sent before, in other words" in other.text) == (422, True)
    office.post(change_of(pk), form(privacy_officer, Tag.HIV, "off", sure="1"))
    # Sent again after it was taken off, it does not come back.
    office.post(change_of(pk), sent)
    assert said(member) == ["+hiv", "-hiv"]
    with context.system("test"):
        lines = Event.objects.filter(action="record.marked", member_id=member.pk)
        assert {(one.actor_id, one.actor_role, one.purpose) for one in lines} == {
            (privacy_officer.pk, "privacy_officer", "privacy_oversight")
        }
        assert len(lines) == 2


@pytest.mark.promise("AL2")
def test_an_officer_writes_a_mark_as_whom_they_are(
    client_for: Any, privacy_officer: User, member: Member, tmp_path: Path
) -> None:
    """In the member's file, and not with the wider sight that scheduled work has."""
    load_for(member, tmp_path, PLAIN)
    pk, seen = rows(member)["o1"][0], []

    def look(**_sent: Any) -> None:
        seen.append(context.current())

    pre_save.connect(look, sender=StaffTag)
    try:
        sent = form(privacy_officer, Tag.HIV, sure="1")
        client_for(privacy_officer).post(change_of(pk), sent)
    finally:
        pre_save.disconnect(look, sender=StaffTag)
    [now] = seen
    assert (now.role, now.user_id) == ("privacy_officer", privacy_officer.pk)
    assert (now.plan_id, now.member_id) == (member.plan_id, member.pk)


@pytest.mark.parametrize("missing", ["way", "tag", "reason"])
def test_what_is_missing_is_told_and_the_rest_kept(
    client_for: Any, privacy_officer: User, member: Member, tmp_path: Path, missing: str
) -> None:
    load_for(member, tmp_path, PLAIN)
    sent = form(privacy_officer, Tag.HIV, sure="1") | {missing: " " if missing == "reason" else ""}
    answer = client_for(privacy_officer).post(change_of(rows(member)["o1"][0]), sent)
    assert answer.status_code == 422
    assert said(member) == []
    assert missing == "reason" or "Canary reason" in answer.text


@pytest.mark.promise("AL2")
def test_others_reach_nothing(
    client_for: Any,
    privacy_officer: User,
    member_user: User,
    care_worker: User,
    other_plan: Any,
    member: Member,
    tmp_path: Path,
) -> None:
    load_for(member, tmp_path, PLAIN)
    pk, none = rows(member)["o1"][0], "00000000-0000-4000-8000-000000000000"
    theirs = factories.staff_user(other_plan, "kim.lee", "Kim Lee", "privacy_officer")
    of_her = f"{SEARCH}?member={member.pk}&every=1"
    for who, status in ((member_user, 403), (care_worker, 403), (theirs, 404)):
        client = client_for(who)
        for address in (page_of(pk), change_of(pk)):
            assert client.get(address).status_code == status
        answer = client.post(change_of(pk), form(who, Tag.HIV, sure="1"))
        assert answer.status_code == status
        assert client.get(of_her).status_code == status
    for address in (page_of, change_of):
        here, nowhere = client.get(address(pk)), client.get(address(none))
        assert (here.status_code, nowhere.status_code) == (404, 404)
    assert said(member) == []
    office = client_for(privacy_officer)
    assert office.get(page_of(pk)).status_code == 200
    assert "Canary plain" in office.get(of_her).text


def test_an_entry_of_the_trail_leads_to_the_record(
    client_for: Any, member_user: User, privacy_officer: User, member: Member, tmp_path: Path
) -> None:
    load_for(member, tmp_path, PLAIN)
    pk = rows(member)["o1"][0]
    client_for(member_user).get(reverse("records:detail", args=[pk]))
    with context.system("test"):
        line = Event.objects.get(action="record.opened", object_id=pk)
    page = client_for(privacy_officer).get(reverse("disclosures:event-detail", args=[line.pk]))
    assert page_of(pk) in page.text
    assert f"{SEARCH}?member={member.pk}" in page.text


def by_number(by: User, number: str, *typed: str) -> str:
    out = StringIO()
    with pytest.MonkeyPatch.context() as keys:
        keys.setattr("sys.stdin", StringIO("".join(f"{line}\n" for line in typed)))
        args = ["--plan", by.plan.slug, "--by", by.user_id, "--member-number", number]
        args += ["--kind", "tests", "--tag", "hiv"]
        call_command("mark_record", *args, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_the_command_lists_records_by_number_and_kind(
    member: Member, privacy_officer: User, care_worker: User, tmp_path: Path
) -> None:
    load_for(member, tmp_path, PLAIN, NOTES)
    number = member.member_number
    for by, typed, given, told in (
        (care_worker, ("1", "Why"), number, "Your role does not allow this"),
        (privacy_officer, ("3", "Why"), number, "Type a number of the list"),
        (privacy_officer, ("one", "Why"), number, "Type a number of the list"),
        (privacy_officer, ("1", " "), number, "Say why"),
        (privacy_officer, ("1", "Why"), "no one", "no member with this number"),
    ):
        with pytest.raises(CommandError, match=told):
            by_number(by, given, *typed)
    assert said(member) == []
    with context.system("test"):
        line = Event.objects.get(action="record.marked", outcome="refused")
    assert line.actor_id == care_worker.pk
    assert line.facts["decision"]
    listed = by_number(privacy_officer, number, "1", "Why")
    assert "Canary plain" in listed
    assert "Canary notes" not in listed
    assert listed.endswith("Done.\n")
    assert said(member) == ["+hiv"]
