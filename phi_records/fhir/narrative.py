"""What a resource tells in running text (FHIR's Narrative), as plain text and never as HTML."""

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

from django.utils.translation import gettext as _

from phi_records.fhir import words

# "empty" says itself that it says nothing.
SHOWN = frozenset({"generated", "extensions", "additional"})
MAX_HTML = 200_000
MAX_TEXT = 50_000
_MAX_NESTING = 10
_BLOCKS = frozenset(
    """
    address article blockquote br caption dd div dl dt footer h1 h2 h3 h4 h5 h6 header hr li main
    nav ol p pre section table tbody tfoot thead tr ul
    """.split()  # noqa: SIM905
)
_VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})
_UNSEEN = frozenset(
    [
        "head",
        "iframe",
        "noscript",
        "object",
        "script",
        "select",
        "style",
        "svg",
        "template",
        "textarea",
        "title",
    ]
)
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_STRUCK = frozenset({"s", "strike", "del"})
_STRIKING = re.compile(r"text-decoration[^;]*line-through", re.IGNORECASE)
_RAISED = str.maketrans("0123456789+-−()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾ⁿ")


def own(resource: Mapping[str, Any]) -> str:
    return text_of(resource.get("text"))


def sections(resource: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Title and text of each section of a Composition, of which most hold nothing else."""
    if resource.get("resourceType") == "Composition":
        yield from _sections(resource.get("section"), 1)


def _sections(several: object, depth: int) -> Iterator[tuple[str, str]]:
    for one in map(words.fields, words.items(several)):
        yield words.text(one.get("title")), text_of(one.get("text"))
        if depth < _MAX_NESTING:
            yield from _sections(one.get("section"), depth + 1)


def everything(resource: Mapping[str, Any]) -> str:
    """All of it that a page may show, in one text."""
    return "\n".join((own(resource), *(text for _title, text in sections(resource))))


def text_of(narrative: object) -> str:
    found = words.fields(narrative)
    html = found.get("div")
    if words.text(found.get("status")) not in SHOWN or not isinstance(html, str):
        return ""
    cut = html[:MAX_HTML]
    if len(html) > MAX_HTML:
        # Half a tag would be taken for text.
        cut = cut[: cut.rfind("<")]
    reader = _Reader()
    reader.feed(cut)
    reader.close()
    said = words.lines(reader.text(), MAX_TEXT)
    return said if len(cut) == len(html) else said.removesuffix(" …") + " …"


class _Reader(HTMLParser):
    """Keeps words and lines. What a browser would not show is left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        # The open elements, each with whether it hides what it holds, and where its struck-out
        # text begins.
        self._open: list[tuple[str, bool, int | None]] = []
        # The number of the last item of each open list; none where they have no numbers.
        self._lists: list[int | None] = []
        self._parts: list[str] = []

    def text(self) -> str:
        while self._open:
            self._close()
        lines = (" ".join(line.split()) for line in "".join(self._parts).split("\n"))
        return "\n".join(line.removesuffix(" |") for line in lines if line.strip(" |"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag in _BLOCKS:
            self._say("\n")
        if tag not in _VOID:
            struck = len(self._parts) if _strikes(tag, attributes) else None
            self._open.append((tag, self._is_hidden or _hides(tag, attributes), struck))
        if tag == "img" and attributes.get("alt") and not _hides(tag, attributes):
            self._say(_("[picture: %s]") % attributes["alt"])
        if tag in ("ol", "ul"):
            self._lists.append(_number(attributes.get("start")) - 1 if tag == "ol" else None)
        elif tag == "li" and not self._is_hidden:
            self._say(self._bullet(attributes))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._names:
            return
        if tag in ("td", "th"):
            self._say(" | ")
        while self._close() != tag:
            pass

    def handle_data(self, data: str) -> None:
        names = self._names
        if "sup" in names and re.search(r"\d", data):
            raised = data.translate(_RAISED)
            data = f"^{data}" if any(map(str.isascii, raised.strip())) else raised
        self._say(data if "pre" in names else re.sub(r"\s+", " ", data))

    def unknown_decl(self, data: str) -> None:
        if data.startswith("CDATA["):
            self.handle_data(data.removeprefix("CDATA["))

    def _close(self) -> str:
        tag, _hidden, struck = self._open.pop()
        if struck is not None:
            inner = "".join(self._parts[struck:])
            del self._parts[struck:]
            if inner.strip():
                self._parts += [" ", _("[crossed out: %s]") % inner.strip()]
        if tag in ("ol", "ul"):
            self._lists.pop()
        if tag in _BLOCKS:
            self._say("\n")
        return tag

    def _bullet(self, attributes: Mapping[str, str | None]) -> str:
        last = self._lists[-1] if self._lists else None
        if last is None:
            return "• "
        self._lists[-1] = number = _number(attributes.get("value"), last + 1)
        return f"{number}. "

    @property
    def _names(self) -> list[str]:
        return [name for name, *_more in self._open]

    @property
    def _is_hidden(self) -> bool:
        return bool(self._open) and self._open[-1][1]

    def _say(self, said: str) -> None:
        if not self._is_hidden:
            self._parts.append(said)


def _number(written: str | None, otherwise: int = 1) -> int:
    return int(written) if written and re.fullmatch(r"-?[0-9]{1,6}", written) else otherwise


def _strikes(tag: str, attributes: Mapping[str, str | None]) -> bool:
    style = attributes.get("style")
    return tag in _STRUCK or (style is not None and _STRIKING.search(style) is not None)


def _hides(tag: str, attributes: Mapping[str, str | None]) -> bool:
    style = attributes.get("style")
    if tag in _UNSEEN or "hidden" in attributes:
        return True
    return style is not None and _HIDING.search(style) is not None
