"""Results over time: what is compared, and how it is drawn."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Member, User
from phi_records.charts import chart_of, has_numbers
from phi_records.fhir.trend import BOTTOM, MOST_POINTS, TOP, scale_of, trend_of
from phi_records.models import RecordItem
from portal.base import context
from portal.base.audit.models import Event
from tests.base.trails import said
from tests.phi_records.bundles import load_for, observation

ClientFor = Callable[[User], Client]


def a1c(day: str, value: float, **more: Any) -> dict[str, Any]:
    return {
        **observation(f"o{day}", "A1C"),
        "effectiveDateTime": day,
        "valueQuantity": {"value": value, "unit": "%"},
        **more,
    }


def pressure(day: str, upper: float, lower: float) -> dict[str, Any]:
    def part(code: str, value: float) -> dict[str, Any]:
        quantity = {"value": value, "unit": "mm[Hg]"}
        return {"code": {"coding": [{"code": code}]}, "valueQuantity": quantity}

    return {
        **observation(f"p{day}", "Blood pressure"),
        "effectiveDateTime": day,
        "valueQuantity": None,
        "component": [part("8462-4", lower), part("8480-6", upper)],
    }


def test_the_same_test_is_followed_and_nothing_else() -> None:
    newest = a1c("2026-07-02", 6.4)
    others = [
        a1c("2026-01-08", 7.2),
        {**a1c("2026-02-08", 9.9), "code": {"text": "Something else"}},
        a1c("2026-03-08", 46, valueQuantity={"value": 46, "unit": "mmol/mol"}),
        a1c("2026-04-08", 9.9, status="entered-in-error"),
        a1c("2026-05-08", 9.9, valueQuantity={"value": 4, "unit": "%", "comparator": "<"}),
        a1c("2025-10-03", 7.6),
    ]
    assert [one.text for one in trend_of(newest, others)] == ["7.6 %", "7.2 %", "6.4 %"]


def test_one_result_is_no_trend() -> None:
    assert trend_of(a1c("2026-07-02", 6.4), []) == []
    assert chart_of("A1C", a1c("2026-07-02", 6.4), []) is None
    assert has_numbers(a1c("2026-07-02", 6.4))
    assert not has_numbers({**observation("o"), "valueQuantity": None, "valueString": "High"})


def test_only_the_newest_are_drawn() -> None:
    several = [a1c(f"2020-{month:02}-01", month) for month in range(1, 13)]
    found = trend_of(several[-1], several)
    assert len(found) == MOST_POINTS
    assert found[-1].values == (Decimal(12),)


def test_a_blood_pressure_is_two_lines() -> None:
    chart = chart_of("BP", pressure("2026-02-01", 120, 80), [pressure("2026-01-01", 140, 90)])
    assert chart is not None
    assert [one["text"] for one in chart["dots"]] == ["140", "90", "120", "80"]
    assert len(chart["lines"]) == 2
    assert [one["text"] for one in chart["rows"]] == ["120/80 mmHg", "140/90 mmHg"]


def test_a_blood_pressure_in_two_units_is_no_line() -> None:
    mixed = pressure("2026-02-01", 120, 80)
    mixed["component"][0]["valueQuantity"] = {"value": 16.0, "unit": "kPa"}
    assert trend_of(mixed, [pressure("2026-01-01", 140, 90)]) == []


def test_the_usual_range_is_a_band() -> None:
    usual = {"low": {"value": 4, "unit": "%"}, "high": {"value": 5.6, "unit": "%"}}
    newest = a1c("2026-07-02", 6.4, referenceRange=[usual])
    chart = chart_of("A1C", newest, [a1c("2026-01-08", 7.2)])
    assert chart is not None
    assert chart["band"]["text"] == "Usual range: 4 to 5.6 %"
    assert chart["band"]["height"] > 0
    assert (chart["latest"], chart["status"]) == ("6.4 % on Jul 2, 2026.", "Above range")


@given(st.lists(st.decimals(-(10**14), 10**14, places=3), min_size=1, max_size=8))
def test_every_value_has_its_place_on_the_chart(values: list[Decimal]) -> None:
    scale = scale_of(values)
    assert 2 <= len(scale.ticks) <= 6
    assert all(TOP - 0.2 <= scale.y(one) <= BOTTOM + 0.2 for one in values)


@pytest.fixture
def page(
    client_for: ClientFor, member_user: User, member: Member, tmp_path: Path
) -> Callable[[str], Any]:
    results = [a1c("2026-01-08", 7.2), a1c("2026-07-02", 6.4), observation("o1", "Sodium")]
    load_for(member, tmp_path, *results)
    client = client_for(member_user)

    def opened(key: str) -> Any:
        with context.system("test", member.plan_id), context.about_member(member.pk):
            item = RecordItem.objects.get(source_key=f"lab|{key}")
        return client.get(reverse("records:detail", args=[item.pk]))

    return opened


def test_the_page_of_a_result_shows_how_it_went(page: Callable[[str], Any]) -> None:
    shown = page("o2026-07-02").text
    assert 'role="img"' in shown
    assert "From 7.2 % on Jan 8, 2026 to 6.4 % on Jul 2, 2026." in shown
    assert "See as a table" in shown
    assert "style=" not in shown.partition("<figure")[2].partition("</figure>")[0]
    assert "<figure" not in page("o1").text


def test_what_a_chart_opened_is_in_the_trail(page: Callable[[str], Any], member: Member) -> None:
    page("o2026-07-02")
    with context.system("test", member.plan_id):
        event = Event.objects.filter(action="records.listed").latest("at")
    assert said(event) == {"kind": "tests", "count": 2}


def test_units_that_only_a_remark_tells_apart_are_no_line() -> None:
    """D-dimer in FEU is twice what it is in DDU."""

    def dimer(day: str, unit: str) -> dict[str, Any]:
        return a1c(day, 1, valueQuantity={"value": 1, "unit": unit})

    feu = [dimer("2026-01-01", "ug/mL{FEU}"), dimer("2026-02-01", "ug/mL (FEU)")]
    ddu = dimer("2026-03-01", "ug/mL{DDU}")
    assert [one.unit for one in trend_of(feu[0], [*feu, ddu])] == ["ug/mL (FEU)"] * 2
    assert trend_of(ddu, feu) == []
