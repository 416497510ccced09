"""An officer asks of an entry why it was allowed or refused; the decision is made again."""

import pytest
from django.urls import reverse
from django.utils import translation

from consents import rules, words
from consents.question import Act, Category, Fact, Obligation, Purpose, Recipient
from consents.rules import VERSION
from disclosures import facts
from disclosures import why as whys
from portal.base import context
from portal.base.audit.models import Event, Outcome
from tests import factories
from tests.disclosures.test_search import line

pytestmark = pytest.mark.promise("AL2")
SAME = "The answer is the same."


def entry(action: str) -> Event:
    with context.system("test"):
        return Event.objects.filter(action=action).latest("at")


@pytest.fixture
def why(client_for, privacy_officer):
    client = client_for(privacy_officer)
    return lambda event: client.get(reverse("disclosures:event-why", args=[event.pk]))


def test_what_was_allowed_is_told_with_rule_facts_and_version(client_for, member_user, why):
    client_for(member_user).get(reverse("records:home"))
    event = entry("records.listed")
    assert event.facts["decision"] == (
        f"{VERSION},us-2026-11-01 view member own_access records* "
        "is_the_member,same_plan,second_factor - - "
        "records#endangerment_hold,records#psychotherapy_notes,records#sud_notes"
    )
    page = why(event)
    for told in (
        SAME, "45 CFR 164.502(a)(1)(i)", VERSION, "They are the member", "Health records",
        "Their own access", "Nothing more.", "Left out, if there is any",
        "Psychotherapy notes; ", "42 CFR 2.31(b)", "524(a)(1)(i)",
    ):  # fmt: skip
        assert told in page.text
    assert "Not on file" not in page.text


def test_what_was_refused_is_told_with_its_reason(client_for, member_user, why):
    refused = client_for(member_user).get(reverse("disclosures:trail-search"))
    assert refused.status_code == 403
    event = entry("request.refused")
    page = why(event)
    assert event.outcome == Outcome.REFUSED
    for told in (
        SAME, "No rule allows this", "Search the list of accesses", "Your role does not",
        "45 CFR 164.502(a)",
    ):  # fmt: skip
        assert told in page.text


def test_a_state_is_named_in_the_language_of_the_page(care_worker, member, privacy_officer):
    question = (
        f"{VERSION},nc-2026-11-01 view care_worker care_message messages same_plan,second_factor -"
    )
    event = line(care_worker, member, decision=question)
    for language, name in (("en", "North Carolina"), ("es", "Carolina del Norte")):
        with context.system("test"), translation.override(language):
            assert f"{name}, 2026-11-01" in str(whys.page(privacy_officer, event))


def test_a_missing_fact_is_named_to_the_officer(care_worker, member, why):
    question = f"{VERSION} view care_worker care_message messages same_plan,second_factor -"
    event = line(
        care_worker, member, action="request.refused", outcome=Outcome.REFUSED, decision=question
    )
    page = why(event)
    assert SAME in page.text
    assert "Only the care team for this may do that." in page.text
    facts_of = {one["label"]: one["value"] for one in page.context["takes"]}
    assert facts_of["They work in a team that cares for the member"] == "Not on file"
    assert facts_of["All is of one plan"] == "On file"


def test_an_answer_that_is_not_the_same_is_told(care_worker, member, why):
    asked = "view care_worker care_message messages same_plan,second_factor -"
    now = line(care_worker, member, decision=f"{VERSION} {asked}")
    assert "Please tell whoever runs the portal" in why(now).text
    before = line(care_worker, member, decision=f"2020.1 {asked}")
    page = why(before)
    assert "The rules have changed since." in page.text
    assert "2020.1" in page.text


def test_an_answer_that_left_out_less_is_not_the_same(client_for, member_user, member, why):
    client_for(member_user).get(reverse("records:home"))
    then = entry("records.listed").facts["decision"]
    assert SAME in why(line(member_user, member, decision=then)).text
    less = then.replace(",records#psychotherapy_notes", "")
    assert (
        "Please tell whoever runs the portal" in why(line(member_user, member, decision=less)).text
    )


def test_what_rests_on_no_decision_and_what_cannot_be_read_are_told(care_worker, member, why):
    assert "rests on no decision" in why(line(care_worker, member)).text
    odd = line(care_worker, member, decision=f"{VERSION} read all")
    assert "The decision of this entry can't be read." in why(odd).text


def test_the_entry_leads_there_and_asking_is_an_entry_itself(
    client_for, privacy_officer, member_user, care_worker, member
):
    client_for(member_user).get(reverse("records:home"))
    client, event = client_for(privacy_officer), entry("records.listed")
    url = reverse("disclosures:event-why", args=[event.pk])
    assert url in client.get(reverse("disclosures:event-detail", args=[event.pk])).text
    assert client.get(url).status_code == 200
    asked = entry("trail.why_opened")
    assert (asked.object_id, asked.member_id) == (event.pk, member_user.member_id)
    # An entry that rests on no decision leads nowhere.
    other = line(care_worker, member)
    text = client.get(reverse("disclosures:event-detail", args=[other.pk])).text
    assert reverse("disclosures:event-why", args=[other.pk]) not in text


def test_what_is_owed_is_kept_and_told(client_for, plan, why):
    operator = factories.staff_user(plan, "lee.wong", "Lee Wong", "operator")
    client_for(operator).get(reverse("disclosures:approval-list"))
    event = entry("approvals.listed")
    assert event.facts["decision"].endswith(" second_approver - -")
    assert "A second person must approve it" in why(event).text


def test_each_word_of_the_rules_has_its_words():
    for table, codes in (
        (words.ACTS, Act),
        (words.RECIPIENTS, Recipient),
        (words.PURPOSES, Purpose),
        (words.CATEGORIES, Category),
        (words.FACTS, Fact),
        (words.OBLIGATIONS, Obligation),
    ):
        assert set(table) == set(codes)
    assert {rule.basis for rule in rules.TABLE} <= set(facts.GROUNDS)
