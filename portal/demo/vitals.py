"""Measurements that move over time: vital signs and laboratory panels."""

from datetime import date
from itertools import pairwise

from portal.demo import fhir, tables
from portal.demo.fhir import Chart, at, concept, doctor, reference, status
from portal.demo.shapes import Resource

# Typical length in cm and weight in kg by age; grown-ups below.
CHILD_SIZES = ((0, 50, 3.5), (2, 87, 12.3), (4, 102, 16.4), (8, 128, 25.8), (11, 144, 36.5),
               (13, 156, 45.5), (15, 164, 54.0), (17, 168, 60.0))  # fmt: skip


def _between(age: float, column: int) -> float:
    for low, high in pairwise(CHILD_SIZES):
        if age <= high[0]:
            share = (age - low[0]) / (high[0] - low[0])
            return low[column] + share * (high[column] - low[column])
    return CHILD_SIZES[-1][column]


def _size(chart: Chart, day: date, progress: float) -> tuple[float, float]:
    age = (day - chart.member.birth_date).days / 365.25
    if age < 18:
        return round(_between(age, 1), 1), round(_between(age, 2), 1)
    # The digits of the number stand for the person, so that height never changes.
    own = int(chart.member.id) % 13
    height = (172 if chart.member.sex == "male" else 159) + own - 6
    weight = height * height / 10_000 * (30 - own / 3) - 3 * progress
    return float(height), round(weight + chart.rng.uniform(-0.6, 0.6), 1)


def _quantity(value: float, unit: str) -> Resource:
    code = {"points": "{score}", "mmHg": "mm[Hg]"}.get(unit, unit)
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": code}


def _range(low: float | None, high: float | None, unit: str) -> list[Resource]:
    ends = {"low": low, "high": high}
    return [{key: _quantity(value, unit) for key, value in ends.items() if value is not None}]


def _vital(chart: Chart, day: date, visit: Resource, code: tuple[str, str], body: Resource) -> None:
    chart.add("Observation", {
        "status": "final",
        "category": [status("observation-category", "vital-signs")],
        "code": concept(fhir.LOINC, *code),
        "subject": chart.patient,
        "encounter": reference(visit),
        "effectiveDateTime": at(day, 15, 5),
    } | body)  # fmt: skip


def add_vitals(chart: Chart, day: date, visit: Resource, progress: float) -> None:
    height, weight = _size(chart, day, progress)
    _vital(chart, day, visit, ("29463-7", "Weight"), {"valueQuantity": _quantity(weight, "kg")})
    if chart.age < 18:
        _vital(chart, day, visit, ("8302-2", "Height"),
               {"valueQuantity": _quantity(height, "cm")})  # fmt: skip
        return
    bmi = round(weight / (height / 100) ** 2, 1)
    _vital(chart, day, visit, ("39156-5", "Body mass index (BMI)"),
           {"valueQuantity": _quantity(bmi, "kg/m2"),
            "referenceRange": _range(18.5, 24.9, "kg/m2")})  # fmt: skip
    _add_blood_pressure(chart, day, visit, progress)


def _add_blood_pressure(chart: Chart, day: date, visit: Resource, progress: float) -> None:
    high = "hypertension" in chart.member.profile
    upper = round((152 - 22 * progress if high else 117) + chart.rng.uniform(-4, 4))
    lower = round((94 - 14 * progress if high else 74) + chart.rng.uniform(-3, 3))
    parts = (("8480-6", "Systolic (upper number)", upper, 90, 129),
             ("8462-4", "Diastolic (lower number)", lower, 60, 79))  # fmt: skip
    _vital(chart, day, visit, ("85354-9", "Blood pressure"), {
        "component": [
            {"code": concept(fhir.LOINC, code, name), "valueQuantity": _quantity(value, "mmHg"),
             "referenceRange": _range(least, most, "mmHg")}
            for code, name, value, least, most in parts
        ],
    })  # fmt: skip


def _flag(value: float, test: tables.Test) -> str:
    if test.low is not None and value < test.low:
        return "L"
    if test.high is not None and value > test.high:
        return "H"
    return "N"


def _measure(chart: Chart, test: tables.Test, step: int) -> float:
    value = test.start + (test.end - test.start) * step / 2
    value = round(value + chart.rng.uniform(-test.noise, test.noise), test.digits)
    return value if test.digits else int(value)


def add_panel(
    chart: Chart, panel: tables.Panel, day: date, visit: Resource, step: int, *, sensitivity: str
) -> None:
    """Three steps, 0 to 2, lead from a test's first value to its last."""
    is_survey = bool(sensitivity)
    category = status("observation-category", "survey" if is_survey else "laboratory")
    results = []
    for test in panel.tests:
        value = _measure(chart, test, step)
        found = chart.add("Observation", {
            "status": "final",
            "category": [category],
            "code": concept(fhir.LOINC, test.loinc, test.name),
            "subject": chart.patient,
            "encounter": reference(visit),
            "effectiveDateTime": at(day, 16),
            "issued": at(day, 22),
            "valueQuantity": _quantity(value, test.unit),
            "interpretation": [status("v3-ObservationInterpretation", _flag(value, test))],
            "referenceRange": _range(test.low, test.high, test.unit),
        }, sensitivity=sensitivity)  # fmt: skip
        results.append(reference(found, test.name))
    chart.add("DiagnosticReport", {
        "status": "final",
        "code": concept(fhir.LOINC, panel.loinc, panel.name),
        "subject": chart.patient,
        "encounter": reference(visit),
        "effectiveDateTime": at(day, 16),
        "issued": at(day, 22),
        "performer": [doctor(chart.slug, 1) if is_survey else fhir.clinic(chart.slug, 2)],
        "result": results,
    }, sensitivity=sensitivity)  # fmt: skip
