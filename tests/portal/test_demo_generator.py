import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from consents.states import age_on
from portal.demo.generator import generate
from portal.demo.shapes import DemoPlan, Member

TODAY = date(2026, 3, 9)
DAYS = (TODAY, date(2028, 2, 29), date(2027, 12, 31), date(2027, 1, 1))
PLANS = ("cedar", "harbor")
KINDS = {
    "Patient", "Coverage", "Condition", "MedicationRequest", "AllergyIntolerance",
    "Immunization", "Observation", "DiagnosticReport", "Encounter", "Procedure", "Claim",
    "ExplanationOfBenefit", "CareTeam", "CarePlan", "DocumentReference", "Goal",
}  # fmt: skip


@pytest.fixture(scope="module", params=PLANS)
def plan(request: pytest.FixtureRequest) -> DemoPlan:
    return generate(request.param, TODAY)


def _values(node: Any, key: str) -> Iterator[Any]:
    if isinstance(node, dict):
        if key in node:
            yield node[key]
        for value in node.values():
            yield from _values(value, key)
    elif isinstance(node, list):
        for value in node:
            yield from _values(value, key)


def _ids(plan: DemoPlan) -> list[str]:
    found = [r["id"] for r in plan.shared_records]
    found += [r["id"] for rows in plan.records.values() for r in rows]
    found += [str(x.id) for x in plan.staff]
    found += [str(x.id) for x in plan.teams]
    found += [str(x.id) for x in plan.threads]
    return found + [str(m.id) for thread in plan.threads for m in thread.messages]


@pytest.mark.parametrize("slug", PLANS)
def test_same_seed_gives_the_same_plan(slug: str) -> None:
    assert generate(slug, TODAY, 5) == generate(slug, TODAY, 5)
    assert generate(slug, TODAY, 5) != generate(slug, TODAY, 6)


def test_all_ids_differ_across_plans() -> None:
    ids = [x for slug in PLANS for x in _ids(generate(slug, TODAY))]
    assert [x for x, n in Counter(ids).items() if n > 1] == []


def test_one_user_id_lives_in_both_plans() -> None:
    cedar, harbor = ({m.user_id: m.id for m in generate(s, TODAY).members} for s in PLANS)
    assert cedar["ana.diaz"] != harbor["ana.diaz"]


def test_user_ids_are_plain_and_unique_in_a_plan(plan: DemoPlan) -> None:
    ids = [m.user_id for m in plan.members if m.user_id] + [s.user_id for s in plan.staff]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z-]+\.[a-z-]+", user_id) for user_id in ids)


def test_the_cast_holds_the_hard_cases(plan: DemoPlan) -> None:
    ages = {m: age_on(m.birth_date, TODAY) for m in plan.members}
    assert len(plan.members) == 15
    assert any(age < 13 for age in ages.values())
    assert any(13 <= age < 17 for age in ages.values())
    assert any(age == 17 and _days_to_birthday(m) <= 30 for m, age in ages.items())
    assert any(age >= 75 for age in ages.values())
    assert any((m.birth_date.month, m.birth_date.day) == (2, 29) for m in plan.members)
    assert sum(m.deceased_on is not None for m in plan.members) == 1
    assert any("’" in m.family for m in plan.members)
    assert any(m.language == "es" for m in plan.members)


def _days_to_birthday(member: Member) -> int:
    return (member.birth_date.replace(year=TODAY.year) - TODAY).days


def test_children_and_the_dead_cannot_sign_in(plan: DemoPlan) -> None:
    for member in plan.members:
        shut_out = age_on(member.birth_date, TODAY) < 13 or member.deceased_on
        assert (member.user_id is None) == bool(shut_out)


def test_minors_have_guardians_in_the_plan(plan: DemoPlan) -> None:
    by_id = {m.id: m for m in plan.members}
    for member in plan.members:
        is_minor = age_on(member.birth_date, TODAY) < 18
        assert bool(member.guardian_ids) == is_minor
        assert all(by_id[g].family_key == member.family_key for g in member.guardian_ids)


