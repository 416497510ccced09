"""Whether someone's coverage has ended, as far as the records on file tell, and keyed marks."""

from datetime import date
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import Member
from phi_records.fhir import exact, words
from phi_records.models import MedicineAwaited, PatientLink, RecordItem
from portal.base import context
from portal.base.registry import shred_erasers, shred_guards

ENDED = frozenset({"cancelled", "entered-in-error"})


def register() -> None:
    shred_guards.sign_up(
        "phi_records.coverage", coverage, "A record whose coverage has not ended for certain."
    )
    shred_erasers.sign_up("phi_records.marks", erase_marks, "The keyed marks of contents.")
    shred_erasers.sign_up(
        "phi_records.patient_links", erase_patient_links, "Links from ids that sources use."
    )


def coverage(holder_id: UUID) -> str | None:
    """Who is still a member keeps their record. Where nothing tells of an end, none is assumed."""
    member = Member.objects.filter(record_holder_id=holder_id).first()
    if member is None or member.deceased:
        return None
    with context.about_member(member.pk):
        rows = RecordItem.objects.filter(
            plan_id=member.plan_id, member=member, resource_type="Coverage"
        )
        found = [exact.loads(row.content) for row in rows]
    if not found:
        return "Nothing on file says that their coverage has ended."
    if all(_has_ended(one, timezone.localdate()) for one in found):
        return None
    return "Their coverage has not ended."


def _has_ended(resource: dict[str, Any], today: date) -> bool:
    if resource.get("status") in ENDED:
        return True
    end = words.text(words.fields(resource.get("period")).get("end"))[:10]
    # A year or month alone ends with its last day: later than any day that it begins with.
    return bool(end) and f"{end}-99-99"[:10] < today.isoformat()


def erase_marks(holder_id: UUID) -> None:
    """The keyed mark of a content would still tell whether a guess at it is right."""
    member = Member.objects.filter(record_holder_id=holder_id).first()
    if member is None:
        return
    with context.about_member(member.pk):
        rows = RecordItem.objects.filter(plan_id=member.plan_id, member=member)
        rows.update(content_mark=b"", tag_marks=[], link_marks=[])
        MedicineAwaited.objects.filter(member=member).delete()


def erase_patient_links(holder_id: UUID) -> None:
    PatientLink.objects.filter(member__privacy_holder_id=holder_id).delete()
