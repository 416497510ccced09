"""A FHIR resource in plain language: one line for a list, sections for its own page.

Returns text only; templates escape it. Odd input gives less text, never an error.
"""

from phi_records.fhir.sections import Resolve, Section, Table, describe
from phi_records.fhir.statuses import Tone
from phi_records.fhir.summaries import Summary, summarise, when_of

__all__ = ["Resolve", "Section", "Summary", "Table", "Tone", "describe", "summarise", "when_of"]
