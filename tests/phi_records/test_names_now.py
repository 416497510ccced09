"""What somebody was called, or where they lived, is told as what it was."""

from typing import Any

import pytest

from phi_records import identity
from phi_records.fhir.plain import describe, summarise

OLD = {"use": "old", "family": "Before", "given": ["Amy"]}
NOW = {"use": "official", "family": "Now", "given": ["Amy"]}
ENDED = {"use": "official", "text": "Amy Before", "period": {"end": "2016-12-06"}}


@pytest.mark.parametrize("before", [OLD, ENDED])
def test_an_old_name_is_neither_the_first_nor_unmarked(before: dict[str, Any]) -> None:
    someone = {"resourceType": "Patient", "name": [before, NOW]}
    assert summarise(someone).subtitle == "Amy Now"
    assert describe(someone)[0].facts == [("Name", "Amy Now"), ("Old name", "Amy Before")]
    assert identity.name_of(someone) == ("Amy", "Now")


def test_a_name_that_ends_later_holds() -> None:
    someone = {"resourceType": "Patient", "name": [NOW | {"period": {"end": "2999"}}, OLD]}
    assert describe(someone)[0].facts[0] == ("Name", "Amy Now")


def test_old_addresses_and_numbers_say_so_and_come_last() -> None:
    line = {"line": ["1 Elm St"], "city": "Fresno"}
    someone = {
        "resourceType": "Patient",
        "address": [{**line, "period": {"end": "2020"}}, {**line, "city": "Raleigh"}],
        "telecom": [{"system": "phone", "use": "old", "value": "555-0100"}],
    }
    assert describe(someone)[0].facts == [
        ("Address", "1 Elm St, Raleigh"),
        ("Phone (old)", "555-0100"),
        ("Address (old)", "1 Elm St, Fresno"),
    ]
