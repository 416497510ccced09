"""The lists that tell which items are sensitive: whole, or the portal does not start."""

import json
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from consents import sensitive
from consents.question import Tag

pytestmark = pytest.mark.promise("AL2")


def test_each_tag_has_a_list_with_its_source_and_version() -> None:
    for tag in Tag:
        said = json.loads((sensitive.LISTS / f"{tag}.json").read_text())
        assert said["source"]
        assert sensitive.lists().versions[tag] == said["version"]
        assert any(said[part] for part in ("beginnings", "codes", "labels", "medicines"))


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("F11.20", Tag.PART2), ("F1120", Tag.PART2), ("F32.1", Tag.MENTAL_HEALTH),
        ("B20", Tag.HIV), ("O09.90", Tag.REPRODUCTIVE), ("Z15.01", Tag.GENETIC),
        ("F17.210", None), ("F03.90", None), ("J45.909", None), ("Z3", None),
    ],
)  # fmt: skip
def test_a_code_of_icd_10_belongs_where_a_listed_one_begins_it(code: str, tag: Tag | None) -> None:
    assert sensitive.lists().of_icd10(code) == ({tag} if tag else set())


BY_SUBSTANCES = (
    "T40.1X1A T40.5X1A T40.2X1A T40.2X4D T40.411A T40.3X5A T40.711A T43.621A T43.651S T51.0X1A "
    "K70 K70.30 K70.0 G62.1 K29.20 K29.21 R78.0 R78.1 R78.2 R78.3 R78.4 G31.2 G72.1 I42.6 K85.20 "
    "K86.0 E24.4 Y90.8 P04.3 P04.41 P96.1 Q86.0 Z81.1 R11.16 Z02.83 Z63.72 X42 X45 Y91.2"
)
# An opioid as ordered that did harm, or was left out; a medicine in the blood; fat without alcohol.
_BY_OTHERS = (
    "T40.2X5A T40.2X6A T40.415A T43.631A R78.5 R78.6 K76.0 K86.1 K29.70 G62.9 P04.2 Z81.2 "
    "Z79.891 Z88.5 T50.7X1A"
)


@pytest.mark.parametrize(("codes", "expected"), [(BY_SUBSTANCES, {Tag.PART2}), (_BY_OTHERS, set())])
def test_what_a_substance_did_tells_of_its_use(codes: str, expected: set[Tag]) -> None:
    of = sensitive.lists().of_icd10
    assert [code for code in codes.split() if of(code) != expected] == []


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ("X78.0 X71.0XXA X84 T39.1X2A T36.92XA T71.162A R45.88 Y87.0 Z04.6", {Tag.MENTAL_HEALTH}),
        ("T39.1X1A T39.1X5A T36.91XA T71.161A X58 X95.9 F03.90 F80.0 Z13.31", set()),
        ("T40.2X2A T51.0X2A T40.602A", {Tag.PART2, Tag.MENTAL_HEALTH}),
        ("B24 B22.7 E88.14 Z29.81 Z83.0", {Tag.HIV}),
        ("N46.9 Z3A.20 Z79.3 Z97.5 Z98.52 Z98.51 T83.31XA Z87.59", {Tag.REPRODUCTIVE}),
        ("P07.30 P05.10 Z98.890 Z97.4 Z87.6", set()),
    ],
)
def test_a_code_tells_by_its_title(codes: str, expected: set[Tag]) -> None:
    of = sensitive.lists().of_icd10
    assert [code for code in codes.split() if of(code) != expected] == []


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ("76075 97081 E860.0 V11.3 V61.42", {Tag.PART2}),
        ("V11.0 V67.3 V70.1", {Tag.MENTAL_HEALTH}),
        ("606.9 V45.51 V91.01 996.32", {Tag.REPRODUCTIVE}),
        ("969.0 V79.1 V45.61 607.1", set()),
    ],
)
def test_a_code_of_icd_9_tells_by_its_title(codes: str, expected: set[Tag]) -> None:
    of = partial(sensitive.lists().of, "http://hl7.org/fhir/sid/icd-9-cm")
    assert [code for code in codes.split() if of(code) != expected] == []


def hiv(**changes: Any) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((sensitive.LISTS / "hiv.json").read_text())
    return {**said, **changes}


