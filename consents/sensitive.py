"""What makes an item sensitive, as data: for each tag one list in tags/, read and checked at start.

A list names codes, labels that sources put on a resource (HL7 v3 ActCode), and for medicines the
names of what is in them: a product has thousands of codes. Psychotherapy and counselling notes,
what a minor alone agreed to and what may endanger someone are known by a label alone, or by staff.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from consents.question import Tag

LISTS = Path(__file__).parent / "tags"
_PARTS = {"tag", "version", "source", "icd10", "codes", "labels", "medicines"}


class WrongList(ValueError):
    """A list that can't be relied on. The portal does not start with one."""


@dataclass(frozen=True)
class Lists:
    """Turned round for looking up: what a code, label or name tells."""

    # By ICD-10-CM without the dot, of any length: a code belongs where one begins it.
    icd10: dict[str, frozenset[Tag]]
    # By (system, code).
    codes: dict[tuple[str, str], frozenset[Tag]]
    labels: dict[str, frozenset[Tag]]
    # In small letters.
    medicines: dict[str, frozenset[Tag]]
    versions: dict[Tag, str]

    def of_icd10(self, code: str) -> frozenset[Tag]:
        plain = code.replace(".", "").upper()
        return _all(self.icd10.get(plain[:length]) for length in range(3, len(plain) + 1))


def _all(several: Iterable[frozenset[Tag] | None]) -> frozenset[Tag]:
    return frozenset(tag for some in several if some for tag in some)


def read_all(folder: Path = LISTS) -> Lists:
    """Raises WrongList, naming the file; also where a tag has none."""
    lists = Lists({}, {}, {}, {}, {})
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
    pairs = [(system, code) for system, several in said["codes"].items() for code in several]
    tables: list[tuple[dict[Any, frozenset[Tag]], list[Any]]] = [
        (lists.icd10, said["icd10"]),
        (lists.codes, pairs),
        (lists.labels, said["labels"]),
        (lists.medicines, said["medicines"]),
    ]
    for table, keys in tables:
        if len(keys) != len(set(keys)):
            raise ValueError("says something twice")
        for key in keys:
            if not key or not all(key):
                raise ValueError("holds an empty word")
            table[key] = table.get(key, frozenset()) | {tag}


@cache
def lists() -> Lists:
    return read_all()
