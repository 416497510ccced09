"""Conversations, as a part of a member's whole record."""

import base64
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.template.loader import render_to_string

from accounts.models import User
from consents.rules import Category
from disclosures.access import whole_file
from messaging import attachments
from messaging.attachments import Attached
from messaging.models import Message
from portal.base.audit import trail
from portal.base.crypto import keyring
from portal.base.files import sealed
from portal.base.registry import InCopy, Part, record_parts

# Few at once: each may bring 50 MB of files.
AT_ONCE = 20
# Bytes of files that end a step of a copy: with one message more, all that is in memory at once.
STEP = 10 * 1024 * 1024


def register() -> None:
    record_parts.sign_up("messaging.conversations", CONVERSATIONS, "Messages to and from teams.")


def count(user: User, member_id: UUID) -> int:
    return len(_ids(user, member_id))


def items(user: User, member_id: UUID) -> Iterator[Mapping[str, Any]]:
    ids = _ids(user, member_id)
    for start in range(0, len(ids), AT_ONCE):
        with whole_file(user, member_id, Category.MESSAGES):
            rows = Message.objects.filter(pk__in=ids[start : start + AT_ONCE])
            rows = rows.select_related("thread__team", "author").order_by("sent_at", "pk")
            keyring.prefetch(row.author.holder_id for row in rows)
            files = attachments.of([row.pk for row in rows])
            found = [_item(row, files.get(row.pk, [])) for row in rows]
        for one in found:
            for file in one["files"]:
                if "data" in file:
                    file["data"] = base64.b64encode(file["data"]).decode()
        yield from found


def some(user: User, member_id: UUID, after: str) -> list[dict[str, Any]]:
    found, size = [], 0
    with whole_file(user, member_id, Category.MESSAGES):
        rows = Message.objects.filter(plan_id=user.plan_id, member_id=member_id)
        if after:
            last = rows.get(pk=after)
            later = Q(sent_at__gt=last.sent_at) | Q(sent_at=last.sent_at, pk__gt=last.pk)
            rows = rows.filter(later)
        few = list(
            rows.select_related("thread__team", "author").order_by("sent_at", "pk")[:AT_ONCE]
        )
        keyring.prefetch(row.author.holder_id for row in few)
        files = attachments.of([row.pk for row in few])
        for row in few:
            found.append(_item(row, files.get(row.pk, [])))
            size += sum(one.file.size for one in files.get(row.pk, []))
            if size > STEP:
                break
    return found


def shown(entries: list[dict[str, Any]], first: bool) -> str:
    told = [one | {"sent_at": datetime.fromisoformat(one["sent_at"])} for one in entries]
    return render_to_string("messaging/copy_part.html", {"messages": told, "first": first})


def _item(message: Message, files: list[Attached]) -> dict[str, Any]:
    return {
        "id": str(message.pk),
        "thread": str(message.thread_id),
        "team": message.thread.team.name,
        "subject": message.thread.subject,
        "author": message.author.display_name,
        "from_team": message.from_team,
        "sent_at": message.sent_at.isoformat(),
        "body": message.body,
        "files": [_file(one) for one in files],
    }


def _file(one: Attached) -> dict[str, Any]:
    """What nobody may open is told of, and stays shut."""
    told: dict[str, Any] = {"name": one.file.original_name, "type": one.file.content_type}
    if not one.may_open:
        return told
    return told | {"data": sealed.read(one.file)}


def _ids(user: User, member_id: UUID) -> list[UUID]:
    with whole_file(user, member_id, Category.MESSAGES):
        rows = Message.objects.filter(plan_id=user.plan_id, member_id=member_id)
        ids = list(rows.order_by("sent_at", "pk").values_list("pk", flat=True))
        trail.record("threads.listed", member_id=member_id, facts={"count": len(ids)})
    return ids


CONVERSATIONS = Part(
    frozenset({"messaging.Thread", "messaging.Message", "base.FileCheck"}),
    count,
    items,
    InCopy("messages", some, shown),
)
