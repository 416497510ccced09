"""What the test mail says."""

from typing import Any

from portal.base.outbox import texts
from portal.base.outbox.announce import Kind
from portal.base.outbox.models import Mail
from portal.base.outbox.texts import MailText


def register() -> None:
    texts.register(Kind.MAIL_TEST, mail_test)


def mail_test(mail: Mail, person: Any) -> MailText:
    return MailText("mail_test", {"at": mail.created_at})
