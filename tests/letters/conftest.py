from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from accounts.models import Member, User
from messaging import letters as messaging_letters
from portal.base import context
from portal.base.ids import uuid7
from portal.base.letters.kinds import Sender
from portal.base.letters.models import Letter
from tests import factories

AT = datetime(2026, 11, 25, 17, 0, 0, 123456, tzinfo=UTC)
SENDER = Sender(
    name="Cedar Health Plan",
    address=("100 Example Street", "Springfield, NC 27000"),
    phone="1-800-555-0142",
    tty="711",
    hours="Monday to Friday, 8 AM to 6 PM ET",
    url="https://cedar.example.org",
    color="#1c5048",
    time_zone="America/New_York",
    logo_name="0123456789abcdef.svg",
    logo=(Path(settings.BASE_DIR) / "static" / "img" / "demo-cedar.svg").read_bytes(),
)


def unsaved(**changed: Any) -> Letter:
    known = {
        "plan_id": uuid7(),
        "member_id": uuid7(),
        "kind": messaging_letters.WAITS,
        "event_id": uuid7(),
        "language": "en",
        "address": "Ana Díaz\n12 Elm Street\nSpringfield, NC 27000",
    }
    return Letter(**(known | changed))


def waiting(member: Member) -> Letter:
    """As when an email to this member was given up."""
    event_id = uuid7()
    with context.system("test", member.plan_id):
        messaging_letters.tell(member, event_id)
        return Letter.objects.get(event_id=event_id)


def again(letter: Letter) -> Letter:
    with context.system("test", letter.plan_id):
        return Letter.objects.get(pk=letter.pk)


@pytest.fixture
def office(plan: Any) -> User:
    return factories.staff_user(plan, "paula.grant", "Paula Grant", "plan_admin")
