"""A copy of a member's records and of what other apps add, to keep: one zip, made by a worker.

45 CFR 164.524(c)(2)(ii): an electronic copy in a form that a person can read, and as FHIR for an
app. Each step puts some records into sealed parts; the last one makes the zip of them.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.access import acting_for, own_member
from accounts.models import User
from phi_records import access, attachments
from phi_records.copy_zip import by_name, joined, zipped
from phi_records.door import own_file
from phi_records.fhir import exact, references
from phi_records.fhir.kinds import BY_SLUG
from phi_records.fhir.plain import describe, summarise
from phi_records.models import RecordItem
from portal.base import context
from portal.base.audit import trail
from portal.base.audit.models import Event
from portal.base.crypto.errors import KeyDestroyed
from portal.base.files import sealed
from portal.base.files.checks import ENDINGS
from portal.base.files.download import Download
from portal.base.files.models import SealedFile
from portal.base.jobs import actions as jobs
from portal.base.jobs import kinds
from portal.base.jobs.models import Job, JobState
from portal.base.jobs.runner import KEPT_FOR
from portal.base.registry import InCopy, record_parts

KIND = "record_copy"
AT_ONCE = 100
LARGEST = 100 * 1024 * 1024
"""Bytes of the zip, which is opened whole before it leaves."""
SHOWN = 20
# In a cursor: what is before it belongs to no record.
OTHER = "/"
NDJSON, HTML, ZIP = "application/fhir+ndjson", "text/html", "application/zip"
BODY = "\x00body\x00"


def register() -> None:
    kinds.register(kinds.Kind(KIND, acting, step))


def ask(user: User, key: UUID) -> Job:
    with own_file(user) as file:
        job = jobs.ask(
            key=key, kind=KIND, owner_id=user.pk, plan_id=user.plan_id, member_id=file.member_id
        )
        trail.record("records.copy_asked", **_about(job))
    return job


def own(user: User) -> list[Job]:
    """Newest first. The page of a list of copies opens none."""
    with own_file(user) as file:
        found = list(_of(user).order_by("-asked_at")[:SHOWN])
        trail.record(
            "records.copies_listed",
            member_id=file.member_id,
            object_kind="job",
            facts={"count": len(found)},
        )
    return found


def news_of(user: User) -> Job | None:
    """The newest copy, where it ended and its owner did nothing about it yet."""
    with own_file(user) as file:
        job = _of(user).order_by("-asked_at").first()
        if job is None or not _is_news(job):
            return None
        trail.record(
            "records.copies_listed",
            member_id=file.member_id,
            object_kind="job",
            facts={"count": 1},
        )
    return job


def _is_news(job: Job) -> bool:
    if job.state == JobState.FAILED and job.finished_at:
        return job.finished_at > timezone.now() - KEPT_FOR
    # The trail knows whether it was taken away.
    return (
        job.now == JobState.DONE
        and not Event.objects.filter(
            plan_id=job.plan_id,
            member_id=job.member_id,
            action="records.copy_taken",
            object_id=job.pk,
            at__gte=job.asked_at,
        ).exists()
    )


def get(user: User, job_id: UUID) -> Job:
    """Raises Http404 for anyone else's, as for one that does not exist."""
    with own_file(user):
        job = _of(user).filter(pk=job_id).first()
    if job is None:
        raise Http404
    return job


def stop(user: User, job_id: UUID) -> Job:
    job = get(user, job_id)
    with own_file(user):
        jobs.stop(job)
        trail.record("records.copy_stopped", **_about(job))
    return job


def withdraw(plan_id: UUID, member_id: UUID) -> None:
    """Of a file that is open: copies from before something in it was found sensitive."""
    # They are the member's own jobs, which nobody else sees.
    with context.seeing_all():
        for job in Job.objects.filter(plan_id=plan_id, member_id=member_id, kind=KIND):
            jobs.stop(job)


