import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from phi_records.fhir import words
from phi_records.fhir.sections.page import Fact, Page, Section


def document(page: Page) -> Iterator[Section]:
    context = words.fields(page.get("context"))
    yield Section(
        _("About this document"),
        [
            (_("Document"), page.concept("type")),
            (_("What it is about"), words.text(page.get("description"))),
            (_("Where it stands"), page.status),
            (_("Date"), page.date("date")),
            (_("Days of care"), words.period(context.get("period"))),
            (_("Written by"), page.names("author")),
            (_("Kept by"), page.names("custodian")),
        ],
    )
    yield attachments([words.fields(one.get("attachment")) for one in page.parts("content")])


def binary(page: Page) -> Iterator[Section]:
    yield attachments([page.resource])


def attachments(several: Iterable[Mapping[str, Any]]) -> Section:
    return Section(_("What it says"), [_attachment(one) for one in several])


def _attachment(attachment: Mapping[str, Any]) -> Fact:
    kind = words.text(attachment.get("contentType")).partition(";")[0].strip().lower()
    data = attachment.get("data")
    raw = _decoded(data) if isinstance(data, str) else b""
    if raw and kind == "text/plain":
        said = words.decoded(raw, words.text(attachment.get("contentType")))
        return words.text(attachment.get("title")) or _("Text"), words.lines(said)
    return words.text(attachment.get("title")) or _("File"), words.file_kind(kind)


def _decoded(data: str) -> bytes:
    try:
        return base64.b64decode(data, validate=False)
    except (binascii.Error, ValueError):
        return b""
