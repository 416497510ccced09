"""Letters as pages show them."""

from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from accounts.access import users_of_plan
from accounts.models import Member, User
from disclosures.entries import labelled
from disclosures.letter_forms import REASONS
from portal.base.clock.shown import moment
from portal.base.crypto.errors import KeyDestroyed
from portal.base.crypto.shown import destroyed, shown
from portal.base.letters import queue
from portal.base.letters.kinds import Need, kind_of
from portal.base.letters.models import Letter, LetterState, Reason

Shown = dict[str, Any]
VIEWS: dict[LetterState, Promise] = {
    LetterState.WAITING: gettext_lazy("To print"),
    LetterState.PRINTED: gettext_lazy("Printed"),
    LetterState.MAILED: gettext_lazy("Mailed"),
    LetterState.RETURNED: gettext_lazy("Returned"),
}
CHIPS: dict[str, tuple[str, Promise]] = {
    LetterState.WAITING: ("wait", gettext_lazy("Waits to be printed")),
    LetterState.PRINTED: ("due", gettext_lazy("Waits to be mailed")),
    LetterState.MAILED: ("good", gettext_lazy("On its way")),
    LetterState.RETURNED: ("bad", gettext_lazy("Came back")),
}


def views(now: LetterState, counts: dict[str, int]) -> list[Shown]:
    return [
        {
            "label": label,
            "count": counts.get(state, 0),
            "href": f"{reverse('disclosures:letter-queue')}?state={state.value}",
            "current": state is now,
        }
        for state, label in VIEWS.items()
    ]


def row(letter: Letter, member: Member | None, needs: list[Need]) -> Shown:
    return {
        "id": letter.pk,
        "name": _name(letter, member),
        "address": _address(letter)[1:],
        "number": letter.number,
        "kind": kind_of(letter).label,
        "language": str(get_language_info(letter.language)["name_translated"]),
        "since": _since(letter),
        "by_hand": letter.by_hand and letter.state == LetterState.PRINTED,
        "needs": [need_text(need) for need in needs],
        "replaced": bool(_replacement(letter)),
    }


def need_text(need: Need) -> str:
    words = {"what": need.label, "law": need.citation, "remedy": need.remedy}
    if need.citation:
        return _("Missing: %(what)s (%(law)s). %(remedy)s") % words
    return _("Missing: %(what)s. %(remedy)s") % words


def _since(letter: Letter) -> str:
    """What the person who works in this state looks for."""
    if letter.returned_on:
        words = {"day": day(letter.returned_on), "why": reason(letter)}
        return _("Came back %(day)s: %(why)s") % words
    if letter.mailed_on:
        return _("Mailed %(day)s") % {"day": day(letter.mailed_on)}
    if letter.printed_at:
        return _("Printed %(when)s") % {"when": moment(letter.printed_at)}
    return _("Written %(when)s") % {"when": moment(letter.created_at)}


def detail(user: User, letter: Letter, member: Member | None) -> Shown:
    people = users_of_plan(
        user.plan_id,
        {who for who in (letter.printed_by, letter.mailed_by, letter.returned_by) if who},
    )

    def by(who: Any) -> str:
        return shown(people[who], "display_name") if who in people else ""

    replacement = _replacement(letter)
    lines = [
        (_("Written on"), moment(letter.created_at)),
        (_("Printed on"), _told(moment(letter.printed_at), by(letter.printed_by))),
        (_("Mailed on"), _told(day(letter.mailed_on), by(letter.mailed_by))),
        (_("Came back on"), _told(day(letter.returned_on), by(letter.returned_by))),
        (_("Why it came back"), reason(letter)),
        (_("Language"), get_language_info(letter.language)["name_translated"]),
        (_("Sent in place of"), letter.replaces.number if letter.replaces else ""),
        (_("Replaced by"), replacement.number if replacement else ""),
    ]
    return {
        "id": letter.pk,
        "name": _name(letter, member),
        "kind": kind_of(letter).label,
        "number": letter.number,
        "address": _address(letter),
        "facts": labelled(lines),
        "chip": dict(zip(("tone", "text"), CHIPS[letter.state], strict=True)),
        "by_hand": letter.by_hand and letter.state == LetterState.PRINTED,
        "is_printed": letter.state != LetterState.WAITING,
        "state": letter.state,
        "can_replace": letter.state in queue.REPLACEABLE and replacement is None,
    }


def day(on: date | None) -> str:
    return date_format(on, "DATE_FORMAT") if on else ""


def reason(letter: Letter) -> str:
    return str(dict(REASONS)[Reason(letter.returned_reason)]) if letter.returned_reason else ""


def _told(when: str, who: str) -> str:
    return _("%(when)s, by %(who)s") % {"when": when, "who": who} if when and who else when


def _name(letter: Letter, member: Member | None) -> str:
    """As on the paper; of a letter without an address, of whom it is about."""
    lines = _address(letter)
    return lines[0] if lines else member.full_name if member else ""


def _address(letter: Letter) -> list[str]:
    try:
        return str(letter.address).splitlines()
    except KeyDestroyed as gone:
        return [destroyed(gone)]


def _replacement(letter: Letter) -> Letter | None:
    return getattr(letter, "replacement", None)
