import re
from collections.abc import Iterator
from itertools import islice

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from phi_records.fhir import words
from phi_records.fhir.sections.page import MAX_FACTS, Fact, Page, Section, cut_here
from phi_records.fhir.statuses import common_status
from phi_records.fhir.summaries.timings import choice_text

_CODE = re.compile(r"[a-z]+(?:-[a-z]+)*")
_MAX_NESTING = 6
MAX_IN_LINE = 12
HIDDEN = frozenset(
    """
    resourceType id meta implicitRules language extension modifierExtension contained
    identifier system url hash sequence focal div primarySource uid sopClass
    resource subject patient beneficiary intent doNotPerform
    actionId altId carrierAIDC contextLinkId linkId mustSupport path performerLinkId profile
    reasonLinkId requesterLinkId searchParam sigFormat targetFormat userSelected
    attestationSignature identityCertificate proxyIdentityCertificate proxySignature
    sourceIdentityCertificate sourceSignature
    definitionCanonical definitionUri endpoint eventUri instantiates instantiatesCanonical
    instantiatesUri jurisdiction measure moduleCanonical moduleUri policy
    """.split()  # noqa: SIM905
)
"""What means nothing to people: it points within the record, tells one machine how to read or trust
it, or is the web address of a definition. And what is said elsewhere: whose record it is, and what
not to do."""

_TIMING = frozenset({"event", "repeat"})
_ONE_LINE = [
    frozenset(one.split())
    for one in (
        "value unit system code comparator",
        "start end",
        "low high",
        "numerator denominator",
        "value currency",
        "coding text",
        "system version code display userSelected",
        "type identifier display",
        "use text family given prefix suffix period",
        "use type text line city district state postalCode country period",
        "system value use rank period",
        "use type system value period assigner",
        "authorReference authorString time text",
    )
]
"""The fields of FHIR's plain types, which can be said in one line."""


# Text that points at something, or is a file; else they say whom or what a consent is about.
_HIDDEN_AS_TEXT = frozenset({"reference", "data", "definition", "issuer"})


def _is_hidden(key: str, value: object) -> bool:
    if key == "text":
        # The narrative; a note's words bear the same name.
        return not isinstance(value, str)
    if key == "instance":
        # A picture of a study; elsewhere it is what someone suspects.
        return not words.fields(value).keys() & {"reference", "display"}
    return key in HIDDEN or (key in _HIDDEN_AS_TEXT and isinstance(value, str))


def other(page: Page) -> Iterator[Section]:
    """Each field with its own name in words; what has none inside is left out."""
    kind = words.text(page.get("resourceType"))
    plain: list[Fact] = [(_("Where it stands"), page.status)]
    inner: list[tuple[str, str, object]] = []
    for key, value in page.resource.items():
        if _is_hidden(key, value) or key == "status":
            continue
        if shown := _value(page, key, value):
            plain.append((words.label(key, kind), shown))
        else:
            inner.append((words.label(key, kind), key, value))
    yield Section(_("About this record"), plain)
    parts = (one for label, key, value in inner for one in _parts(page, label, key, value, 1))
    yield from islice(parts, MAX_FACTS)
    if next(parts, None):
        yield cut_here()
    yield page.code("code")


def _value(page: Page, key: str, value: object) -> str:
    """In one line, if it can be said in one."""
    several = words.items(value)
    shown = [_one_value(page, key, one) for one in several[:MAX_IN_LINE]]
    if not several or not all(shown):
        return ""
    rest = len(several) - MAX_IN_LINE
    more = ngettext("and %d more", "and %d more", rest) % rest if rest > 0 else ""
    return words.joined(iter([*shown, more]))


def _one_value(page: Page, key: str, value: object) -> str:
    if isinstance(value, str) and (shown := _code_text(key, value)):
        return shown
    if isinstance(value, list):
        return ""
    found = words.fields(value)
    if (code := words.concept(found)) in words.codes(found):
        # It has no words of its own, or repeats its code where they belong.
        named = words.concept_words(found)
        return _code_text(key, code) or (named if len(named) > 2 else _("Code %s") % code)
    if _TIMING & found.keys() and found.keys() <= _TIMING | {"code", "id", "extension"}:
        return choice_text("Timing", found)
    if "reference" in found:
        return page.name(found)
    # Of what has a field more than its type, one line would leave that out.
    if found and not any(set(found) - {"id", "extension"} <= one for one in _ONE_LINE):
        return ""
    # The code of a quantity is text; another's says what its value is.
    if isinstance(found.get("code"), dict):
        return ""
    return words.any_text("", value)


def _code_text(key: str, value: str) -> str:
    """Of what is a code; nothing of other text."""
    if _CODE.fullmatch(value) and key.casefold().endswith("status"):
        return common_status(value) or words.code_word(value)
    known = words.known_code(value, key)
    return known or (words.plain_code(value) if _CODE.fullmatch(value) else "")


def _parts(page: Page, heading: str, name: str, value: object, depth: int) -> Iterator[Section]:
    """One for each: what is said of two of them must not be read as said of either."""
    kind = words.text(page.get("resourceType"))
    several = [words.fields(one) for one in words.items(value)]
    if several and depth > _MAX_NESTING:
        yield cut_here()
        return
    for number, part in enumerate(several, 1):
        named = f"{heading} {number}" if len(several) > 1 else heading
        facts: list[Fact] = []
        inner: list[tuple[str, str, object]] = []
        for key, one in part.items():
            if _is_hidden(key, one):
                continue
            shown = _value(page, key, one)
            if key == "reference" and not shown:
                shown = _("Not named in this record")
            if shown:
                facts.append((words.label(key, kind, name), shown))
            else:
                inner.append((f"{named}: {words.label(key, kind, name)}", key, one))
        yield Section(named, facts)
        for label, key, one in inner:
            yield from _parts(page, label, key, one, depth + 1)
