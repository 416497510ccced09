"""What `doctor` looks at: first outside of the database, then in it."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import redis
from celery import current_app
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from kombu.exceptions import OperationalError

from portal.base import context, registry
from portal.base.audit import anchor, seals, state, years
from portal.base.files import sweep
from portal.base.health import figures, keys, proof
from portal.base.health.found import Check, Found, Level
from portal.base.health.outside import OUTSIDE
from portal.base.standing import done, read_only

CLIENT = "command:doctor"
# Beat asks for work every five seconds; one that was busy with a large batch may be late.
SILENT = timedelta(minutes=2)
MAIL_WAITS, MAIL_HELD_UP = timedelta(minutes=15), timedelta(hours=1)
# The scanner is asked twice a minute.
FILES_WAIT = timedelta(minutes=15)
BACKUP_AGE = timedelta(hours=26)
RESTORE_AGE = timedelta(days=92)
SKEW = 5.0


def wrong() -> Iterator[Found]:
    """All that is wrong. Without a database most of it can't be known, and that is said once."""
    yield from outside()
    try:
        connection.ensure_connection()
    except ImproperlyConfigured as unsafe:
        yield Found(str(unsafe))
        return
    except DatabaseError:
        yield Found(
            proof.trouble("The database", "DATABASE_URL", _database_error())
            or "The database doesn't answer: look whether it runs, and at DATABASE_URL. What "
            "stands in it was not looked at."
        )
        return
    if unapplied := _unapplied():
        yield Found(
            f"{unapplied} migrations are not applied: stop web and worker, then run "
            "`manage.py migrate --database owner`. What stands in the database was not looked at."
        )
        return
    with context.system(CLIENT):
        for check in (*IN_DATABASE, *registry.health_checks.values()):
            yield from check()


def outside() -> Iterator[Found]:
    for check in OUTSIDE:
        yield from check()


def clock() -> Iterator[Found]:
    with connection.cursor() as cursor:
        before = time.time()
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
        between = (before + time.time()) / 2
        ahead = between - float(cursor.fetchone()[0])
    if abs(ahead) > SKEW:
        yield Found(
            f"The clock here is {abs(ahead):,.0f} s {'ahead of' if ahead > 0 else 'behind'} the "
            "database's: let both follow a time server. Codes and sessions depend on it."
        )


def next_partition() -> Iterator[Found]:
    if not years.has_next_partition():
        says = _("The trail has no place for next year: run `manage.py migrate --database owner`.")
        yield Found(says)


