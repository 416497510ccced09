"""The officer's search, disclosures made outside the system, and the member's own list."""

from datetime import UTC, datetime

import pytest
from django.db import transaction
from django.urls import reverse

from disclosures.models import Disclosure
from portal.base import context, once
from portal.base.audit import trail
from portal.base.audit.models import Event
from portal.base.ids import uuid7
from tests.disclosures.test_search import line
from tests.pages import still


def form_data(user, member, **changes):
    return {
        "send_key": once.new_key(user.pk),
        "member_number": member.member_number,
        "disclosed_on": "2026-11-02",
        "recipient": "County Health Department",
        "recipient_address": "1 Court Street",
        "what": "One lab result",
        "purpose": "Required report",
        "basis": "512b",
        **changes,
    }


@pytest.mark.promise("LW4")
def test_recorded_disclosure_is_on_the_members_list(
    client_for, privacy_officer, member_user, member
):
    answer = client_for(privacy_officer).post(
        reverse("disclosures:disclosure-new"), form_data(privacy_officer, member)
    )
    assert answer.status_code == 302
    page = client_for(member_user).get(reverse("disclosures:who-has-seen"))
    assert "County Health Department" in page.text
    assert "One lab result" in page.text


def test_same_form_twice_records_once(client_for, privacy_officer, member):
    data = form_data(privacy_officer, member)
    client = client_for(privacy_officer)
    first = client.post(reverse("disclosures:disclosure-new"), data)
    second = client.post(reverse("disclosures:disclosure-new"), data)
    assert first["Location"] == second["Location"]
    with context.system("test"):
        assert Disclosure.objects.count() == 1


def test_back_and_the_same_button_record_once(client_for, privacy_officer, member):
    """The page that comes again has another key, and the words of before."""
    client, url = client_for(privacy_officer), reverse("disclosures:disclosure-new")
    data = form_data(privacy_officer, member)
    first = client.post(url, data)
    again = client.post(url, data | {"send_key": once.new_key(privacy_officer.pk)}, follow=True)
    assert again.redirect_chain == [(first["Location"], 302)]
    assert "Nothing was added." in again.text
    other = form_data(privacy_officer, member, what="Another result")
    assert client.post(url, other)["Location"] != first["Location"]
    with context.system("test"):
        assert Disclosure.objects.count() == 2


def test_the_office_opens_from_the_trail_what_it_wrote_down(client_for, privacy_officer, member):
    client = client_for(privacy_officer)
    page = client.post(reverse("disclosures:disclosure-new"), form_data(privacy_officer, member))[
        "Location"
    ]
    with context.system("test"):
        entry = Event.objects.get(action="disclosure.recorded")
    shown = client.get(reverse("disclosures:event-detail", args=[entry.pk])).text
    assert f'href="{page}"' in shown
    assert "County Health Department" in client.get(page).text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"disclosed_on": "2099-01-01"}, "This date is in the future"),
        ({"disclosed_on": "1901-01-01"}, "before the member was born"),
        ({"disclosed_on": "0001-01-01"}, "Enter a year from 1900 to 2099."),
        ({"disclosed_on": "2026-02-30"}, "Enter a real date"),
        ({"recipient": ""}, "Enter who received it"),
        ({"basis": "nonsense"}, "Choose one from the list"),
        ({"member_number": "NOBODY"}, "No member of this plan"),
        ({"send_key": "forged"}, "This was not sent yet."),
        ({"what": "x" * 2001}, "2000 characters at most"),
    ],
)
def test_bad_entry_is_told_and_keeps_the_words(
    client_for, privacy_officer, member, changes, sentence
):
    page = client_for(privacy_officer).post(
        reverse("disclosures:disclosure-new"), form_data(privacy_officer, member, **changes)
    )
    assert page.status_code == 422
    assert sentence in page.text
    assert "Required report" in page.text
    with context.system("test"):
        assert Disclosure.objects.count() == 0


