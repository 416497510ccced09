"""What works now, in plain words for anyone: signing in and reading, messages, email notices."""

from datetime import datetime
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from portal.base.clock.shown import moment
from portal.base.standing.models import ReadOnly
from portal.system.access import Standing

DOWN = Standing(works=False, mail_goes=False)


def page(standing: Standing, lasted: datetime | None = None) -> dict[str, Any]:
    """As system/status.html takes it. `lasted`: when all was still well, as far as is known."""
    return {
        "lead": _lead(standing),
        "parts": [_reading(standing, lasted), _messages(standing), _notices(standing)],
        "advice": _advice(standing),
        "looked_at": moment(timezone.now()),
    }


def _lead(standing: Standing) -> str:
    if not (standing.works and standing.mail_goes):
        return _("Something does not work as it should.")
    if standing.read_only:
        return _("For now you can only read, while we work on the portal.")
    return _("All parts of the portal work.")


def _reading(standing: Standing, lasted: datetime | None) -> dict[str, Any]:
    name = _("Signing in and reading")
    if standing.works:
        return _part(name, "good", _("You can sign in and read your records and messages."))
    says = [_("You cannot sign in or read right now.")]
    if lasted:
        says.append(_("The last time we know it worked: %(when)s.") % {"when": moment(lasted)})
    return _part(name, "bad", *says)


def _messages(standing: Standing) -> dict[str, Any]:
    name = _("Messages")
    if not standing.works:
        safe = _("What you sent before is safe.")
        return _part(name, "bad", _("You cannot send messages right now."), safe)
    if standing.read_only:
        says = _("You can read messages, but not send or change anything.")
        part = _part(name, "due", says, *_pause(standing.read_only))
        return part | {"chip": {"tone": "due", "text": _("Read only")}}
    return _part(name, "good", _("You can read and send messages."))


def _pause(pause: ReadOnly) -> list[str]:
    """Since when, until when as long as that is ahead, and why."""
    says = [_("This began on %(when)s.") % {"when": moment(pause.since)}]
    if pause.until and pause.until > timezone.now():
        says.append(_("We plan to be done by %(when)s.") % {"when": moment(pause.until)})
    why = pause.why.get(translation.get_language(), "")
    return [*says, why] if why else says


def _notices(standing: Standing) -> dict[str, Any]:
    name = _("Email notices")
    if standing.mail_goes:
        return _part(name, "good", _("We send an email when something new waits for you."))
    says = [_("Our emails come late right now. This also goes for links to choose a password.")]
    if standing.mail_since:
        says.append(_("This began on %(when)s.") % {"when": moment(standing.mail_since)})
    return _part(name, "due", *says)


def _advice(standing: Standing) -> str:
    if not standing.works:
        return _("Try again in a few minutes. If it cannot wait, call us.")
    if standing.read_only:
        return _("Write down what you want to send, and send it later. If it cannot wait, call us.")
    if not standing.mail_goes:
        return _("Do not wait for an email: sign in to see what is new. If you need help, call us.")
    return _("Does it not work for you? Call us, and we help you.")


def _part(name: str, tone: str, *says: str) -> dict[str, Any]:
    words = {"good": _("Works"), "due": _("Late"), "bad": _("Not working")}
    return {"name": name, "chip": {"tone": tone, "text": words[tone]}, "says": list(says)}
