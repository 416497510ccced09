"""A FHIR resource as one line of a list."""

from phi_records.fhir.summaries.doses import (
    amount_words,
    dose_text,
    in_order,
    limits,
    parts_of_dose,
)
from phi_records.fhir.summaries.subtitles import (
    no_value_because,
    result_text,
    value_text,
)
from phi_records.fhir.summaries.summary import Summary, summarise
from phi_records.fhir.summaries.titles import about_another, form_name, title_of
from phi_records.fhir.summaries.when import when_of

__all__ = [
    "Summary",
    "about_another",
    "amount_words",
    "dose_text",
    "form_name",
    "in_order",
    "limits",
    "no_value_because",
    "parts_of_dose",
    "result_text",
    "summarise",
    "title_of",
    "value_text",
    "when_of",
]
