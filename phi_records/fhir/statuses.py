"""One word and one tone for where a record stands."""

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from phi_records.fhir import modifiers, words
from phi_records.fhir.money import Amounts, amounts_of, is_bill
from phi_records.fhir.participants import has_declined, is_a_patient

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
    "intended": (_("Planned"), "plan"),
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
_HANDED_OUT: dict[str, _Word] = {"completed": (_("Handed out"), "good")}
_GIVEN: dict[str, _Word] = {
    "completed": (_("Given"), "good"),
    "not-done": (_("Not given"), "off"),
}
_APPOINTMENTS: dict[str, _Word] = {
    "fulfilled": (_("Done"), "good"),
    "noshow": (_("You did not come"), "due"),
    "checked-in": (_("Checked in"), "wait"),
    "waitlist": (_("On a waiting list"), "wait"),
}
_RELATIVES: dict[str, _Word] = {
    "partial": (_("Not all is known"), "wait"),
    "completed": _NONE,
    "health-unknown": (_("Not known"), "off"),
}
_BY_TYPE: dict[str, dict[str, _Word]] = {
    "Communication": {
        "not-done": (_("Not sent"), "off"),
        "stopped": (_("Stopped before all was sent"), "off"),
    },
    "Composition": {"preliminary": (_("Draft"), "wait")},
    "Contract": {"amended": (_("With changes"), "good"), "appended": (_("With additions"), "good")},
    "Device": {"active": (_("In use"), "good"), "inactive": (_("Not in use"), "off")},
    "FamilyMemberHistory": _RELATIVES,
    "MedicationRequest": _MEDICINE,
    "MedicationStatement": _MEDICINE,
    "MedicationDispense": _HANDED_OUT,
    "MedicationAdministration": _GIVEN,
    "SupplyDelivery": {"abandoned": (_("Given up, not all was delivered"), "off")},
}
_SUGGESTIONS: dict[str, _Word] = {
    "proposal": (_("Suggested, not ordered"), "wait"),
    "plan": (_("Planned, not ordered"), "plan"),
    "option": (_("One of several choices"), "wait"),
}
DO_NOT_TAKE: _Word = (_("Do not take"), "bad")
DO_NOT_DO: _Word = (_("Do not do this"), "bad")
_PERIODS = {
    "CarePlan": "period",
    "CareTeam": "period",
    "Consent": "",
    "Coverage": "period",
    "EpisodeOfCare": "period",
    "Flag": "period",
    "Goal": "",
    "MedicationRequest": "",
    "MedicationStatement": "effectivePeriod",
}
VOID = frozenset({"cancelled", "entered-in-error"})
FINAL = frozenset({"final", "amended", "corrected", "appended", ""})
_IN_FORCE = frozenset({"active", "unknown", ""})
_PURSUED = frozenset({"accepted", "active", "completed", ""})
_UNSURE = frozenset({"preliminary", "entered-in-error"})
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
    "error": (_("Could not be processed"), "bad"),
}
# Of a plan: that they are in force says only that they were sent.
_ANSWERS = frozenset({"ExplanationOfBenefit", "ClaimResponse", "CoverageEligibilityResponse"})
_REFUSED: _Word = (_("Not paid"), "bad")
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
    "DET": (_("Detected"), "due"),
    "ND": (_("Not detected"), "good"),
    "RR": (_("Reactive"), "due"),
    "WR": (_("Weakly reactive"), "due"),
    "NR": (_("Not reactive"), "good"),
    "IND": (_("Not clear"), "wait"),
    "E": (_("Not clear"), "wait"),
    # Of a germ, to a medicine.
    "R": (_("Resistant"), "due"),
    "I": (_("In between"), "wait"),
    "S": (_("Susceptible"), "good"),
}
_GRAVITY = ("bad", "due", "wait", "good")
_ABOVE, _BELOW = frozenset({"H", "HH", "HU"}), frozenset({"L", "LL", "LU"})
_OF_RANGES = frozenset({"H", "L", "A", "HH", "LL", "AA", "HU", "LU"})
_UNCLEAR = frozenset({"IND", "E"})
_DENY_EACH_OTHER = (
    (frozenset({"N"}), _OF_RANGES, frozenset[str]()),
    (frozenset({"POS", "DET", "RR", "WR"}), frozenset({"NEG", "ND", "NR"}), _UNCLEAR),
    (frozenset({"R"}), frozenset({"I"}), frozenset({"S"})),
)


def status_of(resource: Mapping[str, Any], amounts: Amounts | None = None) -> tuple[str, Tone]:
    """`amounts` of a claim, where they are at hand: adding them up takes the longest."""
    word, tone = _turned(resource) or _timed(resource) or _status(resource, amounts)
    if modifiers.has_unknown(resource) and tone != "bad":
        return (_("%s, with a condition") % word if word else str(_("With a condition"))), "due"
    return str(word), tone


