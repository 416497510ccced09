"""Files that go with a message. They wait with its draft, and move to the message when it is sent.

Each function runs inside the member's file (`access.file_for`).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Member, User
from messaging.models import Draft, Message
from messaging.rules import MOST_FILES, QUOTA
from portal.base.audit import trail
from portal.base.files import blobs, scan, sealed
from portal.base.files.checks import ENDINGS, Checked
from portal.base.files.download import Download
from portal.base.files.models import FileCheck, SealedFile
from portal.base.ids import reference
from portal.base.logs import log


class FileNotTaken(Exception):
    """The argument is a sentence for whoever sent it."""


@dataclass(frozen=True)
class Attached:
    file: SealedFile
    check: FileCheck | None

    @property
    def may_open(self) -> bool:
        return scan.may_open(self.check)


def of(ids: Collection[UUID]) -> dict[UUID, list[Attached]]:
    """What goes with each of these messages or drafts, in the order in which it came."""
    files = list(
        SealedFile.objects.filter(about_id__in=ids, removed_at=None).order_by("created_at", "pk")
    )
    checks = scan.checks_of([file.pk for file in files])
    found: dict[UUID, list[Attached]] = {}
    for file in files:
        found.setdefault(file.about_id, []).append(Attached(file, checks.get(file.pk)))
    return found


def add(by: User, member: Member, about: Draft | Message, upload: Checked) -> None:
    """Raises FileNotTaken, and nothing is kept of this one."""
    if _count(about.pk) >= MOST_FILES:
        raise FileNotTaken(_("A message takes 5 files. Take one out, or send another message."))
    try:
        file = sealed.write(
            plan_id=member.plan_id,
            member_id=member.pk,
            holder_id=member.record_holder_id,
            about_id=about.pk,
            content_type=upload.content_type,
            source=[upload.content],
            original_name=upload.name,
            quota=QUOTA,
        )
    except sealed.QuotaFull:
        raise FileNotTaken(
            _("There is no room for more files here. Call us, and we help you to send this one.")
        ) from None
    except blobs.CannotStore as error:
        log.error("file_not_kept", error=type(error.__cause__).__name__)
        raise FileNotTaken(
            _(
                "We cannot take files right now. "
                "Send your words without the file, or try again later."
            )
        ) from None
    scan.ask(file, by.pk)
    _note("file.added", member.pk, file)


def move(draft: Draft | None, message: Message) -> bool:
    """What waited with the draft goes with the message now. Whether anything did."""
    if draft is None:
        return False
    files = SealedFile.objects.filter(
        plan_id=draft.plan_id, member_id=draft.member_id, about_id=draft.pk, removed_at=None
    )
    return files.update(about_id=message.pk) > 0


def any_stopped(message: Message) -> bool:
    """Whether a file of it is one that nobody will ever open."""
    return any(scan.stopped(one.check) for one in of([message.pk]).get(message.pk, []))


def has_any(draft: Draft | None) -> bool:
    return draft is not None and _count(draft.pk) > 0


def remove(drafts: Iterable[Draft], file_id: UUID | None = None) -> int:
    """Take out what was not sent: one file, or all. How many went."""
    gone = 0
    for draft in drafts:
        for file in sealed.of_row(
            plan_id=draft.plan_id, member_id=draft.member_id, about_id=draft.pk
        ):
            if file_id in {None, file.pk}:
                sealed.remove(file)
                _note("file.removed", draft.member_id, file)
                gone += 1
    return gone


class Shut(PermissionDenied):
    """Nobody gets this file yet, or ever; says why."""

    title = gettext_lazy("This file cannot be opened")


def require_open(attached: Attached) -> None:
    """Raises Shut."""
    if not attached.may_open:
        waits = attached.check is not None and attached.check.scanned_at is None
        raise Shut(
            _("We still check this file for viruses. Try again in a few minutes.")
            if waits
            else _("This file may harm your device, so nobody can open it.")
        )


def download(attached: Attached) -> Download:
    """Under a name of ours: what someone else called it never reaches a disk by itself."""
    file = attached.file
    ending = ENDINGS.get(file.content_type, "bin")
    return Download(f"file-{reference(file.pk)}.{ending}", file.content_type, sealed.read(file))


def _count(about_id: UUID) -> int:
    return SealedFile.objects.filter(about_id=about_id, removed_at=None).count()


def _note(action: str, member_id: UUID, file: SealedFile) -> None:
    trail.record(action, member_id=member_id, object_kind="file", object_id=file.pk)
