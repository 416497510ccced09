from portal.base.approvals.models import Approval
from portal.base.audit.models import DroppedYear, Event, Seal, SecurityEvent
from portal.base.crypto.models import KeyHolder
from portal.base.files.models import FileCheck, SealedFile
from portal.base.jobs.models import Job
from portal.base.letters.models import Letter
from portal.base.outbox.models import Mail
from portal.base.standing.models import LastDone, ReadOnly

__all__ = [
    "Approval",
    "DroppedYear",
    "Event",
    "FileCheck",
    "Job",
    "KeyHolder",
    "LastDone",
    "Letter",
    "Mail",
    "ReadOnly",
    "Seal",
    "SealedFile",
    "SecurityEvent",
]
