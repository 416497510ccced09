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
_IN_JSON = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|([\"\\/bfnrt]))")
_SIGNS = {"b": " ", "f": " ", "n": "\n", "r": "\n", "t": "\t"}
# Beside a sign of Unicode stands one for readers that know none.
_IN_RTF = re.compile(r"\\u(-?\d{1,5}) ?(?:\\'[0-9A-Fa-f]{2}|\?)?")
_BYTE_IN_RTF = re.compile(r"\\'([0-9A-Fa-f]{2})")
# How it looks: it may stand within a word.
_LOOKS_IN_RTF = re.compile(r"\\[a-z]+-?\d* ?|[{}]")
_LOOKS_IN_HL7 = re.compile(r"\\\.?[A-Za-z]{1,3}[+-]?\d{0,3}\\")
_ELEMENT = re.compile(r"<([^<>]*)>")
_NAME = re.compile(r"(?:\w+:)?(\w+)")
_ATTRIBUTE = re.compile(r"\b(code|codeSystem|value)\s*=\s*[\"']([^\"'<>]*)[\"']")
_CODING = re.compile(
    r'"system" ?: ?"([^"\\]*)" ?,\s{0,99}(?:"version" ?: ?"[^"\\]*" ?,\s{0,99})?'
    r'"code" ?: ?"([^"\\]*)"'
)


def is_readable(content_type: str) -> bool:
    """Whether words stand in what is attached as they are read; in PDFs and pictures they don't."""
    return _READABLE.match(content_type) is not None


def papers(resource: dict[str, Any], text: str) -> list[str]:
    """Of each, its beginning where it is long. `text` is the resource as JSON."""
    return list(_attached(resource)) if '"contentType"' in text else []


def objects_in(value: Any, *apart: str) -> Iterator[dict[str, Any]]:
    """Each, however deep, but what goes by a name of `apart`."""
    nodes = [value]
    while nodes:
        node = nodes.pop()
        if isinstance(node, list):
            nodes += node
        elif isinstance(node, dict):
            yield node
            nodes += [part for name, part in node.items() if name not in apart]


def codes_in(paper: str) -> Iterator[tuple[str, str]]:
    """System and code, as a CDA and FHIR's XML and JSON write them, also where the end is cut."""
    system = ""
    for element in _ELEMENT.findall(paper):
        if "=" not in element or not (named := _NAME.match(element)):
            continue
        name, said = named[1], dict(_ATTRIBUTE.findall(element))
        if name == "system":
            system = said.get("value", "")
        elif name == "code" and system:
            yield system, said.get("value", "")
            system = ""
        if "code" in said and "codeSystem" in said:
            yield said["codeSystem"], said["code"]
    yield from _CODING.findall(paper)


def values_in(paper: str) -> list[Any]:
    """What JSON holds, whole or one in a line."""
    if paper.lstrip()[:1] not in ("{", "["):
        return []
    return _whole(paper) or [one for line in paper.splitlines() for one in _whole(line)]


def _whole(text: str) -> list[Any]:
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError):
        return []


def _attached(value: Any) -> Iterator[str]:
    for one in objects_in(value):
        type, data = one.get("contentType"), one.get("data")
        if isinstance(type, str) and isinstance(data, str) and is_readable(type):
            paper = words.decoded(_bytes(data), type)
            yield paper
            if (read := _read(paper, type.lower())) != paper:
                yield read


def _bytes(data: str) -> bytes:
    start = "".join(data[:_READ_UP_TO].split())
    if len(data) > _READ_UP_TO:
        start = start[: len(start) // 4 * 4]
    try:
        return base64.b64decode(start + "=" * (-len(start) % 4))
    except ValueError:
        return b""


def _read(paper: str, type: str) -> str:
    """As people see it."""
    if "rtf" in type:
        paper = _IN_RTF.sub(lambda sign: chr(int(sign[1]) % 0x10000), paper)
        paper = _BYTE_IN_RTF.sub(lambda sign: _of_windows(bytes.fromhex(sign[1])), paper)
        # Each way: what it looks like parts words or not.
        return f"{paper} {_LOOKS_IN_RTF.sub('', paper)}"
    if "json" in type:
        return _IN_JSON.sub(_of_json, paper)
    if "hl7-v2" in type:
        return _LOOKS_IN_HL7.sub(" ", paper)
    return html.unescape(paper)


def _of_json(sign: re.Match[str]) -> str:
    return chr(int(sign[1], 16)) if sign[1] else _SIGNS.get(sign[2], sign[2])


def _of_windows(byte: bytes) -> str:
    return byte.decode("cp1252", "replace")
