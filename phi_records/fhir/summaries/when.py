from collections.abc import Mapping
from datetime import date
from typing import Any

from phi_records.fhir import words

_WHEN_FIELDS = (
    "effectiveDateTime",
    "effectivePeriod",
    "effectiveInstant",
    "effectiveTiming",
    "occurrenceDateTime",
    "occurrencePeriod",
    "performedDateTime",
    "performedPeriod",
    "onsetDateTime",
    "onsetPeriod",
    "billablePeriod",
    "servicedDate",
    "period",
    "authoredOn",
    "whenHandedOver",
    "whenPrepared",
    "started",
    "start",
    "date",
    "dateTime",
    "recordedDate",
    "recorded",
    "issued",
    "created",
    "startDate",
    "sent",
)
_WHEN_FIRST = {"Goal": ("startDate", "statusDate"), "Coverage": ("period",)}


def when_of(resource: Mapping[str, Any]) -> date | None:
    """The day that lists are sorted by."""
    return words.moment(when_field(resource))


def when_field(resource: Mapping[str, Any]) -> object:
    named = words.text(resource.get("resourceType"))
    first = _WHEN_FIRST.get(named, ())
    for name in (*first, *_WHEN_FIELDS):
        value = resource.get(name)
        if isinstance(value, dict):
            value = value.get("start") or value.get("end") or next(iter(_events(value)), None)
        if isinstance(value, str) and words.moment(value):
            return words.in_zone(value) if named == "Appointment" else value
    return None


def _events(timing: Mapping[str, Any]) -> list[Any]:
    return words.items(timing.get("event"))
