"""Which sensitive matters a resource is about: by its codes wherever they stand, by the labels of
its source, by the medicines it names, and by words. A diagnosis may show in a test alone.

Words count wherever a page may show them, and in text that is attached. That something is denied,
asked or about a relative is not told apart: "no history of" can stand far from what it denies, and
that it was asked tells too.

Sources leave a code's system out, or write the code into a text. Where a code of ICD-10 can be
nothing else, it is taken for one: a record that is marked too much is better than one missed.
"""

import html
import json
import re
from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum
from functools import lru_cache
from typing import Any

from consents.question import Tag
from consents.sensitive import Lists, Told, lists, one_system, without_unseen
from phi_records.fhir import written
from phi_records.fhir.written import objects_in

_NONE: frozenset[Tag] = frozenset()
# The values of "code" in a resource's text: most resources hold none that is on a list, and need
# not be walked through.
_CODE = re.compile(r'"code": ?"([^"\\]+)"')
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
_QUESTIONS = re.compile(r"loinc\.org/q/([0-9-]+)")
# Texts that no page shows as words, and days.
_SILENT = frozenset(
    [
        "authoredOn",
        "code",
        "contentType",
        "created",
        "currency",
        "data",
        "date",
        "effectiveDateTime",
        "end",
        "id",
        "issued",
        "linkId",
        "occurrenceDateTime",
        "onsetDateTime",
        "recorded",
        "recordedDate",
        "reference",
        "resourceType",
        "start",
        "status",
        "system",
        "uid",
        "url",
        "use",
    ]
)
# What holds numbers, labels, or the names of people and places.
_APART = frozenset({"address", "contact", "identifier", "meta", "name", "telecom"})
# What was looked for: a test for a drug is done before operations and for employers.
_TESTED = {
    "Observation": frozenset({"code"}),
    "DiagnosticReport": frozenset({"code", "result"}),
}
_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>")
# Longer ones are each said once.
_SHORT = 200
# HL7's own, of which labels are.
_VOCABULARIES = (
    "2.16.840.1.113883.5.",
    "urn:oid:2.16.840.1.113883.5.",
    "http://terminology.hl7.org/",
)


def tags_of(resource: dict[str, Any], text: str) -> frozenset[Tag]:
    """`text` is the resource as JSON."""
    known = lists()
    papers = written.papers(resource, text)
    medicines, words = _by_saying(resource, text, papers)
    found = medicines | words | _by_form(text, known) | _by_written_codes(papers, known)
    resource, text = _as_seen(resource, text)
    telling = {code for code in set(_CODE.findall(text)) if _may_tell(code)}
    if telling:
        found |= _by_codes(resource, known)
    if '"security' in text or _INLINE in text:
        found |= _by_label(resource, known)
    if _may_say(text, telling, known):
        found |= _by_sayings(resource, known)
    return found


def _as_seen(resource: dict[str, Any], text: str) -> tuple[dict[str, Any], str]:
    """For looking up codes: without the signs that nobody sees."""
    if "\\u" not in text:
        return resource, text
    whole = json.dumps(resource, ensure_ascii=False, default=str)
    seen = without_unseen(whole)
    return (resource, text) if seen == whole else (json.loads(seen), seen)


class Way(StrEnum):
    """How a tag was found."""

    CODE = "code"
    LABEL = "label"
    MEDICINE = "medicine"
    WORD = "word"


