"""What is attached to a record. Large ones stand in sealed files, so that lists stay light.

The record's JSON keeps a mark in their place, and `restored` puts back exactly what was given.
"""

import base64
import binascii
from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from phi_records import patients
from phi_records.fhir import exact, words
from phi_records.fhir.references import Index, files_in
from phi_records.fhir.written import is_readable
from phi_records.models import RecordItem
from portal.base.crypto.errors import SealBroken
from portal.base.files import sealed
from portal.base.files.sealed import FileTooLarge

CUT_FROM = 8 * 1024
"""Characters of base64. Above, decoding it for each line of a list is felt."""
MARK = "\x00file:"
"""Stands before the id of a file. No real text can hold a NUL."""

BINARY = "Binary"
"""The resource that is a file and nothing else: others point at it."""

TYPES = {
    "application/pdf": ("pdf", "application/pdf"),
    "text/plain": ("txt", "text/plain"),
    "image/jpeg": ("jpg", "image/jpeg"),
    "image/png": ("png", "image/png"),
    "application/rtf": ("rtf", "application/rtf"),
    "text/rtf": ("rtf", "application/rtf"),
    "application/xml": ("xml", "application/octet-stream"),
    "text/xml": ("xml", "application/octet-stream"),
    "application/fhir+json": ("json", "application/octet-stream"),
    "text/html": ("html", "application/octet-stream"),
}
UNKNOWN = ("bin", "application/octet-stream")


@dataclass(frozen=True, slots=True)
class Attached:
    """Something that came inside a record. Numbers count from 1, in the record's own order."""

    number: int
    title: str
    ending: str
    content_type: str
    data: str

    @property
    def in_file(self) -> UUID | None:
        return UUID(self.data[len(MARK) :]) if self.data.startswith(MARK) else None


def attached(resource: dict[str, Any]) -> list[Attached]:
    """Everything with a content type and bytes of its own. What is only a link has none."""
    return [
        Attached(number, words.text(one.get("title")), *_kind(one["contentType"]), one["data"])
        for number, one in enumerate(_holders(resource), 1)
    ]


def pointed_at(feed: str, resource: Mapping[str, Any]) -> dict[str, str]:
    """The keys of files that it points at, each with the title it has there, in order."""
    found: dict[str, str] = {}
    for one in files_in(resource):
        found.setdefault(patients.key_of_reference(feed, one["url"]), words.text(one.get("title")))
    return found


def in_its_bundle(feed: str, resource: dict[str, Any], index: Index) -> dict[str, Any]:
    """Pointing by the key of a file to which the bundle alone gives another name, as FHIR has the
    server put it right (R4 3.1.0.11.2)."""
    if not any(_other_name(feed, one, index) for one in files_in(resource)):
        return resource
    resource = deepcopy(resource)
    for one in files_in(resource):
        one["url"] = _other_name(feed, one, index) or one["url"]
    return resource


def _other_name(feed: str, pointer: Mapping[str, Any], index: Index) -> str:
    name = index.resolve(pointer["url"]) or ""
    keys = {patients.key_of_reference(feed, one) for one in (name, pointer["url"])}
    return name if name and len(keys) > 1 else ""


def content(one: Attached) -> bytes | None:
    """Its bytes; None where the source wrote something that is not base64."""
    if one.in_file is not None:
        return _from_file(one.in_file)
    try:
        return base64.b64decode("".join(one.data.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def size(one: Attached) -> int:
    """Its bytes, as far as they can be told without opening it."""
    if one.in_file is not None:
        file = sealed.find(one.in_file)
        return file.size if file else 0
    return len(one.data) * 3 // 4 - one.data[-2:].count("=")


def is_large(row: RecordItem) -> bool:
    """Whether something in it may have to be cut out."""
    return len(row.content) >= CUT_FROM


def cut_out(row: RecordItem) -> None:
    """Move large attachments of a new row's content to sealed files, in the row's transaction."""
    if not is_large(row):
        return
    resource = exact.loads(row.content)
    large = [one for one in _holders(resource) if len(one["data"]) >= CUT_FROM]
    for one in large:
        raw = _exactly(one["data"])
        if raw is None:
            continue
        file = sealed.write(
            plan_id=row.plan_id,
            member_id=row.member_id,
            holder_id=row.record_holder_id,
            about_id=row.pk,
            content_type=_kind(one["contentType"])[1],
            source=[raw],
            original_name=words.text(one.get("title")),
        )
        one["data"] = f"{MARK}{file.pk}"
    if large:
        row.content = exact.dumps(resource)


def put_away(plan_id: UUID, member_id: UUID, record_ids: Collection[UUID]) -> None:
    """These get another content: the files of the earlier one go."""
    sealed.remove_of(plan_id=plan_id, member_id=member_id, about_ids=record_ids)


def restored(resource: dict[str, Any]) -> dict[str, Any]:
    """The resource as it came, with what was cut out put back."""
    for one in _holders(resource):
        if one["data"].startswith(MARK):
            _put_back(one)
    return resource


def put_back_texts(resource: dict[str, Any]) -> bool:
    """What can be read for words alone; False where a file of it is lost."""
    whole = True
    for one in _holders(resource):
        if one["data"].startswith(MARK) and is_readable(one["contentType"]):
            try:
                _put_back(one)
            except (SealBroken, FileTooLarge):
                whole = False
    return whole


def _put_back(one: dict[str, Any]) -> None:
    raw = _from_file(UUID(one["data"][len(MARK) :]))
    one["data"] = base64.b64encode(raw).decode()


def _from_file(file_id: UUID) -> bytes:
    file = sealed.find(file_id)
    if file is None:
        raise SealBroken(f"File {file_id} of a record is gone.")
    return sealed.read(file)


def _exactly(data: str) -> bytes | None:
    """The bytes, if encoding them again gives the same text to the letter."""
    try:
        raw = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64.b64encode(raw).decode() == data else None


def _kind(content_type: str) -> tuple[str, str]:
    """Its ending, and the type that it is sent with: never one that runs in a browser."""
    ending, kind = TYPES.get(content_type.partition(";")[0].strip().casefold(), UNKNOWN)
    return ending, f"{kind}; charset={words.charset(content_type)}" if ending == "txt" else kind


def _holders(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for part in value:
            yield from _holders(part)
    elif isinstance(value, dict):
        if isinstance(value.get("data"), str) and isinstance(value.get("contentType"), str):
            yield value
        for part in value.values():
            yield from _holders(part)
