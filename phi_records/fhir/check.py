"""Is this a FHIR R4 resource that may come in? Structure only, at the edge, in microseconds.

Reasons name fields and never values: they end up in an errors file, and values are PHI.
"""

import math
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from phi_records.fhir import exact
from phi_records.fhir.types import RESOURCE_TYPES

MAX_DEPTH = 60
MAX_RESOURCE_BYTES = 5 * 1024 * 1024
MAX_REASONS = 10
MAX_DIGITS = 308
"""Before or after the point: what a computer's own numbers span."""

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_TIME = re.compile(
    r"T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)",
    re.ASCII,
)
_DATE = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?", re.ASCII)
_REFERENCE = re.compile(
    r"#[A-Za-z0-9\-.]{0,64}"
    r"|urn:uuid:[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
    r"|urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+"
    r"|https?://[^\s/?#]+/?\S*"
    r"|(?P<type>[A-Za-z]+)"
    r"(?:/[A-Za-z0-9\-.]{1,64}(?:/_history/[A-Za-z0-9\-.]{1,64})?|\?[^\s=]+=\S+)",
)
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")

DAY_FIELDS = frozenset({"birthDate", "valueDate", "lockedDate", "approvalDate", "lastReviewDate"})
DATE_FIELDS = DAY_FIELDS | frozenset(
    """
    authoredOn created creation date dateAsserted dateTime dateWritten detected effectiveDateTime
    effectiveTime enteredDate expirationDate expiry issued lastOccurrence lastPerformed
    manufactureDate nextScheduled occurrenceDateTime onset onsetDateTime abatementDateTime
    deceasedDateTime performedDateTime paymentDate presentationDate publicationDate received
    receivedTime recorded recordedDate recordedOn releaseDate sent servicedDate started startDate
    dueDate statusDate timestamp validationDate valueDateTime valueInstant verificationDate
    whenHandedOver whenPrepared assertedDate collectedDateTime timingDate allowedDateTime
    """.split()  # noqa: SIM905  a list of one a line would hide the rest
)
_WATCHED = DATE_FIELDS | {"reference", "resourceType"}
# Text wherever FHIR has a field of that name.
_TEXTS = frozenset({"contentType", "currency", "display", "family", "resourceType", "system"})
# Text in these alone: elsewhere the name may stand for more, as Observation.code does.
_TEXTS_IN = {
    "coding": frozenset({"code", "version"}),
    "identifier": frozenset({"use", "value"}),
    "telecom": frozenset({"use", "value"}),
}
_MAY_ASK = _TEXTS.union({"code"}, *_TEXTS_IN.values())
# Most fields of most records, of which a text is only asked whether it can be stored.
_PLAIN = frozenset(
    """
    city code comparator country currency display div family id intent kind lastUpdated postalCode
    state status system text title type unit url use value valueCode valueString version
    """.split()  # noqa: SIM905  a list of one a line would hide the rest
)


def check(resource: object) -> list[str]:
    """The reasons to set this resource aside; none means that it may come in."""
    if not isinstance(resource, dict):
        return [_("This is not a FHIR resource.")]
    named = resource.get("resourceType")
    if not isinstance(named, str) or not named:
        return [_("This is not FHIR: it does not say which resourceType it is.")]
    if named not in RESOURCE_TYPES:
        return [_("“%s” is not a resource type of FHIR R4.") % field_name(named)]
    if "id" in resource and not is_id(resource["id"]):
        return [_("The id is not written as FHIR asks (letters, digits, “-” and “.”, up to 64).")]
    return _walk(resource)


def is_id(value: object) -> bool:
    return isinstance(value, str) and ID.fullmatch(value) is not None


def is_date(value: object, *, day_only: bool = False) -> bool:
    """A date, or part of one, that stands in the calendar: 2023-02-29 does not."""
    if not isinstance(value, str):
        return False
    day, time = value[:10], value[10:]
    if time and (day_only or not _TIME.fullmatch(time)):
        return False
    if not _DATE.fullmatch(day) or (time and len(day) != 10):
        return False
    try:
        date.fromisoformat((day + "-01-01")[:10] if len(day) == 4 else (day + "-01")[:10])
    except ValueError:
        return False
    return True


def is_reference(value: str) -> bool:
    found = _REFERENCE.fullmatch(value)
    return found is not None and (found["type"] is None or found["type"] in RESOURCE_TYPES)


def field_name(name: str) -> str:
    """A name fit to print in a sentence: what is not a plain word is not repeated."""
    return name if _FIELD.fullmatch(name) else "?"


