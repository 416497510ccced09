"""How the portal as a whole is doing: for whoever runs it, and in short for everyone."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from consents import access as consents
from consents.rules import Act, Category, Decision, Item, Purpose
from portal.base import context
from portal.base.audit import seals, state, trail, years
from portal.base.health import checks, figures, outside
from portal.base.health.found import Check, Found
from portal.base.outbox.announce import Kind, newest_to
from portal.base.outbox.models import Mail
from portal.base.standing import done, read_only
from portal.base.standing.models import ReadOnly
from portal.system import away

CLIENT = "web"
PURPOSE = Purpose.RUNNING_THE_PORTAL
# What a web process can look at. The rest of what `doctor` does takes the worker's place and time.
LOOKED_AT: dict[str, tuple[Check, ...]] = {
    "mail": (checks.waiting_mail,),
    "seals": (checks.sealing,),
    "partition": (checks.next_partition,),
    "work": (checks.scheduled_work,),
    "broker": (outside.broker,),
    "scanner": (outside.scanner, checks.waiting_files),
    "disk": (outside.room, outside.files_folder),
    "certificate": (outside.certificate,),
    "backup": (checks.backup,),
    "restore": (checks.restore,),
    "read_only": (checks.still_read_only,),
}


@dataclass(frozen=True)
class System:
    """What was measured, and by the name of each part what is wrong with it."""

    found: dict[str, list[Found]]
    mail_counts: dict[str, int]
    mail_since: datetime | None
    unsealed_since: datetime | None
    has_next_partition: bool
    unscanned: int
    disk: figures.Disk | None
    certificate_ends: datetime | None
    done: dict[str, datetime]
    read_only: ReadOnly | None


@dataclass(frozen=True)
class Standing:
    """What members must know: counts nobody, names nothing."""

    works: bool
    read_only: ReadOnly | None = None
    mail_goes: bool = True
    mail_since: datetime | None = None


def system(user: User) -> System:
    """All of it, whichever plan the operator is of: one machine runs for all. PermissionDenied."""
    decision = _require(user, Act.VIEW)
    trail.record("system.viewed", **consents.grounds(PURPOSE, decision))
    with context.system(CLIENT):
        return System(
            found={name: _found(run) for name, run in LOOKED_AT.items()},
            mail_counts=figures.mail_counts(),
            mail_since=figures.mail_waits_since(),
            unsealed_since=seals.waiting_since(),
            has_next_partition=years.has_next_partition(),
            unscanned=figures.unscanned().count(),
            disk=figures.disk("FILES_ROOT"),
            certificate_ends=_certificate_ends(),
            done=done.times(),
            read_only=read_only.state(),
        )


def may_test_mail(user: User) -> Decision:
    """Raises PermissionDenied."""
    return _require(user, Act.TEST_MAIL)


def last_test(user: User) -> Mail | None:
    """Their own, as far as it has come."""
    return newest_to(user.pk, Kind.MAIL_TEST)


def standing(plan_id: UUID | None) -> Standing:
    """For anyone who asks. Mail of this plan alone counts."""
    with context.system(CLIENT, plan_id):
        last = done.times().get(done.SCHEDULED)
        untried = figures.mail_untried_since(plan_id)
        due = timezone.now() - checks.MAIL_WAITS
        late = [at for at in (last, untried) if at and at < due]
        return Standing(
            works=state.takes_lines() and away.takes_writes(),
            read_only=read_only.state(),
            mail_goes=last is not None and not late,
            mail_since=min(late, default=None),
        )


def _require(user: User, act: Act) -> Decision:
    return consents.require(by=user, act=act, purpose=PURPOSE, items=[Item(Category.SYSTEM)])


def _found(run: tuple[Check, ...]) -> list[Found]:
    return [one for check in run for one in check()]


def _certificate_ends() -> datetime | None:
    try:
        return figures.certificate_ends()
    except (OSError, ValueError):
        return None
