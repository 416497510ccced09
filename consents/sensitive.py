"""What makes an item sensitive, as data: for each tag one list in tags/, read and checked at start.

A list names codes, labels that sources put on a resource (HL7 v3 ActCode, by code or by name), and
for medicines the names of what is in them: a product has thousands of codes. Some words tell by
themselves, wherever they are said: tests for HIV alone have hundreds of codes. What holds such a
word and is about something else ("hearing aids") stands under "unless".
Psychotherapy and counselling notes, what a minor alone agreed to and what may endanger someone are
known by a label alone, or by staff.

"a|b c|d_e" is short for "a c", "a d e", "b c" and "b d e". Case, accents, the signs between words,
those that nobody sees and the points of an abbreviation ("H.I.V.") make no difference.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from consents.question import Tag

LISTS = Path(__file__).parent / "tags"
_PARTS = {
    "tag",
    "version",
    "source",
    "beginnings",
    "codes",
    "ranges",
    "labels",
    "medicines",
    "words",
    "unless",
}

ICD_10 = "hl7.org/fhir/sid/icd-10-cm"
_ICD_10_PROCEDURES = "cms.gov/medicare/coding/icd10"
# CPT is the first level of HCPCS, and payers write either code under either name.
_HCPCS = "cms.gov/medicare/coding/hcpcsreleasecodesets"
# A code system by its other names, all as `one_system` writes them.
_NAMES = {
    "2.16.840.1.113883.6.90": ICD_10,
    "2.16.840.1.113883.6.3": ICD_10,
    "hl7.org/fhir/sid/icd-10": ICD_10,
    "icd-10": ICD_10,
    "icd-10-cm": ICD_10,
    "2.16.840.1.113883.6.4": _ICD_10_PROCEDURES,
    "hl7.org/fhir/sid/icd-10-pcs": _ICD_10_PROCEDURES,
    "2.16.840.1.113883.6.103": "hl7.org/fhir/sid/icd-9-cm",
    "hl7.org/fhir/sid/icd-9": "hl7.org/fhir/sid/icd-9-cm",
    "icd-9": "hl7.org/fhir/sid/icd-9-cm",
    "icd-9-cm": "hl7.org/fhir/sid/icd-9-cm",
    "2.16.840.1.113883.6.96": "snomed.info/sct",
    "2.16.840.1.113883.6.1": "loinc.org",
    "2.16.840.1.113883.6.88": "nlm.nih.gov/research/umls/rxnorm",
    "rxnorm": "nlm.nih.gov/research/umls/rxnorm",
    "2.16.840.1.113883.6.69": "hl7.org/fhir/sid/ndc",
    "ndc": "hl7.org/fhir/sid/ndc",
    "2.16.840.1.113883.6.12": _HCPCS,
    "ama-assn.org/go/cpt": _HCPCS,
    "2.16.840.1.113883.6.285": _HCPCS,
    "terminology.hl7.org/codesystem/hcpcs": _HCPCS,
    "bluebutton.cms.gov/resources/codesystem/hcpcs": _HCPCS,
    "2.16.840.1.113883.6.301.3": "nubc.org/codesystem/revenuecodes",
}

# What a code of a class can look like. Most codes are of other systems.
_IN_A_CLASS = re.compile(r"[0-9A-Za-z]{3}\.?[0-9A-Za-z]{0,4}")

# "HIV-1", "hiv1" and "HIV 1" are the same.
_WORD = re.compile(r"[^\W\d_]+|\d+")
_POINTED = re.compile(r"(?<![^\W_])[^\W\d_](?:\.[^\W\d_])+(?![^\W_])")
# Soft hyphens, and what has no width.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)

Tags = frozenset[Tag]
# The words of what is on a list, one after the other.
Phrase = tuple[str, ...]
_NONE: Tags = frozenset()


class WrongList(ValueError):
    """A list that can't be relied on. The portal does not start with one."""


class Told(NamedTuple):
    """What a text tells by the medicines that it names, and by words."""

    medicines: Tags = _NONE
    words: Tags = _NONE


_NOTHING = Told()


