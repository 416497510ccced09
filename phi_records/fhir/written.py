"""What is attached as text, in the signs that its format stands for, and the codes in it."""

import base64
import html
import json
import re
from collections.abc import Iterator
from typing import Any

from phi_records.fhir import words

_READABLE = re.compile(
    r"\s*(?:text/|application/(?:[\w.-]+\+)?(?:xml|json|(?:x-)?ndjson|rtf|hl7-v2)\b)", re.IGNORECASE
)
# Characters of base64: a megabyte of what is attached.
_READ_UP_TO = 1_400_000
# No quotes or backslashes: it stays JSON.
_IN_JSON = re.compile(r"\\u((?!00[0-7])[0-9A-Fa-f]{4})")
# Beside a sign of Unicode stands one for readers that know none.
_IN_RTF = re.compile(r"\\u(-?\d{1,5}) ?(?:\\'[0-9A-Fa-f]{2}|\?)?")
_BYTE_IN_RTF = re.compile(r"\\'([0-9A-Fa-f]{2})")
_CODED = re.compile(r"<[^<>]*\scode(?:System)?\s*=[^<>]*>")
_CODE = re.compile(r"\s(code|codeSystem)\s*=\s*[\"']([^\"'<>]*)[\"']")
_CODING = re.compile(
    r"<system\s+value=\"([^\"<>]*)\"\s*/>\s*(?:<version\s[^<>]*/>\s*)?<code\s+value=\"([^\"<>]*)\""
)


def is_readable(content_type: str) -> bool:
    """Whether words stand in what is attached as they are read; in PDFs and pictures they don't."""
    return _READABLE.match(content_type) is not None


def papers(resource: dict[str, Any], text: str) -> list[str]:
    """Of each, its beginning where it is long. `text` is the resource as JSON."""
    return list(_attached(resource)) if '"contentType"' in text else []


def codes_in(paper: str) -> Iterator[tuple[str, str]]:
    """System and code, as a CDA or FHIR's XML writes them."""
    for element in _CODED.findall(paper):
        said = dict(_CODE.findall(element))
        if "code" in said and "codeSystem" in said:
            yield said["codeSystem"], said["code"]
    yield from _CODING.findall(paper)


def resources_in(paper: str) -> Iterator[dict[str, Any]]:
    """As FHIR's JSON writes them, whole or one in a line; each that is inside another too."""
    if paper.lstrip()[:1] not in ("{", "["):
        return
    nodes = _whole(paper) or [one for line in paper.splitlines() for one in _whole(line)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            if isinstance(node.get("resourceType"), str):
                yield node
            nodes += node.values()
        elif isinstance(node, list):
            nodes += node


def _whole(text: str) -> list[Any]:
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError):
        return []


def _attached(value: Any) -> Iterator[str]:
    nodes = [value]
    while nodes:
        node = nodes.pop()
        if isinstance(node, list):
            nodes += node
        elif isinstance(node, dict):
            type, data = node.get("contentType"), node.get("data")
            if isinstance(type, str) and isinstance(data, str) and is_readable(type):
                yield _read(words.decoded(_bytes(data), type), type.lower())
            nodes += node.values()


def _bytes(data: str) -> bytes:
    start = "".join(data[:_READ_UP_TO].split())
    if len(data) > _READ_UP_TO:
        start = start[: len(start) // 4 * 4]
    try:
        return base64.b64decode(start + "=" * (-len(start) % 4))
    except ValueError:
        return b""


def _read(paper: str, type: str) -> str:
    if "rtf" in type:
        paper = _IN_RTF.sub(lambda sign: chr(int(sign[1]) % 0x10000), paper)
        return _BYTE_IN_RTF.sub(lambda sign: _of_windows(bytes.fromhex(sign[1])), paper)
    if "json" in type:
        return _IN_JSON.sub(lambda sign: chr(int(sign[1], 16)), paper)
    return html.unescape(paper)


def _of_windows(byte: bytes) -> str:
    return byte.decode("cp1252", "replace")
