"""The officer finds entries by member, by person, by time and by kind, and reads them in words."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from disclosures import access, facts
from disclosures.models import Basis
from disclosures.rules import ACTIONS, OF_NO_PLAN
from portal.base import context
from portal.base.audit import proof, trail
from portal.base.audit.models import Event, Outcome
from portal.base.ids import uuid7
from tests.base.test_proof import outsider
from tests.base.trails import as_owner, said, seal
from tests.factories import signed_in

pytestmark = pytest.mark.promise("AM18")
SEARCH = reverse("disclosures:trail-search")


def line(actor, member=None, action="thread.opened", at=None, **more):
    acting = context.AccessContext(
        plan_id=actor.plan_id, user_id=actor.pk, role=actor.role, purpose="care_message"
    )
    clock = SimpleNamespace(now=lambda: at or datetime(2026, 11, 1, 15, tzinfo=UTC))
    with pytest.MonkeyPatch.context() as then, context.system("test"), context.bind(acting):
        then.setattr("portal.base.audit.trail.timezone", clock)
        made = trail.record(action, member_id=member.pk if member else None, **more)
        return Event.objects.get(pk=made)


def found(page):
    return page.context["page"].paginator.count


@pytest.fixture
def search(client_for, privacy_officer):
    client = client_for(privacy_officer)

    def searched(page="", **wanted):
        there = client.post(SEARCH, wanted)
        if there.status_code == 200 or not page:
            return client.get(there.url) if there.status_code == 302 else there
        return client.get(f"{there.url}&page={page}")

    return searched


def test_each_filter_finds_its_own(search, care_worker, off_team_worker, member, stranger):
    line(care_worker, member)
    line(care_worker, stranger.member)
    line(off_team_worker, member, action="record.opened")
    line(care_worker, member, at=datetime(2026, 3, 1, 15, tzinfo=UTC))
    line(care_worker, member, outcome=Outcome.REFUSED, action="request.refused")
    until = {"until": "2026-11-20"}
    assert found(search(member_number=member.member_number, **until)) == 4
    assert found(search(person="kim.park")) == 1
    assert found(search(kind="thread.opened")) == 3
    assert found(search(since="2026-03-01", until="2026-03-01")) == 1
    assert found(search(outcome="refused", **until)) == 1
    assert found(search(member_number=member.member_number, kind="record.opened")) == 1
    assert found(search(person="kim.park", kind="thread.opened")) == 0


def test_tries_to_sign_in_are_found_by_whose_account_it_was(search, care_worker, plan):
    with context.system("test", plan.pk):
        trail.record("signin.password", object_kind="user", object_id=care_worker.pk)
        trail.record("thread.opened", object_kind="thread", object_id=care_worker.pk)
    assert found(search(person="sam.reyes")) == 1


@pytest.mark.parametrize("typed", ["{}", " {} ", "{0[0]} {0[1]}{rest}"])
def test_a_member_id_is_found_as_a_card_shows_it(search, member, typed):
    number = member.member_number
    page = search(member_number=typed.format(number.lower(), rest=number[2:].lower()))
    assert page.context["page"] is not None


def test_no_member_id_stands_in_an_address(client_for, privacy_officer, member):
    client, number = client_for(privacy_officer), member.member_number
    there = client.post(SEARCH, {"member_number": number})
    assert number not in there.url
    page = client.get(there.url)
    assert f'value="{number}"' in page.text
    about = page.context["events"][0]["id"]
    entry = client.get(reverse("disclosures:event-detail", args=[about]))
    assert number in entry.text
    asked = f"{reverse('disclosures:disclosure-new')}?member={member.pk}"
    assert asked in entry.text
    assert f'value="{number}"' in client.get(asked).text


def test_a_number_that_nobody_has_is_on_record(search):
    assert "No member of this plan" in search(member_number="NOBODY").text
    with context.system("test"):
        asked = Event.objects.get(action="member.looked_up")
    assert (asked.member_id, said(asked)) == (None, {"reason_code": "unknown_number"})


def test_a_day_is_the_plans_own(search, care_worker, member):
    """11 PM in New York is the next day in UTC."""
    line(care_worker, member, at=datetime(2026, 6, 2, 3, tzinfo=UTC))
    assert found(search(since="2026-06-01", until="2026-06-01")) == 1
    assert found(search(since="2026-06-02", until="2026-06-02")) == 0


def test_nothing_found_and_bad_dates_are_told(search, care_worker):
    assert "Nothing found" in search(person="sam.reyes", kind="draft.saved").text
    page = search(since="nonsense")
    assert page.context["page"] is None
    assert "Enter a real date" in page.text


def test_days_the_wrong_way_round_are_told(search):
    page = search(since="2026-11-20", until="2026-11-01")
    assert "The last day is before the first" in page.text
    assert 'value="2026-11-20"' in page.text
    assert search(since="2026-11-01", until="2026-11-01").context["searched"]


def test_days_beyond_the_calendar_are_told(search, client_for, privacy_officer):
    url = reverse("disclosures:trail-search")
    for wrong in ("9999-12-31", "0001-01-01"):
        assert "Enter a year from 1900 to 2099." in search(until=wrong).text
        asked = client_for(privacy_officer).get(url, {"until": wrong})
        assert (asked.status_code, asked.context["page"]) == (200, None)
        assert "Enter a year from 1900 to 2099." in asked.text


def test_pages_keep_the_filters(search, care_worker, member):
    for _ in range(access.PAGE + 1):
        line(care_worker, member)
    page = search(person="sam.reyes", kind="thread.opened")
    assert "kind=thread.opened&amp;person=" in page.text
    second = search(person="sam.reyes", kind="thread.opened", page="2")
    assert len(second.context["events"]) == 1
    assert found(second) == access.PAGE + 1


def test_no_page_lies_beyond_the_most(search, care_worker, member, monkeypatch):
    monkeypatch.setattr(access, "MOST", 60)
    for _ in range(70):
        line(care_worker, member)
    page = search(person="sam.reyes", page="99")
    assert (page.context["page"].number, page.context["page"].paginator.num_pages) == (2, 2)
    assert "more entries than the pages can show" in page.text


def test_a_refusal_is_seen_in_the_list_and_read_in_words(
    search, client_for, privacy_officer, care_worker
):
    signed_in(care_worker).get(SEARCH)
    page = search(person="sam.reyes", outcome="refused")
    assert "Refused" in page.text
    assert "Access search" in page.context["events"][0]["what"]
    event_id = page.context["events"][0]["id"]
    entry = client_for(privacy_officer).get(
        reverse("disclosures:event-detail", args=[event_id]), {"kind": "request.refused"}
    )
    for words in ("Tried a page and was refused", "Not allowed for this role", "The website"):
        assert words in entry.text
    assert "?kind=request.refused" in entry.text
    for raw in ("reason_code", ">route<", ">status<", "disclosures:trail", ">method<", ">web<"):
        assert raw not in entry.text


def test_the_officers_search_is_an_entry_in_words(search, client_for, privacy_officer, member):
    search(member_number=member.member_number, since="2026-01-01")
    page = search(kind="trail.searched")
    event_id = page.context["events"][1]["id"]
    entry = client_for(privacy_officer).get(reverse("disclosures:event-detail", args=[event_id]))
    assert "member, from date" in entry.text
    assert "member_id" not in entry.text


def test_every_fact_and_code_has_its_words():
    assert set(facts.NAMES) == trail.FACTS
    assert {basis.value for basis in Basis} == set(facts._TABLES["basis_code"])
    from messaging.access import View
    from phi_records.fhir.kinds import KINDS

    assert {kind.slug for kind in KINDS} | {view.value for view in View} <= set(facts.KINDS)


def test_every_page_of_the_portal_has_its_words():
    from tests.sweeps.routes import ROUTES

    signed_in_pages = {name for name, route in ROUTES.items() if route.lets is not None}
    wordless = {name for name in signed_in_pages if facts.page(name) == name}
    assert wordless <= {"enrol", "printed_codes", "confirm", "keep-alive"}


def plan_of(query) -> str:
    with connection.cursor() as cursor:
        sql, values = query.query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", values)
        return "\n".join(row for (row,) in cursor.fetchall())


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({"member": uuid7()}, "plan_id_member_id_at"),
        ({"person": uuid7()}, "plan_id_actor_id_at"),
        ({"person": uuid7()}, "plan_id_object_id_at"),
        ({"kind": "draft.saved"}, "plan_id_action_at"),
        ({}, "plan_id_at"),
    ],
)
def test_each_search_of_a_large_trail_walks_an_index(commits, django_db_blocker, wanted, index):
    from tests import factories

    officer = factories.staff_user(factories.plan("cedar"), "pat", "Pat", "privacy_officer")
    fill(commits, officer.plan_id)
    acting = context.AccessContext(
        plan_id=officer.plan_id, user_id=officer.pk, role="privacy_officer"
    )
    with context.system("test"), context.bind(acting):
        query = access.search_trail(officer, wanted)[: access.PAGE]
        assert index in plan_of(query)
        assert "Seq Scan on base_event_2026" not in plan_of(query)


def fill(database, plan_id):
    """Many rows of this year, by and about many people."""
    as_owner(
        database,
        """INSERT INTO base_event SELECT gen_random_uuid(), now() - n * interval '1 minute',
             CASE WHEN n %% 2 = 0 THEN %s::uuid ELSE gen_random_uuid() END, gen_random_uuid(), NULL,
             'care_worker', 'web', gen_random_uuid(), 'thread.opened', '', '', 'permitted', '',
             NULL, '', '{}', sha256(''), 1, '0', sha256('') FROM generate_series(1, 30000) n""",
        [plan_id],
    )
    as_owner(database, "ANALYZE base_event")


def test_an_officer_takes_a_proof_that_holds_outside(
    commits, django_db_blocker, tmp_path, second_place
):
    from tests import factories

    officer = factories.staff_user(factories.plan("cedar"), "pat", "Pat", "privacy_officer")
    client = signed_in(officer)
    client.get(SEARCH, {"kind": "record.opened"})
    with context.system("test"):
        event = Event.objects.get(action="trail.searched")
    url = reverse("disclosures:event-proof", args=[event.pk])
    detail = reverse("disclosures:event-detail", args=[event.pk])
    assert client.get(url)["Location"] == detail
    assert "not sealed yet" in client.get(detail).text
    seal()
    assert url in client.get(detail).text
    answer = client.get(url)
    assert "attachment" in answer["Content-Disposition"]
    (tmp_path / "proof.ndjson").write_bytes(answer.content)
    said, code = outsider(tmp_path / "proof.ndjson", second_place)
    assert (code, said) == (0, "Proven: 1 rows stand in the trail unaltered.\n")
    with context.system("test"):
        assert Event.objects.filter(action="trail.proof_taken", object_id=event.pk).count() == 2
        assert len(proof.of_event(event.pk)["path"]) <= 24


def test_words_of_every_kind_can_be_chosen(search):
    page = search().text
    offered = {action for action in ACTIONS if f'value="{action}"' in page}
    assert offered == ACTIONS.keys() - OF_NO_PLAN


def test_the_empty_page_offers_what_officers_often_ask(client_for, privacy_officer, member):
    office = client_for(privacy_officer)
    line(privacy_officer, member, action="record.marked", at=timezone.now())
    line(privacy_officer, member, outcome=Outcome.REFUSED, at=timezone.now())
    often = office.get(SEARCH).context["often"]
    pages = [office.get(f"{SEARCH}?{one['query']}") for one in often]
    today, *counts = (found(page) for page in pages)
    assert (today > 1, counts) == (True, [1, 0, 1])
