"""Marks of records as pages show them."""

from collections.abc import Collection
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from consents.effects import Effect
from consents.question import Fact, Purpose, Recipient, Tag
from consents.sensitive import lists
from consents.words import FACTS, PURPOSES, RECIPIENTS, TAGS
from phi_records.fhir.kinds import BY_SLUG
from phi_records.fhir.tags import Way
from phi_records.links import FILES
from phi_records.mark_access import Marked, OpenMarks, Word
from phi_records.models import RecordItem
from portal.base.clock.shown import moment
from portal.base.crypto.shown import shown

WAYS: dict[Way, Promise] = {
    Way.CODE: gettext_lazy("A code in the record"),
    Way.LABEL: gettext_lazy("A label of the source"),
    Way.MEDICINE: gettext_lazy("A medicine in the record"),
    Way.WORD: gettext_lazy("A word in the record"),
}


def rows(found: list[Marked]) -> list[dict[str, Any]]:
    return [
        {
            "href": reverse("records:mark-detail", args=[one.row.pk]),
            "date": _date(one.row),
            "kind": BY_SLUG[one.row.kind].title,
            "title": one.title,
            "chips": _chips(one),
        }
        for one in found
    ]


def _chips(one: Marked) -> list[dict[str, Any]]:
    chips: list[dict[str, Any]] = [{"tone": "wait", "text": TAGS[tag]} for tag in sorted(one.tags)]
    return [*chips, {"tone": "due", "text": _("Medicine without a name")}] if one.unnamed else chips


def _date(row: RecordItem) -> str:
    return date_format(row.happened_on) if row.happened_on else _("No date")


def facts(opened: OpenMarks) -> list[dict[str, str]]:
    row = opened.marked.row
    title = opened.marked.title or _("Not shown: a mark keeps it from officers too")
    lines = [
        (_("Record"), title),
        (_("Kind of record"), BY_SLUG[row.kind].title),
        (_("Date"), _date(row)),
        (_("Member"), opened.member.full_name),
        (_("Member ID"), shown(opened.member, "member_number")),
        (_("Source"), row.feed),
        (_("Received"), moment(row.received_at)),
    ]
    if opened.marked.unnamed:
        lines.append((_("Medicine"), _("No name: nothing tells whether it is sensitive")))
    return [{"label": str(label), "value": str(value)} for label, value in lines]


def marks(opened: OpenMarks) -> list[dict[str, Any]]:
    """What is on it now: an officer's last word holds over what its codes say."""
    last = {word.tag: word for word in opened.words}
    found = []
    for tag in sorted(opened.marked.tags):
        by_word = tag in last and last[tag].on
        shown_so = _of_word(last[tag]) if by_word else _of_lists(opened, tag)
        found.append({"tag": tag.value, "name": TAGS[tag], **shown_so})
    return found


def _of_word(word: Word) -> dict[str, str]:
    return {"by": _who(word), "when": moment(word.row.said_at), "reason": word.reason}


def _of_lists(opened: OpenMarks, tag: Tag) -> dict[str, str]:
    ways, row = opened.ways.get(tag, ()), opened.marked.row
    # Which one is sealed in it, and may be kept from whoever asks.
    linked = row.link_marks or row.resource_type in FILES
    other = _("Another record that it goes with") if linked else _("An earlier list of codes")
    said = {"list": TAGS[tag], "version": lists().versions[tag]}
    return {
        "by": "; ".join(str(WAYS[way]) for way in ways) or other,
        "when": moment(row.received_at),
        "reason": _("The list “%(list)s”, version %(version)s") % said if ways else "",
    }


def history(words: list[Word]) -> list[dict[str, str]]:
    """The newest first, each with what would undo it where it still holds."""
    last = {word.tag: word for word in words}
    return [
        {
            "what": (_("Put on: %s") if word.on else _("Taken off: %s")) % TAGS[word.tag],
            "by": _who(word),
            "when": moment(word.row.said_at),
            "reason": word.reason,
            "undo_tag": word.tag.value if last[word.tag] is word else "",
            "undo_way": "off" if word.on else "on",
        }
        for word in reversed(words)
    ]


def _who(word: Word) -> str:
    return shown(word.by, "display_name")


def effects(found: list[Effect], *, may: bool) -> list[dict[str, str]]:
    """Who may have it after the change, or no more."""
    return [
        {"label": str(RECIPIENTS[one.recipient]), "value": _purposes(one)}
        for one in found
        if one.may is may
    ]


def saved(others: int, *, on: bool) -> str:
    told = _("Saved. It holds from now on.")
    if not others:
        return told
    too = (
        ngettext(
            "%(n)s other record that goes with it has the mark now too.",
            "%(n)s other records that go with it have the mark now too.",
            others,
        )
        if on
        else ngettext(
            "%(n)s other record that goes with it lost the mark too.",
            "%(n)s other records that go with it lost the mark too.",
            others,
        )
    )
    return f"{told} {too % {'n': others}}"


def _purposes(one: Effect) -> str:
    if one.recipient is Recipient.MEMBER:
        return _("On their own pages and in copies of their records")
    return "; ".join(_purpose(why, one.unless.get(why, ())) for why in one.purposes)


def _purpose(why: Purpose, unless: Collection[Fact]) -> str:
    if not unless:
        return str(PURPOSES[why])
    facts = " / ".join(str(FACTS[fact]) for fact in unless)
    return _("%(purpose)s (except if: %(facts)s)") % {"purpose": PURPOSES[why], "facts": facts}
