"""Files that people uploaded wait here until the virus scanner has looked at them."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from portal.base import context, registry, waking
from portal.base.audit import trail
from portal.base.crypto.errors import KeyDestroyed, SealBroken
from portal.base.files import clamd, sealed
from portal.base.files.models import FileCheck, Scan, SealedFile
from portal.base.logs import log
from portal.base.registry import Alarm, Scanned

CLIENT = "task:scan_files"
AT_ONCE = 100
MOST_TRIES = 5


def is_there() -> bool:
    """Whether uploads can ever be opened: one looks at them, or a demo says that none does."""
    return bool(settings.CLAMD_URL) or settings.DEMO


def may_open(check: FileCheck | None) -> bool:
    """A demo without a scanner gives out what nobody looked at, and says so on the page.

    Of an upload: one without a row was never asked about, and stays shut.
    """
    if check is None:
        return False
    if check.state == Scan.CLEAN:
        return True
    return check.state == Scan.WAITING and settings.DEMO and not settings.CLAMD_URL


def stopped(check: FileCheck | None) -> bool:
    """Whether nobody will ever open it."""
    return check is None or check.state in {Scan.INFECTED, Scan.UNREADABLE}


def ask(file: SealedFile, by: UUID) -> None:
    """In the transaction that keeps the file."""
    FileCheck.objects.create(
        file_id=file.pk, plan_id=file.plan_id, member_id=file.member_id, uploaded_by=by
    )
    transaction.on_commit(_wake, robust=True)


def checks_of(ids: Collection[UUID]) -> dict[UUID, FileCheck]:
    """Inside the member's file."""
    return {one.pk: one for one in FileCheck.objects.filter(pk__in=ids)}


def sweep(seconds: float) -> int:
    """Look at what waits for about so long; how many were looked at.

    Oldest first, and what the scanner broke off at after all others.
    """
    if not settings.CLAMD_URL:
        return 0
    until, count = monotonic() + seconds, 0
    with context.system(CLIENT):
        waiting = FileCheck.objects.filter(state=Scan.WAITING)
        in_order = waiting.order_by(F("tried_at").asc(nulls_first=True), "uploaded_at")
        rows = list(in_order.values_list("pk", "plan_id", "member_id")[:AT_ONCE])
    for file_id, plan_id, member_id in rows:
        if monotonic() > until:
            break
        try:
            count += _scan(file_id, plan_id, member_id)
        except clamd.Away:
            if not _put_back(file_id, plan_id, member_id):
                log.warning("scanner_away", task="scan_files")
                break
    return count


def _scan(file_id: UUID, plan_id: UUID, member_id: UUID) -> bool:
    """False where another worker is at it."""
    with _held(file_id, plan_id, member_id) as check:
        if check is None:
            return False
        _settle(check, *_look(file_id))
    return True


def _put_back(file_id: UUID, plan_id: UUID, member_id: UUID) -> bool:
    """Whether the scanner answers, so that the file is at fault. In the end it is given up."""
    answers = clamd.answers()
    with _held(file_id, plan_id, member_id) as check:
        if check is None:
            return answers
        check.tries += answers
        check.tried_at = timezone.now()
        check.save(update_fields=["tries", "tried_at"])
        if check.tries >= MOST_TRIES:
            _settle(check, Scan.UNREADABLE)
    return answers


@contextmanager
def _held(file_id: UUID, plan_id: UUID, member_id: UUID) -> Iterator[FileCheck | None]:
    """What waits, inside its member's file, and for no other worker. None where one has it."""
    with context.system(CLIENT, plan_id), transaction.atomic(), context.about_member(member_id):
        rows = FileCheck.objects.select_for_update(skip_locked=True)
        yield rows.filter(pk=file_id, state=Scan.WAITING).first()


def _settle(check: FileCheck, state: Scan, virus: str = "") -> None:
    now = timezone.now()
    check.state, check.virus, check.scanned_at = state, virus, now
    check.save(update_fields=["state", "virus", "scanned_at"])
    if file := sealed.hold(check.pk):
        waited = now - check.uploaded_at
        registry.scan_ended(Scanned(file.about_id, stopped(check), waited))
    if state != Scan.CLEAN:
        trail.record(
            "file.stopped",
            member_id=check.member_id,
            object_kind="file",
            object_id=check.pk,
            facts={"reason_code": state},
            purpose="running_the_portal",
            basis="security",
        )
    if state == Scan.INFECTED:
        alarm = Alarm("virus", check.plan_id, check.uploaded_by)
        transaction.on_commit(lambda: registry.raise_alarm(alarm))


def _look(file_id: UUID) -> tuple[Scan, str]:
    file = sealed.find(file_id)
    try:
        virus = clamd.scan(sealed.iter_plain(file)) if file else ""
    except (clamd.Refused, SealBroken, KeyDestroyed):
        return Scan.UNREADABLE, ""
    return (Scan.INFECTED, virus[:200]) if virus else (Scan.CLEAN, "")


def _wake() -> None:
    from portal.base.tasks import scan_files

    waking.wake(scan_files)
