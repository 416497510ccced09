"""Which sensitive matters a resource is about: by its codes wherever they stand, by the labels of
its source, and by what its medicines contain. A diagnosis may show in a test alone."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from consents.question import Tag
from consents.sensitive import Lists, lists

_NONE: frozenset[Tag] = frozenset()
_ICD = ("http://hl7.org/fhir/sid/icd-10", "urn:oid:2.16.840.1.113883.6.90")
_OIDS = {
    "urn:oid:2.16.840.1.113883.6.96": "http://snomed.info/sct",
    "urn:oid:2.16.840.1.113883.6.1": "http://loinc.org",
    "urn:oid:2.16.840.1.113883.6.285": ("https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"),
    "http://terminology.hl7.org/CodeSystem/HCPCS": (
        "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
    ),
}
# The values of "code" in a resource's text: most resources hold none that is on a list, and need
# not be walked through.
_CODE = re.compile(r'"code": ?"([^"\\]+)"')
_WORD = re.compile(r"[a-z]+")
_ICD_SHAPE = re.compile(r"[A-Za-z]\d[0-9A-Za-z](\.?[0-9A-Za-z]{1,4})?")


# A pharmacy's claim names what was taken too, beside its product code.
_NDC = "http://hl7.org/fhir/sid/ndc"


def tags_of(resource: dict[str, Any], text: str) -> frozenset[Tag]:
    """`text` is the resource as JSON."""
    known = lists()
    found = _by_medicine(resource, text, known)
    if any(_may_tell(code, known) for code in set(_CODE.findall(text))):
        found |= _by_codes(resource, known) | _by_label(resource, known)
    return found


class Way(StrEnum):
    """How a tag was found."""

    CODE = "code"
    LABEL = "label"
    MEDICINE = "medicine"


def ways_of(resource: dict[str, Any], text: str) -> dict[Tag, tuple[Way, ...]]:
    """Of each tag by what it was found, for people to read; `text` as for `tags_of`."""
    known = lists()
    by_way = {
        Way.CODE: _by_codes(resource, known),
        Way.LABEL: _by_label(resource, known),
        Way.MEDICINE: _by_medicine(resource, text, known),
    }
    found: dict[Tag, tuple[Way, ...]] = {}
    for way, tags in by_way.items():
        found |= {tag: (*found.get(tag, ()), way) for tag in tags}
    return found


# What clinical codes are written in; others tell of states, kinds of papers and units.
_CLINICAL = (
    *_ICD,
    *_OIDS.values(),
    _NDC,
    "http://www.nlm.nih.gov/research/umls/rxnorm",
    "http://hl7.org/fhir/sid/cvx",
    "http://www.ama-assn.org/go/cpt",
)


def codes_in(resource: dict[str, Any]) -> frozenset[tuple[str, str]]:
    """Clinical codes, wherever they stand, each with its system in one spelling."""
    found = {(_OIDS.get(one["system"], one["system"]), one["code"]) for one in _codings(resource)}
    return frozenset(one for one in found if one[0].startswith(_CLINICAL))


def _plain_codes(known: Lists) -> frozenset[str]:
    return frozenset(code for _system, code in known.codes) | frozenset(known.labels)


_LISTED = _plain_codes(lists())


def _may_tell(code: str, known: Lists) -> bool:
    if code in _LISTED:
        return True
    return bool(_ICD_SHAPE.fullmatch(code)) and bool(known.of_icd10(code))


def _codings(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for part in value:
            yield from _codings(part)
    elif isinstance(value, dict):
        if isinstance(value.get("code"), str) and isinstance(value.get("system"), str):
            yield value
        for name, part in value.items():
            if name != "meta":
                yield from _codings(part)


def _by_codes(resource: dict[str, Any], known: Lists) -> frozenset[Tag]:
    return _NONE.union(*(_by_coding(coding, known) for coding in _codings(resource)))


def _by_coding(coding: dict[str, Any], known: Lists) -> frozenset[Tag]:
    system = _OIDS.get(coding["system"], coding["system"])
    if system.startswith(_ICD):
        return known.of_icd10(coding["code"])
    return known.codes.get((system, coding["code"]), _NONE)


def _by_label(resource: dict[str, Any], known: Lists) -> frozenset[Tag]:
    """Of whatever system: sources write these codes under several names."""
    meta = resource.get("meta")
    concepts = resource.get("securityLabel")
    found = _NONE
    for labels in (
        meta.get("security") if isinstance(meta, dict) else None,
        *(one.get("coding") for one in _dicts(concepts)),
    ):
        for label in _dicts(labels):
            code = label.get("code")
            if isinstance(code, str):
                found |= known.labels.get(code, _NONE)
    return found


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _by_medicine(resource: dict[str, Any], text: str, known: Lists) -> frozenset[Tag]:
    if _NDC not in text and not str(resource.get("resourceType", "")).startswith("Medication"):
        return _NONE
    found = _NONE
    for word in set(_WORD.findall(text.lower())) & known.medicines.keys():
        found |= known.medicines[word]
    return found
