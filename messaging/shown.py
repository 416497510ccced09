"""What pages show of conversations: plain words, dates in the plan's own time zone."""

import contextlib
from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from accounts.models import CareTeam, Member, Plan, Role, User
from messaging.access import OpenThread, View
from messaging.attachments import Attached
from messaging.models import Draft, FileNews, Message, Thread, ThreadState
from portal.base.clock import shown as clock
from portal.base.crypto.errors import KeyDestroyed
from portal.base.crypto.shown import shown
from portal.base.files.checks import ENDINGS
from portal.base.files.field import kind_and_size
from portal.base.files.models import Scan
from portal.base.letters.models import Letter, LetterState
from portal.base.outbox.models import Mail, MailState

Shown = dict[str, Any]
UNDELIVERED = {MailState.BOUNCED, MailState.FAILED, MailState.UNSENDABLE}


def _language(member: Member) -> str:
    return str(get_language_info(member.language)["name_translated"])


def day(on: date | None, plan: Plan) -> str:
    return clock.day(on, today_at(plan)) if on else ""


def saved(draft: Draft) -> str:
    """Where the words are, and since when."""
    at = draft.saved_at.astimezone(ZoneInfo(draft.plan.time_zone))
    if at.date() == today_at(draft.plan):
        return _("Saved to Drafts at %(time)s") % {"time": date_format(at, "TIME_FORMAT")}
    return _("Saved to Drafts on %(time)s") % {"time": date_format(at, "DATETIME_FORMAT")}


def draft_row(draft: Draft, teams: Sequence[CareTeam]) -> Shown:
    """A draft among the messages: what it is, to whom, and where to go on with it."""
    thread = draft.thread
    if thread:
        page = reverse("messaging:thread-detail", args=[thread.pk]) + "#reply"
        title = _("Reply: %(subject)s") % {"subject": shown(thread, "subject")}
    else:
        page, title = reverse("messaging:compose"), shown(draft, "subject") or _("No subject")
    return {
        "id": draft.pk,
        "title": title,
        "team_name": draft.team.name if draft.team else "",
        "is_teamless": draft.team is not None and draft.team not in teams,
        "saved_text": saved(draft),
        "body": shown(draft, "body"),
        "href": page,
    }


def today_at(plan: Plan) -> date:
    return plan.calendar.day(timezone.now())


def answer_by(thread: Thread) -> dict[str, str] | None:
    return clock.answer_by(thread.answer_by, today_at(thread.plan)) if thread.answer_by else None


def member_chip(thread: Thread) -> dict[str, str]:
    if thread.state == ThreadState.ANSWERED:
        return {"tone": "good", "text": _("Answered")}
    if thread.state == ThreadState.CLOSED:
        return {"tone": "off", "text": _("Closed")}
    if thread.opened_by_team_at:
        return {"tone": "wait", "text": _("Opened by your team")}
    return {"tone": "wait", "text": _("Sent")}


def team_chip(thread: Thread) -> dict[str, str]:
    if thread.state == ThreadState.ANSWERED:
        return {"tone": "good", "text": _("Waiting on member")}
    return answer_by(thread) or {"tone": "off", "text": _("Closed")}


def _file_text(thread: Thread, news: str) -> str:
    if news == FileNews.STOPPED:
        return _("A file was stopped")
    if news == FileNews.READY:
        return _("A file is ready")
    return _("Has a file") if thread.has_files else ""


def member_row(thread: Thread) -> Shown:
    return {
        "id": thread.pk,
        "subject": shown(thread, "subject"),
        "team_name": thread.team.name,
        "date_text": clock.moment(thread.last_message_at),
        "is_unread": thread.unread_by_member or bool(thread.file_news_for_member),
        "status_chip": member_chip(thread),
        "due": answer_by(thread),
        "is_closed": thread.state == ThreadState.CLOSED,
        "file_text": _file_text(thread, thread.file_news_for_member),
    }


