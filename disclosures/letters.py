"""What the privacy office is told by mail: that something waits, and not what."""

from typing import Any

from portal.base.outbox import letters
from portal.base.outbox.announce import Kind
from portal.base.outbox.letters import Letter
from portal.base.outbox.models import Mail


def register() -> None:
    letters.register(Kind.INCIDENT_OPENED, incident_opened)
    letters.register(Kind.APPROVAL_WAITS, approval_waits)


def incident_opened(mail: Mail, person: Any) -> Letter:
    return Letter("incident_opened")


def approval_waits(mail: Mail, person: Any) -> Letter:
    return Letter("approval_waits")
