"""Each row of the table of times, beside the promise that leans on it."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.base.clock.law import (
    RULES,
    CannotExtend,
    Kind,
    Rule,
    Unit,
    due,
    extended,
    since,
)
from tests.clock.test_days import CALENDARS, DAYS, EAST, Calendar

RECEIVED = date(2026, 11, 25)  # the day before Thanksgiving
FORWARD = sorted(kind for kind, rule in RULES.items() if not rule.back)
EXTENDABLE = sorted(kind for kind, rule in RULES.items() if rule.extension)


def row(promise: str, kind: Kind, last: str, citation: str) -> object:
    marks = pytest.mark.promise(promise)
    return pytest.param(kind, date.fromisoformat(last), citation, marks=marks, id=kind.value)


ROWS = [
    row("AL20", Kind.ACCESS, "2026-12-25", "45 CFR 164.524(b)(2)"),
    row("LW3", Kind.AMENDMENT, "2027-01-24", "45 CFR 164.526(b)(2)"),
    row("LW4", Kind.ACCOUNTING, "2027-01-24", "45 CFR 164.528(c)(1)"),
    row("LW4", Kind.ACCOUNTING_REACH, "2020-11-25", "45 CFR 164.528(a)(1)"),
    row("LW4", Kind.FREE_ACCOUNTING, "2025-11-25", "45 CFR 164.528(c)(2)(i)"),
    row("AH15", Kind.SPOKEN_SUSPENSION, "2026-12-25", "45 CFR 164.528(a)(2)(ii)(C)"),
    row("LW5", Kind.BREACH_MEMBER, "2027-01-24", "45 CFR 164.404(b)"),
    row("AL22", Kind.BREACH_MEDIA, "2027-01-24", "45 CFR 164.406(b)"),
    row("AL22", Kind.BREACH_HHS, "2027-01-24", "45 CFR 164.408(b)"),
    row("AL22", Kind.BREACH_HHS_SMALL, "2027-03-01", "45 CFR 164.408(c)"),
    row("AL22", Kind.BREACH_PLAN, "2027-01-24", "45 CFR 164.410(b)"),
    row("AL22", Kind.BREACH_WEB_NOTICE, "2027-02-23", "45 CFR 164.404(d)(2)(ii)"),
    row("AL22", Kind.BREACH_SPOKEN_DELAY, "2026-12-25", "45 CFR 164.412(b)"),
    row("LW6", Kind.HHS_COMPLAINT, "2027-05-24", "45 CFR 160.306(b)(3)"),
    row("LW13", Kind.DOCUMENTS, "2032-11-25", "45 CFR 164.316(b)(2)(i), 164.530(j)(2)"),
    row("LW10", Kind.DECEASED, "2076-11-25", "45 CFR 164.502(f)"),
    row("AL25", Kind.NOTICE_REMINDER, "2029-11-25", "45 CFR 164.520(c)(1)(ii)"),
    row("AL25", Kind.NOTICE_CHANGED, "2027-01-24", "45 CFR 164.520(c)(1)(v)(B)"),
    row("LW11", Kind.SUD_ACCOUNTING_REACH, "2023-11-25", "42 CFR 2.25"),
    row("AL20", Kind.PRIOR_AUTHORIZATION_SHOWN, "2026-11-27", "42 CFR 431.60(b)(5)"),
    row("AL20", Kind.PRIOR_AUTHORIZATION_KEPT, "2027-11-25", "42 CFR 431.60(b)(5)"),
    row("LW1", Kind.RESTRICTION, "2026-12-10", ""),
    row("LW2", Kind.CONFIDENTIAL_CONTACT, "2026-11-30", ""),
    row("AL14", Kind.REPRESENTATIVE, "2026-12-05", ""),
    row("AH24", Kind.COMPLAINT, "2026-12-25", ""),
    row("AL21", Kind.PAPER_NOTICE, "2026-12-03", ""),
    row("AL16", Kind.BEST_INTEREST_REVIEW, "2026-11-30", ""),
    row("AM7", Kind.EMERGENCY_ACCESS_REVIEW, "2026-11-30", ""),
]


@pytest.mark.parametrize(("kind", "last", "citation"), ROWS)
def test_each_time_is_what_the_law_or_the_plan_says(kind: Kind, last: date, citation: str) -> None:
    rule = RULES[kind]
    assert (since(kind, RECEIVED) if rule.back else due(kind, RECEIVED, EAST)) == last
    assert rule.citation == citation


def test_the_table_has_a_row_for_each_kind_and_the_test_for_each_row() -> None:
    assert set(RULES) == set(Kind)
    assert {param.values[0] for param in ROWS} == set(Kind)  # type: ignore[attr-defined]


def test_citations_read_as_citations() -> None:
    for rule in RULES.values():
        assert re.fullmatch(r"|4[25] CFR \d+\.\d+[\w().,  ]*", rule.citation)


@pytest.mark.promise("AL19")
@pytest.mark.parametrize(
    ("kind", "last"),
    [
        (Kind.ACCESS, "2027-01-24"),
        (Kind.AMENDMENT, "2027-02-23"),
        (Kind.ACCOUNTING, "2027-02-23"),
    ],
)
def test_the_rights_that_law_lets_extend_have_30_days_more_once(kind: Kind, last: str) -> None:
    first = due(kind, RECEIVED, EAST)
    assert extended(kind, RECEIVED, EAST, on=first) == date.fromisoformat(last)
    with pytest.raises(CannotExtend, match="already"):
        extended(kind, RECEIVED, EAST, on=first, before=True)
    with pytest.raises(CannotExtend, match="over"):
        extended(kind, RECEIVED, EAST, on=first + timedelta(days=1))


def test_nothing_else_is_ever_extended() -> None:
    assert EXTENDABLE == [Kind.ACCESS, Kind.ACCOUNTING, Kind.AMENDMENT]
    for kind in set(FORWARD) - set(EXTENDABLE):
        with pytest.raises(CannotExtend):
            extended(kind, RECEIVED, EAST, on=RECEIVED)


def test_calendar_days_do_not_pass_over_weekends_or_holidays() -> None:
    assert due(Kind.ACCESS, date(2026, 11, 25), EAST) == date(2026, 12, 25)


def test_small_breaches_are_told_in_the_60_days_after_their_year() -> None:
    """Which end on 1 March, or on 29 February in a leap year."""
    last = {year: due(Kind.BREACH_HHS_SMALL, date(year, 7, 1), EAST) for year in (2026, 2027)}
    assert last == {2026: date(2027, 3, 1), 2027: date(2028, 2, 29)}


def test_a_rule_is_asked_in_its_own_direction() -> None:
    with pytest.raises(ValueError, match="back"):
        due(Kind.ACCOUNTING_REACH, RECEIVED, EAST)
    with pytest.raises(ValueError, match="forward"):
        since(Kind.ACCESS, RECEIVED)


def test_counsel_is_to_confirm_what_the_promises_mark() -> None:
    assert [kind for kind, rule in RULES.items() if rule.to_confirm] == [Kind.SUD_ACCOUNTING_REACH]
    assert Rule(1, Unit.DAYS).to_confirm is False


@given(st.sampled_from(FORWARD), CALENDARS, DAYS, st.integers(0, 400))
def test_no_time_ends_before_it_starts_nor_out_of_order(
    kind: Kind, calendar: Calendar, day: date, later: int
) -> None:
    last = due(kind, day, calendar)
    assert last > day
    assert last <= due(kind, day + timedelta(days=later), calendar)
    assert calendar.ends(last) > calendar.ends(day)


@given(st.sampled_from(EXTENDABLE), CALENDARS, DAYS)
def test_an_extension_only_makes_it_later(kind: Kind, calendar: Calendar, day: date) -> None:
    assert extended(kind, day, calendar, on=day) > due(kind, day, calendar)


@given(DAYS)
def test_the_reach_back_is_before_the_day(day: date) -> None:
    for kind, rule in RULES.items():
        if rule.back:
            assert since(kind, day) < day