def is_clean(text: str) -> bool:
    """No NUL, which the database cannot hold, and no half characters (lone surrogates)."""
    if "\x00" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_in_range(value: object) -> bool:
    """Whether neither a page nor the database chokes on the number."""
    if isinstance(value, Decimal):
        few = value.is_finite() and abs(value.adjusted()) <= MAX_DIGITS
        return few and len(str(value)) <= 2 * MAX_DIGITS
    if isinstance(value, int):
        return value.bit_length() < 1024
    return not isinstance(value, float) or math.isfinite(value)


def _walk(resource: dict[str, Any]) -> list[str]:  # noqa: C901  one loop: calls cost more
    reasons: dict[str, None] = {}
    size = 0
    nodes: list[tuple[Any, str, int]] = [(resource, "", 1)]
    while nodes and len(reasons) < MAX_REASONS:
        node, name, depth = nodes.pop()
        if depth > MAX_DEPTH:
            reasons[_("It is nested more than %d levels deep.") % MAX_DEPTH] = None
            break
        pairs = node.items() if isinstance(node, dict) else [(name, value) for value in node]
        for key, value in pairs:
            kind = type(value)
            if kind is str:
                size += len(value) + len(key)
                if key in _PLAIN and value.isascii() and "\x00" not in value:
                    continue
                if not value.isascii() or "\x00" in value or not key.isidentifier():
                    _text(key, value, reasons)
                if key in _WATCHED:
                    _watched(key, value, reasons)
                elif (key == "start" or key == "end") and name[-6:] in ("period", "Period"):
                    _date(key, value, reasons)
            elif isinstance(value, dict | list):
                size += len(key)
                nodes.append((value, key, depth + 1))
                if not key.isidentifier():
                    _text(key, "", reasons)
                elif key in _MAY_ASK and _asks_for_text(key, name, node):
                    _not_text(key, reasons)
            elif value is None:
                size += len(key) + 4
                if not key.isidentifier():
                    _text(key, "", reasons)
            else:
                size += len(key) + 4
                _bare(key, name, node, value, reasons)
    if size * 6 > MAX_RESOURCE_BYTES:
        _size(resource, size, reasons)
    return list(reasons)


def _size(resource: Mapping[str, Any], size: int, reasons: dict[str, None]) -> None:
    """Measured exactly only when the sum of its texts says that it may matter."""
    if size > MAX_RESOURCE_BYTES or len(exact.dumps(resource)) > MAX_RESOURCE_BYTES:
        limit = MAX_RESOURCE_BYTES // (1024 * 1024)
        reasons[_("It is larger than %d MB.") % limit] = None


def _text(key: str, value: str, reasons: dict[str, None]) -> None:
    if key == exact.TWICE:
        reasons[_("The same field stands twice in one place, so we cannot tell which holds.")] = (
            None
        )
    elif not key.isidentifier():
        reasons[_("A field name holds a character that FHIR does not allow.")] = None
    elif not is_clean(value):
        reasons[
            _("The text in “%s” holds a character that cannot be stored.") % field_name(key)
        ] = None


def _watched(key: str, value: str, reasons: dict[str, None]) -> None:
    if key in DATE_FIELDS:
        _date(key, value, reasons)
    elif key == "reference":
        if not is_reference(value):
            reasons[_("A reference to another record is not written as FHIR asks.")] = None
    elif key == "resourceType" and value not in RESOURCE_TYPES:
        reasons[_("“%s” is not a resource type of FHIR R4.") % field_name(value)] = None


def _bare(key: str, name: str, node: object, value: object, reasons: dict[str, None]) -> None:
    """A number, or true or false."""
    if not key.isidentifier():
        _text(key, "", reasons)
    elif not is_in_range(value):
        reasons[_("The number in “%s” is too large or too long.") % field_name(key)] = None
    elif key in DATE_FIELDS and not isinstance(value, bool):
        _date(key, value, reasons)
    elif _asks_for_text(key, name, node) and not (key == "system" and isinstance(value, bool)):
        # An OperationDefinition says with one of these whether it works on a whole system.
        _not_text(key, reasons)


def _asks_for_text(key: str, name: str, node: object) -> bool:
    """Of a field `key` in what stands under `name`."""
    if key in _TEXTS or key in _TEXTS_IN.get(name, ()):
        return True
    # Only a Coding or a Quantity, whatever its field is called, has a code beside a system.
    return key == "code" and isinstance(node, dict) and "system" in node


def _not_text(key: str, reasons: dict[str, None]) -> None:
    reasons[_("What stands in “%s” is not text, as FHIR asks there.") % field_name(key)] = None


def _date(key: str, value: object, reasons: dict[str, None]) -> None:
    if not is_date(value, day_only=key in DAY_FIELDS):
        reasons[_("The date in “%s” is not a real date.") % field_name(key)] = None
