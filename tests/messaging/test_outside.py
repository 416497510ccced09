"""Reading what another team has: with a reason, for an hour, told to the member and an officer."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import CareTeam, Member, TeamAssignment, User
from consents import opening_actions, replay
from consents.models import Opening
from consents.question import Fact
from consents.rules import decide
from disclosures import due
from disclosures.models import Incident
from messaging import actions
from messaging.models import Thread
from messaging.rules import MOST_LOOKS
from portal.base import context
from portal.base.audit.models import Event, Outcome
from portal.base.clock import alarms
from portal.base.ids import uuid7
from portal.base.outbox.models import Mail
from tests import factories
from tests.messaging.conftest import acting, words
from tests.pages import still

pytestmark = [pytest.mark.promise("AM7"), pytest.mark.promise("AM19")]
Browsers = Callable[[User], Client]
TOLD = "Ana called, and her nurse is away."
BY_NUMBER = reverse("messaging:member-why")
WHO_HAS_SEEN = reverse("disclosures:who-has-seen")


def page(thread: Thread) -> str:
    return reverse("messaging:team-thread", args=[thread.pk])


def why(thread: Thread) -> str:
    return reverse("messaging:thread-why", args=[thread.pk])


def given(user: User, **more: str) -> dict[str, str]:
    return words(user, reason="standing_in", words=TOLD, **more)


def lines(action: str) -> list[Event]:
    with context.system("test"):
        return list(Event.objects.filter(action=action).order_by("at"))


@pytest.fixture
def outsider(off_team_worker: User, client_for: Browsers) -> Client:
    return client_for(off_team_worker)


@pytest.fixture
def opened(thread: Thread, off_team_worker: User, outsider: Client) -> Client:
    outsider.post(why(thread), given(off_team_worker))
    return outsider


@pytest.mark.parametrize("act", ["answer", "take", "close", "misdirected"])
def test_on_another_team_of_the_member_they_act_there_alone(
    act: str, thread: Thread, off_team_worker: User, other_team: CareTeam, outsider: Client
) -> None:
    with context.system("test"):
        TeamAssignment.objects.create(plan=thread.plan, member=thread.member, team=other_team)
    url = reverse(f"messaging:thread-{act}", args=[thread.pk])
    refused = outsider.post(url, words(off_team_worker))
    assert refused.status_code == 403
    assert "Only the care team for this may do that." in refused.text
    decided = str(lines("request.refused")[-1].facts["decision"])
    assert " answer_message care_worker care_message messages " in decided


def test_without_a_reason_the_page_says_where_to_give_one(
    thread: Thread, outsider: Client, off_team_worker: User
) -> None:
    refused = outsider.get(page(thread))
    assert refused.status_code == 403
    assert why(thread) in refused.text
    assert "Say why you need to open it" in refused.text
    assert not {"Ana", "Diaz", "New medicine", "dizzy"} & set(refused.text.split())
    form = outsider.get(why(thread)).text
    assert "The member sees your name" in form
    assert "Ana" not in form
    assert outsider.post(why(thread), given(off_team_worker)).status_code == 302
    assert "I feel dizzy." in outsider.get(page(thread)).text


@pytest.mark.promise("AM2")
def test_what_is_not_in_the_plan_looks_like_what_is_not_there(
    thread: Thread, other_plan: object, client_for: Browsers
) -> None:
    abroad = client_for(factories.staff_user(other_plan, "sam", "Sam", "care_worker"))
    for name in ("team-thread", "thread-why"):
        real, none = (
            abroad.get(reverse(f"messaging:{name}", args=[one])) for one in (thread.pk, uuid7())
        )
        assert (real.status_code, still(real)) == (404, still(none))


@pytest.mark.parametrize("role", ["plan_admin", "operator", "privacy_officer"])
def test_other_roles_have_no_reason_to_give(
    thread: Thread, role: str, client_for: Browsers, member: Member
) -> None:
    user = factories.staff_user(thread.plan, "lee.wong", "Lee Wong", role)
    client = client_for(user)
    for url in (page(thread), why(thread), BY_NUMBER):
        assert client.get(url).status_code == 403
        assert client.post(url, given(user)).status_code in {403, 405}
    with acting(user), pytest.raises(opening_actions.access.Refused):
        opening_actions.give_reason(by=user, member=member, key=uuid7(), reason="asked", words="x")
    with context.system("test"):
        assert not Opening.objects.exists()


def test_a_reason_needs_its_words_and_one_of_the_list(
    thread: Thread, outsider: Client, off_team_worker: User
) -> None:
    for missing in ({"words": " "}, {"reason": "because"}, {"reason": ""}):
        wrong = outsider.post(why(thread), {**given(off_team_worker), **missing})
        assert wrong.status_code == 422
    assert outsider.get(page(thread)).status_code == 403
    assert outsider.post(why(thread), given(off_team_worker)).status_code == 302


def test_the_trail_has_the_reason_and_can_decide_again(
    thread: Thread, opened: Client, off_team_worker: User
) -> None:
    opened.get(page(thread))
    made, looked = lines("opening.made")[0], lines("thread.opened")[0]
    for line in (made, looked):
        assert (line.actor_id, line.member_id) == (off_team_worker.pk, thread.member_id)
        assert (line.purpose, line.basis) == ("outside_team", "reason_given")
        assert line.facts["reason_code"] == "standing_in"
    question = replay.read(looked.facts["decision"], looked.at)
    assert question
    assert Fact.REASON_GIVEN in question.facts
    assert decide(question).permitted
    assert TOLD not in str([line.facts for line in (made, looked)])


def test_the_member_sees_who_when_and_why(
    thread: Thread, opened: Client, member_user: User, client_for: Browsers
) -> None:
    opened.get(page(thread))
    seen = client_for(member_user).get(WHO_HAS_SEEN).text
    assert "Kim Park, Care worker" in seen
    assert "Help from outside the care team" in seen
    assert seen.count("Stands in for someone on the team") == 2
    assert TOLD in seen


def test_the_member_reads_each_reason_in_its_words(
    thread: Thread, opened: Client, off_team_worker: User, member_user: User, client_for: Browsers
) -> None:
    """Twice in a day, for the same thing from the list: neither stands in for the other."""
    again = words(off_team_worker, reason="standing_in", words="Said in the afternoon")
    assert opened.post(why(thread), again).status_code == 302
    seen = client_for(member_user).get(WHO_HAS_SEEN).text
    assert (seen.count(TOLD), seen.count("Said in the afternoon")) == (1, 1)


def test_officers_find_each_look_and_get_each_opening_to_review(
    thread: Thread, opened: Client, privacy_officer: User, client_for: Browsers
) -> None:
    opened.get(page(thread))
    officer = client_for(privacy_officer)
    search = officer.post(reverse("disclosures:trail-search"), {"purpose": "outside_team"})
    found = officer.get(search.url).context["page"].object_list
    assert {one.action for one in found} >= {"opening.made", "thread.opened"}
    assert {one.purpose for one in found} == {"outside_team"}
    listed = officer.get(reverse("disclosures:incident-list")).text
    assert "Someone outside the care team opened messages" in listed
    with context.system("test"):
        item = Incident.objects.get(kind="outside")
    shown = officer.get(reverse("disclosures:incident-detail", args=[item.pk])).text
    assert "Kim Park, Care worker" in shown
    assert TOLD in shown
    assert item.member_id == thread.member_id


def test_officers_are_told_again_until_one_has_looked(
    thread: Thread, privacy_officer: User, opened: Client
) -> None:
    with context.system("test"):
        item = Incident.objects.get(kind="outside")
    last = thread.plan.calendar.in_business_days(thread.plan.calendar.day(item.opened_at), 2)
    noon = datetime.combine(last, time(17), tzinfo=UTC)
    assert alarms.sweep(noon - timedelta(days=1)) == 0
    assert (alarms.sweep(noon), alarms.sweep(noon + timedelta(days=1))) == (1, 0)
    with context.system("test"):
        mails = Mail.objects.filter(kind="incident_opened", recipient_id=privacy_officer.pk)
        assert mails.count() == 2
        item.state, item.closed_at, item.outcome = "closed", item.opened_at, "no_problem"
        item.save(update_fields=["state", "closed_at", "outcome"])
        assert list(due.openings(noon)) == []


def test_an_hour_later_it_is_closed_again(thread: Thread, opened: Client, monkeypatch) -> None:
    assert opened.get(page(thread)).status_code == 200
    later = timezone.now() + timedelta(minutes=60, seconds=1)
    clock = SimpleNamespace(now=lambda: later)
    monkeypatch.setattr("consents.opening_access.timezone", clock)
    assert opened.get(page(thread)).status_code == 403


def test_it_opens_that_member_alone_and_to_that_person_alone(
    thread: Thread, opened: Client, stranger: User, plan: object, team: object, client_for: Browsers
) -> None:
    other = factories.member_user(plan, "bo.li", "Bo", "Li", team=team)
    with acting(other):
        sent = actions.start_thread(
            by=other, member=other.member, team=team, subject="x", body="y", key=uuid7()
        )
    kin = factories.staff_user(plan, "una.ray", "Una Ray", "care_worker")
    assert opened.get(page(thread)).status_code == 200
    assert opened.get(page(sent.message.thread)).status_code == 403
    assert client_for(kin).get(page(thread)).status_code == 403


@pytest.mark.parametrize("role", ["care_worker", "supervisor"])
def test_they_read_and_do_nothing_more(
    thread: Thread, role: str, other_team: object, client_for: Browsers
) -> None:
    """A supervisor of another team may do no more than its care workers."""
    user = factories.staff_user(thread.plan, "una.ray", "Una Ray", role, team=other_team)
    client = client_for(user)
    client.post(why(thread), given(user))
    read = client.get(page(thread)).text
    assert "I feel dizzy." in read
    for act in ("answer", "take", "close"):
        url = reverse(f"messaging:thread-{act}", args=[thread.pk])
        assert url not in read
        refused = client.post(url, words(user))
        assert refused.status_code == 403
        assert "Only the care team for this may do that." in refused.text
    with context.system("test"):
        # An officer who asks why is told by which rule.
        last = Event.objects.filter(action="request.refused").latest("at")
    assert " answer_message " in last.facts["decision"]
    assert client.get(reverse("messaging:thread-misdirected", args=[thread.pk])).status_code == 403
    with context.system("test"):
        thread.refresh_from_db()
    # The member is not told that their team has opened it.
    assert (thread.opened_by_team_at, thread.owner_id) == (None, None)


def test_by_the_number_on_the_card(
    thread: Thread, outsider: Client, off_team_worker: User, member: Member
) -> None:
    unknown = outsider.post(BY_NUMBER, given(off_team_worker, member_number="M0"))
    assert unknown.status_code == 422
    assert "No member of this plan has this member ID." in unknown.text
    known = outsider.post(BY_NUMBER, given(off_team_worker, member_number=member.member_number))
    inbox = outsider.get(known.url).text
    assert "New medicine" in inbox
    assert [line.facts.get("reason_code") for line in lines("member.looked_up")] == [
        "unknown_number",
        None,
    ]


def test_numbers_can_not_be_tried_out(
    thread: Thread, outsider: Client, off_team_worker: User, member: Member
) -> None:
    for n in range(MOST_LOOKS):
        tried = outsider.post(BY_NUMBER, given(off_team_worker, member_number=f"M{n}"))
        assert tried.status_code == 422
    last = given(off_team_worker, member_number=member.member_number)
    stopped = outsider.post(BY_NUMBER, last)
    assert stopped.status_code == 403
    assert "Wait an hour" in stopped.text
    assert lines("request.refused")[-1].outcome == Outcome.REFUSED


def test_the_same_form_again_opens_nothing_longer(
    thread: Thread, outsider: Client, off_team_worker: User
) -> None:
    form = given(off_team_worker)
    assert outsider.post(why(thread), form).status_code == 302
    assert outsider.post(why(thread), form).status_code == 302
    assert outsider.post(why(thread), {**form, "words": "Something else"}).status_code == 422
    with context.system("test"):
        assert Opening.objects.count() == Incident.objects.filter(kind="outside").count() == 1


def test_the_team_itself_is_sent_on(
    thread: Thread, care_worker: User, client_for: Browsers, member: Member
) -> None:
    client = client_for(care_worker)
    assert client.get(why(thread)).url == page(thread)
    sent = client.post(BY_NUMBER, given(care_worker, member_number=member.member_number))
    assert sent.url == reverse("messaging:team-inbox")
    with context.system("test"):
        assert not Opening.objects.exists()
