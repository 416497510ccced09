"""One letter as its template takes it: data alone, in the language of the person it is for."""

import unicodedata
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal.base.letters.kinds import EVERY_LETTER, Need, Sender, kind_of
from portal.base.letters.models import Letter

Content = dict[str, Any]


def content(letter: Letter, sender: Sender, at: datetime) -> Content:
    kind = kind_of(letter)
    with translation.override(letter.language):
        text = kind.write(letter, sender)
        return {
            "language": letter.language,
            "title": text.title,
            "sender": {"name": sender.name, "address": list(sender.address)},
            "color": sender.color,
            "to": [] if letter.by_hand else lines(letter.address),
            "date": date_format(at.astimezone(ZoneInfo(sender.time_zone)), "LONG_DATE_FORMAT"),
            "blocks": [
                {"heading": one.heading, "text": list(one.text), "steps": one.steps}
                for one in text.blocks
            ],
            "parts": [one.part for one in text.blocks if one.part and any(one.text)],
            "contact": _contact(sender),
            "phone": sender.phone,
            "help": _help(sender),
            "notes": _notes(letter),
        }


def missing(content: Content, letter: Letter) -> list[Need]:
    """What this letter lacks. With any of it, it is not printed."""
    there = set(content["parts"])
    # A name with one line under it is nowhere to bring it.
    there |= {"address"} if len(content["to"]) > 2 else set()
    there |= {"return_address"} if content["sender"]["address"] else set()
    there |= {"phone"} if content["phone"] else set()
    return [need for need in (*EVERY_LETTER, *kind_of(letter).needs) if need.part not in there]


def lines(text: str) -> list[str]:
    """Without signs that can't be seen: some of them turn what follows round."""
    shown = (
        "".join(c for c in line if unicodedata.category(c)[0] != "C") for line in text.splitlines()
    )
    return [" ".join(line.split()) for line in shown if line.strip()]


def _contact(sender: Sender) -> list[str]:
    words = {"phone": sender.phone, "tty": sender.tty, "hours": sender.hours}
    return [_("Questions? Call us at %(phone)s (TTY %(tty)s). %(hours)s") % words]


def _help(sender: Sender) -> list[dict[str, str]]:
    """In each language of the portal, for whoever opens the letter for someone."""
    found = []
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            words = _("Free help in your language, large print or sign language: call %(phone)s.")
            found.append({"language": code, "text": words % {"phone": sender.phone}})
    return found


def _notes(letter: Letter) -> list[str]:
    notes = [_("Letter %(number)s") % {"number": letter.number}]
    if letter.replaces:
        notes.append(_("Sent in place of letter %(number)s") % {"number": letter.replaces.number})
    return notes