def ways_of(resource: dict[str, Any], text: str) -> dict[Tag, tuple[Way, ...]]:
    """Of each tag by what it was found, for people to read; `text` as for `tags_of`."""
    known = lists()
    papers = written.papers(resource, text)
    medicines, words = _by_saying(resource, text, papers)
    resource, text = _as_seen(resource, text)
    by_way = {
        Way.CODE: _by_codes(resource, known)
        | _by_sayings(resource, known)
        | _by_form(text, known)
        | _by_written_codes(papers, known),
        Way.LABEL: _by_label(resource, known),
        Way.MEDICINE: medicines,
        Way.WORD: words,
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
    return (node for node in _parts(value) if _dicts(node.get("coding")))


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
    for node in _parts(value):
        if isinstance(node.get("code"), str) and isinstance(node.get("system"), str):
            yield node


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    """All objects inside, but what the record says of itself."""
    return objects_in(value, "meta")


def _by_codes(resource: Any, known: Lists) -> frozenset[Tag]:
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
    inside = (resource, *_dicts(resource.get("contained")))
    return _inline(resource, known).union(*(_by_own_label(one, known) for one in inside))


def _inline(value: Any, known: Lists) -> frozenset[Tag]:
    """Labels on a part of it (HL7's DS4P guide): the record is held as its most sensitive part."""
    urls = ((one, one.get("url")) for one in objects_in(value))
    inline = (one for one, url in urls if isinstance(url, str) and url.endswith(_INLINE))
    labels = (label for one in inline for label in _labels_in(one))
    return _NONE.union(*(_by_one_label(label, known) for label in labels))


def _by_any_label(value: Any, known: Lists) -> frozenset[Tag]:
    """Of each resource in it."""
    inside = (one for one in objects_in(value) if "resourceType" in one)
    return _inline(value, known).union(*(_by_own_label(one, known) for one in inside))


def _by_own_label(resource: dict[str, Any], known: Lists) -> frozenset[Tag]:
    meta, concepts = resource.get("meta"), resource.get("securityLabel")
    several = (
        meta.get("security") if isinstance(meta, dict) else None,
        concepts,
        *(one.get("coding") for one in _dicts(concepts)),
    )
    return _NONE.union(
        *(_by_one_label(label, known) for labels in several for label in _dicts(labels))
    )


def _by_one_label(label: dict[str, Any], known: Lists) -> frozenset[Tag]:
    said = (label.get(field) for field in ("code", "display", "text"))
    return _NONE.union(*(known.of_label(one) for one in said if isinstance(one, str)))


def _labels_in(extension: dict[str, Any]) -> list[dict[str, Any]]:
    concept = extension.get("valueCodeableConcept")
    several = concept.get("coding") if isinstance(concept, dict) else None
    return [*_dicts([extension.get("valueCoding"), concept]), *_dicts(several)]


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _by_saying(resource: dict[str, Any], text: str, papers: Iterable[str]) -> Told:
    told = _told(_strings(resource).union(papers))
    if not told.medicines or _numbers_medicines(text.lower()):
        return told
    inside = _dicts(resource.get("contained"))
    said = _untested(resource, "contained").union(papers, *map(_untested, inside))
    return Told(_told(said).medicines, told.words)


def _untested(resource: dict[str, Any], *apart: str) -> set[str]:
    tested = _TESTED.get(str(resource.get("resourceType")), frozenset())
    return _strings(resource, _APART | tested | {*apart})


def _strings(value: Any, apart: Collection[str] = _APART) -> set[str]:
    """Written for speed: it walks through everything that comes in."""
    found: set[str] = set()
    nodes = [value]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            for name, part in node.items():
                if isinstance(part, str):
                    if name not in _SILENT:
                        found.add(part)
                elif name not in apart:
                    nodes.append(part)
        elif isinstance(node, list):
            nodes += node
        elif isinstance(node, str):
            found.add(node)
    return found


def _told(said: Iterable[str]) -> Told:
    several = {_told_by(one) if len(one) <= _SHORT else _told_by.__wrapped__(one) for one in said}
    return Told(
        _NONE.union(*(one.medicines for one in several)),
        _NONE.union(*(one.words for one in several)),
    )


# Sources say the same again and again.
@lru_cache(maxsize=10_000)
def _told_by(said: str) -> Told:
    if "<" in said:
        # Each way: markup parts words or not, and what looks like it may be what somebody wrote.
        apart, joined = (html.unescape(_MARKUP.sub(between, said)) for between in (" ", ""))
        said = f"{said} {apart} {joined}"
    return lists().of_text(said)


def _numbers_medicines(small: str) -> bool:
    """By NDC or RxNorm, as anyone spells them, in small letters: then its name stands beside."""
    return (
        "sid/ndc" in small
        or "rxnorm" in small
        or "113883.6.69" in small
        or "113883.6.88" in small
        or '"ndc"' in small
    )


def _by_written_codes(papers: Iterable[str], known: Lists) -> frozenset[Tag]:
    """In what is attached: by itself only where a code of ICD-10 has its point."""
    found = _NONE
    for paper in map(without_unseen, papers):
        for match in _DOTTED.finditer(paper):
            found |= known.of_icd10(paper[match.start() - 3 : match.end()])
        for system, code in written.codes_in(paper):
            found |= known.of(system, code)
            if system.startswith(_VOCABULARIES):
                found |= known.of_label(code)
        for value in written.values_in(paper):
            found |= _by_codes(value, known) | _by_any_label(value, known)
    return found
