"""The facts of a page are gathered at once: as many queries for sixty members as for one."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from consents import access, gathering
from consents.question import Act, Category, Fact, Item, Purpose
from portal.base import context
from tests import factories
from tests.messaging.conftest import acting

pytestmark = pytest.mark.promise("AL2")
MESSAGES = (Item(Category.MESSAGES),)


def decisions(user, members):
    return access.decide_each(
        by=user,
        act=Act.VIEW,
        purpose=Purpose.CARE_MESSAGE,
        items=MESSAGES,
        member_ids=[one.pk for one in members],
    )


def queries(user, members) -> int:
    with acting(user), CaptureQueriesContext(connection) as asked:
        decisions(user, members)
    return len(asked)


def test_the_queries_do_not_grow_with_the_page(care_worker, member, plan):
    with context.system("test", plan.pk):
        many = [factories.member(plan, f"N{n}", "Many") for n in range(60)]
    one = queries(care_worker, [member])
    assert queries(care_worker, [member, *many]) == one
    with acting(care_worker), CaptureQueriesContext(connection) as asked:
        gathering.files(care_worker, [member.pk])
    # The teams, and what was opened with a reason.
    assert len(asked) == 2


def test_each_member_of_a_page_has_facts_of_their_own(care_worker, member, stranger):
    with acting(care_worker):
        files = gathering.files(care_worker, [member.pk, stranger.member_id])
        answers = decisions(care_worker, [member, stranger.member])
    assert Fact.ON_THE_MEMBERS_TEAM in files[member.pk].facts
    assert Fact.ON_THE_MEMBERS_TEAM not in files[stranger.member_id].facts
    assert answers[member.pk].permitted
    assert answers[stranger.member_id].reason == "not_on_team"


def test_what_has_ended_is_no_fact_any_more(care_worker, member):
    with context.system("test"):
        care_worker.seats.update(until=timezone.now() - timedelta(seconds=1))
    with acting(care_worker):
        [answer] = decisions(care_worker, [member]).values()
    assert answer.reason == "not_on_team"


def test_a_refusal_has_its_sentence_and_its_decision(off_team_worker, member):
    with acting(off_team_worker), pytest.raises(access.Refused) as refused:
        access.require(
            by=off_team_worker,
            act=Act.VIEW,
            purpose=Purpose.CARE_MESSAGE,
            items=MESSAGES,
            member_id=member.pk,
        )
    assert (
        str(refused.value)
        == "Only the care team for this may do that. Nothing was shown or changed."
    )
    assert " messages same_plan,second_factor -" in refused.value.told


def test_a_part_that_is_cut_away_refuses_who_asks_for_all(care_worker, member):
    both = (*MESSAGES, Item(Category.RECORDS))
    with acting(care_worker):
        decision = access.decide(
            by=care_worker,
            act=Act.VIEW,
            purpose=Purpose.CARE_MESSAGE,
            items=both,
            member_id=member.pk,
        )
        assert (decision.permitted, decision.cut) == (True, both[1:])
        with pytest.raises(access.Refused):
            access.require(
                by=care_worker,
                act=Act.VIEW,
                purpose=Purpose.CARE_MESSAGE,
                items=both,
                member_id=member.pk,
            )


def test_another_plan_and_a_role_the_rules_do_not_know_are_nobody(care_worker, other_plan, member):
    with acting(care_worker):
        general = gathering.files(care_worker, [], other_plan.pk)[None]
        assert Fact.SAME_PLAN not in general.facts
        care_worker.role = "king"
        assert gathering.recipient(care_worker) is None
