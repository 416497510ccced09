"""What turns the meaning of a record around: FHIR's modifier elements, which no reader may skip."""

from collections.abc import Mapping
from typing import Any

from phi_records.fhir import words

_CALLED_OFF = ("cancelled", "declined", "entered-in-error", "not-done", "not-taken", "stopped")
_UNKNOWN = ("modifierExtension", "implicitRules")


def forbids(resource: Mapping[str, Any]) -> bool:
    """An order not to do it, which reads like an order to do it."""
    return resource.get("doNotPerform") not in (None, False)


def is_called_off(resource: Mapping[str, Any]) -> bool:
    """A medicine that nobody is to take by this record."""
    return is_medicine(resource) and resource.get("status") in _CALLED_OFF


def is_suggestion(resource: Mapping[str, Any]) -> bool:
    """That a plan of care is a plan is no news."""
    intent, named = resource.get("intent"), resource.get("resourceType")
    known = {"proposal", "option"} if named == "CarePlan" else {"proposal", "plan", "option"}
    return isinstance(intent, str) and intent in known


def is_medicine(resource: Mapping[str, Any]) -> bool:
    return words.text(resource.get("resourceType")).startswith("Medication")


def has_unknown(value: object) -> bool:
    """Whether its source added a condition, at any depth, that nothing here understands."""
    if isinstance(value, dict):
        return any(value.get(name) for name in _UNKNOWN) or any(map(has_unknown, value.values()))
    return isinstance(value, list) and any(map(has_unknown, value))
