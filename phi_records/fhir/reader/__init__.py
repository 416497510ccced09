"""Reads FHIR from files, folders, gzip and zip, one atomic group at a time, in flat memory."""

from phi_records.fhir.reader.entries import Entry, Problem, Unit
from phi_records.fhir.reader.files import read

__all__ = ["Entry", "Problem", "Unit", "read"]