def sealing() -> Iterator[Found]:
    word, reason = state.sealing()
    if word == "restored":
        says = _("The database was restored or promoted: run `manage.py raise_log_epoch`.")
        yield Found(says)
    if word == "refused":
        yield Found(reason)
    if word == "late":
        says = _("The trail has not been sealed for %(minutes)d minutes: look at worker and beat.")
        yield Found(says % {"minutes": seals.LATE.seconds // 60})


def scheduled_work() -> Iterator[Found]:
    last = done.times().get(done.SCHEDULED)
    if last and timezone.now() - last < SILENT:
        return
    if _worker_answers():
        says = (
            _("Beat asked for its last work on %(when)s, and the worker is there: start beat.")
            if last
            else _("Beat has asked for no work yet, and the worker is there: start beat.")
        )
    else:
        says = (
            _(
                "The last scheduled work was done on %(when)s, and no worker answers: start "
                "worker and beat."
            )
            if last
            else _("No scheduled work was done yet, and no worker answers: start worker and beat.")
        )
    yield Found(says % {"when": _utc(last)} if last else says)


def waiting_mail() -> Iterator[Found]:
    now = timezone.now()
    due = figures.waiting_mail().filter(created_at__lt=now - MAIL_WAITS)
    if not (count := due.count()):
        return
    says = ngettext(
        "%(count)d mail waits for more than %(minutes)d minutes: look at the mail server, worker "
        "and beat.",
        "%(count)d mails wait for more than %(minutes)d minutes: look at the mail server, worker "
        "and beat.",
        count,
    )
    # A mailbox that is full for a day is its owner's trouble; mail that nobody tried is ours.
    untried = figures.mail_untried_since()
    held_up = untried is not None and untried < now - MAIL_HELD_UP
    level = Level.WRONG if held_up else Level.LOOK
    yield Found(says % {"count": count, "minutes": MAIL_WAITS.seconds // 60}, level)


def waiting_files() -> Iterator[Found]:
    """Also while the scanner answers: whether it gets to a file is another question."""
    if settings.DEMO and not settings.CLAMD_URL:
        return
    since = figures.unscanned_since()
    if since is None or timezone.now() - since < FILES_WAIT:
        return
    count = figures.unscanned().count()
    says = ngettext(
        "%(count)d file waits for the virus scanner since %(when)s: look at clamd, worker and "
        "beat. Nobody can open it before.",
        "%(count)d files wait for the virus scanner, the first since %(when)s: look at clamd, "
        "worker and beat. Nobody can open them before.",
        count,
    )
    yield Found(says % {"count": count, "when": _utc(since)})


def backup() -> Iterator[Found]:
    if settings.DEMO:
        return
    made = done.times().get(done.BACKUP)
    if made is None:
        yield Found(_("There was never a backup: run `manage.py backup FOLDER`, daily."))
    elif timezone.now() - made > BACKUP_AGE:
        says = _("The last backup is of %(when)s: run `manage.py backup FOLDER`.")
        yield Found(says % {"when": _utc(made)})


def restore() -> Iterator[Found]:
    """Asked for once there is a backup to put back."""
    times = done.times()
    tried = times.get(done.RESTORE)
    if settings.DEMO or done.BACKUP not in times:
        return
    if tried and timezone.now() - tried <= RESTORE_AGE:
        return
    says = (
        _(
            "No backup was put back since %(day)s: run `manage.py restore` on an empty instance, "
            "the only check of a backup."
        )
        if tried
        else _(
            "No backup was ever put back: run `manage.py restore` on an empty instance, the only "
            "check of a backup."
        )
    )
    yield Found(says % {"day": f"{tried:%Y-%m-%d}"} if tried else says, Level.LOOK)


def still_read_only() -> Iterator[Found]:
    now = read_only.state()
    if now and now.until and now.until < timezone.now():
        says = _(
            "Read-only mode was to end at %(when)s, and people still can't write: run "
            "`manage.py read_only off`, or `on` with another time."
        )
        yield Found(says % {"when": _utc(now.until)})


def lost_disks() -> Iterator[Found]:
    """A disk that is not mounted leaves an empty folder, into which all would go on."""
    if not anchor.reaches_back():
        says = _(
            "%(place)s (LOG_ANCHOR_PATH) lacks seals that the database holds: put the right file "
            "in its place, or mount its disk, and run `manage.py verify_log`."
        )
        yield Found(says % {"place": settings.LOG_ANCHOR_PATH})
    looked, lost = sweep.look_for_some()
    place = {"place": settings.FILES_ROOT}
    if looked and not any(Path(settings.FILES_ROOT).glob("*")):
        says = _("%(place)s (FILES_ROOT) is empty, and the database knows files: mount its disk.")
        yield Found(says % place)
    elif lost:
        says = _(
            "Files that people have, looked for in %(place)s (FILES_ROOT): %(looked)d. Missing: "
            "%(lost)d. Name the right folder, mount its disk, or put them back from a backup "
            "(docs/runbooks/restore.md)."
        )
        yield Found(says % {**place, "looked": looked, "lost": lost})


IN_DATABASE: list[Check] = [
    clock, next_partition, sealing, scheduled_work, waiting_mail, waiting_files, *keys.CHECKS,
    backup, restore, still_read_only, lost_disks,
]  # fmt: skip


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _database_error() -> str:
    """Why it does not answer, as libpq says it: the pool keeps that to itself."""
    there = {**settings.DATABASES["default"]["OPTIONS"], "connect_timeout": 5}
    there.pop("pool", None)
    place = settings.DATABASES["default"]
    try:
        psycopg.connect(host=place["HOST"], port=place["PORT"], dbname=place["NAME"], **there)
    except psycopg.Error as error:
        return str(error)
    return ""


def _unapplied() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _worker_answers() -> bool:
    try:
        return bool(current_app.control.ping(timeout=1))
    except (OSError, redis.RedisError, OperationalError):
        return False
