"""FHIR for the bench: the demo's people, copied as often as wanted, each copy someone else."""

import json
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from portal.demo.generator import generate

# A day of its own, so that each run takes in the same records.
TODAY = date(2026, 6, 1)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PEOPLE = 15


@cache
def _charts() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The member number and the resources of each person; they name nobody outside the chart."""
    made = generate("cedar", TODAY)
    return tuple(
        (member.member_number, tuple(map(json.dumps, made.records[member.id])))
        for member in made.members[:PEOPLE]
    )


@cache
def _shared() -> tuple[str, ...]:
    return tuple(map(json.dumps, generate("cedar", TODAY).shared_records))


def charts(people: int, salt: str) -> Iterator[list[str]]:
    """Resources as JSON, person by person. Another salt gives other people with other ids."""
    several = _charts()
    for nth in range(people):
        copy, place = divmod(nth, len(several))
        number, resources = several[place]
        text = "\n".join((*resources, *(_shared() if place == 0 else ())))
        text = text.replace(number, f"{number}-{salt}-{copy}")
        yield _stamped(text, f"bench/{salt}/{copy}/").split("\n")


def _stamped(text: str, stamp: str) -> str:
    return _UUID.sub(lambda old: str(uuid5(NAMESPACE_URL, stamp + old[0])), text)


def bundle(resources: list[str]) -> str:
    entries = ",".join(f'{{"resource":{one}}}' for one in resources)
    return f'{{"resourceType":"Bundle","type":"collection","entry":[{entries}]}}'


def write_bundles(folder: Path, people: int, salt: str) -> int:
    """One bundle a person, as an export has them. Returns how many resources there are."""
    count = 0
    for nth, resources in enumerate(charts(people, salt)):
        (folder / f"person-{nth:05}.json").write_text(bundle(resources))
        count += len(resources)
    return count


def write_lines(folder: Path, people: int, salt: str) -> int:
    """Bulk NDJSON: a file for each resource type, all people in it."""
    count = 0
    for resources in charts(people, salt):
        for one in resources:
            kind = json.loads(one)["resourceType"]
            with (folder / f"{kind}.ndjson").open("a") as file:
                file.write(one + "\n")
            count += 1
    return count


def claims(count: int, patient: str) -> str:
    """A bundle of one person with so many explanations of benefit, and nothing else."""
    found: list[str] = []
    salt = 0
    while len(found) < count:
        for resources in charts(PEOPLE, f"claims-{salt}"):
            owner = next(one for one in map(json.loads, resources) if _is(one, "Patient"))["id"]
            found += [
                one.replace(owner, patient)
                for one in resources
                if _is(json.loads(one), "ExplanationOfBenefit")
            ]
        salt += 1
    person = {
        "resourceType": "Patient",
        "id": patient,
        "name": [{"family": "Bench", "given": ["Bo"]}],
        "birthDate": "1980-01-01",
        "identifier": [{"system": "https://bench.example.test/member-number", "value": "B1"}],
    }
    return bundle([json.dumps(person), *found[:count]])


def _is(resource: dict[str, object], kind: str) -> bool:
    return resource["resourceType"] == kind
