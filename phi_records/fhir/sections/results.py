from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from phi_records.fhir import words
from phi_records.fhir.sections.documents import attachments
from phi_records.fhir.sections.page import Fact, Page, Section
from phi_records.fhir.statuses import FINAL, VOID, common_status, judgement
from phi_records.fhir.summaries import about_another, no_value_because, result_text, value_text


def result(page: Page) -> Iterator[Section]:
    parts = page.parts("component")
    yield Section(
        _("Result"),
        [
            (_("Test"), page.concept("code")),
            (_("Not about the member, but about"), _about_another(page)),
            (_("Result"), result_text(page.resource)),
            (_("Rated as"), judgement(page.resource)),
            *_ranges(page.resource),
        ],
    )
    if len(parts) > 1:
        yield Section(_("Parts of the result"), [fact for one in parts for fact in _part(one)])
    yield _single_results(page, "hasMember")
    yield Section(
        _("About this test"),
        [
            _taken(page),
            (_("Result ready"), page.date("issued")),
            (_("This result is"), common_status(words.text(page.get("status")))),
            (_("Done by"), page.names("performer")),
            (_("How"), page.concept("method")),
            (_("Part of the body"), page.concept("bodySite")),
            (_("Sample"), page.names("specimen")),
            (_("Visit"), page.names("encounter")),
        ],
    )
    yield page.notes()
    yield page.code("code")


def _about_another(page: Page) -> str:
    who = about_another(page.resource)
    return page.names("focus") or who if who else ""


def _taken(page: Page) -> Fact:
    void = words.text(page.get("status")) in VOID
    return _("When") if void else _("Taken"), page.date("effective")


def _part(component: Mapping[str, Any]) -> list[Fact]:
    shown = value_text(component) or no_value_because(component)
    named = words.concept(component.get("code")) or _("Part of the result")
    more = [(_("Rated as"), judgement(component)), *_ranges(component)]
    return [(named, shown), *((f"{named}: {label}", told) for label, told in more if told)]


def _ranges(resource: Mapping[str, Any]) -> list[Fact]:
    several = [words.fields(one) for one in words.items(resource.get("referenceRange"))]
    return [(_range_name(one), words.span(one) or words.text(one.get("text"))) for one in several]


def _range_name(limits: Mapping[str, Any]) -> str:
    """With those for whom alone it is usual."""
    named = words.concept(limits.get("type")) or _("Usual range")
    whose = (words.concept(one) for one in words.items(limits.get("appliesTo")))
    for_whom = words.joined(iter([*whose, words.span(words.fields(limits.get("age")))]))
    return f"{named} ({for_whom[:1].lower()}{for_whom[1:]})" if for_whom else named


def report(page: Page) -> Iterator[Section]:
    yield Section(
        _("About this report"),
        [
            (_("Report"), page.concept("code")),
            (_("Conclusion"), words.lines(page.get("conclusion"))),
            (_("Conclusion"), page.concept("conclusionCode")),
            _taken(page),
            (_("Report ready"), page.date("issued")),
            (_("Sample"), page.names("specimen")),
            (_("This report is"), common_status(words.text(page.get("status")))),
            (_("Done by"), page.names("performer", "resultsInterpreter")),
        ],
    )
    yield _single_results(page, "result")
    yield attachments(page.parts("presentedForm"))
    yield page.code("code")


def _single_results(page: Page, name: str) -> Section:
    facts = []
    for one in page.parts(name):
        found = page.follow(one)
        named = words.concept(found.get("code")) or words.text(one.get("display"))
        # Without a name and not to be seen, it would say no more than that there is one.
        if named or found:
            shown = _shown(found) if found else _("See this result")
            facts.append((named or _("Result"), shown))
    return Section(_("Results"), facts)


def _shown(result: Mapping[str, Any]) -> str:
    """What is void has no value, and what is not final says so."""
    status = words.text(result.get("status"))
    shown, stands = result_text(result), common_status(status)
    if status in FINAL or not stands:
        return shown
    return f"{shown} ({stands})" if shown and status not in VOID else stands