def size_of(user: User, job: Job) -> int:
    with own_file(user):
        files = _files_of(job)
    return files[-1].size if files and job.now == JobState.DONE else 0


def take(user: User, job: Job) -> Download:
    """Raises Http404 where there is nothing to take, or not any more."""
    with own_file(user):
        files = _files_of(job) if job.now == JobState.DONE else []
        if not files:
            raise Http404
        body = sealed.read(files[-1], up_to=LARGEST)
        trail.record("records.copy_taken", **_about(job))
    return Download(f"records-{timezone.localdate(job.asked_at)}.zip", ZIP, body)


@contextmanager
def acting(job: Job) -> Iterator[User]:
    try:
        with acting_for(job.owner_id, job.plan_id, "task:run_jobs") as user:
            if user.member_id != job.member_id:
                raise kinds.Refused("not_allowed")
            yield user
    except PermissionDenied:
        raise kinds.Refused("not_allowed") from None
    except KeyDestroyed:
        raise kinds.Refused("destroyed") from None


def step(job: Job, user: User) -> bool:
    """Some records; after the last one some of each part that other apps have; then the whole."""
    if not job.cursor:
        job.total = sum(record_parts[name].count(user, job.member_id) for name in _others())
    if not job.cursor.startswith(OTHER) and _copy_records(job, user):
        return False
    name, _slash, after = job.cursor.removeprefix(OTHER).partition(OTHER)
    names = sorted(_others())
    for other in names[names.index(name) if name in names else 0 :]:
        if _copy_other(job, user, other, after if other == name else ""):
            return False
    with own_file(user) as file:
        job.total = job.done
        _pack(job, user, some_left_out=file.tells_of_more())
    return True


def _copy_records(job: Job, user: User) -> bool:
    with own_file(user) as file:
        rows = file.rows()
        if not job.cursor:
            job.total += rows.count()
        batch = list(_after(rows, job.cursor).order_by("kind", "pk")[:AT_ONCE])
        if batch:
            _write_part(job, user, batch)
            _move_on(job, len(batch), f"{batch[-1].kind}:{batch[-1].pk}")
    return bool(batch)


def _others() -> dict[str, InCopy]:
    parts = record_parts.items()
    return {name: part.in_copy for name, part in parts if part.in_copy}


def _copy_other(job: Job, user: User, name: str, after: str) -> bool:
    shape = _others()[name]
    entries = shape.some(user, job.member_id, after)
    if not entries:
        return False
    with own_file(user):
        holder = own_member(user).record_holder_id
        for entry in entries:
            _put_files(job, holder, entry)
        lines = (json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in entries)
        _write(job, holder, NDJSON, lines, f"{shape.name}.ndjson")
        _write(job, holder, HTML, [shape.shown(entries, not after).encode()])
        _move_on(job, len(entries), f"{OTHER}{name}{OTHER}{entries[-1]['id']}")
    return True


def _put_files(job: Job, holder: UUID, entry: dict[str, Any]) -> None:
    for number, file in enumerate(entry.get("files", []), 1):
        if "data" in file:
            ending = ENDINGS.get(file["type"], "bin")
            file["path"] = f"files/{entry['id'][-12:]}-{number}.{ending}"
            _write(job, holder, "application/octet-stream", [file.pop("data")], file["path"])


def _move_on(job: Job, count: int, cursor: str) -> None:
    job.done += count
    job.total = max(job.total, job.done)
    job.cursor = cursor
    trail.record("records.copied", **_about(job), facts={"count": count})


def _after(rows: QuerySet[RecordItem], cursor: str) -> QuerySet[RecordItem]:
    if not cursor:
        return rows
    kind, _colon, last = cursor.partition(":")
    return rows.filter(Q(kind__gt=kind) | Q(kind=kind, pk__gt=last))


