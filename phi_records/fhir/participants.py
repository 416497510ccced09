"""Who takes part, told from the member herself."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from phi_records.fhir import words


def is_a_patient(reference: Mapping[str, Any]) -> bool:
    """The member herself, among those who take part."""
    pointer = words.text(reference.get("reference"))
    return reference.get("type") == "Patient" or "Patient" in pointer.split("/")


def is_the_patient(participant: Mapping[str, Any]) -> bool:
    """Care teams list the member among those who care for them."""
    return any(
        words.codes(one) & {"116154003", "116153009"}
        for one in words.items(participant.get("role"))
    )


def is_not_in_it(participant: Mapping[str, Any]) -> bool:
    """Who left the team, or is to join it."""
    period = words.fields(participant.get("period"))
    return words.is_over(period.get("end")) or words.is_ahead(period.get("start"))


def has_declined(participant: Mapping[str, Any]) -> bool:
    return participant.get("status") == "declined"


def with_answer(participant: Mapping[str, Any], name: str) -> str:
    return _("%s (said no)") % name if name and has_declined(participant) else name