def team_row(thread: Thread) -> Shown:
    return {
        "id": thread.pk,
        "member_name": thread.member.full_name,
        "subject": shown(thread, "subject"),
        "owner_name": shown(thread.owner, "display_name") if thread.owner else "",
        "date_text": clock.moment(thread.last_message_at),
        "language": "" if thread.member.language == "en" else _language(thread.member),
        "is_new": thread.state == ThreadState.WAITING and thread.opened_by_team_at is None,
        "file_text": _file_text(thread, thread.file_news_for_team),
        "status_chip": team_chip(thread),
    }


def team_head(thread: Thread, user: User) -> Shown:
    return {
        "id": thread.pk,
        "subject": shown(thread, "subject"),
        "owner_name": shown(thread.owner, "display_name") if thread.owner else "",
        "is_mine": thread.owner_id == user.pk,
        "can_take": thread.owner_id is None,
        "is_closed": thread.state == ThreadState.CLOSED,
        "status_chip": team_chip(thread),
    }


def posts(opened: OpenThread, user: User) -> list[Shown]:
    return [
        _post(message, opened.thread, user)
        | {"files": _files(message, opened, user)}
        | _told(message, opened, user)
        for message in opened.messages
    ]


def draft_files(files: Sequence[Attached]) -> list[Shown]:
    """What goes with the message that is being written, each with a button to take it out."""
    return [
        {
            "id": one.file.pk,
            "name": shown(one.file, "original_name"),
            "kind": _kind(one),
            "state": _scan(one, stopped=_("Take it out, and add another copy.")),
        }
        for one in files
    ]


def sent_files(files: Sequence[Attached], user: User) -> list[Shown]:
    """On the receipt: what went along, and what the scanner says of it."""
    not_got = _not_got(user)
    return [
        {
            "name": shown(one.file, "original_name"),
            "kind": _kind(one),
            "state": _scan(one, stopped=not_got, waits=_("We tell you if we must stop it.")),
        }
        for one in files
    ]


def _files(message: Message, opened: OpenThread, user: User) -> list[Shown]:
    not_got = _not_got(user) if message.from_team == user.is_staff_role else ""
    look = _("Load this page again to see if it is done.")
    return [
        {
            "name": shown(one.file, "original_name"),
            "kind": _kind(one),
            "state": _scan(one, stopped=not_got, waits=look),
            "href": reverse("messaging:file", args=[opened.thread.pk, one.file.pk])
            if one.may_open
            else "",
        }
        for one in opened.files.get(message.pk, [])
    ]


def _not_got(user: User) -> str:
    """For the side that sent a file: what it means that nobody can open it."""
    if user.is_staff_role:
        return _("The member does not get it. Send another copy, or call them.")
    return _("Your care team does not get it. Send another copy, or call us.")


def _kind(one: Attached) -> str:
    return kind_and_size(ENDINGS.get(one.file.content_type, ""), one.file.size)


def _scan(one: Attached, *, stopped: str = "", waits: str = "") -> dict[str, str]:
    """What the virus scanner says; and what else to say where it stopped it, or is not done."""
    state = one.check.state if one.check else Scan.UNREADABLE
    if state == Scan.CLEAN:
        return {"tone": "good", "text": _("Checked for viruses.")}
    if state == Scan.INFECTED:
        words = _("Stopped: it has a virus. Nobody can open it.")
        return {"tone": "bad", "text": f"{words} {stopped}".rstrip()}
    if state == Scan.UNREADABLE:
        words = _("We could not check it for viruses. Nobody can open it.")
        return {"tone": "bad", "text": f"{words} {stopped}".rstrip()}
    if one.may_open:
        return {"tone": "due", "text": _("Not checked for viruses: this is a demo.")}
    words = _("We check it for viruses. That takes a minute.")
    return {"tone": "wait", "text": f"{words} {waits}".rstrip()}


