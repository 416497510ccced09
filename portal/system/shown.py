"""The operators' page in words: each part, how it stands, and what to do."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.base.clock.shown import moment
from portal.base.health.figures import ON_THE_WAY
from portal.base.health.found import Level
from portal.base.outbox.models import Mail, MailState
from portal.base.standing import done
from portal.system.access import System

Chip = dict[str, str]
# A mail takes seconds; after this something holds it up.
SECONDS = 120


def table(system: System) -> dict[str, Any]:
    """As components/table.html takes it."""
    heads = [_("Part"), _("State"), _("Now"), _("What to do")]
    return {
        "columns": [{"label": head} for head in heads],
        "rows": [
            {
                "cells": [
                    {"label": heads[0], "text": label},
                    {"label": heads[1], "chip": chip},
                    {"label": heads[2], "text": value(system)},
                    {"label": heads[3], "text": advice},
                ]
            }
            for label, name, value in _parts()
            for chip, advice in [_judged(name, system)]
        ],
    }


def worst(system: System) -> Chip:
    """The page in one chip."""
    found = [_judged(name, system)[0] for _label, name, _value in _parts()]
    return max(found, key=lambda chip: ["off", "good", "due", "bad"].index(chip["tone"]))


def _parts() -> list[tuple[str, str, Callable[[System], str]]]:
    return [
        (_("Email to send"), "mail", _mail),
        (_("Seals of the list of accesses"), "seals", _seals),
        (_("List of accesses, next year"), "partition", _partition),
        (_("Worker and beat"), "work", _of(done.SCHEDULED)),
        (_("Valkey"), "broker", _broker),
        (_("Virus scanner"), "scanner", _scanner),
        (_("Disk of files"), "disk", _disk),
        (_("Certificate"), "certificate", _certificate),
        (_("Last backup"), "backup", _of(done.BACKUP)),
        (_("Last restore test"), "restore", _of(done.RESTORE)),
        (_("Read-only mode"), "read_only", _read_only),
    ]


def _judged(name: str, system: System) -> tuple[Chip, str]:
    found = system.found[name]
    if not found:
        return _well(name, system)
    wrong = any(one.level == Level.WRONG for one in found)
    chip = {"tone": "bad", "text": _("Wrong")} if wrong else {"tone": "due", "text": _("Look")}
    return chip, " ".join(one.says for one in found)


def _well(name: str, system: System) -> tuple[Chip, str]:
    look, off = {"tone": "due", "text": _("Look")}, {"tone": "off", "text": _("Not needed")}
    if name == "read_only" and system.read_only:
        return look, _("When the work is done, run `manage.py read_only off`.")
    if settings.DEMO and name in {"backup", "restore", "certificate"}:
        return off, _("A demo does not need this.")
    if name == "scanner" and not settings.CLAMD_URL:
        return off, _("A demo does not need this.")
    if name == "certificate" and not settings.CERTIFICATE_PATH:
        return look, _("Set CERTIFICATE_PATH, so that its end can be seen here.")
    return {"tone": "good", "text": _("Good")}, _("Nothing.")


def _mail(system: System) -> str:
    waits = sum(system.mail_counts.get(state, 0) for state in ON_THE_WAY)
    if system.mail_since is None:
        return _("None waits.")
    says = ngettext(
        "%(count)d waits since %(when)s.", "%(count)d wait, the oldest since %(when)s.", waits
    )
    return says % {"count": waits, "when": moment(system.mail_since)}


def _scanner(system: System) -> str:
    count = system.unscanned
    return (
        ngettext("%(count)d file waits for it.", "%(count)d files wait for it.", count)
        % {"count": count}
        if count
        else _("No file waits.")
    )


def _seals(system: System) -> str:
    if system.unsealed_since is None:
        return _("All is sealed.")
    seconds = max(0, round((timezone.now() - system.unsealed_since).total_seconds()))
    if seconds < SECONDS:
        says = ngettext(
            "The oldest entry waits for %(count)d second.",
            "The oldest entry waits for %(count)d seconds.",
            seconds,
        )
        return says % {"count": seconds}
    return _("The oldest entry waits since %(when)s.") % {"when": moment(system.unsealed_since)}


def _partition(system: System) -> str:
    return _("Its place is there.") if system.has_next_partition else _("It has no place yet.")


def _of(what: str) -> Callable[[System], str]:
    def at(system: System) -> str:
        return moment(system.done[what]) if what in system.done else _("Never")

    return at


def _broker(system: System) -> str:
    return _("No answer.") if system.found["broker"] else _("It answers.")


def _disk(system: System) -> str:
    if system.disk is None:
        return _("Not known.")
    sizes = {"free": filesizeformat(system.disk.free), "total": filesizeformat(system.disk.total)}
    return _("%(free)s of %(total)s is free.") % sizes


def _certificate(system: System) -> str:
    if system.certificate_ends is None:
        return _("Not known.")
    days = (system.certificate_ends - timezone.now()).days
    if days < 0:
        return _("It ended on %(when)s.") % {"when": moment(system.certificate_ends)}
    says = ngettext(
        "%(count)d day left, until %(when)s.", "%(count)d days left, until %(when)s.", days
    )
    return says % {"count": days, "when": moment(system.certificate_ends)}


def _read_only(system: System) -> str:
    if system.read_only is None:
        return _("Off")
    times = {"since": moment(system.read_only.since)}
    if system.read_only.until is None:
        return _("On since %(since)s.") % times
    times["until"] = moment(system.read_only.until)
    return _("On since %(since)s, planned until %(until)s.") % times


def test_of(mail: Mail | None) -> dict[str, Any] | None:
    """What became of the last test mail: a chip, a sentence, and whether more may come."""
    if mail is None:
        return None
    times = {"when": moment(mail.sent_at or mail.created_at), "code": mail.reply_code}
    if mail.state == MailState.SENT:
        says = _("The mail server took it on %(when)s. Look whether it is in your inbox.")
        return _told("good", _("Went out"), says % times)
    if mail.state == MailState.BOUNCED:
        says = _("The mail server turned your address away for good, with code %(code)s.")
        return _told("bad", _("Turned away"), says % times)
    if mail.state == MailState.FAILED:
        says = _("It was given up. Look whether your account has an address that is right.")
        return _told("bad", _("Given up"), says)
    waits = (timezone.now() - mail.created_at).total_seconds()
    if mail.reply_code:
        says = _("The mail server answered with code %(code)s. It will be tried again.")
        return _told("due", _("Tried in vain"), says % times, again=True)
    if waits > SECONDS:
        says = _("It waits since %(when)s. Look at worker, beat and the mail server.")
        return _told("bad", _("Not out"), says % times, again=True)
    return _told("wait", _("On its way"), _("It takes some seconds."), again=True)


def _told(tone: str, word: str, says: str, *, again: bool = False) -> dict[str, Any]:
    return {"chip": {"tone": tone, "text": word}, "says": says, "again": again}
