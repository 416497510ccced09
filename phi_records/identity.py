"""Whether a Patient and a member are one person."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any
from unicodedata import category, normalize
from unicodedata import name as unicode_name

from django.utils.translation import gettext as _

from accounts.models import Member
from phi_records.fhir import exact, words
from phi_records.models import RecordItem
from portal.base import context
from portal.base.words import can_be_seen, unturned

Name = tuple[str, str]
"""Given and family name."""

# Accents of Latin, Greek and Cyrillic letters, and apostrophes.
_LEFT_OUT = frozenset([*map(chr, range(0x300, 0x370)), *"'’ʼ‘`"])


def name_of(patient: Mapping[str, Any]) -> Name:
    return next(_names(patient), ("", ""))


def birth_date(patient: Mapping[str, Any]) -> date | None:
    try:
        return date.fromisoformat(str(patient.get("birthDate")))
    except ValueError:
        return None


def plan_numbers(patient: Mapping[str, Any]) -> list[str]:
    return [value for _giver, value in _numbers(patient, _is_of_plan)]


def record_numbers(patient: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Medical record numbers, each after whoever gave it: two hospitals may give the same."""
    return _numbers(patient, _is_of_records)


def qualified(giver: str, number: str) -> str:
    return f"{giver}|{number}"


def is_someone_else(member: Member, patient: Mapping[str, Any], *, spoiled: bool = False) -> bool:
    """Whether this Patient, under an id that was the member's, is another person.

    A name, a date or a number may be put right where something else agrees; two at once are
    somebody else, and so is another given name where no number says who it is: twins share the
    rest. Of one that is `spoiled`, all that can be read has to agree.
    """
    return all(
        _is_another(_compared(member, names, patient), _same_number(member, patient), spoiled)
        for names in _known_names(member)
    )


def contradicts(member: Member, patient: Mapping[str, Any]) -> bool:
    """Whether anything at all says that they are two."""
    return all(False in _compared(member, names, patient) for names in _known_names(member))


def questions(member: Member, patient: Mapping[str, Any], *, was_known: bool) -> list[str]:
    """What an operator has to look at, as an import neither joins files nor renames them."""
    found = []
    types = [words.fields(one).get("type") for one in words.items(patient.get("link"))]
    if "replaced-by" in types or "replaces" in types:
        found.append(
            _(
                "It says that one patient record takes the place of another. The portal joins no"
                " two files: see “What an import asks of you” in docs/operating.md."
            )
        )
    if was_known and plan_numbers(patient) and not _same_plan_number(member, patient):
        found.append(
            _(
                "It has another member number than before. The portal goes on with the one before:"
                " see “What an import asks of you” in docs/operating.md."
            )
        )
    return found


def on_file(member: Member) -> list[dict[str, Any]]:
    """What sources said of who the member is."""
    with context.about_member(member.pk):
        rows = RecordItem.objects.filter(member=member, resource_type="Patient").order_by("pk")
        return [exact.loads_ours(row.content) for row in rows]


def _known_names(member: Member) -> Iterator[list[Name]]:
    """The name they go by; where that is not enough, all that they have or had."""
    own = (member.given_name, member.family_name)
    yield [own]
    yield [own, *(name for patient in on_file(member) for name in _names(patient))]


def _is_another(
    found: tuple[bool | None, bool | None, bool | None], number: bool | None, spoiled: bool
) -> bool:
    family, given, _born = found
    # A whole name in one text has the given name in it.
    if not number and (given is False or (family is False and given is None)):
        return True
    several = (*found, number)
    if True not in several:
        return spoiled or False in several
    return several.count(False) > (0 if spoiled else 1)


def _same_number(member: Member, patient: Mapping[str, Any]) -> bool | None:
    several = [*_numbers(patient, _is_of_plan), *record_numbers(patient)]
    asked = {number for one in several for number in (one[1], qualified(*one))}
    return member.member_number in asked if asked else None


def _same_plan_number(member: Member, patient: Mapping[str, Any]) -> bool:
    before = member.member_number.casefold()
    return before in {number.strip().casefold() for number in plan_numbers(patient)}


def _compared(
    member: Member, names: Iterable[Name], patient: Mapping[str, Any]
) -> tuple[bool | None, bool | None, bool | None]:
    """Whether family name, given name and date of birth are the same; None where it isn't said.

    One has several names at a time and more in a life: it is enough that one is the same.
    """
    given, family = _spelled(names)
    told_given, told_family = _spelled(_names(patient))
    born = birth_date(patient)
    return (
        _any("".join(one) == "".join(other) for one in family for other in told_family),
        _any(_same_given(one, other) for one in given for other in told_given),
        born == member.birth_date if born else None,
    )


def _any(several: Iterable[bool]) -> bool | None:
    found = set(several)
    return True in found if found else None


def _spelled(names: Iterable[Name]) -> tuple[list[list[str]], list[list[str]]]:
    """The given and the family names, without those that are not said."""
    several = list(names)
    given = [_letters(one) for one, _family in several]
    family = [_letters(one) for _given, one in several]
    return [one for one in given if one], [one for one in family if one]


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


def _numbers(patient: Mapping[str, Any], wanted: Callable[[object], bool]) -> list[tuple[str, str]]:
    several = [one for one in words.items(patient.get("identifier")) if wanted(one)]
    found = [(_giver(words.fields(one)), words.fields(one).get("value")) for one in several]
    return [(giver, value) for giver, value in found if isinstance(value, str) and value.strip()]


def _giver(identifier: Mapping[str, Any]) -> str:
    assigner = words.fields(identifier.get("assigner"))
    several = (identifier.get("system"), assigner.get("reference"), assigner.get("display"))
    return next((one for one in several if isinstance(one, str) and one.strip()), "")


def _type_codes(identifier: object) -> set[str]:
    return words.codes(words.fields(identifier).get("type"))


def _is_of_plan(identifier: object) -> bool:
    system = words.fields(identifier).get("system")
    named = isinstance(system, str) and system.endswith("/member-number")
    return named or "MB" in _type_codes(identifier)


def _is_of_records(identifier: object) -> bool:
    return "MR" in _type_codes(identifier)


def _names(patient: Mapping[str, Any]) -> Iterator[Name]:
    for one in words.names_in_order(patient):
        several = (part for part in words.items(one.get("given")) if isinstance(part, str))
        given = unturned(" ".join(several))
        family = words.text(one.get("family")) or words.text(one.get("text"))
        if not can_be_seen(family):
            family = ""
        if family or given:
            yield (given, family) if family else ("", given)
