import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import polib
from django.utils.translation.template import templatize

from portal.base.embedded.place import CHECKOUT

CATALOG = CHECKOUT / "locale" / "es" / "LC_MESSAGES" / "django.po"
APPS = ("portal", "accounts", "consents", "disclosures", "phi_records", "messaging")
SOURCES = (*APPS, "templates")
TEMPLATES = {".html", ".txt"}
MARKERS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|</?\w+>")
# What Django makes of a template, kept apart from the rest of the page, which it blanks.
IN_TEMPLATE = re.compile(r"""\b(?:_|n?gettext)\(u?('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")""")


def in_python(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        said = node.args[0]
        if name in MARKERS and isinstance(said, ast.Constant) and isinstance(said.value, str):
            yield said.value


def in_template(text: str) -> Iterator[str]:
    for literal in IN_TEMPLATE.findall(templatize(text)):
        yield str(ast.literal_eval(literal))


def wrapped(path: Path) -> Iterator[str]:
    """What this file says through gettext; found without a gettext installation."""
    if path.suffix == ".py":
        yield from in_python(path.read_text())
    elif path.suffix in TEMPLATES and "templates" in path.parts:
        yield from in_template(path.read_text())


def missing(known: set[str]) -> Iterator[str]:
    for source in SOURCES:
        for path in sorted((CHECKOUT / source).rglob("*")):
            if path.is_file():
                for said in wrapped(path):
                    if said and said not in known:
                        yield f"{path.relative_to(CHECKOUT)} says what has no Spanish: {said!r}"


def placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text.replace("%%", "")))


def wrong(entry: polib.POEntry) -> Iterator[str]:
    if not entry.translated():
        yield f"not translated, or fuzzy: {entry.msgid!r}"
        return
    forms = [(entry.msgid, entry.msgstr)]
    if entry.msgid_plural:
        one, many = entry.msgstr_plural[0], entry.msgstr_plural[1]
        forms = [(entry.msgid, one), (entry.msgid_plural, many)]
    for said, spanish in forms:
        if placeholders(said) != placeholders(spanish):
            yield f"other placeholders than in English: {spanish!r}"


def content(catalog: list[polib.POEntry]) -> dict[tuple[str | None, str, str], object]:
    return {
        (one.msgctxt, one.msgid, one.msgid_plural or ""): one.msgstr_plural or one.msgstr
        for one in catalog
    }


def problems() -> Iterator[str]:
    written = polib.pofile(str(CATALOG))
    entries = [one for one in written if not one.obsolete]
    for entry in entries:
        yield from wrong(entry)
    compiled = polib.mofile(str(CATALOG.with_suffix(".mo")))
    if content(entries) != content(compiled) or written.metadata != compiled.metadata:
        yield "django.mo is not made from django.po: save it again."
    yield from missing({one.msgid for one in entries})


def main() -> int:
    found = list(dict.fromkeys(problems()))
    print("\n".join(found) or "Every word has its Spanish.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
