"""A paper offers the file that it points at, which came as a Binary of its own."""

import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Member, Plan, User
from phi_records.models import RecordItem
from portal.base import context
from tests.phi_records.bundles import bundle, document, load, observation, patient
from tests.phi_records.test_owners import holders, two  # noqa: F401  a fixture
from tests.phi_records.test_two_people import files, set_aside

ClientFor = Callable[[User], Client]
UUID = "6d3fbe1f-3b0a-4c0e-8a51-1f4be2d5a001"
RAW = b"%PDF-1.4 canary discharge"


def binary(id: str = "b1", **fields: Any) -> dict[str, Any]:
    data = b64encode(RAW).decode()
    return {"resourceType": "Binary", "id": id, "contentType": "application/pdf", "data": data} | (
        fields
    )


def paper(url: str, **fields: Any) -> dict[str, Any]:
    attachment = {"contentType": "application/pdf", "title": "Discharge.pdf", "url": url}
    return document("d1", b"") | {"content": [{"attachment": attachment}]} | fields


def report(url: str) -> dict[str, Any]:
    form = [{"contentType": "application/pdf", "url": url}]
    return {**observation("d1"), "resourceType": "DiagnosticReport", "presentedForm": form}


def media(url: str) -> dict[str, Any]:
    subject = {"reference": "Patient/p1"}
    return {"resourceType": "Media", "id": "d1", "subject": subject, "content": {"url": url}}


def opened(client: Client, member: Member, type: str) -> tuple[str, str]:
    """Its page, and the address of the file that came beside it."""
    with context.system("test", member.plan_id), context.about_member(member.pk):
        rows = RecordItem.objects.filter(member=member)
        item = rows.get(resource_type=type)
        file = rows.get(resource_type="Binary")
    page = client.get(reverse("records:detail", args=[item.pk])).text
    return page, reverse("records:file", args=[file.pk, 1])


def send(member: Member, folder: Path, text: str, feed: str = "lab") -> None:
    path = folder / f"{feed}.json"
    path.write_text(text)
    load(member.plan, path, feed)


def of(member: Member, *resources: dict[str, Any]) -> str:
    with context.system("test"):
        number = Member.objects.get(pk=member.pk).member_number
    return bundle(patient(number), *resources)


@pytest.mark.parametrize("make", [paper, report, media])
@pytest.mark.parametrize("kind", ["transaction", "collection", "searchset"])
def test_a_record_offers_the_file_it_points_at(
    client_for: ClientFor, member_user: User, member: Member, tmp_path: Path, make: Any, kind: str
) -> None:
    record = make("Binary/b1")
    send(member, tmp_path, of(member, record, binary()).replace("collection", kind))
    client = client_for(member_user)
    page, path = opened(client, member, record["resourceType"])
    assert path in page
    assert client.get(path).content == RAW


NAMES = {
    "of what is new": ("POST", "b1", f"urn:uuid:{UUID}", f"urn:uuid:{UUID}"),
    "of what is new, by its id": ("POST", "b1", f"urn:uuid:{UUID}", "Binary/b1"),
    "of a bundle, for what has an id": (None, "b1", f"urn:uuid:{UUID}", f"urn:uuid:{UUID}"),
    "a full address": (None, "b1", "https://x.example/Binary/b1", "https://x.example/Binary/b1"),
    "how it is asked for": (None, "b1", f"urn:uuid:{UUID}", "Binary/b1?_format=text/plain"),
    "how it is asked for, by a name of the bundle": (
        "POST",
        "b1",
        f"urn:uuid:{UUID}",
        f"urn:uuid:{UUID}?_format=application/pdf",
    ),
    "a page of it, by a name of the bundle": (
        None,
        "b1",
        f"urn:uuid:{UUID}",
        f"urn:uuid:{UUID}#p2",
    ),
    "by its id, in a form": (None, "b1", f"urn:uuid:{UUID}", "Binary?_id=b1&_format=json"),
    "a part of it": (None, "b1", "https://x.example/Binary/b1", "https://x.example/Binary/b1#p2"),
    "with its version": (None, "b1", "https://x.example/Binary/b1", "Binary/b1/_history/2"),
}


