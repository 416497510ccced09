from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from phi_records.fhir import words
from phi_records.fhir.statuses import status_of
from phi_records.fhir.summaries import title_of
from phi_records.fhir.summaries.timings import choice_text

Resolve = Callable[[str], Mapping[str, Any] | None]
"""Gives the resource that a reference string points at, if the reader may see it."""
Fact = tuple[str, str]
MAX_FACTS = 200
MORE: Promise = gettext_lazy("There is more than this page can show. Ask your care team.")


@dataclass(frozen=True, slots=True)
class Table:
    """The first column names the row. From `numbers_from` on, columns hold money or counts."""

    caption: str
    columns: list[str]
    rows: list[list[str]]
    numbers_from: int = 1


@dataclass(frozen=True, slots=True)
class Section:
    heading: str
    facts: list[Fact] = field(default_factory=list)
    text: str = ""
    table: Table | None = None


def cut_here() -> Section:
    return Section(_("Read this too"), text=str(MORE))


class Page:
    """Shorthands for reading one resource."""

    def __init__(self, resource: Mapping[str, Any], resolve: Resolve) -> None:
        self.resource = resource
        self._resolve = resolve
        self._contained = {
            "#" + words.text(words.fields(one).get("id")): words.fields(one)
            for one in words.items(resource.get("contained"))
        }

    def get(self, name: str) -> Any:
        return self.resource.get(name)

    def parts(self, name: str) -> list[Mapping[str, Any]]:
        return [words.fields(one) for one in words.items(self.get(name))]

    def concept(self, name: str) -> str:
        return words.concepts(self.get(name))

    def date(self, name: str) -> str:
        """The choice name[x], or the field itself: a date, a period, a timing or an age."""
        kind, value = words.value_of(self.resource, name)
        if value is None:
            value = self.get(name)
            kind = "DateTime"
        return choice_text(kind, value)

    def follow(self, value: object) -> Mapping[str, Any]:
        reference = words.fields(value).get("reference")
        if not isinstance(reference, str):
            return {}
        return self._contained.get(reference) or self._resolve(reference) or {}

    def name(self, value: object) -> str:
        """Of what a Reference points at: as written beside it, else from the thing itself."""
        shown = words.text(words.fields(value).get("display"))
        if shown:
            return shown
        found = self.follow(value)
        return title_of(found) if found else ""

    def names(self, *fields: str) -> str:
        return words.joined(
            self.name(one) for name in fields for one in words.items(self.get(name))
        )

    @property
    def status(self) -> str:
        return status_of(self.resource)[0]

    def notes(self, part: Mapping[str, Any] | None = None) -> Section:
        several = words.items((self.resource if part is None else part).get("note"))
        facts = [(_("Note"), words.lines(words.fields(one).get("text"))) for one in several]
        return Section(_("Notes"), facts)

    def code(self, *fields: str) -> Section:
        several = [one for name in fields for one in words.items(self.get(name))]
        facts = [(_("Code"), words.code_text(one)) for one in several]
        facts += [(_("Its name there"), words.technical_name(one)) for one in several]
        return Section(_("For your clinic"), facts)
