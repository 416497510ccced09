"""A plan's logo: which pictures are taken, and why one is not."""

import hashlib
import re
import struct
from typing import NamedTuple
from xml.etree import ElementTree

from django.utils.translation import gettext as _

from accounts.theme import BadTheme

LARGEST = 200_000  # bytes
TYPES = {"svg": "image/svg+xml", "png": "image/png", "webp": "image/webp"}
SVG = "{http://www.w3.org/2000/svg}"
# Shapes and how they are filled. No script, style, link, text, picture or animation.
ELEMENTS = {
    "svg", "g", "path", "circle", "ellipse", "rect", "line", "polyline", "polygon", "title", "desc",
}  # fmt: skip
ATTRIBUTES = {
    "viewBox", "version", "role", "width", "height", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy",
    "r", "rx", "ry", "d", "points", "transform", "fill", "fill-rule", "fill-opacity", "clip-rule",
    "opacity", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-opacity",
    "stroke-miterlimit",
}  # fmt: skip


class Logo(NamedTuple):
    name: str
    content: bytes
    width: int
    height: int


def read(content: bytes) -> Logo:
    """The picture with its size. Raises BadTheme with a sentence."""
    if len(content) > LARGEST:
        raise BadTheme(_("Use a logo file smaller than 200 KB."))
    kind, (width, height) = _kind_and_size(content)
    if width < 16 or height < 16 or not 1 / 3 <= width / height <= 8:
        raise BadTheme(_("Use a logo of 16 pixels or more, and at most 8 times as wide as high."))
    digest = hashlib.sha256(content).hexdigest()[:16]
    return Logo(f"{digest}.{kind}", content, width, height)


def content_type(name: str) -> str:
    return TYPES[name.rpartition(".")[2]]


def _kind_and_size(content: bytes) -> tuple[str, tuple[int, int]]:
    if content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR":
        return "png", struct.unpack(">II", content[16:24])
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP" and len(content) >= 30:
        return "webp", _webp_size(content)
    if b"<svg" in content[:1000]:
        return "svg", _svg_size(content)
    raise BadTheme(_("Use a logo in PNG, WebP or SVG form."))


def _webp_size(content: bytes) -> tuple[int, int]:
    """By the three forms of https://developers.google.com/speed/webp/docs/riff_container."""
    form = content[12:16]
    if form == b"VP8X":
        wide, high = (int.from_bytes(content[at : at + 3], "little") + 1 for at in (24, 27))
        return wide, high
    if form == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    wide, high = (value & 0x3FFF for value in struct.unpack("<HH", content[26:30]))
    return wide, high


def _svg_size(content: bytes) -> tuple[int, int]:
    if b"<!" in content.replace(b"<!--", b"") or b"<?xml-" in content:
        raise BadTheme(_("This SVG declares things of its own. Save it as a plain SVG."))
    try:
        # Without a document type there are no entities to unfold.
        root = ElementTree.fromstring(content)  # noqa: S314
    except ElementTree.ParseError as error:
        raise BadTheme(_("This SVG can't be read. Save it again as a plain SVG.")) from error
    for element in root.iter():
        _check_element(element)
    box = re.split(r"[\s,]+", root.get("viewBox", "").strip())
    try:
        return round(float(box[2])), round(float(box[3]))
    except (IndexError, ValueError, OverflowError) as error:
        raise BadTheme(_("This SVG does not say its size: it needs a viewBox.")) from error


def _check_element(element: ElementTree.Element) -> None:
    name = str(element.tag).removeprefix(SVG)
    if name not in ELEMENTS:
        raise BadTheme(_("This SVG holds <%s>. A logo may hold shapes alone.") % name[:40])
    for attribute, value in element.items():
        if attribute not in ATTRIBUTES or "url" in value.lower() or "\\" in value:
            raise BadTheme(
                _(
                    "This SVG uses %(attribute)s in <%(element)s>."
                    " A logo may hold plain fills alone."
                )
                % {"attribute": attribute[:40], "element": name}
            )
