"""What is measured: for `doctor`, the operators' page, the members' page and the metrics alike."""

import shutil
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import redis
from cryptography import x509
from django.conf import settings
from django.db.models import Count, Min, QuerySet

from portal.base.files.models import FileCheck, Scan
from portal.base.outbox.models import Mail, MailState

ON_THE_WAY = (MailState.WAITING, MailState.SENDING)
FOLDERS = ("FILES_ROOT", "LOG_ANCHOR_PATH")


class Disk(NamedTuple):
    place: Path
    free: int
    total: int


def waiting_mail(plan_id: UUID | None = None) -> QuerySet[Mail]:
    """Of this plan, or of all. Under a system context, as all that reads the queue here."""
    waits = Mail.objects.filter(state__in=ON_THE_WAY)
    return waits.filter(plan_id=plan_id) if plan_id else waits


def mail_counts() -> dict[str, int]:
    """How many are in each state; those that went out are not counted."""
    rows = Mail.objects.exclude(state=MailState.SENT).values("state").annotate(count=Count("pk"))
    return {row["state"]: row["count"] for row in rows.order_by("state")}


def mail_waits_since(plan_id: UUID | None = None) -> datetime | None:
    return _oldest(waiting_mail(plan_id))


def mail_untried_since(plan_id: UUID | None = None) -> datetime | None:
    """Of mail that reached no server yet: a mailbox that is full for weeks says nothing of us."""
    return _oldest(waiting_mail(plan_id).filter(attempts=0))


def unscanned() -> QuerySet[FileCheck]:
    """Files that the virus scanner has not looked at yet."""
    return FileCheck.objects.filter(state=Scan.WAITING)


def unscanned_since() -> datetime | None:
    found: datetime | None = unscanned().aggregate(oldest=Min("uploaded_at"))["oldest"]
    return found


def disk(name: str) -> Disk | None:
    """The disk of the folder that this setting names, where this process may look at it."""
    place = existing(Path(getattr(settings, name)))
    if place is None:
        return None
    found = shutil.disk_usage(place)
    return Disk(place, found.free, found.total)


def existing(place: Path) -> Path | None:
    """The place, or the nearest folder above it that is there. None where this process may not
    look, as web may not at the second place of the trail."""
    try:
        return next(path for path in (place, *place.absolute().parents) if path.exists())
    except PermissionError:
        return None


def certificate_ends() -> datetime | None:
    """None without CERTIFICATE_PATH. Raises OSError or ValueError where no certificate is there."""
    if not settings.CERTIFICATE_PATH:
        return None
    read = x509.load_pem_x509_certificate(Path(settings.CERTIFICATE_PATH).read_bytes())
    return read.not_valid_after_utc


def broker_answers() -> bool:
    return broker_error() is None


def broker_error() -> str | None:
    """Why it does not answer, as the library says it: not for people."""
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
    try:
        client.ping()
    except redis.RedisError as error:
        return f"{type(error).__name__} {error} {error.__context__}"
    finally:
        client.close()
    return None


def _oldest(mails: QuerySet[Mail]) -> datetime | None:
    found: datetime | None = mails.aggregate(oldest=Min("created_at"))["oldest"]
    return found
