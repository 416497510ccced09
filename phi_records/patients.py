"""Which member a source's Patient is."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import unquote

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Member, Plan
from phi_records.fhir import addresses, words
from phi_records.fhir.spelling import UUID, one_spelling
from phi_records.models import PatientLink
from portal.base.crypto import keyring
from portal.base.crypto.blind import blind_index
from portal.base.crypto.errors import KeyDestroyed
from portal.base.words import can_be_seen


def source_key(feed: str, id: str) -> str:
    """A UUID is the world's only one; any other id means something in its feed alone."""
    return one_spelling(id) if UUID.fullmatch(id) else f"{feed}|{id}"


def key_of_reference(feed: str, reference: str) -> str:
    """Of a bundle's own name, a plain or full address, or "Type?identifier=system|value"."""
    if reference.startswith("#"):
        return ""
    if "?" in reference:
        return unquote(reference.partition("identifier=")[2])
    plain = reference.removeprefix("urn:uuid:").partition("/_history/")[0]
    return source_key(feed, plain.rpartition("/")[2])


def known(*, plan: Plan, feed: str, names: Iterable[str]) -> dict[str, Member]:
    """Members by "Patient/id", for patients that came in with an earlier unit."""
    marks = {_mark(plan, feed, name.partition("/")[2]): name for name in names}
    links = PatientLink.objects.filter(plan=plan, mark__in=marks)
    ids = {marks[bytes(mark)]: pk for mark, pk in links.values_list("mark", "member_id")}
    members = Member.objects.in_bulk(set(ids.values())) if ids else {}
    keyring.prefetch(
        holder
        for member in members.values()
        for holder in (member.record_holder_id, member.privacy_holder_id)
    )
    usable = {pk: member for pk, member in members.items() if _takes_records(member)}
    return {name: usable[pk] for name, pk in ids.items() if pk in usable}


def find_or_create(
    *, plan: Plan, feed: str, patient_id: str, patient: Mapping[str, Any], member: Member | None
) -> tuple[Member | None, str]:
    """The member, or why there is none. `member` had the id before."""
    given, family = _names(patient)
    family = family if can_be_seen(family) else ""
    born = _birth_date(patient)
    if member is not None:
        if _is_someone_else(member, family, born):
            return None, _("This id was another person's before. Give each source its feed.")
        return member, ""
    if born is None or not family:
        reason = _("It has no family name or no full date of birth. People are told apart by both.")
        return None, reason
    # Tomorrow has begun somewhere.
    if born > timezone.now().date() + timedelta(days=1):
        return None, _("Its date of birth is in the future.")
    number = _number(patient) or source_key(feed, patient_id)
    mark = blind_index("member.number", plan.pk, number)
    member = Member.objects.filter(plan=plan, member_number_index=mark).first()
    if member is not None:
        if not _takes_records(member):
            return None, _("This member's record was destroyed and takes nothing more.")
        if member.birth_date != born or member.family_name.casefold() != family.casefold():
            # Two people under one number would see each other's records.
            return None, _("Another person in this plan has the same member number.")
    else:
        member = _create(plan, patient, number, given, family, born)
    _link(plan, feed, patient_id, member)
    return member, ""


def update(member: Member, patient: Mapping[str, Any]) -> None:
    """Follow the source where it has a newer word on who the member is."""
    given, family = _names(patient)
    if family:
        member.given_name, member.family_name = given, family
    member.birth_date = _birth_date(patient) or member.birth_date
    member.deceased = _deceased(patient)
    member.address = addresses.for_mail(patient, timezone.localdate()) or member.address
    member.save(update_fields=["given_name", "family_name", "birth_date", "deceased", "address"])


def type_codes(identifier: object) -> set[str]:
    return words.codes(words.fields(identifier).get("type"))


def _create(
    plan: Plan, patient: Mapping[str, Any], number: str, given: str, family: str, born: date
) -> Member:
    record, privacy = keyring.create_holders(("member_record", "member_privacy"), plan.pk)
    return Member.objects.create(
        plan=plan,
        record_holder_id=record,
        privacy_holder_id=privacy,
        given_name=given,
        family_name=family,
        birth_date=born,
        member_number=number,
        address=addresses.for_mail(patient, timezone.localdate()),
        language=_language(patient),
        deceased=_deceased(patient),
    )


def _mark(plan: Plan, feed: str, patient_id: str) -> bytes:
    return blind_index("record.patient", plan.pk, source_key(feed, patient_id))


def _link(plan: Plan, feed: str, patient_id: str, member: Member) -> None:
    mark = _mark(plan, feed, patient_id)
    PatientLink.objects.create(plan=plan, member=member, mark=mark)


def _is_someone_else(member: Member, family: str, born: date | None) -> bool:
    """A name or a date may be put right; both at once is another person under a used id."""
    same_family = member.family_name.casefold() == family.casefold()
    return bool(family) and born is not None and not same_family and member.birth_date != born


def _takes_records(member: Member) -> bool:
    try:
        keyring.cipher_for(member.record_holder_id)
        keyring.cipher_for(member.privacy_holder_id)
    except KeyDestroyed:
        return False
    return True


def _number(patient: Mapping[str, Any]) -> str:
    """The plan's own member number, else the medical record number."""
    by_rank: dict[int, str] = {}
    for one in words.items(patient.get("identifier")):
        fields = words.fields(one)
        value, system = fields.get("value"), fields.get("system")
        if not isinstance(value, str) or not value.strip():
            continue
        codes = type_codes(one)
        if "MB" in codes or (isinstance(system, str) and system.endswith("/member-number")):
            by_rank.setdefault(0, value)
        elif "MR" in codes:
            by_rank.setdefault(1, value)
    return by_rank[min(by_rank)] if by_rank else ""


def _names(patient: Mapping[str, Any]) -> tuple[str, str]:
    several = [words.fields(one) for one in words.items(patient.get("name"))]
    several.sort(key=lambda one: one.get("use") != "official")
    for one in several:
        given = " ".join(part for part in words.items(one.get("given")) if isinstance(part, str))
        family = words.text(one.get("family")) or words.text(one.get("text"))
        if family or given:
            return (given, family) if family else ("", given)
    return "", ""


def _birth_date(patient: Mapping[str, Any]) -> date | None:
    try:
        return date.fromisoformat(str(patient.get("birthDate")))
    except ValueError:
        return None


def _deceased(patient: Mapping[str, Any]) -> bool:
    return bool(patient.get("deceasedBoolean") or patient.get("deceasedDateTime"))


def _language(patient: Mapping[str, Any]) -> str:
    several = [words.fields(one) for one in words.items(patient.get("communication"))]
    several.sort(key=lambda one: one.get("preferred") is not True)
    codes = words.codes(several[0].get("language")) if several else set()
    return "es" if any(code.startswith("es") for code in codes) else "en"
