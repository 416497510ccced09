from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from phi_records.fhir import words
from phi_records.fhir.kinds import Kind, kind_of
from phi_records.fhir.money import CLAIMS, amounts_of
from phi_records.fhir.statuses import Tone, status_of
from phi_records.fhir.summaries.subtitles import subtitle_of
from phi_records.fhir.summaries.titles import title_of
from phi_records.fhir.summaries.when import when_field


@dataclass(frozen=True, slots=True)
class Summary:
    kind: Kind
    title: str
    subtitle: str
    when: date | None
    when_text: str
    status_word: str
    status_tone: Tone


def summarise(resource: Mapping[str, Any]) -> Summary:
    amounts = amounts_of(resource) if words.text(resource.get("resourceType")) in CLAIMS else None
    word, tone = status_of(resource, amounts)
    when = when_field(resource)
    return Summary(
        kind=kind_of(resource),
        title=words.sentence(_title(resource)),
        subtitle=words.sentence(subtitle_of(resource, amounts)),
        when=words.moment(when),
        when_text=words.moment_text(when),
        status_word=word,
        status_tone=tone,
    )


def _title(resource: Mapping[str, Any]) -> str:
    """The source's file card on the member is no record of someone with the member's name."""
    return _("About you") if resource.get("resourceType") == "Patient" else title_of(resource)
