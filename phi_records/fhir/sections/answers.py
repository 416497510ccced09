from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from phi_records.fhir import words
from phi_records.fhir.sections.page import MAX_FACTS, MORE, Page, Section, Table, cut_here
from phi_records.fhir.summaries import form_name

MAX_QUESTIONS = 1000


def answers(page: Page) -> Iterator[Section]:
    """A filled-in form: each question with its answers, in the form's own order."""
    asked = words.items(page.get("item"))
    whole = words.fields(asked[0]) if len(asked) == 1 else {}
    if whole.get("item") and not whole.get("answer"):
        asked = words.items(whole["item"])
    yield Section(
        _("About these answers"),
        [
            (_("Form"), form_name(page.resource)),
            (_("Where it stands"), page.status),
            (_("Filled in"), page.date("authored")),
            (_("Answered by"), page.names("source")),
            (_("Written down by"), page.names("author")),
            (_("Visit"), page.names("encounter")),
        ],
    )
    tables = _tables(page, "", asked)
    yield from islice(tables, MAX_FACTS)
    if next(tables, None):
        yield cut_here()


def _tables(page: Page, heading: str, several: list[Any]) -> Iterator[Section]:
    """Questions are rows. A group of them, or what an answer leads on to, is a table of its own."""
    rows: list[list[str]] = []
    for item in map(words.fields, several):
        asked, answered = _question(item), words.items(item.get("answer"))
        inner = [
            one
            for holder in (item, *map(words.fields, answered))
            for one in words.items(holder.get("item"))
        ]
        is_group = inner and not answered
        if not is_group:
            rows.append([asked, "; ".join(_answers(page, answered)) or _("No answer")])
        if inner:
            yield _table(heading, rows)
            rows = []
            above = f"{heading}: {asked}" if heading and is_group else asked
            yield from _tables(page, above[: words.MAX_TEXT], inner)
    yield _table(heading, rows)


def _table(heading: str, rows: list[list[str]]) -> Section:
    """No facts: of those, what is said twice is shown once."""
    heading = heading or _("Questions and answers")
    columns = [_("Question"), _("Answer")]
    table = Table(heading, columns, rows[:MAX_QUESTIONS], 2) if rows else None
    return Section(heading, text=str(MORE) if len(rows) > MAX_QUESTIONS else "", table=table)


def _question(item: Mapping[str, Any]) -> str:
    number = words.text(item.get("linkId")).strip("/")
    return words.text(item.get("text")) or _("Question %s") % number


def _answers(page: Page, several: list[Any]) -> Iterator[str]:
    for one in map(words.fields, several):
        kind, value = words.value_of(one, "value")
        if isinstance(value, str) and kind in ("String", "Uri"):
            said = words.lines(value)
        elif kind == "Reference":
            said = page.name(value)
        elif kind == "Coding":
            said = words.concept({"coding": [value]})
        elif kind == "Attachment":
            said = words.text(words.fields(value).get("title")) or _("A file")
        else:
            said = words.any_text(kind, value)
        if said:
            yield said
