"""What `doctor` looks at. Each check answers what is wrong and what to do, or nothing."""

import os
import shutil
import smtplib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import redis
from celery import current_app
from cryptography import x509
from django.conf import settings
from django.core import checks as django_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import get_connection
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from kombu.exceptions import OperationalError

from portal.base import context
from portal.base.audit import seals
from portal.base.audit.state import trail_state
from portal.base.crypto import ring
from portal.base.crypto.errors import SealBroken
from portal.base.crypto.models import KeyHolder
from portal.base.outbox.models import Mail, MailState
from portal.base.standing import done, read_only

Check = Callable[[], Iterator[str]]
CLIENT = "command:doctor"
# Beat asks for work every five seconds; one that was busy with a large batch may be late.
SILENT = timedelta(minutes=2)
MAIL_WAITS = timedelta(minutes=15)
BACKUP_AGE = timedelta(hours=26)
RESTORE_AGE = timedelta(days=92)
DAY = timedelta(days=1)
CERTIFICATE_LEFT = 21 * DAY
ROOM = 2 * 2**30
ROOM_SHARE = 0.05
SKEW = 5.0
# Whether browsers ship the domain in their list of HTTPS sites is for its owner to decide.
NOT_ASKED = {"security.W021"}


def wrong() -> Iterator[str]:
    """All that is wrong. Without a database most of it can't be known, and that is said once."""
    yield from outside()
    try:
        connection.ensure_connection()
    except ImproperlyConfigured as unsafe:
        yield str(unsafe)
        return
    except DatabaseError:
        yield (
            "The database doesn't answer: look whether it runs, and at DATABASE_URL. What stands "
            "in it was not looked at."
        )
        return
    if unapplied := _unapplied():
        yield (
            f"{unapplied} migrations are not applied: stop web and worker, then run "
            "`manage.py migrate --database owner`. What stands in the database was not looked at."
        )
        return
    with context.system(CLIENT):
        for check in IN_DATABASE:
            yield from check()


def outside() -> Iterator[str]:
    for check in OUTSIDE:
        yield from check()


def unsafe_settings() -> Iterator[str]:
    if settings.DEMO:
        return
    for found in django_checks.run_checks(include_deployment_checks=True):
        known = found.is_silenced() or found.id in NOT_ASKED
        if found.level >= django_checks.WARNING and not known:
            yield f"Settings: {' '.join(found.msg.split())} ({found.id})"


def broker() -> Iterator[str]:
    if not settings.REDIS_URL:
        yield "REDIS_URL is not set: no mail goes out and nothing is sealed."
        return
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
    try:
        client.ping()
    except redis.RedisError:
        yield "Valkey doesn't answer: look whether it runs, and at REDIS_URL. Mail and seals wait."
    finally:
        client.close()


def mail_server() -> Iterator[str]:
    post = get_connection(timeout=5)
    try:
        # Greeting, EHLO, STARTTLS and sign-in, as far as EMAIL_URL asks for them.
        post.open()
    except (smtplib.SMTPException, OSError) as error:
        yield (
            f"The mail server {settings.EMAIL_HOST}:{settings.EMAIL_PORT} doesn't take us "
            f"({type(error).__name__}): look whether it runs, and at EMAIL_URL. Mail waits."
        )
    finally:
        post.close()


def room() -> Iterator[str]:
    for name in ("FILES_ROOT", "LOG_ANCHOR_PATH"):
        place = _existing(Path(getattr(settings, name)))
        disk = shutil.disk_usage(place)
        if disk.free < min(ROOM, disk.total * ROOM_SHARE):
            yield f"The disk of {place} ({name}) has {disk.free / 2**20:,.0f} MB left: free some."


def files_folder() -> Iterator[str]:
    place = Path(settings.FILES_ROOT)
    if not os.access(_existing(place), os.R_OK | os.W_OK | os.X_OK):
        yield f"{place} (FILES_ROOT) can't be read and written: give its folder to this user."


def second_place() -> Iterator[str]:
    place = Path(settings.LOG_ANCHOR_PATH)
    if not os.access(_existing(place), os.W_OK):
        yield f"{place} (LOG_ANCHOR_PATH) can't be written: nothing can be sealed."


