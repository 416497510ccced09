"""What the privacy office is told by mail: that something waits, and not what."""

from typing import Any

from portal.base.outbox import texts
from portal.base.outbox.announce import Kind
from portal.base.outbox.models import Mail
from portal.base.outbox.texts import MailText


def register() -> None:
    texts.register(Kind.INCIDENT_OPENED, incident_opened)
    texts.register(Kind.APPROVAL_WAITS, approval_waits)


def incident_opened(mail: Mail, person: Any) -> MailText:
    return MailText("incident_opened")


def approval_waits(mail: Mail, person: Any) -> MailText:
    return MailText("approval_waits")
