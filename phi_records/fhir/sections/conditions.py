from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from phi_records.fhir import words
from phi_records.fhir.sections.page import Page, Section


def condition(page: Page) -> Iterator[Section]:
    yield Section(
        _("About this condition"),
        [
            (_("Condition"), page.concept("code")),
            (_("Where it stands"), page.status),
            (_("How bad it is"), page.concept("severity")),
            (_("Stage"), words.joined(_of(page, page.parts("stage"), "summary", "assessment"))),
            (_("Signs of it"), words.joined(_of(page, page.parts("evidence"), "code", "detail"))),
            (_("Part of the body"), page.concept("bodySite")),
            (_("Started"), page.date("onset")),
            (_("Ended"), page.date("abatement")),
            (_("Written down"), page.date("recordedDate")),
            (_("Written down by"), page.names("recorder", "asserter")),
            (_("Found at"), page.names("encounter")),
        ],
    )
    yield page.notes()
    yield page.code("code")


def _of(page: Page, parts: list[Mapping[str, Any]], code: str, pointed: str) -> Iterator[str]:
    for one in parts:
        yield words.concepts(one.get(code))
        yield from map(page.name, words.items(one.get(pointed)))