@dataclass(frozen=True)
class Lists:
    """Turned round for looking up: what a code, label or name tells."""

    # By (system, beginning of a code), without its dot: of classes such as ICD-10-CM's.
    beginnings: dict[tuple[str, str], Tags]
    # By (system, code).
    codes: dict[tuple[str, str], Tags]
    # By code or name, in small letters.
    labels: dict[str, Tags]
    medicines: dict[Phrase, Tags]
    # What tells by itself, wherever it is said.
    words: dict[Phrase, Tags]
    # What tells nothing, though a part of it would.
    unless: dict[Phrase, Tags]
    versions: dict[Tag, str]

    def of(self, system: str, code: str) -> Tags:
        named, code = one_system(system), code.strip()
        if named in self._classes:
            return self._of_class(named, code)
        return self.codes.get((named, code), _NONE)

    def of_label(self, said: str) -> Tags:
        return self.labels.get(_small(said), _NONE)

    def of_text(self, text: str) -> Told:
        if (seen := without_unseen(text)) != text:
            # Each way: they stand within a word, or are all that parts two.
            text = f"{seen} {text}"
        words = words_of(text)
        if self._beginnings_of_words.isdisjoint(words):
            return _NOTHING
        found = list(self._phrases(words))
        return Told(
            _all(self.medicines.get(one) for one in found),
            _all(self.words.get(one) for one in found),
        )

    def _phrases(self, words: Sequence[str]) -> Iterator[Phrase]:
        """From left to right, and of several the longest: no word is part of two."""
        at = 0
        while at < len(words):
            several = (tuple(words[at : at + long]) for long in self._lengths.get(words[at], ()))
            found = next((one for one in several if one in self._every_phrase), None)
            if found:
                yield found
            at += len(found) if found else 1

    @cached_property
    def _every_phrase(self) -> frozenset[Phrase]:
        return frozenset((*self.medicines, *self.words, *self.unless))

    @cached_property
    def _lengths(self) -> dict[str, list[int]]:
        """Of the phrases that begin with a word, the longest first."""
        found: dict[str, set[int]] = {}
        for phrase in self._every_phrase:
            found.setdefault(phrase[0], set()).add(len(phrase))
        return {word: sorted(several, reverse=True) for word, several in found.items()}

    @cached_property
    def _beginnings_of_words(self) -> frozenset[str]:
        return frozenset(phrase[0] for phrase in (*self.medicines, *self.words))

    def of_icd10(self, code: str) -> Tags:
        return self._of_class(ICD_10, code)

    def may_tell(self, code: str) -> bool:
        """Whether some system has such a code on a list."""
        code = code.strip()
        if code in self._any_code:
            return True
        return _IN_A_CLASS.fullmatch(code) is not None and not self._any_beginning.isdisjoint(
            _beginnings(code)
        )

    @cached_property
    def _any_code(self) -> frozenset[str]:
        return frozenset(code for _system, code in self.codes)

    @cached_property
    def _classes(self) -> frozenset[str]:
        return frozenset(system for system, _beginning in self.beginnings)

    @cached_property
    def _any_beginning(self) -> frozenset[str]:
        return frozenset(beginning for _system, beginning in self.beginnings)

    def _of_class(self, system: str, code: str) -> Tags:
        return _all(self.beginnings.get((system, one)) for one in _beginnings(code))


def without_unseen(text: str) -> str:
    return text if text.isascii() else _UNSEEN.sub("", text)


def words_of(text: str) -> list[str]:
    """In small letters and without accents, which sources leave out at times."""
    small = text.casefold()
    if not small.isascii():
        apart = unicodedata.normalize("NFKD", small)
        small = "".join(one for one in apart if not unicodedata.combining(one))
    if "." in small:
        small = _POINTED.sub(lambda found: found[0].replace(".", ""), small)
    return _WORD.findall(small)


def _phrases(several: Iterable[str]) -> list[Phrase]:
    return [
        tuple(word for part in parts for word in words_of(part))
        for one in several
        for parts in product(*(part.split("|") for part in one.split()))
    ]


def _small(said: str) -> str:
    return " ".join(said.casefold().split())


def _beginnings(code: str) -> list[str]:
    plain = code.replace(".", "").upper()
    return [plain[:end] for end in range(2, len(plain) + 1)]


@lru_cache(maxsize=1000)
def one_system(name: str) -> str:
    plain = name.strip().lower().rstrip("/").removeprefix("urn:oid:")
    for start in ("https://", "http://", "www."):
        plain = plain.removeprefix(start)
    if plain.startswith("snomed.info/sct/"):
        # An edition of it.
        return "snomed.info/sct"
    if plain.startswith("hl7.org/fhir/sid/icd-10-"):
        # As other countries have it, operations apart.
        return _NAMES.get(plain, ICD_10)
    return _NAMES.get(plain, plain)


def _all(several: Iterable[Tags | None]) -> Tags:
    return frozenset(tag for some in several if some for tag in some)


def read_all(folder: Path = LISTS) -> Lists:
    """Raises WrongList, naming the file; also where a tag has none."""
    lists = Lists({}, {}, {}, {}, {}, {}, {})
    for path in sorted(folder.glob("*.json")):
        try:
            _take(lists, json.loads(path.read_text()), path.stem)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise WrongList(f"{path.name}: {error}") from error
    if missing := set(Tag) - set(lists.versions):
        raise WrongList(f"No list for {sorted(missing)}.")
    return lists


def _take(lists: Lists, said: Any, stem: str) -> None:
    if set(said) != _PARTS or not said["version"] or not said["source"]:
        raise ValueError(f"must name {sorted(_PARTS)}")
    tag = Tag(said["tag"])
    if tag != stem:
        raise ValueError(f"is the file of {said['tag']}")
    lists.versions[tag] = said["version"]
    tables: list[tuple[dict[Any, Tags], list[Any]]] = [
        (lists.beginnings, _pairs(said["beginnings"])),
        (lists.codes, [*_pairs(said["codes"]), *_spread(said["ranges"])]),
        (lists.labels, [_small(one) for one in said["labels"]]),
        (lists.medicines, _phrases(said["medicines"])),
        (lists.words, _phrases(said["words"])),
        (lists.unless, _phrases(said["unless"])),
    ]
    for table, keys in tables:
        if len(keys) != len(set(keys)):
            raise ValueError("says something twice")
        for key in keys:
            if not key or not all(key):
                raise ValueError("holds an empty word")
            table[key] = table.get(key, _NONE) | {tag}


def _pairs(by_system: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(one_system(name), code) for name, several in by_system.items() for code in several]


def _spread(by_system: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """ "H1000-H1005" is six codes; that some of a range were never given out does no harm."""
    for system, between in _pairs(by_system):
        first, last = between.split("-")
        letters = first.rstrip("0123456789")
        start, end = int(first[len(letters) :]), int(last[len(letters) :])
        if len(first) != len(last) or not last.startswith(letters) or start >= end:
            raise ValueError(f"{between} is no range")
        width = len(first) - len(letters)
        for number in range(start, end + 1):
            yield system, f"{letters}{number:0{width}}"


@cache
def lists() -> Lists:
    return read_all()