def _write_part(job: Job, user: User, batch: list[RecordItem]) -> None:
    holder = batch[0].record_holder_id
    shown = [_shown(user, item) for item in batch]
    for item in batch:
        for one in access.attached_to(item):
            if (body := attachments.content(one)) is not None:
                name = _file_name(item, one.number, one.ending)
                _write(job, holder, "application/octet-stream", [body], name)
    lines = (exact.dumps(one.resource).encode() + b"\n" for one in shown)
    _write(job, holder, NDJSON, lines)
    words = {"groups": _grouped(shown, job.cursor.partition(":")[0])}
    _write(job, holder, HTML, [render_to_string("phi_records/copy_part.html", words).encode()])


@dataclass(frozen=True)
class Shown:
    kind: str
    resource: dict[str, Any]
    summary: Any
    sections: list[Any]
    feed: str
    received_at: Any
    files: list[tuple[str, str]]


def _shown(user: User, item: RecordItem) -> Shown:
    resource = access.resource_of(item)
    related = access.related(user, item, references.references_in(resource))
    files = [
        (one.title, _file_name(item, one.number, one.ending)) for one in access.attached_to(item)
    ]
    return Shown(
        item.kind,
        resource,
        summarise(*access.with_medicines(user, [(item, resource)])),
        describe(resource, related.get),
        item.feed,
        item.received_at,
        files,
    )


def _grouped(shown: list[Shown], before: str) -> list[dict[str, Any]]:
    """By kind, which is their order. The heading of one that goes on was in the part before."""
    groups: list[dict[str, Any]] = []
    for one in shown:
        if not groups or groups[-1]["kind"] != one.kind:
            heading = "" if one.kind == before else BY_SLUG[one.kind].title
            groups.append({"kind": one.kind, "heading": heading, "items": []})
        groups[-1]["items"].append(one)
    return groups


def _file_name(item: RecordItem, number: int, ending: str) -> str:
    return f"files/{item.pk.hex[-12:]}-{number}.{ending}"


def _pack(job: Job, user: User, *, some_left_out: bool) -> None:
    member = own_member(user)
    parts = _files_of(job)
    words = {
        "name": member.full_name,
        "plan": user.plan,
        "asked_at": job.asked_at,
        "demo": settings.DEMO,
        "some_left_out": some_left_out,
        "body": BODY,
    }
    before, after = render_to_string("phi_records/copy.html", words).split(BODY)
    html = [one for one in parts if one.content_type == HTML]
    data = [one for one in parts if one.content_type == NDJSON and not one.original_name]
    # Of a member without messages too, since the page names it.
    named = {f"{shape.name}.ndjson": list[SealedFile]() for shape in _others().values()}
    entries: list[tuple[str, Iterable[bytes]]] = [
        ("records.html", joined(html, before.encode(), after.encode())),
        ("records.ndjson", joined(data)),
        *((name, joined(pieces)) for name, pieces in (named | by_name(parts)).items()),
    ]
    made = _write(job, member.record_holder_id, ZIP, zipped(entries))
    if made.size > LARGEST:
        raise kinds.Refused("too_large")
    for part in parts:
        sealed.remove(part)


def _write(
    job: Job, holder_id: UUID, content_type: str, source: Iterable[bytes], name: str = ""
) -> SealedFile:
    return sealed.write(
        plan_id=job.plan_id,
        member_id=job.member_id,
        holder_id=holder_id,
        about_id=job.pk,
        content_type=content_type,
        source=source,
        original_name=name,
    )


def _files_of(job: Job) -> list[SealedFile]:
    return sealed.of_row(plan_id=job.plan_id, member_id=job.member_id, about_id=job.pk)


def _of(user: User) -> QuerySet[Job]:
    return Job.objects.filter(plan_id=user.plan_id, owner_id=user.pk, kind=KIND)


def _about(job: Job) -> dict[str, Any]:
    return {"member_id": job.member_id, "object_kind": "job", "object_id": job.pk}
