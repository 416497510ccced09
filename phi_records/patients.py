"""Which member a source's Patient is."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID as UniqueId

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import MEMBER_NUMBER_LENGTH, Member, Plan
from phi_records import identity
from phi_records.fhir import addresses, words
from phi_records.fhir.references import plain_address
from phi_records.fhir.spelling import UUID, one_spelling
from phi_records.models import PatientLink, RecordItem
from portal.base import context
from portal.base.crypto import keyring
from portal.base.crypto.blind import blind_index
from portal.base.crypto.errors import KeyDestroyed


def source_key(feed: str, id: str) -> str:
    """A UUID is the world's only one; any other id means something in its feed alone."""
    return one_spelling(id) if UUID.fullmatch(id) else f"{feed}|{id}"


def key_apart(feed: str, id: str) -> str:
    """Of a UUID that another source gave to somebody else."""
    return f"{feed}|{one_spelling(id)}"


def key_in_references(feed: str, key: str) -> str:
    """What `key_of_reference` makes of a reference to the record of this key."""
    id = key.removeprefix(f"{feed}|")
    return id if UUID.fullmatch(id) else key


def key_of_reference(feed: str, reference: str) -> str:
    """Of a bundle's own name, a plain or full address, or "Type?identifier=system|value"."""
    reference = plain_address(reference)
    if reference.startswith("#"):
        return ""
    if "?" in reference:
        return reference.partition("identifier=")[2]
    plain = reference.removeprefix("urn:uuid:").partition("/_history/")[0]
    return source_key(feed, plain.rpartition("/")[2])


def linked(*, plan: Plan, feed: str, names: Iterable[str]) -> dict[str, PatientLink]:
    """By "Patient/id": what came in with an earlier unit, also what is held."""
    ids = {name: name.partition("/")[2] for name in names}
    marks = {_mark(plan, source_key(feed, id)): name for name, id in ids.items()}
    apart = {
        _mark(plan, key_apart(feed, id)): name for name, id in ids.items() if UUID.fullmatch(id)
    }
    links = PatientLink.objects.filter(plan=plan, mark__in={**marks, **apart})
    found = {}
    for link in links.select_related("member"):
        link.apart = bytes(link.mark) in apart
        if link.apart:
            found[apart[bytes(link.mark)]] = link
        else:
            found.setdefault(marks[bytes(link.mark)], link)
    keyring.prefetch(
        holder
        for link in found.values()
        for holder in (link.member.record_holder_id, link.member.privacy_holder_id)
    )
    return {name: link for name, link in found.items() if takes_records(link.member)}


def addressed(*, plan: Plan, feed: str, addresses: Iterable[str]) -> dict[str, str]:
    """ "Patient/id" by full address, of whoever came under it in this feed.

    By the whole address: the same id on another server is somebody else.
    """
    marks = {_mark(plan, f"{feed}|{one}"): one for one in addresses}
    links = PatientLink.objects.filter(plan=plan, mark__in=marks)
    whose = {marks[bytes(mark)]: id for mark, id in links.values_list("mark", "member_id")}
    names = {address: f"Patient/{address.rpartition('/')[2]}" for address in whose}
    here = linked(plan=plan, feed=feed, names=set(names.values())) if names else {}
    return {
        address: name
        for address, name in names.items()
        if name in here and here[name].member_id == whose[address]
    }


def keep_addresses(*, plan: Plan, feed: str, addresses: Mapping[str, Member]) -> None:
    """So that later files of the feed may name these people by their full address."""
    kept = {
        one_spelling(address.partition("/_history/")[0]): member
        for address, member in addresses.items()
        if address.startswith(("http://", "https://"))
    }
    PatientLink.objects.bulk_create(
        (
            PatientLink(plan=plan, member=member, mark=_mark(plan, f"{feed}|{address}"))
            for address, member in kept.items()
        ),
        ignore_conflicts=True,
    )


def find_or_create(
    *, plan: Plan, key: str, patient: Mapping[str, Any], link: PatientLink | None
) -> tuple[Member | None, str]:
    """The member, or why there is none. `link` says who had the key before."""
    given, family = identity.name_of(patient)
    born = identity.birth_date(patient)
    if link is not None:
        if identity.is_someone_else(link.member, patient):
            return None, _(
                "This id was another person's before. Give each source its feed, and run the file"
                " of the other one again with --settle."
            )
        if link.held_at:
            return None, held()
        return link.member, ""
    if born is None or not family:
        reason = _("It has no family name or no full date of birth. People are told apart by both.")
        return None, reason
    # Tomorrow has begun somewhere.
    if born > timezone.now().date() + timedelta(days=1):
        return None, _("Its date of birth is in the future.")
    member, number = _of_number(plan, patient, key)
    if len(number) > MEMBER_NUMBER_LENGTH:
        # Nobody could ask for it.
        reason = _("Its member number is longer than %d characters.") % MEMBER_NUMBER_LENGTH
        return None, reason
    if member is not None:
        if not takes_records(member):
            return None, destroyed()
        if identity.contradicts(member, patient):
            # Two people under one number would see each other's records.
            return None, _("A member with another name or date of birth has its member number.")
    else:
        member = _create(plan, patient, number, given, family, born)
    PatientLink.objects.create(plan=plan, member=member, mark=_mark(plan, key))
    return member, ""


