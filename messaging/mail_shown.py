"""Mail that has not gone out, in words."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.base.outbox.announce import Kind
from portal.base.outbox.models import MailState
from portal.base.outbox.queue import Group

KINDS: dict[str, Promise] = {
    Kind.MESSAGE_ANSWERED: gettext_lazy("A message was answered"),
    Kind.MESSAGE_DUE: gettext_lazy("A message is due today"),
    Kind.MESSAGE_LATE: gettext_lazy("A message is late"),
    Kind.FILE_STOPPED: gettext_lazy("A file in a message was stopped"),
    Kind.FILE_READY: gettext_lazy("A file in a message can be opened, after a long wait"),
    Kind.PASSWORD_RESET: gettext_lazy("Link to choose a password"),
    Kind.PASSWORD_CHANGED: gettext_lazy("The password was changed"),
    Kind.SECOND_STEP_CHANGED: gettext_lazy("The second sign-in step was changed"),
    Kind.NEW_BROWSER: gettext_lazy("Sign-in from a new browser"),
    Kind.EMAIL_CODE: gettext_lazy("Code for a new email address"),
    Kind.EMAIL_CHANGED: gettext_lazy("The email address was changed"),
    Kind.EMAIL_LEFT: gettext_lazy("The email address was changed, to the earlier address"),
    Kind.APPROVAL_WAITS: gettext_lazy("Something waits for an approval"),
    Kind.APPROVAL_DECIDED: gettext_lazy("An approval was decided"),
    Kind.JOB_DONE: gettext_lazy("Work that was asked for has ended"),
    Kind.INCIDENT_OPENED: gettext_lazy("A privacy report came in"),
    Kind.MAIL_TEST: gettext_lazy("Test email"),
}
STATES: dict[MailState, Promise] = {
    MailState.WAITING: gettext_lazy("Waits to go out"),
    MailState.SENDING: gettext_lazy("On its way"),
    MailState.BOUNCED: gettext_lazy("Turned away for good"),
    MailState.FAILED: gettext_lazy("Given up"),
}


def heads() -> list[str]:
    return [
        _("What the email tells"), _("State"), _("How many"), _("Oldest"), _("Next try"),
        _("Mail server's reply"),
    ]  # fmt: skip


def cells(group: Group, when: Callable[[datetime], str]) -> list[str]:
    """One for each head."""
    return [
        str(KINDS.get(group.kind, group.kind)),
        state(group),
        str(group.count),
        when(group.oldest),
        _("None") if group.given_up else when(group.next_attempt_at),
        str(group.reply_code or _("None")),
    ]


def state(group: Group) -> str:
    if group.state == MailState.WAITING and group.reply_code:
        return _("Waits for another try")
    return str(STATES[group.state])


def tone(group: Group) -> str:
    if group.given_up:
        return "bad"
    return "due" if group.reply_code else "wait"


def table(groups: list[Group], when: Callable[[datetime], str]) -> dict[str, Any]:
    """As components/table.html takes it."""
    names = heads()
    numbers = {names[2]}
    return {
        "columns": [{"label": name, "num": name in numbers} for name in names],
        "rows": [
            {
                "cells": [
                    {"label": name, "text": text, "num": name in numbers}
                    | ({"chip": {"tone": tone(group), "text": text}} if name == names[1] else {})
                    for name, text in zip(names, cells(group, when), strict=True)
                ]
            }
            for group in groups
        ],
    }
