"""What the test mail says."""

from typing import Any

from portal.base.outbox import letters
from portal.base.outbox.announce import Kind
from portal.base.outbox.letters import Letter
from portal.base.outbox.models import Mail


def register() -> None:
    letters.register(Kind.MAIL_TEST, mail_test)


def mail_test(mail: Mail, person: Any) -> Letter:
    return Letter("mail_test", {"at": mail.created_at})