def destroyed() -> str:
    return _("This member's record was destroyed and takes nothing more.")


def held() -> str:
    return _("This id came for two people, so nothing more is taken under it. See --settle.")


def hold(link: PatientLink) -> None:
    """Nothing more is taken under this id: whose it would be, nobody knows."""
    link.held_at = timezone.now()
    link.save(update_fields=["held_at"])


def settle(link: PatientLink) -> None:
    link.held_at = None
    link.save(update_fields=["held_at"])


def member_of(plan: Plan, member_id: UniqueId) -> Member:
    return Member.objects.get(plan=plan, pk=member_id)


def takes_records(member: Member) -> bool:
    try:
        keyring.cipher_for(member.record_holder_id)
        keyring.cipher_for(member.privacy_holder_id)
    except KeyDestroyed:
        return False
    return True


def may_go_apart(link: PatientLink, *, feed: str, id: str, patient: Mapping[str, Any]) -> bool:
    """Whether this Patient is the other one of a UUID that two sources gave to two people."""
    if link.apart or not link.held_at or not UUID.fullmatch(id):
        return False
    with context.about_member(link.member_id):
        rows = RecordItem.objects.filter(member=link.member, resource_type="Patient")
        feeds = set(rows.filter(source_key=one_spelling(id)).values_list("feed", flat=True))
    return bool(feeds) and feed not in feeds and identity.is_someone_else(link.member, patient)


def update(member: Member, patient: Mapping[str, Any]) -> None:
    """Follow the source where it has a newer word on who the member is."""
    given, family = identity.name_of(patient)
    if family:
        member.given_name, member.family_name = given, family
    member.birth_date = identity.birth_date(patient) or member.birth_date
    member.deceased = _deceased(patient, before=member.deceased)
    member.address = addresses.for_mail(patient, timezone.localdate()) or member.address
    member.save(update_fields=["given_name", "family_name", "birth_date", "deceased", "address"])


def _of_number(plan: Plan, patient: Mapping[str, Any], no_number: str) -> tuple[Member | None, str]:
    """By the plan's own member number, else by the medical record number; and which one it is."""
    if numbers := identity.plan_numbers(patient):
        return _numbered(plan, numbers[0]), numbers[0]
    for giver, number in identity.record_numbers(patient)[:1]:
        member = _numbered(plan, number)
        if member is None or not takes_records(member):
            return member, number
        if not identity.contradicts(member, patient):
            return member, number
        if not _is_given_by(member, giver, number):
            number = identity.qualified(giver, number)
            return _numbered(plan, number), number
        return member, number
    return _numbered(plan, no_number), no_number


def _numbered(plan: Plan, number: str) -> Member | None:
    mark = blind_index("member.number", plan.pk, number)
    return Member.objects.filter(plan=plan, member_number_index=mark).first()


def _is_given_by(member: Member, giver: str, number: str) -> bool:
    """Whether the member may have the number of the same hospital."""
    if not giver:
        return True
    patients = identity.on_file(member)
    numbers = [one for patient in patients for one in identity.record_numbers(patient)]
    givers = {one for one, same in numbers if same == number}
    return not patients or giver in givers or "" in givers


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


def _mark(plan: Plan, key: str) -> bytes:
    # Capitals tell ids, and feeds, apart.
    return blind_index("record.patient", plan.pk, key, normalise=str)


def _deceased(patient: Mapping[str, Any], *, before: bool = False) -> bool:
    """What the source says; what was known where it says nothing."""
    if isinstance(patient.get("deceasedDateTime"), str):
        return True
    said = patient.get("deceasedBoolean")
    return said if isinstance(said, bool) else before


def _language(patient: Mapping[str, Any]) -> str:
    several = [words.fields(one) for one in words.items(patient.get("communication"))]
    several.sort(key=lambda one: one.get("preferred") is not True)
    codes = words.codes(several[0].get("language")) if several else set()
    return "es" if any(code.startswith("es") for code in codes) else "en"
