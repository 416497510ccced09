import re
from collections.abc import Iterator
from itertools import islice

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from phi_records.fhir import words
from phi_records.fhir.sections.page import MAX_FACTS, Fact, Page, Section

_CODE = re.compile(r"[a-z]+(?:-[a-z]+)*")
_MAX_NESTING = 6
MAX_IN_LINE = 12
_HIDDEN = frozenset(
    """
    resourceType id meta text implicitRules language extension modifierExtension contained
    identifier system url hash sequence focal div primarySource uid sopClass
    instance resource subject patient beneficiary intent doNotPerform
    """.split()  # noqa: SIM905
)


# Text that points at something, or is a file; else they say whom or what a consent is about.
_HIDDEN_AS_TEXT = frozenset({"reference", "data"})


def _is_hidden(key: str, value: object) -> bool:
    return key in _HIDDEN or (key in _HIDDEN_AS_TEXT and isinstance(value, str))


def other(page: Page) -> Iterator[Section]:
    """Each field with its own name in words; what has none inside is left out."""
    plain: list[Fact] = [(_("Where it stands"), page.status)]
    inner: list[Section] = []
    for key, value in page.resource.items():
        if _is_hidden(key, value) or key == "status":
            continue
        shown = _value(page, key, value)
        if shown:
            plain.append((_label(key), shown))
        else:
            inner.append(Section(_label(key), list(islice(_nested(page, value, 1), MAX_FACTS))))
    yield Section(_("About this record"), plain)
    yield from inner
    yield page.code("code")


def _label(key: str) -> str:
    known = {"telecom": _("Phone or e-mail"), "gender": _("Sex"), "birthDate": _("Date of birth")}
    known["reference"] = _("Who or what")
    return known.get(key) or words.plain_code(key)


def _value(page: Page, key: str, value: object) -> str:
    """In one line, if it can be said in one."""
    several = words.items(value)
    shown = [_one_value(page, one) for one in several[:MAX_IN_LINE]]
    if not several or not all(shown):
        return ""
    rest = len(several) - MAX_IN_LINE
    more = ngettext("and %d more", "and %d more", rest) % rest if rest > 0 else ""
    return words.joined(iter([*shown, more]))


def _one_value(page: Page, value: object) -> str:
    if isinstance(value, str) and _CODE.fullmatch(value):
        return words.plain_code(value)
    if isinstance(value, list):
        return ""
    found = words.fields(value)
    return page.name(found) if "reference" in found else words.any_text("", value)


def _nested(page: Page, value: object, depth: int) -> Iterator[Fact]:
    if depth > _MAX_NESTING:
        return
    for one in words.items(value)[:50]:
        for key, inner in words.fields(one).items():
            if _is_hidden(key, inner):
                continue
            shown = _value(page, key, inner)
            if key == "reference" and not shown:
                shown = _("Not named in this record")
            if shown:
                yield _label(key), shown
            else:
                yield from _nested(page, inner, depth + 1)
