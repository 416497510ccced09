"""When a team's answer is due, and who is told as that day comes and passes."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef

from accounts.models import Plan, Role, TeamAssignment, TeamSeat, User
from messaging.models import Thread, ThreadState
from portal.base.clock.levels import Alarm, Due, Level
from portal.base.outbox import texts
from portal.base.outbox.announce import Kind
from portal.base.outbox.models import Mail
from portal.base.outbox.texts import MailText
from portal.base.registry import due_lists

Seats = dict[UUID, dict[str, set[UUID]]]


def register() -> None:
    due_lists.sign_up("messaging.waiting", waiting, "Messages of members that wait for an answer.")
    texts.register(Kind.MESSAGE_DUE, due_mail)
    texts.register(Kind.MESSAGE_LATE, late_mail)


def reply_due(plan: Plan, written: datetime) -> date:
    """The last day for an answer, in the business days that the plan promises."""
    calendar = plan.calendar
    return calendar.in_business_days(calendar.day(written), plan.reply_days)


def waiting(now: datetime) -> Iterator[Due]:
    """Messages whose last day for an answer has come. Their words stay sealed."""
    caring = TeamAssignment.objects.current().filter(
        team=OuterRef("team"), member=OuterRef("member")
    )
    # Where the day begins first, it may be tomorrow already.
    come = Thread.objects.filter(
        Exists(caring),
        state=ThreadState.WAITING,
        answer_by__lte=now.date() + timedelta(days=1),
    )
    threads = list(come.select_related("plan"))
    seats = _seats({thread.team_id for thread in threads})
    for thread in threads:
        if thread.answer_by:
            calendar = thread.plan.calendar
            yield Due(
                plan_id=thread.plan_id,
                calendar=calendar,
                item_id=thread.pk,
                start=min(calendar.day(thread.last_message_at), thread.answer_by),
                last=thread.answer_by,
                alarms=_alarms(thread, seats[thread.team_id]),
            )


def _seats(team_ids: Collection[UUID]) -> Seats:
    seats: Seats = defaultdict(lambda: defaultdict(set))
    found = TeamSeat.objects.current().filter(team_id__in=team_ids, user__is_active=True)
    for team_id, user_id, role in found.values_list("team_id", "user_id", "user__role"):
        seats[team_id][role].add(user_id)
    return seats


def _alarms(thread: Thread, seats: dict[str, set[UUID]]) -> dict[Level, Alarm]:
    """Whoever took it answers; else the whole team; and once it is late, supervisors know."""
    supervisors = seats[Role.SUPERVISOR]
    team = seats[Role.CARE_WORKER] or supervisors
    owner = thread.owner_id
    answering = {owner} if owner and owner in team | supervisors else team
    return {
        Level.LAST_DAY: Alarm(Kind.MESSAGE_DUE, answering),
        Level.LATE: Alarm(Kind.MESSAGE_LATE, answering | supervisors),
    }


def due_mail(mail: Mail, person: User) -> MailText:
    return MailText("message_due", {"at": mail.created_at})


def late_mail(mail: Mail, person: User) -> MailText:
    return MailText("message_late")
