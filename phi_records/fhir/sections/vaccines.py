from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from phi_records.fhir import words
from phi_records.fhir.sections.page import Fact, Page, Section


def vaccine(page: Page) -> Iterator[Section]:
    series = page.parts("protocolApplied")
    given = words.text(page.get("status")) == "completed"
    yield Section(
        _("About this vaccine"),
        [
            (_("Vaccine"), page.concept("vaccineCode")),
            (_("Where it stands"), page.status),
            (_("Given") if given else _("When"), page.date("occurrence")),
            (_("Where"), page.names("location")),
            (
                _("Given by") if given else _("Who"),
                words.joined(page.name(one.get("actor")) for one in page.parts("performer")),
            ),
            *(_of_series(series[0]) if len(series) == 1 else ()),
            (_("Amount"), words.plain_quantity(page.get("doseQuantity"))),
            (_("Part of the body"), page.concept("site")),
            (_("Way it is taken"), page.concept("route")),
            (_("Maker"), page.names("manufacturer")),
            (_("Lot number"), words.text(page.get("lotNumber"))),
            (_("Use before"), page.date("expirationDate")),
            (_("Why it may not protect"), page.concept("subpotentReason")),
            (_("Why not"), page.concept("statusReason")),
            (_("Why"), page.concept("reasonCode") or page.names("reasonReference")),
            (_("Who says so"), _source(page)),
        ],
    )
    for number, one in enumerate(series if len(series) > 1 else (), 1):
        yield Section(_("Series %d") % number, _of_series(one))
    for one in page.parts("reaction"):
        yield Section(
            _("What happened"),
            [
                (_("Reaction"), page.name(one.get("detail")) or _("Yes")),
                (_("When"), words.moment_text(one.get("date"))),
            ],
        )
    yield page.notes()
    yield page.code("vaccineCode")


def _of_series(series: Mapping[str, Any]) -> list[Fact]:
    return [
        (_("Protects against"), words.concepts(series.get("targetDisease"))),
        (_("Dose"), _dose_number(series)),
        (_("Series"), words.text(series.get("series"))),
    ]


def _source(page: Page) -> str:
    """Where not whoever gave it wrote it down."""
    other = _("Not who gave it") if page.get("primarySource") is False else ""
    return page.concept("reportOrigin") or other


def _dose_number(protocol: Mapping[str, Any]) -> str:
    """2 of 3"""
    number, most = (
        words.any_text(kind, value) if value is not None else ""
        for kind, value in (words.value_of(protocol, one) for one in ("doseNumber", "seriesDoses"))
    )
    return _("%(number)s of %(most)s") % {"number": number, "most": most} if most else number