def test_each_team_has_workers_and_each_role_is_filled(plan: DemoPlan) -> None:
    assert [t.key for t in plan.teams] == ["primary", "behavioral", "claims"]
    roles = Counter(s.role for s in plan.staff)
    assert {r: roles[r] for r in roles if r != "care_worker"} == {
        "supervisor": 1, "privacy_officer": 1, "plan_administrator": 1, "operator": 1,
    }  # fmt: skip
    assert all(len(team.staff_ids) >= 2 for team in plan.teams)


def test_contacts_are_reserved_for_fiction(plan: DemoPlan) -> None:
    emails = [m.email for m in plan.members if m.email] + [s.email for s in plan.staff]
    assert all(email.endswith(".example.test") for email in emails)
    assert all(re.fullmatch(r"\(\d{3}\) 555-01\d\d", m.phone) for m in plan.members)


def test_every_kind_is_there_in_a_readable_amount(plan: DemoPlan) -> None:
    assert {r["resourceType"] for rows in plan.records.values() for r in rows} == KINDS
    assert all(30 <= len(rows) <= 120 for rows in plan.records.values())
    assert all(rows[0]["id"] == str(key) for key, rows in plan.records.items())


def test_resources_survive_json(plan: DemoPlan) -> None:
    for rows in plan.records.values():
        assert json.loads(json.dumps(rows, allow_nan=False)) == list(rows)


def test_every_reference_leads_somewhere(plan: DemoPlan) -> None:
    rows = [*plan.shared_records, *(r for found in plan.records.values() for r in found)]
    known = {f"{r['resourceType']}/{r['id']}" for r in rows}
    assert {ref for row in rows for ref in _values(row, "reference")} - known == set()


@pytest.mark.parametrize("today", DAYS)
@pytest.mark.parametrize("slug", PLANS)
def test_nothing_happens_before_birth_or_after_death(slug: str, today: date) -> None:
    made = generate(slug, today)
    for member in made.members:
        last = (member.deceased_on or today).isoformat()
        for row in made.records[member.id]:
            if row["resourceType"] == "Coverage":
                continue
            days = {d[:10] for d in re.findall(r'"(\d{4}-\d\d-\d\d[^"]*)"', json.dumps(row))}
            assert all(member.birth_date.isoformat() <= day <= last for day in days), row


def test_the_money_adds_up(plan: DemoPlan) -> None:
    rows = [r for found in plan.records.values() for r in found]
    bills = [r for r in rows if r["resourceType"] == "ExplanationOfBenefit"]
    assert any(bill["disposition"] == "Not paid" for bill in bills)
    for bill in bills:
        total = {
            t["category"].get("text"): round(t["amount"]["value"] * 100) for t in bill["total"]
        }
        owed = total["Copay"] + total["Counts toward your deductible"]
        owed += total.get("Coinsurance", 0)
        assert owed + total["Paid by the plan"] == total["Price the plan agreed to"]
        assert total["Paid by the plan"] == round(bill["payment"]["amount"]["value"] * 100)
        assert total["Price the plan agreed to"] <= total["Billed by the provider"]


def test_sensitive_records_are_marked() -> None:
    rows = [r for s in PLANS for found in generate(s, TODAY).records.values() for r in found]
    marks = {c["code"] for r in rows for c in r.get("meta", {}).get("security", ())}
    assert marks == {"ETH", "PSY", "SEX"}
    for row in rows:
        if re.search("opioid|alcohol use|depression, |anxiety d", json.dumps(row).lower()):
            assert "meta" in row, row


def test_threads_are_answered_by_their_team(plan: DemoPlan) -> None:
    workers = {s.user_id: s for s in plan.staff}
    assert {t.status for t in plan.threads} == {"answered", "waiting"}
    assert {t.team_key for t in plan.threads} == {"primary", "behavioral", "claims"}
    for thread in plan.threads:
        answers = [m for m in thread.messages if not m.from_member_side]
        assert bool(answers) == (thread.status == "answered")
        assert all(thread.team_key in workers[m.sender_user_id].team_keys for m in answers)
        sent = [m.sent_at for m in thread.messages]
        assert sent == sorted(sent)
        assert sent[-1] < datetime.combine(TODAY, time(12), UTC)
        assert not any("{" in m.body for m in thread.messages)
