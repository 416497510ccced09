from collections.abc import Iterator

from django.utils.translation import gettext as _

from phi_records.fhir import words
from phi_records.fhir.sections.page import Page, Section
from phi_records.fhir.summaries import title_of


def allergy(page: Page) -> Iterator[Section]:
    risks = {"low": _("Low"), "high": _("High"), "unable-to-assess": _("Not known")}
    of_what = [words.code_word(words.text(one)) for one in words.items(page.get("category"))]
    intolerance = _("Intolerance, not an allergy") if page.get("type") == "intolerance" else ""
    yield Section(
        _("About this allergy"),
        [
            (_("Allergy"), title_of(page.resource)),
            (_("Where it stands"), page.status),
            (_("Kind"), words.joined(iter([intolerance, *of_what]))),
            (_("Risk"), risks.get(words.text(page.get("criticality")), "")),
            (_("Started"), page.date("onset")),
            (_("Last happened"), page.date("lastOccurrence")),
            (_("Written down"), page.date("recordedDate")),
        ],
    )
    for one in page.parts("reaction"):
        yield Section(
            _("What happened"),
            [
                (_("Reaction"), words.concepts(one.get("manifestation"))),
                (_("After"), words.concept(one.get("substance"))),
                (_("How bad"), words.code_word(words.text(one.get("severity")))),
                (_("When"), words.moment_text(one.get("onset"))),
                (_("Way into the body"), words.concept(one.get("exposureRoute"))),
                (_("Details"), words.lines(one.get("description"))),
                *page.notes(one).facts,
            ],
        )
    yield page.notes()
    yield page.code("code")
