"""Which member a source's Patient is."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any
from unicodedata import category, normalize
from unicodedata import name as unicode_name
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

# Accents of Latin, Greek and Cyrillic letters, and apostrophes.
_LEFT_OUT = frozenset([*map(chr, range(0x300, 0x370)), *"'’ʼ‘`"])


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


def linked(*, plan: Plan, feed: str, names: Iterable[str]) -> dict[str, PatientLink]:
    """By "Patient/id": what came in with an earlier unit, also what is held."""
    marks = {_mark(plan, feed, name.partition("/")[2]): name for name in names}
    links = PatientLink.objects.filter(plan=plan, mark__in=marks).select_related("member")
    found = {marks[bytes(link.mark)]: link for link in links}
    keyring.prefetch(
        holder
        for link in found.values()
        for holder in (link.member.record_holder_id, link.member.privacy_holder_id)
    )
    return {name: link for name, link in found.items() if _takes_records(link.member)}


def find_or_create(
    *, plan: Plan, feed: str, patient_id: str, patient: Mapping[str, Any], link: PatientLink | None
) -> tuple[Member | None, str]:
    """The member, or why there is none. `link` says who had the id before."""
    given, family = _names(patient)
    born = _birth_date(patient)
    if link is not None:
        if is_someone_else(link.member, patient):
            return None, _("This id was another person's before. Give each source its feed.")
        if link.held_at:
            return None, held()
        return link.member, ""
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
        if False in _compared(member, patient):
            # Two people under one number would see each other's records.
            return None, _("A member with another name or date of birth has its member number.")
    else:
        member = _create(plan, patient, number, given, family, born)
    _link(plan, feed, patient_id, member)
    return member, ""


def is_someone_else(member: Member, patient: Mapping[str, Any], *, spoiled: bool = False) -> bool:
    """Whether this Patient, under an id that was the member's, is another person.

    A name, a date or a number may be put right where something else agrees; two at once are
    somebody else, and so is another given name where no number says who it is: twins share the
    rest. Of one that is `spoiled`, all that can be read has to agree.
    """
    family, given, born = _compared(member, patient)
    numbers = [*_plan_numbers(patient), *_numbers(patient, _is_of_records)]
    number = member.member_number in numbers if numbers else None
    found = (family, given, born, number)
    # A whole name in one text has the given name in it.
    if not number and (given is False or (family is False and given is None)):
        return True
    if True not in found:
        return spoiled or False in found
    return found.count(False) > (0 if spoiled else 1)


def held() -> str:
    return _("This id came for two people, so nothing more is taken under it. See --settle.")


def hold(link: PatientLink) -> None:
    """Nothing more is taken under this id: whose it would be, nobody knows."""
    link.held_at = timezone.now()
    link.save(update_fields=["held_at"])


def settle(link: PatientLink) -> None:
    link.held_at = None
    link.save(update_fields=["held_at"])


def update(member: Member, patient: Mapping[str, Any]) -> None:
    """Follow the source where it has a newer word on who the member is."""
    given, family = _names(patient)
    if family:
        member.given_name, member.family_name = given, family
    member.birth_date = _birth_date(patient) or member.birth_date
    member.deceased = _deceased(patient, before=member.deceased)
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
    # Capitals tell ids, and feeds, apart.
    return blind_index("record.patient", plan.pk, source_key(feed, patient_id), normalise=str)


def _link(plan: Plan, feed: str, patient_id: str, member: Member) -> None:
    mark = _mark(plan, feed, patient_id)
    PatientLink.objects.create(plan=plan, member=member, mark=mark)


def _compared(member: Member, patient: Mapping[str, Any]) -> tuple[bool | None, ...]:
    """Whether family name, given name and date of birth are the same; None where it isn't said."""
    given, family = map(_letters, _names(patient))
    born = _birth_date(patient)
    before = _letters(member.given_name)
    return (
        "".join(family) == "".join(_letters(member.family_name)) if family else None,
        _same_given(given, before) if given and before else None,
        born == member.birth_date if born else None,
    )


def _letters(name: str) -> list[str]:
    """As different systems write one name: without accents, capitals, dots and hyphens.

    Signs that are vowels in other scripts stay: without them two names would be one.
    """
    plain = "".join(c for c in normalize("NFKD", name).casefold() if c not in _LEFT_OUT)
    return "".join(c if c.isalnum() or category(c)[0] == "M" else " " for c in plain).split()


def _same_given(one: list[str], other: list[str]) -> bool:
    """One may leave a second name out, or write it as an initial."""
    return "".join(one) == "".join(other) or all(
        a == b or (_is_initial(min(a, b, key=len)) and a[0] == b[0])
        for a, b in zip(one, other, strict=False)
    )


def _is_initial(word: str) -> bool:
    """Elsewhere one sign is a whole name."""
    return len(word) == 1 and unicode_name(word, "").startswith(("LATIN", "GREEK", "CYRILLIC"))


def _takes_records(member: Member) -> bool:
    try:
        keyring.cipher_for(member.record_holder_id)
        keyring.cipher_for(member.privacy_holder_id)
    except KeyDestroyed:
        return False
    return True


def _number(patient: Mapping[str, Any]) -> str:
    """The plan's own member number, else the medical record number."""
    return next(iter([*_plan_numbers(patient), *_numbers(patient, _is_of_records)]), "")


def _plan_numbers(patient: Mapping[str, Any]) -> list[str]:
    return _numbers(patient, _is_of_plan)


def _numbers(patient: Mapping[str, Any], wanted: Callable[[object], bool]) -> list[str]:
    several = [one for one in words.items(patient.get("identifier")) if wanted(one)]
    values = [words.fields(one).get("value") for one in several]
    return [value for value in values if isinstance(value, str) and value.strip()]


def _is_of_plan(identifier: object) -> bool:
    system = words.fields(identifier).get("system")
    named = isinstance(system, str) and system.endswith("/member-number")
    return named or "MB" in type_codes(identifier)


def _is_of_records(identifier: object) -> bool:
    return "MR" in type_codes(identifier)


def _names(patient: Mapping[str, Any]) -> tuple[str, str]:
    several = [words.fields(one) for one in words.items(patient.get("name"))]
    several.sort(key=lambda one: one.get("use") != "official")
    for one in several:
        given = " ".join(part for part in words.items(one.get("given")) if isinstance(part, str))
        family = words.text(one.get("family")) or words.text(one.get("text"))
        if not can_be_seen(family):
            family = ""
        if family or given:
            return (given, family) if family else ("", given)
    return "", ""


def _birth_date(patient: Mapping[str, Any]) -> date | None:
    try:
        return date.fromisoformat(str(patient.get("birthDate")))
    except ValueError:
        return None


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
