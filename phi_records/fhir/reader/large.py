from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from phi_records.fhir import exact
from phi_records.fhir.check import MAX_RESOURCE_BYTES
from phi_records.fhir.reader.documents import (
    SEARCHSET,
    refuse_unless_bundle,
    refuse_unless_fhir,
    whole,
)
from phi_records.fhir.reader.entries import Entry, Problem, Sorter, Unit, labels_of, problem_unit
from phi_records.fhir.sources import Refused, Source
from phi_records.fhir.stream import BundleStream

WHOLE_UP_TO = 8 * 1024 * 1024
"""Bundles up to this size are parsed in memory; larger or denser ones are read as a stream."""
MAX_ENTRIES = 500_000
BATCH = 500


def streamed(source: Source, *, people_only: bool = False) -> Unit:
    """Proves the bundle whole before anything of it is used: first one pass, then another."""
    with source.open() as stream:
        bundle = BundleStream(stream)
        try:
            for count, _entry in enumerate(bundle):
                if count >= MAX_ENTRIES:
                    raise Refused(_("It holds more than %d entries.") % MAX_ENTRIES)
            refuse_unless_fhir(bundle.root)
            if bundle.root["resourceType"] != "Bundle" and bundle.size <= WHOLE_UP_TO:
                return whole(source.name, _all_of(source), people_only=people_only)
            _refuse_unless_large_bundle(bundle.root)
        except Refused as refused:
            return problem_unit(source.name, str(refused), bundle.sha256)
    labels = labels_of(bundle.root)

    def items() -> Iterator[Entry | Problem]:
        sorter = Sorter(source.name, labels, sha256=bundle.sha256, people_only=people_only)
        return _stream_entries(source, bundle.sha256, sorter)

    searched = bundle.root["type"] == SEARCHSET
    return Unit(source.name, bundle.sha256, items, BATCH, searched=searched)


def _refuse_unless_large_bundle(root: dict[str, Any]) -> None:
    if root["resourceType"] != "Bundle":
        limit = MAX_RESOURCE_BYTES // (1024 * 1024)
        raise Refused(_("It is larger than %d MB.") % limit)
    refuse_unless_bundle(root.get("type"), exact.TWICE in root)
    if not isinstance(root.get("entry", []), list):
        raise Refused(_("This bundle has no list of entries."))


def _all_of(source: Source) -> bytes:
    with source.open() as stream:
        return stream.read(WHOLE_UP_TO)


def _stream_entries(source: Source, sha256: str, sorter: Sorter) -> Iterator[Entry | Problem]:
    with source.open() as stream:
        bundle = BundleStream(stream)
        for position, entry in enumerate(bundle, 1):
            if sorter.wants(entry):
                yield sorter.sort(position, entry)
        if bundle.sha256 != sha256:
            raise Refused(_("The file changed while it was read, so nothing of it was taken."))
