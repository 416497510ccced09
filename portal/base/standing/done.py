"""What was done last, and when: backups, restores, and the work that beat asks for."""

from datetime import datetime

from django.utils import timezone

from portal.base.standing.models import LastDone

ALL = BACKUP, RESTORE, SCHEDULED = "backup", "restore", "scheduled"


def note(what: str, at: datetime | None = None) -> None:
    LastDone.objects.update_or_create(what=what, defaults={"at": at or timezone.now()})


def times() -> dict[str, datetime]:
    return dict(LastDone.objects.values_list("what", "at"))