def _turned(resource: Mapping[str, Any]) -> _Word | None:
    """What an order in force says that is none, or an order not to do something."""
    if words.text(resource.get("status")) not in _IN_FORCE:
        return None
    if modifiers.forbids(resource):
        return DO_NOT_TAKE if modifiers.is_medicine(resource) else DO_NOT_DO
    if modifiers.is_suggestion(resource):
        if resource.get("reportedBoolean") is True or resource.get("reportedReference"):
            # How US Core writes what people say that they take without an order.
            return _("Reported, not ordered"), "wait"
        return _SUGGESTIONS[resource["intent"]]
    return None


def _timed(resource: Mapping[str, Any]) -> _Word | None:
    """A record in force tells of a time that may be over, or not begun."""
    named = words.text(resource.get("resourceType"))
    life = resource.get("lifecycleStatus" if named == "Goal" else "status")
    if named not in _PERIODS or life not in (None, "active", "accepted"):
        return None
    rules = words.fields(resource.get("provision"))
    several = (resource.get(_PERIODS[named]), rules.get("period"), _of_doses(resource))
    period = next((found for one in several if (found := words.fields(one))), {})
    if words.is_over(period.get("end")):
        return _("Ended %s") % words.moment_text(period["end"]), "off"
    start = resource.get("startDate") if named == "Goal" else period.get("start")
    return (_("Starts %s") % words.moment_text(start), "plan") if words.is_ahead(start) else None


def _of_doses(resource: Mapping[str, Any]) -> dict[str, str]:
    """From the start of the first to the end of the last, where each of its doses has one."""
    doses = words.items(resource.get("dosageInstruction") or resource.get("dosage"))
    timings = (words.fields(words.fields(one).get("timing")) for one in doses)
    bounds = [words.fields(words.fields(one.get("repeat")).get("boundsPeriod")) for one in timings]
    found = {}
    for side, outermost in (("start", min), ("end", max)):
        several = [str(one.get(side)) for one in bounds]
        days = [day for one in several if (day := words.moment(one))]
        if days and len(days) == len(several):
            found[side] = several[days.index(outermost(days))]
    return found


def _status(resource: Mapping[str, Any], amounts: Amounts | None) -> _Word:
    named = words.text(resource.get("resourceType"))
    status = words.text(resource.get("status"))
    if made := _OF_TYPE.get(named):
        return made(resource, status)
    if known := _BY_TYPE.get(named, {}).get(status):
        return known
    if named in _ANSWERS and status == "active":
        if named == "ExplanationOfBenefit" and _is_refused(resource, amounts):
            return _REFUSED
        return _OUTCOMES.get(words.text(resource.get("outcome")), _COMMON["active"])
    if named == "Claim" and status == "active":
        return _("Sent"), "off"
    return _common(status)


def _is_refused(resource: Mapping[str, Any], amounts: Amounts | None) -> bool:
    return is_bill(resource) and (amounts or amounts_of(resource)).refused


def _of_problem(resource: Mapping[str, Any], _status: str) -> _Word:
    doubt = _coded(resource.get("verificationStatus"), _DOUBTS)
    return doubt or _coded(resource.get("clinicalStatus"), _CLINICAL) or _NONE


def _of_goal(resource: Mapping[str, Any], _status: str) -> _Word:
    """How far it was reached says nothing of a goal that was given up, or was never one."""
    life = words.text(resource.get("lifecycleStatus"))
    reached = _coded(resource.get("achievementStatus"), _GOALS)
    return reached if reached and life in _PURSUED else _common(life)


def _of_appointment(resource: Mapping[str, Any], status: str) -> _Word:
    own = (
        one
        for one in map(words.fields, words.items(resource.get("participant")))
        if is_a_patient(words.fields(one.get("actor")))
    )
    if status in ("proposed", "pending", "booked") and any(map(has_declined, own)):
        return _("You said no"), "off"
    return _APPOINTMENTS.get(status) or _common(status)


def _of_vaccine(resource: Mapping[str, Any], status: str) -> _Word:
    if status == "completed" and resource.get("isSubpotent") is True:
        return _("Given, may not protect"), "due"
    return _GIVEN.get(status) or _common(status)


def _of_person(resource: Mapping[str, Any], _status: str) -> _Word:
    links = (words.fields(one).get("type") for one in words.items(resource.get("link")))
    if "replaced-by" in links:
        return _("Replaced by another record"), "off"
    return (_("No longer in use"), "off") if resource.get("active") is False else _NONE


def _of_document(resource: Mapping[str, Any], status: str) -> _Word:
    """A version in force may be a draft, or a mistake."""
    written = words.text(resource.get("docStatus"))
    return _common(written if status == "current" and written in _UNSURE else status)