def _told(message: Message, opened: OpenThread, user: User) -> Shown:
    """How the member hears of an answer: by email, or on paper where no email arrives."""
    letter = opened.letters.get(message.pk)
    return _paper(letter) if letter else _mail(opened.mails.get(message.pk), user)


def _paper(letter: Letter) -> Shown:
    if letter.state == LetterState.RETURNED:
        return {"state": _("Neither email nor a letter arrived."), "state_tone": "bad"}
    if letter.mailed_on is None:
        words = _("No email could be delivered. A letter about this will be mailed.")
        return {"state": words, "state_tone": "wait"}
    words = _("No email could be delivered. A letter about this was mailed %(day)s.")
    mailed = date_format(letter.mailed_on, "DATE_FORMAT")
    return {"state": words % {"day": mailed}, "state_tone": "good"}


def _mail(mail: Mail | None, user: User) -> Shown:
    """What became of the email that told the member of an answer."""
    if mail is None:
        return {}
    if mail.state in UNDELIVERED:
        return {"state": _not_reached(user), "state_tone": "bad"}
    if mail.sent_at is None:
        return {"state": _("The email about this is on its way."), "state_tone": "wait"}
    when = clock.moment(mail.sent_at)
    return {"state": _("Email sent %(when)s.") % {"when": when}, "state_tone": "good"}


def _not_reached(user: User) -> str:
    if user.role == Role.MEMBER:
        return _("Our email about this did not reach you. Check your email under “Your account”.")
    return _("The email about this did not reach the member. If it can't wait, call them.")


def message_line(message: Message, thread: Thread, user: User) -> str:
    """Which message of a conversation: who wrote it, and when."""
    return f"{_author(message, thread, user)}, {clock.moment(message.sent_at)}"


def _post(message: Message, thread: Thread, user: User) -> Shown:
    return {
        "author": _author(message, thread, user),
        "is_team": message.from_team,
        "sent_at": clock.moment(message.sent_at),
        "body": shown(message, "body"),
    }


def _author(message: Message, thread: Thread, user: User) -> str:
    if message.author_id == user.pk:
        return _("You")
    if message.from_team and user.role == Role.MEMBER:
        words = {"name": shown(message.author, "display_name"), "team": thread.team.name}
        return _("%(name)s, %(team)s") % words
    return shown(message.author, "display_name")


def track(thread: Thread) -> list[Shown]:
    opened, answered = thread.opened_by_team_at, thread.state == ThreadState.ANSWERED
    if thread.state == ThreadState.CLOSED:
        return []
    opened_time = clock.moment(opened) if opened else ""
    return [
        {"label": _("Sent"), "done": True, "time": clock.moment(thread.started_at)},
        {
            "label": _("Opened by your team"),
            "done": answered or opened is not None,
            "current": not answered and opened is None,
            "time": opened_time,
        },
        {
            "label": _("Answered"),
            "done": answered,
            "current": not answered and bool(opened),
            "time": clock.moment(thread.last_message_at) if answered else "",
        },
    ]


def member_facts(member: Member) -> Shown:
    facts = [{"label": _("Language"), "value": _language(member)}]
    with contextlib.suppress(KeyDestroyed):
        facts = [
            {"label": _("Date of birth"), "value": date_format(member.birth_date, "DATE_FORMAT")},
            {"label": _("Member ID"), "value": f"…{member.member_number[-4:]}"},
            *facts,
        ]
    return {"name": member.full_name, "facts": facts}


def view_words(view: View) -> str:
    return {
        View.MINE: _("Mine"),
        View.UNASSIGNED: _("No owner"),
        View.TEAM: _("Team"),
        View.WAITING: _("Waiting on member"),
        View.ALL: _("All"),
        View.OUTSIDE: _("Opened with a reason"),
    }[view]


def views(counts: dict[View, int], current: View) -> list[Shown]:
    return [
        {
            "label": view_words(view),
            "count": counts[view],
            "href": f"{reverse('messaging:team-inbox')}?view={view.value}",
            "current": view is current,
        }
        for view in counts
    ]
