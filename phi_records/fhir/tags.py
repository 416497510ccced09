"""Which sensitive matters a resource is about: by its codes wherever they stand, by the labels of
its source, by what its medicines contain, and by a few words. A diagnosis may show in a test alone.

Sources leave a code's system out, or write the code into a text. Where a code of ICD-10 can be
nothing else, it is taken for one: a record that is marked too much is better than one missed.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from typing import Any

from consents.question import Tag
from consents.sensitive import Lists, lists, one_system
from phi_records.fhir import narrative

_NONE: frozenset[Tag] = frozenset()
# The values of "code" in a resource's text: most resources hold none that is on a list, and need
# not be walked through.
_CODE = re.compile(r'"code": ?"([^"\\]+)"')
_WORD = re.compile(r"[a-z]+")
# F11.20: no other code in use is written like this. It starts with the point, which is found
# sooner in a long text than any letter.
_DOTTED = re.compile(
    r"\.(?<=[A-Z]\d[0-9A-Z]\.)(?<![0-9A-Za-z.].{4})[0-9A-Z]{1,4}(?![0-9A-Za-z]|\.\w)"
)
# A whole code without a point, and nothing but it.
_PLAIN = r"[A-Z]\d[0-9A-Z]{1,5}"
_ONLY = re.compile(_PLAIN)
_ALONE = tuple(re.compile(rf'"{field}": ?"({_PLAIN})"') for field in ("text", "valueString"))
# Where people and machines say what something is. Elsewhere, as in a lot's number, the same signs
# mean nothing.
_SAYING = frozenset(
    {
        "code",
        "comment",
        "conclusion",
        "contentString",
        "description",
        "detailString",
        "display",
        "disposition",
        "div",
        "instruction",
        "patientInstruction",
        "summary",
        "text",
        "title",
        "valueMarkdown",
        "valueString",
    }
)


# The extension that labels one element.
_INLINE = "inline-sec-label"
# Bills and plans of care name what is taken, often in words alone.
NAMING = frozenset({"CarePlan", "Claim", "ClaimResponse", "ExplanationOfBenefit"})
# Papers tell in running text, and answers by the name of what was asked.
_TELLING = frozenset({"Composition", "DocumentReference", "QuestionnaireResponse"})
_QUESTIONS = re.compile(r"loinc\.org/q/([0-9-]+)")
_NAMES = tuple(re.compile(rf'"{field}": ?"([^"]*)"') for field in ("text", "display"))


def tags_of(resource: dict[str, Any], text: str) -> frozenset[Tag]:
    """`text` is the resource as JSON."""
    known = lists()
    type, small, names = str(resource.get("resourceType", "")), text.lower(), _names(text)
    found = _by_medicine(type, small, names, known) | _by_word(type, small, names, known)
    if '"div"' in text:
        found |= _NONE.union(*_by_narrative(resource, known))
    telling = {code for code in set(_CODE.findall(text)) if _may_tell(code)}
    if telling:
        found |= _by_codes(resource, known)
    found |= _by_form(text, known)
    if '"security' in text or _INLINE in text:
        found |= _by_label(resource, known)
    if _may_say(text, telling, known):
        found |= _by_sayings(resource, known)
    return found


class Way(StrEnum):
    """How a tag was found."""

    CODE = "code"
    LABEL = "label"
    MEDICINE = "medicine"
    WORD = "word"


def ways_of(resource: dict[str, Any], text: str) -> dict[Tag, tuple[Way, ...]]:
    """Of each tag by what it was found, for people to read; `text` as for `tags_of`."""
    known = lists()
    type, small, names = str(resource.get("resourceType", "")), text.lower(), _names(text)
    medicines, by_word = _by_narrative(resource, known)
    by_way = {
        Way.CODE: _by_codes(resource, known) | _by_sayings(resource, known) | _by_form(text, known),
        Way.LABEL: _by_label(resource, known),
        Way.MEDICINE: _by_medicine(type, small, names, known) | medicines,
        Way.WORD: _by_word(type, small, names, known) | by_word,
    }
    found: dict[Tag, tuple[Way, ...]] = {}
    for way, tags in by_way.items():
        found |= {tag: (*found.get(tag, ()), way) for tag in tags}
    return found


@lru_cache(maxsize=10_000)
def _may_tell(code: str) -> bool:
    """Asked of every code there is, and most come again and again."""
    return lists().may_tell(code)


# What clinical codes are written in; others tell of states, kinds of papers and units.
_CLINICAL = (
    "hl7.org/fhir/sid/icd",
    "hl7.org/fhir/sid/ndc",
    "hl7.org/fhir/sid/cvx",
    "cms.gov/medicare/coding/",
    "snomed.info/sct",
    "loinc.org",
    "nlm.nih.gov/research/umls/rxnorm",
)


def codes_in(resource: dict[str, Any]) -> frozenset[tuple[str, str]]:
    """Clinical codes, wherever they stand, each with its system in one spelling."""
    found = {(one_system(one["system"]), one["code"]) for one in _codings(resource)}
    return frozenset(one for one in found if one[0].startswith(_CLINICAL))


# What numbers products, and tells nothing to who doesn't look the number up.
_PRODUCTS = frozenset({"hl7.org/fhir/sid/ndc", "nlm.nih.gov/research/umls/rxnorm"})
_LETTERS = re.compile(r"[^\W\d_]{2}")


def by_number_alone(resource: dict[str, Any], text: str) -> bool:
    """Whether a medicine stands there without a name, by numbers that are on no list: then nobody
    knows whether it is sensitive. `text` as for `tags_of`."""
    type = str(resource.get("resourceType", ""))
    may = type.startswith("Medication") or type in NAMING
    return may and _numbers_medicines(text.lower()) and any(map(_is_unnamed, _concepts(resource)))


def _concepts(value: Any) -> Iterator[dict[str, Any]]:
    nodes = [value]
    while nodes:
        node = nodes.pop()
        if isinstance(node, list):
            nodes += node
        elif isinstance(node, dict):
            if _dicts(node.get("coding")):
                yield node
            nodes += [part for name, part in node.items() if name != "meta"]


def _is_unnamed(concept: dict[str, Any]) -> bool:
    codings = _dicts(concept["coding"])
    said = (concept.get("text"), *(one.get("display") for one in codings))
    if any(_LETTERS.search(one) for one in said if isinstance(one, str)):
        return False
    told = [(str(one.get("system", "")), str(one.get("code", ""))) for one in codings]
    numbers = all(one_system(system) in _PRODUCTS for system, _code in told)
    return numbers and not any(lists().of(system, code) for system, code in told)


def _may_say(text: str, codes: set[str], known: Lists) -> bool:
    """Whether a code without a system may stand there: where none does, nobody need look where."""
    found = {code for code in codes if _ONLY.fullmatch(code)}
    found |= {text[one.start() - 3 : one.end()] for one in _DOTTED.finditer(text)}
    for pattern in _ALONE:
        found |= set(pattern.findall(text))
    return any(known.of_icd10(code) for code in found)


def _codings(value: Any) -> Iterator[dict[str, Any]]:
    nodes = [value]
    while nodes:
        node = nodes.pop()
        if isinstance(node, list):
            nodes += node
        elif isinstance(node, dict):
            if isinstance(node.get("code"), str) and isinstance(node.get("system"), str):
                yield node
            nodes += [part for name, part in node.items() if name != "meta"]


def _by_codes(resource: dict[str, Any], known: Lists) -> frozenset[Tag]:
    return _NONE.union(*(_by_coding(coding, known) for coding in _codings(resource)))


def _by_coding(coding: dict[str, Any], known: Lists) -> frozenset[Tag]:
    return known.of(coding["system"], coding["code"])


def _by_sayings(value: Any, known: Lists) -> frozenset[Tag]:
    return _NONE.union(*(known.of_icd10(code) for code in _said(value)))


def _said(value: Any, name: str = "", *, in_system: bool = False) -> Iterator[str]:
    """The codes of ICD-10 that stand without their system, in what goes by `name`."""
    if isinstance(value, list):
        for part in value:
            yield from _said(part, name)
    elif isinstance(value, dict):
        for field, part in value.items():
            if field != "meta":
                yield from _said(part, field, in_system=bool(value.get("system")))
    elif isinstance(value, str) and name in _SAYING:
        yield from (value[one.start() - 3 : one.end()] for one in _DOTTED.finditer(value))
        if not (in_system and name == "code") and _ONLY.fullmatch(value):
            yield value


def _by_form(text: str, known: Lists) -> frozenset[Tag]:
    """By which questionnaire was filled in."""
    asked = _QUESTIONS.search(text)
    return known.of("http://loinc.org", asked[1]) if asked else _NONE


def _by_label(resource: dict[str, Any], known: Lists) -> frozenset[Tag]:
    """Of whatever system: sources write these codes under several names.

    What is contained should have no label of its own; where it has, it holds for the whole.
    """
    meta = resource.get("meta")
    concepts = resource.get("securityLabel")
    found = _NONE
    for labels in (
        meta.get("security") if isinstance(meta, dict) else None,
        concepts,
        *(one.get("coding") for one in _dicts(concepts)),
    ):
        found = found.union(*(_by_one_label(label, known) for label in _dicts(labels)))
    inside = _dicts(resource.get("contained"))
    return found.union(_inline(resource, known), *(_by_label(one, known) for one in inside))


def _inline(value: Any, known: Lists) -> frozenset[Tag]:
    """Labels on a part of it (HL7's DS4P guide): the record is held as its most sensitive part."""
    found, nodes = _NONE, [value]
    while nodes:
        node = nodes.pop()
        if isinstance(node, list):
            nodes += node
        elif isinstance(node, dict):
            url = node.get("url")
            if isinstance(url, str) and url.endswith(_INLINE):
                found = found.union(*(_by_one_label(one, known) for one in _labels_in(node)))
            nodes += node.values()
    return found


def _by_one_label(label: dict[str, Any], known: Lists) -> frozenset[Tag]:
    said = (label.get(field) for field in ("code", "display", "text"))
    return _NONE.union(*(known.of_label(one) for one in said if isinstance(one, str)))


def _labels_in(extension: dict[str, Any]) -> list[dict[str, Any]]:
    concept = extension.get("valueCodeableConcept")
    several = concept.get("coding") if isinstance(concept, dict) else None
    return [*_dicts([extension.get("valueCoding"), concept]), *_dicts(several)]


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _by_medicine(type: str, small: str, names: set[str], known: Lists) -> frozenset[Tag]:
    whole = type.startswith("Medication") or type in _TELLING or _numbers_medicines(small)
    if whole or (type in NAMING and _are_cut(names)):
        return known.of_words(_WORD.findall(small))
    return _NONE.union(*map(_medicine_in, names)) if type in NAMING else _NONE


def _by_word(type: str, small: str, names: set[str], known: Lists) -> frozenset[Tag]:
    if type in _TELLING or _are_cut(names):
        return known.of_text(small)
    return _NONE.union(*map(_words_in, names))


def _by_narrative(resource: dict[str, Any], known: Lists) -> tuple[frozenset[Tag], frozenset[Tag]]:
    """By medicines and by words: of the text as it is shown, without markup that parts words."""
    small = " ".join(narrative.everything(resource).lower().split())
    return known.of_words(_WORD.findall(small)), known.of_text(small)


def _are_cut(names: set[str]) -> bool:
    """A quote in a name ends it too soon."""
    return any(one.endswith("\\") for one in names)


def _numbers_medicines(small: str) -> bool:
    """By NDC or RxNorm, as anyone spells them, in small letters: then its name stands beside."""
    return (
        "sid/ndc" in small
        or "rxnorm" in small
        or "113883.6.69" in small
        or "113883.6.88" in small
        or '"ndc"' in small
    )


def _names(text: str) -> set[str]:
    return {name for pattern in _NAMES for name in pattern.findall(text)}


# Sources say the same again and again.
@lru_cache(maxsize=10_000)
def _medicine_in(said: str) -> frozenset[Tag]:
    return lists().of_words(_WORD.findall(said.lower()))


@lru_cache(maxsize=10_000)
def _words_in(said: str) -> frozenset[Tag]:
    return lists().of_text(said.lower())
