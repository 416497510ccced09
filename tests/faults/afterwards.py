"""What is there when all is over, against what clients and the mail server saw."""

from datetime import datetime

from django.utils import timezone

from messaging.models import Message
from portal.base import context
from portal.base.jobs import runner
from portal.base.jobs.models import Job
from portal.base.outbox import sender
from portal.base.outbox.models import Mail
from tests.faults.house import House, People


def bury(died_at: datetime) -> None:
    """The leases of workers that died by then end at once, rather than in a minute or five."""
    now = timezone.now()
    with context.system("test"):
        mails = Mail.objects.filter(state="sending", leased_until__lt=died_at + sender.LEASE)
        mails.update(leased_until=now)
        jobs = Job.objects.filter(state="running", leased_until__lt=died_at + runner.LEASE)
        jobs.update(leased_until=now)
        Mail.objects.filter(state="waiting").update(next_attempt_at=now)


def settled() -> bool:
    """Nothing waits any more, and nothing failed."""
    with context.system("test"):
        mails = set(Mail.objects.values_list("state", flat=True))
        return mails <= {"sent"} and set(Job.objects.values_list("state", flat=True)) <= {"done"}


def messages(people: People) -> list[str]:
    user = people.member
    with context.system("test", user.plan_id), context.about_member(user.member_id):
        return sorted(message.body for message in Message.objects.all())


def lost(house: House, people: People, answered: list[str]) -> set[str]:
    """Mails that are written down and did not come, and answers of which no mail came at all."""
    with context.system("test"):
        mails = dict(Mail.objects.values_list("pk", "event_id"))
    came = set(_letters(house))
    gone = {str(key) for key in mails if f"<{key}@cedar.localhost>" not in came}
    told = {event for key, event in mails.items() if str(key) not in gone}
    user = people.member
    with context.system("test", user.plan_id), context.about_member(user.member_id):
        bodies = {message.body for message in Message.objects.filter(pk__in=told)}
    return gone | (set(answered) - bodies)


def doubled(house: House) -> int:
    return len(_letters(house)) - len(set(_letters(house)))


def _letters(house: House) -> list[str]:
    return [str(letter["Message-ID"]) for letter in house.post_office.letters]
