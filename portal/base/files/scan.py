"""Files that people uploaded wait here until the virus scanner has looked at them."""

from collections.abc import Collection
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from portal.base import context, registry, waking
from portal.base.audit import trail
from portal.base.crypto.errors import KeyDestroyed, SealBroken
from portal.base.files import clamd, sealed
from portal.base.files.models import FileCheck, Scan, SealedFile
from portal.base.logs import log
from portal.base.registry import Alarm

CLIENT = "task:scan_files"
AT_ONCE = 100


def is_there() -> bool:
    """Whether uploads can ever be opened: one looks at them, or a demo says that none does."""
    return bool(settings.CLAMD_URL) or settings.DEMO


def may_open(check: FileCheck | None) -> bool:
    """A demo without a scanner gives out what nobody looked at, and says so on the page."""
    if check is None or check.state == Scan.CLEAN:
        return True
    return check.state == Scan.WAITING and settings.DEMO and not settings.CLAMD_URL


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
    """Look at what waits, oldest first, for about so long; how many were looked at."""
    if not settings.CLAMD_URL:
        return 0
    until, count = monotonic() + seconds, 0
    with context.system(CLIENT):
        waiting = FileCheck.objects.filter(state=Scan.WAITING).order_by("uploaded_at")
        rows = list(waiting.values_list("pk", "plan_id", "member_id")[:AT_ONCE])
    for file_id, plan_id, member_id in rows:
        if monotonic() > until:
            break
        try:
            count += _scan(file_id, plan_id, member_id)
        except clamd.Away:
            log.warning("scanner_away", task="scan_files")
            break
    return count


def _scan(file_id: UUID, plan_id: UUID, member_id: UUID) -> bool:
    """False where another worker is at it."""
    with context.system(CLIENT, plan_id), transaction.atomic(), context.about_member(member_id):
        rows = FileCheck.objects.select_for_update(skip_locked=True)
        check = rows.filter(pk=file_id, state=Scan.WAITING).first()
        if check is None:
            return False
        check.state, check.virus = _look(file_id)
        check.scanned_at = timezone.now()
        check.save(update_fields=["state", "virus", "scanned_at"])
        if check.state != Scan.CLEAN:
            trail.record(
                "file.stopped",
                member_id=member_id,
                object_kind="file",
                object_id=file_id,
                facts={"reason_code": check.state},
                purpose="running_the_portal",
                basis="security",
            )
        if check.state == Scan.INFECTED:
            alarm = Alarm("virus", plan_id, check.uploaded_by)
            transaction.on_commit(lambda: registry.raise_alarm(alarm))
    return True


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
