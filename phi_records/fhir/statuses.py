"""One word and one tone for where a record stands."""

from collections.abc import Mapping
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from phi_records.fhir import words
from phi_records.fhir.money import Amounts, amounts_of

Tone = Literal["good", "wait", "due", "bad", "off", "plan"]
_Word = tuple[str | Promise, Tone]

_NONE: _Word = ("", "off")
_COMMON: dict[str, _Word] = {
    "active": (_("Active"), "good"),
    "completed": (_("Done"), "good"),
    "finished": (_("Done"), "good"),
    "inactive": (_("Ended"), "off"),
    "stopped": (_("Stopped"), "off"),
    "ended": (_("Ended"), "off"),
    "not-done": (_("Not done"), "off"),
    "cancelled": (_("Canceled"), "off"),
    "revoked": (_("Canceled"), "off"),
    "entered-in-error": (_("Entered by mistake"), "bad"),
    "on-hold": (_("On hold"), "wait"),
    "onhold": (_("On hold"), "wait"),
    "suspended": (_("On hold"), "wait"),
    "draft": (_("Draft"), "wait"),
    "proposed": (_("Planned"), "plan"),
    "planned": (_("Planned"), "plan"),
    "preparation": (_("Planned"), "plan"),
    "booked": (_("Booked"), "plan"),
    "pending": (_("Waiting"), "wait"),
    "arrived": (_("Now"), "wait"),
    "triaged": (_("Now"), "wait"),
    "in-progress": (_("In progress"), "wait"),
    "available": (_("Ready"), "good"),
    "final": (_("Final"), "good"),
    "amended": (_("Corrected"), "good"),
    "corrected": (_("Corrected"), "good"),
    "appended": (_("Final"), "good"),
    "preliminary": (_("Early result"), "wait"),
    "partial": (_("Part of the result"), "wait"),
    "registered": (_("Waiting for result"), "wait"),
    "current": (_("Current"), "good"),
    "superseded": (_("Older version"), "off"),
    "unknown": _NONE,
}
_MEDICINE: dict[str, _Word] = {
    "active": (_("Taking now"), "good"),
    "completed": (_("Finished"), "off"),
    "intended": (_("Planned"), "plan"),
    "not-taken": (_("Not taking"), "off"),
}
_CLINICAL: dict[str, _Word] = {
    "active": (_("Active"), "due"),
    "recurrence": (_("Came back"), "due"),
    "relapse": (_("Came back"), "due"),
    "inactive": (_("Not active"), "off"),
    "remission": (_("In remission"), "good"),
    "resolved": (_("Resolved"), "good"),
}
_DOUBTS: dict[str, _Word] = {
    "entered-in-error": (_("Entered by mistake"), "bad"),
    "refuted": (_("Ruled out"), "off"),
    "unconfirmed": (_("Not confirmed"), "wait"),
    "provisional": (_("Not confirmed"), "wait"),
    "differential": (_("Not confirmed"), "wait"),
}
_OUTCOMES: dict[str, _Word] = {
    "complete": (_("Decided"), "good"),
    "queued": (_("Waiting"), "wait"),
    "partial": (_("Partly decided"), "wait"),
    "error": (_("Not paid"), "bad"),
}
_GOALS: dict[str, _Word] = {
    "achieved": (_("Reached"), "good"),
    "improving": (_("Getting better"), "good"),
    "in-progress": (_("In progress"), "wait"),
    "not-achieved": (_("Not reached"), "due"),
    "worsening": (_("Getting worse"), "due"),
}
_RESULTS: dict[str, _Word] = {
    "N": (_("In range"), "good"),
    "H": (_("Above range"), "due"),
    "L": (_("Below range"), "due"),
    "A": (_("Out of range"), "due"),
    "HH": (_("Far above range"), "bad"),
    "LL": (_("Far below range"), "bad"),
    "AA": (_("Far out of range"), "bad"),
    "HU": (_("Far above range"), "bad"),
    "LU": (_("Far below range"), "bad"),
    "NEG": (_("Negative"), "good"),
    "POS": (_("Positive"), "due"),
}


def status_of(resource: Mapping[str, Any], amounts: Amounts | None = None) -> tuple[str, Tone]:
    """`amounts` of a claim, where they are at hand: adding them up takes the longest."""
    word, tone = _status(resource, amounts)
    return str(word), tone


def _status(resource: Mapping[str, Any], amounts: Amounts | None) -> _Word:
    named = words.text(resource.get("resourceType"))
    status = words.text(resource.get("status"))
    if named in ("Condition", "AllergyIntolerance"):
        doubt = _coded(resource.get("verificationStatus"), _DOUBTS)
        return doubt or _coded(resource.get("clinicalStatus"), _CLINICAL) or _NONE
    if named == "Goal":
        life = words.text(resource.get("lifecycleStatus"))
        return _coded(resource.get("achievementStatus"), _GOALS) or _common(life)
    if named == "Observation":
        return _result(resource, status)
    if named.startswith("Medication") and status in _MEDICINE:
        return _MEDICINE[status]
    if named == "ExplanationOfBenefit" and status == "active":
        if (amounts or amounts_of(resource)).refused:
            return _OUTCOMES["error"]
        return _OUTCOMES.get(words.text(resource.get("outcome")), _COMMON["active"])
    if named == "Claim" and status == "active":
        return _("Sent"), "off"
    if named == "Immunization" and status == "completed":
        return _("Given"), "good"
    return _common(status)


def common_status(status: str) -> str:
    return str(_common(status)[0])


def _common(status: str) -> _Word:
    return _COMMON.get(status) or ((words.plain_code(status), "off") if status else _NONE)


def _coded(value: object, table: dict[str, _Word]) -> _Word | None:
    return next((table[code] for code in sorted(words.codes(value)) if code in table), None)


def _result(resource: Mapping[str, Any], status: str) -> _Word:
    if status not in ("final", "amended", "corrected", ""):
        return _common(status)
    code = _judged(resource) or _judged_by_parts(resource)
    return _RESULTS[code] if code else _common(status)


def _judged_by_parts(resource: Mapping[str, Any]) -> str:
    """Of a blood pressure and the like: the worst of its parts, or in range if each of them is."""
    several = [_judged(words.fields(one)) for one in words.items(resource.get("component"))]
    out = {code for code in several if code and _RESULTS[code][1] != "good"}
    far = {code for code in out if _RESULTS[code][1] == "bad"}
    if worst := far or out:
        return next(iter(worst)) if len(worst) == 1 else ("AA" if far else "A")
    return "N" if several and all(several) else ""


def _judged(resource: Mapping[str, Any]) -> str:
    """The laboratory's own word as a code of _RESULTS, else what its range says."""
    for one in words.items(resource.get("interpretation")):
        if known := words.codes(one) & _RESULTS.keys():
            return min(known)
    return _compared(resource)


def _compared(resource: Mapping[str, Any]) -> str:
    """Against the one range that the laboratory gave; with several we would have to guess."""
    ranges = [words.fields(one) for one in words.items(resource.get("referenceRange"))]
    value = words.fields(resource.get("valueQuantity"))
    amount = words.number(value.get("value"))
    if len(ranges) != 1 or amount is None or value.get("comparator"):
        return ""
    low, high = words.fields(ranges[0].get("low")), words.fields(ranges[0].get("high"))
    units = {words.text(side.get("unit")) for side in (low, high, value)} - {""}
    bottom, top = words.number(low.get("value")), words.number(high.get("value"))
    if len(units) > 1 or (bottom is None and top is None):
        return ""
    if bottom is not None and amount < bottom:
        return "L"
    return "H" if top is not None and amount > top else "N"
