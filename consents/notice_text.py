"""A notice's words: where they come from, with the plan's own put in, as HTML, and side by side."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from itertools import count
from pathlib import Path

from django.utils import translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from markdown_it import MarkdownIt
from markdown_it.token import Token

from consents.models import NoticeKind

TITLES: Mapping[str, Promise] = {
    NoticeKind.PRACTICES: _("Notice of privacy practices"),
    NoticeKind.PRIVACY: _("Privacy policy of this portal"),
    NoticeKind.TERMS: _("Terms of use"),
}
_TEXTS = Path(__file__).parent / "notices"
# What a notice needs and no more; HTML, pictures and the like stay as they were written.
_MARKDOWN = MarkdownIt("zero").enable(
    ["heading", "list", "emphasis", "link", "autolink", "newline", "escape"]
)
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#])")


@dataclass(frozen=True)
class Shown:
    """A text taken apart for its page: the title, the parts to jump to, and what is below it."""

    title: str
    parts: list[tuple[str, str]]
    body: SafeString


@dataclass(frozen=True)
class Block:
    """One paragraph, heading or line of a list, and how it stands to the version before."""

    change: str  # "", "new" or "gone"
    body: SafeString


def product_text(kind: str, language: str) -> str | None:
    """What a plan may publish as it is; nothing where there is none in this language."""
    path = _TEXTS / f"{kind}.{language}.md"
    return path.read_text(encoding="utf-8") if path.exists() else None


def fill(text: str, language: str, *, plan: str, phone: str, contact: str, effective: date) -> str:
    """The text with no placeholder left, so that it stays what was published."""
    with translation.override(language):
        day = date_format(effective, "LONG_DATE_FORMAT")
    values = {
        name: _SPECIAL.sub(r"\\\1", " ".join(value.split()))
        for name, value in {"plan": plan, "phone": phone, "contact": contact}.items()
    }
    dialed = re.sub(r"[^+\d]", "", phone)
    values |= {"effective": day, "phone": f"[{values['phone']}](tel:{dialed})"}
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def show(text: str) -> Shown:
    title, parts, kept = "", [], []
    numbers = count(1)
    tokens = iter(_MARKDOWN.parse(text))
    for token in tokens:
        if token.type != "heading_open":
            kept.append(token)
            continue
        inline = next(tokens)
        if token.tag == "h1" and not title:
            title = _plain(inline)
            next(tokens)
            continue
        if token.tag == "h2":
            token.attrSet("id", f"part-{next(numbers)}")
            parts.append((str(token.attrGet("id")), _plain(inline)))
        kept += [token, inline]
    return Shown(title, parts, _html(kept))


def as_html(text: str) -> SafeString:
    return _html(_MARKDOWN.parse(text))


def compare(before: str, after: str) -> list[Block]:
    """All of `after`, but for a title that stayed, with what it has not taken over from `before`,
    each where it stood.
    """
    old, new = _blocks(before), _blocks(after)
    if old[:1] == new[:1]:
        old, new = old[1:], new[1:]
    return [Block(change, as_html(block)) for change, block in _steps(old, new)]


def _steps(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    for what, old_from, old_to, new_from, new_to in SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if what == "equal":
            yield from (("", block) for block in new[new_from:new_to])
            continue
        yield from (("gone", block) for block in old[old_from:old_to])
        yield from (("new", block) for block in new[new_from:new_to])


def _blocks(text: str) -> list[str]:
    return [block.strip() for block in re.split(r"\n\s*\n|\n(?=- )", text) if block.strip()]


def _plain(inline: Token) -> str:
    return "".join(token.content for token in inline.children or ())


def _html(tokens: list[Token]) -> SafeString:
    # Safe: the renderer escapes all text, and knows no HTML but its own.
    return mark_safe(str(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})))  # noqa: S308