def certificate() -> Iterator[str]:
    if not settings.CERTIFICATE_PATH:
        return
    try:
        read = x509.load_pem_x509_certificate(Path(settings.CERTIFICATE_PATH).read_bytes())
    except (OSError, ValueError):
        yield f"{settings.CERTIFICATE_PATH} (CERTIFICATE_PATH) is no certificate that can be read."
        return
    left = read.not_valid_after_utc - datetime.now(UTC)
    if left < CERTIFICATE_LEFT:
        ended = left < timedelta(0)
        when = f"ended {-left // DAY} days ago" if ended else f"ends in {left // DAY} days"
        yield f"The certificate {settings.CERTIFICATE_PATH} {when}: renew it."


def clock() -> Iterator[str]:
    with connection.cursor() as cursor:
        before = time.time()
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
        between = (before + time.time()) / 2
        ahead = between - float(cursor.fetchone()[0])
    if abs(ahead) > SKEW:
        yield (
            f"The clock here is {abs(ahead):,.0f} s {'ahead of' if ahead > 0 else 'behind'} the "
            "database's: let both follow a time server. Codes and sessions depend on it."
        )


def the_trail() -> Iterator[str]:
    state = trail_state()
    if not state["next_partition"]:
        yield "The trail has no place for next year: run `manage.py migrate --database owner`."
    if state["sealing"] == "restored":
        yield "The database was restored or promoted: run `manage.py raise_log_epoch`."
    if state["sealing"] == "refused":
        yield str(state["reason"])
    if state["sealing"] == "late":
        minutes = seals.LATE.seconds // 60
        yield f"The trail has not been sealed for {minutes} minutes: look at worker and beat."


def scheduled_work() -> Iterator[str]:
    last = done.times().get(done.SCHEDULED)
    if last and timezone.now() - last < SILENT:
        return
    when = f"since {last:%Y-%m-%d %H:%M} UTC" if last else "yet"
    if _worker_answers():
        yield f"Beat has asked for no work {when}, and the worker is there: start beat."
    else:
        yield f"No scheduled work was done {when}, and no worker answers: start worker and beat."


def waiting_mail() -> Iterator[str]:
    due = Mail.objects.filter(
        state__in=[MailState.WAITING, MailState.SENDING],
        created_at__lt=timezone.now() - MAIL_WAITS,
    )
    if count := due.count():
        many = "1 mail waits" if count == 1 else f"{count} mails wait"
        yield (
            f"{many} for more than {MAIL_WAITS.seconds // 60} minutes: look at the mail server, "
            "worker and beat."
        )


def key_ring() -> Iterator[str]:
    held = KeyHolder.objects.filter(wrapped__isnull=False)
    for name in held.values_list("ring_key_id", flat=True).distinct():
        holder = held.filter(ring_key_id=name).first()
        try:
            if holder and holder.wrapped:
                ring.unwrap(holder.pk, name, bytes(holder.wrapped))
        except (ImproperlyConfigured, SealBroken) as error:
            yield str(error)


def backups() -> Iterator[str]:
    if settings.DEMO:
        return
    times, now = done.times(), timezone.now()
    made, tried = times.get(done.BACKUP), times.get(done.RESTORE)
    if made is None:
        yield "There was never a backup: run `manage.py backup FOLDER`, daily."
    elif now - made > BACKUP_AGE:
        yield f"The last backup is of {made:%Y-%m-%d %H:%M} UTC: run `manage.py backup FOLDER`."
    if made and (tried is None or now - tried > RESTORE_AGE):
        when = f"since {tried:%Y-%m-%d}" if tried else "ever"
        yield (
            f"No backup was put back {when}: run `manage.py restore` on an empty instance, the "
            "only check of a backup."
        )


def still_read_only() -> Iterator[str]:
    state = read_only.state()
    if state and state.until and state.until < timezone.now():
        yield (
            f"Read-only mode was to end at {state.until:%Y-%m-%d %H:%M} UTC, and people still "
            "can't write: run `manage.py read_only off`, or `on` with another time."
        )


OUTSIDE: list[Check] = [
    unsafe_settings, broker, mail_server, room, files_folder, second_place, certificate,
]  # fmt: skip
IN_DATABASE: list[Check] = [
    clock, the_trail, scheduled_work, waiting_mail, key_ring, backups, still_read_only,
]  # fmt: skip


def _unapplied() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _worker_answers() -> bool:
    try:
        return bool(current_app.control.ping(timeout=2))
    except (OSError, redis.RedisError, OperationalError):
        return False


def _existing(place: Path) -> Path:
    """The place, or the nearest folder above it that is there."""
    return next(path for path in (place, *place.absolute().parents) if path.exists())
