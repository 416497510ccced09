"""Figures for Prometheus, in its text format.

All are read at the moment of the scrape, from the database, Valkey or the disk, so it doesn't
matter which of several web processes answers. Nothing is counted in a process: the log has a line
for each request, with route, status and time. No name of a person or a plan.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count, Min
from django.utils import timezone

from portal.base import context
from portal.base.audit import seals, state, years
from portal.base.health import figures
from portal.base.outbox.models import MailState
from portal.base.standing import done, read_only

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SEALING = ("ok", "late", "refused", "restored")
UNSENT = [one for one in MailState if one != MailState.SENT]


class Gauge(NamedTuple):
    name: str
    means: str
    samples: dict[str, float]  # by label, or by nothing


def text() -> str:
    return "".join(line for gauge in gauges() for line in _lines(gauge))


def gauges() -> Iterator[Gauge]:
    yield from _outside()
    try:
        with context.system("metrics"):
            known = [*_in_database()]
    except DatabaseError:
        known = []
    yield _one("portal_database_up", "1 where the database answers.", bool(known))
    yield from known


def _outside() -> Iterator[Gauge]:
    answers = bool(settings.REDIS_URL) and figures.broker_answers()
    yield _one("portal_broker_up", "1 where Valkey or Redis answers.", answers)
    disks = {name: figures.disk(name) for name in figures.FOLDERS}
    for name, means, of in DISK:
        samples = {f'setting="{one}"': float(of(disk)) for one, disk in disks.items() if disk}
        yield Gauge(name, means, samples)
    try:
        ends = figures.certificate_ends()
    except (OSError, ValueError):
        ends = None
    if ends:
        means = "When the certificate at CERTIFICATE_PATH ends."
        yield _one("portal_certificate_ends_timestamp_seconds", means, ends.timestamp())


DISK: tuple[tuple[str, str, Callable[[figures.Disk], int]], ...] = (
    ("portal_disk_free_bytes", "Free on the disk of this folder.", lambda disk: disk.free),
    ("portal_disk_size_bytes", "Size of the disk of this folder.", lambda disk: disk.total),
)


def _in_database() -> Iterator[Gauge]:
    counts, word = figures.mail_counts(), state.sealing()[0]
    by_state = {f'state="{one}"': float(counts.get(one, 0)) for one in UNSENT}
    yield Gauge("portal_mail", "Mail that has not gone out, by state.", by_state)
    yield _one(
        "portal_mail_oldest_seconds",
        "Age of the oldest mail that waits; 0 without one.",
        _age(figures.mail_waits_since()),
    )
    files = figures.unscanned().aggregate(count=Count("pk"), oldest=Min("uploaded_at"))
    yield _one("portal_files_unscanned", "Files that wait for the virus scanner.", files["count"])
    yield _one(
        "portal_files_unscanned_oldest_seconds",
        "Age of the oldest file that waits for the virus scanner; 0 without one.",
        _age(files["oldest"]),
    )
    yield _one(
        "portal_trail_unsealed_oldest_seconds",
        "Age of the oldest line of the trail that no seal holds; 0 without one.",
        _age(seals.waiting_since()),
    )
    sealing = {f'state="{one}"': float(one == word) for one in SEALING}
    yield Gauge("portal_trail_sealing", "1 at the state that sealing is in.", sealing)
    yield _one(
        "portal_trail_next_partition",
        "1 where the trail has a place for next year.",
        years.has_next_partition(),
    )
    times = done.times()
    last = {f'what="{one}"': times[one].timestamp() for one in done.ALL if one in times}
    yield Gauge("portal_last_done_timestamp_seconds", "When this was done last.", last)
    yield _one("portal_read_only", "1 in read-only mode.", read_only.state() is not None)


def _one(name: str, means: str, value: float) -> Gauge:
    return Gauge(name, means, {"": float(value)})


def _age(since: datetime | None) -> float:
    return max(0.0, (timezone.now() - since).total_seconds()) if since else 0.0


def _lines(gauge: Gauge) -> Iterator[str]:
    yield f"# HELP {gauge.name} {gauge.means}\n# TYPE {gauge.name} gauge\n"
    for label, value in gauge.samples.items():
        yield f"{gauge.name}{{{label}}} {value!r}\n" if label else f"{gauge.name} {value!r}\n"