def test_the_same_form_with_other_words_is_told(client_for, privacy_officer, member):
    browser, url = client_for(privacy_officer), reverse("disclosures:disclosure-new")
    form = form_data(privacy_officer, member)
    assert browser.post(url, form).status_code == 302
    page = browser.post(url, {**form, "recipient": "Another County"})
    assert page.status_code == 422
    assert "This was sent before, in other words." in page.text
    assert "Another County" in page.text
    again = {**form, "recipient": "Another County"}
    again["send_key"] = page.context["form"]["send_key"].value()
    assert browser.post(url, again).status_code == 302
    with context.system("test"):
        assert Disclosure.objects.count() == 2


@pytest.mark.parametrize("who", ["member_user", "care_worker"])
@pytest.mark.parametrize("route", ["trail-search", "disclosure-new"])
def test_only_officers_reach_the_office(request, client_for, who, route):
    user = request.getfixturevalue(who)
    assert client_for(user).get(reverse(f"disclosures:{route}")).status_code == 403
    with context.system("test"):
        refusal = Event.objects.get(action="request.refused")
    assert (refusal.actor_id, refusal.facts["route"]) == (user.pk, f"disclosures:{route}")


def test_search_finds_by_member_and_is_written_down(
    client_for, privacy_officer, member_user, member
):
    client_for(member_user).get(reverse("disclosures:who-has-seen"))
    page = client_for(privacy_officer).post(
        reverse("disclosures:trail-search"),
        {"member_number": member.member_number},
        follow=True,
    )
    assert "Ana Diaz" in page.text
    with context.system("test"):
        search = Event.objects.get(action="trail.searched")
    assert search.member_id == member.pk


def test_strangers_disclosure_is_not_there(client_for, privacy_officer, member_user, stranger):
    client_for(privacy_officer).post(
        reverse("disclosures:disclosure-new"), form_data(privacy_officer, stranger.member)
    )
    with context.system("test"):
        row = Disclosure.objects.get()
    client = client_for(member_user)
    theirs = client.get(reverse("disclosures:disclosure-detail", args=[row.pk]))
    nothing = client.get(reverse("disclosures:disclosure-detail", args=[uuid7()]))
    assert theirs.status_code == nothing.status_code == 404
    assert still(theirs) == still(nothing)


def test_officer_of_another_plan_finds_nothing(client_for, other_plan_member, privacy_officer):
    page = client_for(privacy_officer).post(
        reverse("disclosures:trail-search"),
        {"member_number": other_plan_member.member.member_number},
    )
    assert "No member of this plan has this member ID." in page.text


@pytest.mark.promise("LW4")
def test_what_was_done_often_is_told_once_with_every_time(
    client_for, care_worker, member_user, member
):
    for hour, minute in ((15, 6), (15, 9), (16, 1)):
        line(care_worker, member, at=datetime(2026, 11, 2, hour, minute, tzinfo=UTC))
    page = client_for(member_user).get(reverse("disclosures:who-has-seen")).text
    assert "and 2 times before" in page
    for time in ("11:01 AM", "10:09 AM", "10:06 AM"):
        assert time in page.replace("\xa0", " ").replace("\u202f", " ")


def test_a_minute_in_which_something_was_done_often_is_said_once(
    client_for, care_worker, member_user, member
):
    for minute in (6, 9, 9, 20, 20):
        line(care_worker, member, at=datetime(2026, 11, 2, 15, minute, tzinfo=UTC))
    page = client_for(member_user).get(reverse("disclosures:who-has-seen")).text
    page = page.replace("\xa0", " ").replace("\u202f", " ")
    assert "10:20 AM EST, and 4 times before" in page
    assert "<dt>Also at</dt><dd>10:09 AM EST, 10:06 AM EST</dd>" in page


def test_a_command_in_someones_name_shows_who_they_are(
    client_for, privacy_officer, member_user, member
):
    bound = context.AccessContext(
        plan_id=member.plan_id,
        user_id=privacy_officer.pk,
        role=context.SYSTEM_ROLE,
        client="command:mark_record",
    )
    with transaction.atomic(), context.bind(bound):
        trail.record(
            "record.marked", member_id=member.pk, purpose="keep_records", basis="plan_operations"
        )
    page = client_for(member_user).get(reverse("disclosures:who-has-seen"))
    assert "Privacy officer" in page.text
    assert "Keeping records right" in page.text
    assert "Scheduled work" not in page.text