@pytest.mark.parametrize(
    "change",
    [
        {"tag": "moods"},
        {"tag": "part2"},
        {"version": ""},
        {"source": ""},
        {"labels": ["HIV", "HIV"]},
        {"beginnings": {"http://hl7.org/fhir/sid/icd-10-cm": [""]}},
        {"ranges": {"http://www.ama-assn.org/go/cpt": ["99408"]}},
        {"ranges": {"http://www.ama-assn.org/go/cpt": ["99409-99408"]}},
        {"ranges": {"http://www.ama-assn.org/go/cpt": ["H0001-99408"]}},
        {"words": ["hiv", "HIV"]},
        {"words": ["hiv|vih positive", "vih-positive"]},
        {"words": [""]},
        {"words": ["hiv|"]},
        {"unless": ["-"]},
        {"codes": {"": ["1"]}},
        {"codes": ["1"]},
        {"more": 1},
    ],
    ids=str,
)
def test_a_wrong_list_is_named_and_not_used(tmp_path: Path, change: dict[str, Any]) -> None:
    folder = tmp_path / "tags"
    shutil.copytree(sensitive.LISTS, folder)
    assert sensitive.read_all(folder).of_label("hiv") == {Tag.HIV}
    (folder / "hiv.json").write_text(json.dumps(hiv(**change)))
    with pytest.raises(sensitive.WrongList, match=r"hiv\.json"):
        sensitive.read_all(folder)


def read_with(folder: Path, **changes: Any) -> sensitive.Lists:
    shutil.copytree(sensitive.LISTS, folder)
    (folder / "hiv.json").write_text(json.dumps(hiv(**changes)))
    return sensitive.read_all(folder)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("Canary kiwi", True), ("a CANARY-kiwi, twice", True), ("canary_kiwi2", True),
        ("finch fig", True), ("Finch, big date", True), ("cánary\nkiwi", True),
        ("canary big date", True), ("canary", False), ("kiwi canary", False),
        ("canary big", False), ("canarykiwi", False), ("canary kiwis", False),
        # More than a word of the list, and about something else.
        ("wild canary kiwi", False), ("wild canary kiwi, canary kiwi", True),
        ("canary kiwi juice", False), ("canary kiwi jam", True),
    ],
)  # fmt: skip
def test_words_are_known_in_each_of_their_forms(tmp_path: Path, text: str, known: bool) -> None:
    lists = read_with(
        tmp_path / "tags",
        words=["canary|finch kiwi|fig|big_date"],
        unless=["wild canary kiwi", "canary kiwi juice"],
    )
    assert lists.of_text(text) == (set(), {Tag.HIV} if known else set())


def test_a_medicine_is_told_apart_from_a_word(tmp_path: Path) -> None:
    lists = read_with(tmp_path / "tags", medicines=["canary"], words=["finch"])
    assert lists.of_text("Canary") == ({Tag.HIV}, set())
    assert lists.of_text("Finch and canary") == ({Tag.HIV}, {Tag.HIV})
    assert lists.of_text("Kiwi") == (set(), set())


def test_a_tag_without_a_list_stops_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "tags"
    shutil.copytree(sensitive.LISTS, folder)
    (folder / "genetic.json").unlink()
    with pytest.raises(sensitive.WrongList, match="genetic"):
        sensitive.read_all(folder)


def has_check_digit_of_snomed(code: str) -> bool:
    """Verhoeff's: no single wrong digit and no two that changed places get through."""
    check = 0
    for place, digit in enumerate(reversed(code)):
        check = _after(check, _moved(int(digit), place % 8))
    return check == 0


def _moved(digit: int, times: int) -> int:
    for _time in range(times):
        digit = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[digit]
    return digit


def _after(one: int, other: int) -> int:
    """Of the ways to lay down a pentagon, as turned and as turned over."""
    turn = one - other if one >= 5 else one + other
    return turn % 5 + (5 if (one >= 5) != (other >= 5) else 0)


def has_check_digit_of_loinc(code: str) -> bool:
    """Luhn's, modulo 10."""
    body, _dash, check = code.partition("-")
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(body), 1)]
    return (sum(map(int, "".join(map(str, doubled)))) + int(check)) % 10 == 0


CHECKS = {
    "snomed.info/sct": (has_check_digit_of_snomed, "7200002", "7200003 2700002 720002"),
    "loinc.org": (has_check_digit_of_loinc, "44249-1", "44249-2 44429-1 4249-1"),
}


@pytest.mark.parametrize("system", CHECKS)
def test_every_code_on_a_list_has_its_check_digit(system: str) -> None:
    """A number that was mistyped, or made up, shows here; nine of ten do."""
    holds, right, wrong = CHECKS[system]
    codes = [code for of, code in sensitive.lists().codes if of == system]
    assert right in codes
    assert [code for code in codes if not holds(code)] == []
    assert [code for code in wrong.split() if holds(code)] == []
