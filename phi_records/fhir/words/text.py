import codecs
import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from phi_records.fhir.words.common import everyday_name, language_name
from portal.base.words import unturned

MAX_TEXT = 2000
_TAG = re.compile(
    r"\s*\((?:finding|disorder|procedure|situation|qualifier value|regime/therapy|event|person"
    r"|observable entity|substance|product|medicinal product|clinical drug|physical object"
    r"|body structure|occupation|environment|record artifact|morphologic abnormality|organism"
    r"|social concept|life style|context-dependent category|assessment scale)\)?\s*$"
)
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")
_HOW = re.compile(
    r"\s*\[(?:[^\]]*/[^\]]*|Volume Fraction|Presence|Score|Reported[^\]]*|Percentile)\]"
    r"|\s+by (?:Automated count|calculation|Test strip)\b|\s+-\s+Reported$"
)
_CHARSET = re.compile(r"(?:charset|encoding)\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_OF_TEXTS = re.compile(r"ascii|utf-8|utf-16(?:-[lb]e)?|iso8859-\d+|cp(?:125\d|437|850)|mac-roman")
_MARKED = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[-_]")


def fields(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """What should be a list; one thing alone is taken as a list of one."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def text(value: object) -> str:
    """One line of free text, without the tags that code systems hang on names."""
    if not isinstance(value, str):
        return ""
    if value.isascii() and value.isprintable() and "(" not in value and "  " not in value:
        # Nearly all text: nothing below would change it.
        return _cut(value.strip(), MAX_TEXT)
    return _cut(_TAG.sub("", " ".join(_printable(value).split())).strip(), MAX_TEXT)


def lines(value: object, most: int = 50_000) -> str:
    """Free text of several lines."""
    return _cut(_printable(value).strip(), most) if isinstance(value, str) else ""


def decoded(raw: bytes, content_type: str) -> str:
    """By its mark where it begins with one, as browsers do, whatever its type names; else as its
    type says, or its first lines where it is markup. What says nothing, and is not UTF-8, is as
    Windows writes it."""
    marked = next((name for mark, name in _MARKED.items() if raw.startswith(mark)), "")
    if named := marked or _named(content_type) or _declared(raw, content_type):
        return raw.decode(named, "replace")
    try:
        # It may be cut within a sign.
        return codecs.getincrementaldecoder("utf-8")().decode(raw)
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def charset(content_type: str) -> str:
    """That a type names; UTF-8 where it names none, or what no text is written in."""
    return _named(content_type) or "utf-8"


def _named(said: str) -> str:
    if named := _CHARSET.search(said):
        try:
            found = codecs.lookup(named[1]).name
        except LookupError:
            return ""
        if _OF_TEXTS.fullmatch(found):
            return found
    return ""


def _declared(raw: bytes, content_type: str) -> str:
    is_markup = "xml" in content_type.lower() or "html" in content_type.lower()
    return _named(raw[:1000].decode("latin-1")) if is_markup else ""


def _cut(value: str, most: int) -> str:
    """What was cut says so."""
    return value if len(value) <= most else value[:most].rsplit(" ", 1)[0] + " …"


def concept(value: object) -> str:
    """A CodeableConcept or Coding in words; its code only when there are no words."""
    found = fields(value)
    codings = [fields(one) for one in items(found.get("coding"))]
    named = concept_words(value)
    return named or next((text(c.get("code")) for c in codings if text(c.get("code"))), "")


def concept_words(value: object) -> str:
    """Its words, or nothing: for titles, where a bare code helps nobody.

    What a person wrote goes first, then the everyday name of a code, then the code's own.
    """
    found = fields(value)
    codings = [fields(one) for one in items(found.get("coding"))] or [found]
    displays = [text(one.get("display")) for one in codings]
    written = text(found.get("text"))
    if written and written not in displays:
        return written
    everyday = (everyday_name(one) for one in codings)
    several = (*everyday, *map(_shorter, displays), written)
    return next((one for one in several if one), "")


def language(value: object) -> str:
    """Some sources write no system beside the code, or the code where words belong."""
    shown = concept(value)
    return language_name(shown) or shown


def technical_name(value: object) -> str:
    """What a code calls itself, where people are shown another name."""
    shown = concept_words(value)
    displays = (text(fields(one).get("display")) for one in items(fields(value).get("coding")))
    return next((one for one in displays if one and one.casefold() != shown.casefold()), "")


def _shorter(name: str) -> str:
    """Laboratories' names without how the number was got: Protein [Mass/volume] in Serum."""
    return " ".join(_HOW.sub("", name).replace("Serum or Plasma", "blood").split())


def sentence(value: str) -> str:
    """With a capital letter, as sources often leave it out: private, varicella."""
    first = value.split(" ", 1)[0]
    return value[:1].upper() + value[1:] if first.isalpha() and first.islower() else value


def concepts(value: object) -> str:
    return joined(concept(one) for one in items(value))


def joined(several: Iterator[str]) -> str:
    return ", ".join(dict.fromkeys(one for one in several if one))


def code_text(value: object) -> str:
    """System and code, small print for those who want to look it up."""
    for one in items(fields(value).get("coding")):
        code = text(fields(one).get("code"))
        system = _system(fields(one).get("system"))
        if code and system:
            return f"{system} {code}"
    return ""


def codes(value: object) -> set[str]:
    found = (fields(one).get("code") for one in items(fields(value).get("coding")))
    return {one for one in found if isinstance(one, str)}


def plain_code(code: object) -> str:
    """in-progress -> In progress; billablePeriod -> Billable period"""
    words = " ".join(_CAMEL.sub(" ", text(code)).split())
    return words[:1].upper() + words[1:].lower() if words else ""


def file_kind(content_type: object) -> str:
    kind = text(content_type).partition(";")[0].strip().lower()
    names = {"application/pdf": _("A PDF file"), "text/html": _("A web page")}
    return names.get(kind) or (_("A picture") if kind.startswith("image/") else _("A file"))


def person_name(value: object) -> str:
    found = fields(value)
    if words := text(found.get("text")):
        return words
    parts = [*items(found.get("prefix")), *items(found.get("given")), found.get("family")]
    return " ".join(part for part in map(text, parts) if part)


def address(value: object) -> str:
    found = fields(value)
    parts = [*items(found.get("line")), found.get("city"), found.get("state")]
    written = ", ".join(part for part in map(text, parts) if part)
    return f"{written} {text(found.get('postalCode'))}".strip()


def _printable(value: str) -> str:
    return _NOT_TEXT.sub(" ", unturned(value)).encode("utf-8", "replace").decode()


_SYSTEMS = {
    "http://snomed.info/sct": "SNOMED CT",
    "http://loinc.org": "LOINC",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RxNorm",
    "http://hl7.org/fhir/sid/cvx": "CVX",
    "http://hl7.org/fhir/sid/ndc": "NDC",
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD-10",
    "http://hl7.org/fhir/sid/icd-10": "ICD-10",
    "http://hl7.org/fhir/sid/icd-9-cm": "ICD-9",
    "http://www.ama-assn.org/go/cpt": "CPT",
}


def _system(value: object) -> str:
    return _SYSTEMS.get(value, "") if isinstance(value, str) else ""
