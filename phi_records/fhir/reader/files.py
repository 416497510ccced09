import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from phi_records.fhir.reader.documents import whole
from phi_records.fhir.reader.entries import Unit, problem_unit
from phi_records.fhir.reader.large import WHOLE_UP_TO, streamed
from phi_records.fhir.reader.lines import looks_like_lines, read_lines
from phi_records.fhir.sources import Refused, Source, may_have_too_many_values, walk

_BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)


def read(paths: Iterable[str | Path], *, people_only: bool = False) -> Iterator[Unit]:
    """The same units, of which with `people_only` the Patients are read and little else."""
    for source in walk([Path(path) for path in paths]):
        if isinstance(source, tuple):
            yield problem_unit(*source)
            continue
        try:
            yield from _read_source(source, people_only)
        except Refused as refused:
            yield problem_unit(source.name, str(refused))
        except _BROKEN:
            yield problem_unit(source.name, _("This file is damaged or cut off."))


def _read_source(source: Source, people_only: bool) -> Iterator[Unit]:
    with source.open() as stream:
        start = b"" if source.by_line else stream.read(WHOLE_UP_TO + 1)
    if source.by_line or looks_like_lines(start):
        yield from read_lines(source, people_only=people_only)
    elif len(start) <= WHOLE_UP_TO and not may_have_too_many_values(start):
        yield whole(source.name, start, people_only=people_only)
    else:
        yield streamed(source, people_only=people_only)
