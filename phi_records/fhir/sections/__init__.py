"""A FHIR resource as a page: headings, and facts below them."""

from phi_records.fhir.sections.describe import PAGES, describe
from phi_records.fhir.sections.page import Resolve, Section, Table

__all__ = ["PAGES", "Resolve", "Section", "Table", "describe"]