@pytest.mark.parametrize(("method", "id", "full_url", "url"), NAMES.values(), ids=NAMES)
def test_a_file_is_found_by_each_of_its_names(
    client_for: ClientFor, member_user: User, member: Member, tmp_path: Path,
    method: str | None, id: str, full_url: str, url: str,
) -> None:  # fmt: skip
    whole = json.loads(of(member, paper(url), binary(id)))
    whole["entry"][-1] |= {"fullUrl": full_url} | (
        {"request": {"method": method}} if method else {}
    )
    send(member, tmp_path, json.dumps(whole))
    page, path = opened(client_for(member_user), member, "DocumentReference")
    assert path in page
    assert "Discharge.pdf" in page


def test_no_other_feeds_file_and_no_hidden_one_is_offered(
    client_for: ClientFor, member_user: User, member: Member, tmp_path: Path
) -> None:
    send(member, tmp_path, of(member, binary()), feed="other")
    send(member, tmp_path, of(member, paper("Binary/b1")))
    client = client_for(member_user)
    page, path = opened(client, member, "DocumentReference")
    assert path not in page
    assert client.get(path).status_code == 200


def test_a_file_that_may_not_be_shown_is_held_with_its_paper(
    client_for: ClientFor, member_user: User, member: Member, tmp_path: Path
) -> None:
    system = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    hidden = binary(meta={"security": [{"system": system, "code": "PSYTHPN"}]})
    send(member, tmp_path, of(member, paper("Binary/b1"), hidden))
    client = client_for(member_user)
    page, path = opened(client, member, "DocumentReference")
    # What belongs to it is held with it.
    assert "Discharge.pdf" not in page
    assert path not in page
    assert client.get(path).status_code == 404


def test_a_file_alone_says_what_it_is(
    client_for: ClientFor, member_user: User, member: Member, tmp_path: Path
) -> None:
    send(member, tmp_path, of(member, binary()))
    page = client_for(member_user).get(reverse("records:kind", args=["other"])).text
    assert "A PDF file" in page
    assert "Binary" not in page


P1, P2 = {"reference": "Patient/p1"}, {"reference": "Patient/p2"}
WHOSE = {
    "their own": (binary(securityContext=P1), [], ["Ana"]),
    "another's": (binary(securityContext=P2), [], ["Bob"]),
    "of a record": (binary(securityContext={"reference": "Observation/o2"}), [], ["Bob"]),
    "of a paper beside it": (binary(), [paper("Binary/b1", subject=P2)], ["Bob"]),
    "who is not here": (binary(securityContext={"reference": "Patient/p9"}), [], []),
    "of no record here": (binary(securityContext={"reference": "Observation/o9"}), [], []),
    "nobody's": (binary(), [], []),
    "of papers of two": (
        binary(), [paper("Binary/b1"), paper("Binary/b1", id="d2", subject=P2)], [],
    ),
    "not whose paper points": (
        binary(securityContext={"reference": "Patient/p9"}), [paper("Binary/b1")], [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("file", "papers", "whose"), WHOSE.values(), ids=WHOSE)
def test_a_file_goes_to_whom_it_names(
    two: Plan,  # noqa: F811
    tmp_path: Path,
    file: dict[str, Any],
    papers: list[Any],
    whose: list[str],
) -> None:
    path = tmp_path / "all.ndjson"
    path.write_text("\n".join(map(json.dumps, [*papers, file])))
    outcomes = load(two, path)
    assert holders(two, "Binary") == whose
    assert len(set_aside(outcomes)) == (not whose)


def test_a_file_of_nobody_is_set_aside_with_what_to_do(two: Plan, tmp_path: Path) -> None:  # noqa: F811
    [reason] = set_aside(load(two, files(tmp_path / "two", binary())))
    assert "Ask the source for its securityContext" in reason
