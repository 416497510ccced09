"""What is looked at without the database: settings, other servers, folders, the certificate."""

import os
import smtplib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core import checks as django_checks
from django.core.mail import get_connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.base.files import clamd
from portal.base.health import figures, proof
from portal.base.health.found import Check, Found, Level

DAY = timedelta(days=1)
CERTIFICATE_LEFT, CERTIFICATE_URGENT = 21 * DAY, 7 * DAY
ROOM = 2 * 2**30
ROOM_SHARE = 0.05
# Whether browsers ship the domain in their list of HTTPS sites is for its owner to decide.
NOT_ASKED = {"security.W021"}


def unsafe_settings() -> Iterator[Found]:
    if settings.DEMO:
        return
    for found in django_checks.run_checks(include_deployment_checks=True):
        known = found.is_silenced() or found.id in NOT_ASKED
        if found.level >= django_checks.WARNING and not known:
            yield Found(f"Settings: {' '.join(found.msg.split())} ({found.id})")


def broker() -> Iterator[Found]:
    if not settings.REDIS_URL:
        yield Found(_("REDIS_URL is not set: no mail goes out and nothing is sealed."))
    elif error := figures.broker_error():
        yield Found(
            proof.trouble("Valkey", "REDIS_URL", error)
            or _(
                "Valkey doesn't answer: look whether it runs, and at REDIS_URL. Mail and seals "
                "wait."
            )
        )


def mail_server() -> Iterator[Found]:
    post = get_connection(timeout=5)
    try:
        # Greeting, EHLO, STARTTLS and sign-in, as far as EMAIL_URL asks for them.
        post.open()
    except (smtplib.SMTPException, OSError) as error:
        yield Found(
            f"The mail server {settings.EMAIL_HOST}:{settings.EMAIL_PORT} doesn't take us "
            f"({type(error).__name__}): look whether it runs, and at EMAIL_URL. Mail waits."
        )
    finally:
        post.close()


def scanner() -> Iterator[Found]:
    if settings.CLAMD_URL:
        try:
            clamd.ping()
        except clamd.Away:
            yield Found(
                _("The virus scanner doesn't answer: look at clamd, and at CLAMD_URL. Files wait.")
            )
    elif not settings.DEMO:
        yield Found(_("CLAMD_URL is not set: nobody can add a file to a message."), Level.LOOK)


def nobody_told() -> Iterator[Found]:
    if not settings.DEMO and not settings.OPERATOR_EMAIL:
        yield Found(_("OPERATOR_EMAIL is not set: nobody is told when a unit fails."), Level.LOOK)


def room() -> Iterator[Found]:
    for name in figures.FOLDERS:
        disk = figures.disk(name)
        if disk and disk.free < min(ROOM, disk.total * ROOM_SHARE):
            says = _("The disk of %(place)s (%(name)s) has %(free)s MB left: free some.")
            left = f"{disk.free / 2**20:,.0f}"
            yield Found(says % {"place": disk.place, "name": name, "free": left})


def files_folder() -> Iterator[Found]:
    place = Path(settings.FILES_ROOT)
    there = figures.existing(place)
    if there is None or not os.access(there, os.R_OK | os.W_OK | os.X_OK):
        says = _("%(place)s (FILES_ROOT) can't be read and written: give its folder to this user.")
        yield Found(says % {"place": place})


def second_place() -> Iterator[Found]:
    place = Path(settings.LOG_ANCHOR_PATH)
    there = figures.existing(place)
    if there is None or not os.access(there, os.W_OK):
        yield Found(f"{place} (LOG_ANCHOR_PATH) can't be written: nothing can be sealed.")


def certificate() -> Iterator[Found]:
    path = {"path": settings.CERTIFICATE_PATH}
    try:
        ends = figures.certificate_ends()
    except (OSError, ValueError):
        says = _("%(path)s (CERTIFICATE_PATH) is no certificate that can be read.")
        yield Found(says % path)
        return
    left = ends - datetime.now(UTC) if ends else CERTIFICATE_LEFT
    if left >= CERTIFICATE_LEFT:
        return
    ended = left < timedelta(0)
    days = abs(left) // DAY
    says = (
        ngettext(
            "The certificate %(path)s ended %(count)d day ago: renew it.",
            "The certificate %(path)s ended %(count)d days ago: renew it.",
            days,
        )
        if ended
        else ngettext(
            "The certificate %(path)s ends in %(count)d day: renew it.",
            "The certificate %(path)s ends in %(count)d days: renew it.",
            days,
        )
    )
    level = Level.WRONG if left < CERTIFICATE_URGENT else Level.LOOK
    yield Found(says % {**path, "count": days}, level)


OUTSIDE: list[Check] = [
    unsafe_settings, broker, mail_server, scanner, nobody_told, room, files_folder, second_place,
    certificate,
]  # fmt: skip
