from uuid import UUID

from django.db import transaction

from accounts.models import User
from consents import access as consents
from portal.base.audit import trail
from portal.base.health.figures import ON_THE_WAY
from portal.base.outbox.announce import Kind, announce
from portal.base.outbox.models import Mail
from portal.system import access


@transaction.atomic
def send_test_mail(*, by: User, key: UUID) -> Mail:
    """Queue a mail to oneself, the way of all mail. One that is on its way is the test."""
    decision = access.may_test_mail(by)
    last = access.last_test(by)
    if last is not None and (last.state in ON_THE_WAY or last.event_id == key):
        return last
    mail = announce(plan_id=by.plan_id, recipient_id=by.pk, kind=Kind.MAIL_TEST, event_id=key)
    trail.record(
        "mail.tested",
        object_kind="mail",
        object_id=mail.pk,
        **consents.grounds(access.PURPOSE, decision),
    )
    return mail