def common_status(status: str) -> str:
    return str(_common(status)[0])


def _common(status: str) -> _Word:
    return _COMMON.get(status) or ((words.code_word(status), "off") if status else _NONE)


def _coded(value: object, table: dict[str, _Word]) -> _Word | None:
    return next((table[code] for code in sorted(words.codes(value)) if code in table), None)


def _result(resource: Mapping[str, Any], status: str) -> _Word:
    if status not in FINAL:
        return _common(status)
    code = _judged(resource) or _judged_by_parts(resource)
    return _RESULTS[code] if code else _common(status)


def _judged_by_parts(resource: Mapping[str, Any]) -> str:
    """Of a blood pressure and the like: the worst of its parts, or what all of them are."""
    several = {_judged(words.fields(one)) for one in words.items(resource.get("component"))}
    out = {code for code in several if code and _RESULTS[code][1] != "good"}
    far = {code for code in out if _RESULTS[code][1] == "bad"}
    worst = far or out or several
    if len(worst) == 1:
        return next(iter(worst))
    return ("AA" if far else "A") if out and worst <= _OF_RANGES else ""


def _judged(resource: Mapping[str, Any]) -> str:
    """The laboratory's own word as a code of _RESULTS, or what its range says if it has none."""
    said = words.items(resource.get("interpretation"))
    known = [code for one in said for code in words.codes(one) if code in _RESULTS]
    if _deny_each_other(known):
        return "IND"
    if known:
        return _of_both_sides(known) or min(known, key=_gravity)
    return "" if said else _compared(resource)


def _deny_each_other(codes: Collection[str]) -> bool:
    return any(
        sum(not one.isdisjoint(codes) for one in several) > 1 for several in _DENY_EACH_OTHER
    )


def _of_both_sides(codes: Collection[str]) -> str:
    """Above and below at once: neither of them is all that was said."""
    if _ABOVE.isdisjoint(codes) or _BELOW.isdisjoint(codes):
        return ""
    return "AA" if any(_RESULTS[one][1] == "bad" for one in codes) else "A"


def _gravity(code: str) -> tuple[int, str]:
    """The graver first."""
    return _GRAVITY.index(_RESULTS[code][1]), code


def judgement(resource: Mapping[str, Any]) -> str:
    """What the laboratory itself says of a result, in the words that this product has for it."""
    told = []
    for one in words.items(resource.get("interpretation")):
        known = sorted(words.codes(one) & _RESULTS.keys(), key=_gravity)
        if known and not _deny_each_other(known):
            known = [_of_both_sides(known) or known[0]]
        told += [str(_RESULTS[code][0]) for code in known] or [words.concept(one)]
    return ", ".join(dict.fromkeys(one for one in told if one))


def _compared(resource: Mapping[str, Any]) -> str:
    amount = words.number(words.fields(resource.get("valueQuantity")).get("value"))
    limits = limits_of(resource)
    if limits is None or amount is None or resource["valueQuantity"].get("comparator"):
        return ""
    low, high = limits
    if low is not None and amount < low:
        return "L"
    return "H" if high is not None and amount > high else "N"


def limits_of(resource: Mapping[str, Any]) -> tuple[Decimal | None, Decimal | None] | None:
    """Of the one usual range that the laboratory gave; with several we would have to guess."""
    several = words.items(resource.get("referenceRange"))
    found = words.fields(several[0]) if len(several) == 1 else {}
    kind = found.get("type")
    if kind is not None and not _is_usual(kind):
        # What a treatment aims at, or what is toxic.
        return None
    low, high = words.fields(found.get("low")), words.fields(found.get("high"))
    of_value = _units(resource.get("valueQuantity"))
    named = [units for one in (low, high) if (units := _units(one))]
    bottom, top = words.number(low.get("value")), words.number(high.get("value"))
    if (bottom is None and top is None) or (named and not set.intersection(of_value, *named)):
        return None
    return bottom, top


def _is_usual(kind: object) -> bool:
    named = words.concept(kind).casefold()
    return "normal" in words.codes(kind) or named in ("normal", "normal range", "reference range")


def _units(quantity: object) -> set[str]:
    found = words.fields(quantity)
    return {words.unit_text(found.get(one)) for one in ("unit", "code")} - {""}


_OF_TYPE: dict[str, Callable[[Mapping[str, Any], str], _Word]] = {
    "AllergyIntolerance": _of_problem,
    "Appointment": _of_appointment,
    "Condition": _of_problem,
    "DocumentReference": _of_document,
    "Goal": _of_goal,
    "Immunization": _of_vaccine,
    "Observation": _result,
    "Patient": _of_person,
    "RelatedPerson": _of_person,
}
