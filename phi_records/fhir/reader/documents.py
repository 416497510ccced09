import hashlib
import json
from typing import Any

from django.utils.translation import gettext as _

from phi_records.fhir import exact
from phi_records.fhir.check import MAX_DEPTH, field_name
from phi_records.fhir.reader.entries import Sorter, Unit, labels_of, problem_unit
from phi_records.fhir.sources import (
    Refused,
    may_have_too_many_values,
    refuse_if_too_many_values,
)

SEARCHSET = "searchset"
BUNDLE_TYPES = frozenset({"transaction", "collection", SEARCHSET, "batch"})
_UTF8_BOM = b"\xef\xbb\xbf"


def parse(data: bytes) -> Any:
    """JSON, or Refused with the reason in words."""
    if not data.strip():
        raise Refused(_("It is empty."))
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refused(_("It is written in UTF-16. FHIR is written in UTF-8."))
    try:
        text = data.removeprefix(_UTF8_BOM).decode()
    except UnicodeDecodeError:
        raise Refused(_("It is not UTF-8 text.")) from None
    if may_have_too_many_values(text):
        refuse_if_too_many_values(text)
    try:
        return exact.loads(text)
    except RecursionError:
        raise Refused(_("It is nested more than %d levels deep.") % MAX_DEPTH) from None
    except json.JSONDecodeError as error:
        raise Refused(_not_json(text, error)) from None
    except ValueError:
        raise Refused(_("It holds a number that is not JSON.")) from None


def _not_json(text: str, error: json.JSONDecodeError) -> str:
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated"):
        return _("It is cut off before its end, so nothing of it was taken.")
    return _("It is not JSON (line %(line)d, column %(column)d).") % {
        "line": error.lineno,
        "column": error.colno,
    }


def whole(name: str, data: bytes, *, people_only: bool = False) -> Unit:
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        return _from_document(name, sha256, parse(data), people_only)
    except Refused as refused:
        return problem_unit(name, str(refused), sha256)


def _from_document(name: str, sha256: str, document: Any, people_only: bool) -> Unit:
    refuse_unless_fhir(document)
    if document["resourceType"] != "Bundle":
        item = Sorter(name).sort(1, {"resource": document})
        return Unit(name, sha256, lambda: [item])
    refuse_unless_bundle(document.get("type"), exact.TWICE in document)
    entries = document.get("entry", [])
    if not isinstance(entries, list):
        raise Refused(_("This bundle has no list of entries."))
    sorter = Sorter(name, labels_of(document), sha256=sha256, people_only=people_only)
    several = enumerate(entries, 1)
    items = [sorter.sort(position, entry) for position, entry in several if sorter.wants(entry)]
    return Unit(name, sha256, lambda: items, searched=document["type"] == SEARCHSET)


def refuse_unless_fhir(document: Any) -> None:
    if not isinstance(document, dict) or not isinstance(document.get("resourceType"), str):
        raise Refused(_("It is JSON but not FHIR: it does not say which resourceType it is."))


def refuse_unless_bundle(kind: object, twice: bool) -> None:
    if twice:
        raise Refused(_("The same field stands twice in the bundle, so nothing was taken."))
    if not isinstance(kind, str) or kind not in BUNDLE_TYPES:
        raise Refused(
            _("It is a bundle of type “%(kind)s”. We read: %(known)s.")
            % {
                "kind": field_name(kind if isinstance(kind, str) else "?"),
                "known": ", ".join(sorted(BUNDLE_TYPES)),
            }
        )
