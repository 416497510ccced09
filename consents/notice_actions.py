"""Publishing a notice, and keeping who has seen it."""

import hashlib
import json
from collections.abc import Iterable, MutableMapping
from datetime import date, datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from accounts.models import Plan, Role, User
from consents import notice_access, notice_rules, notice_text
from consents.models import NoticeSeen, NoticeSight, NoticeVersion
from consents.notice_rules import Draft, Standing
from portal.base import context
from portal.base.audit import trail
from portal.base.ids import uuid7
from portal.base.standing import read_only

# Kept in the session: what its person has still to see, each as Unseen.
SESSION_KEY = "unseen_notices"


class Unseen(NamedTuple):
    kind: str
    number: int
    # From which it holds; nothing if it does already.
    day: str


class NotPublished(ValueError):
    """Nothing was published. Its arguments say why, in sentences."""


def standing(plan: Plan, kind: str) -> Standing:
    """What a draft of this kind is held against, now."""
    versions = notice_access.versions(plan.pk, kind)
    before = versions[0] if versions else None
    return Standing(
        today=plan.calendar.day(timezone.now()),
        languages=plan.languages,
        effective=before.effective_on if before else None,
    )


def publish(*, plan: Plan, draft: Draft, client: str) -> NoticeVersion:
    """The next version of its kind, for good. Raises NotPublished."""
    with context.system(client, plan.pk):
        # One at a time, so that each is held against the one before it.
        locked = Plan.objects.select_for_update().get(pk=plan.pk)
        told = notice_rules.hindrances(draft, standing(locked, draft.kind))
        if told:
            raise NotPublished(*told)
        version = _version(locked, draft)
        version.save(force_insert=True)
        trail.record(
            "notice.published",
            object_kind="notice",
            object_id=version.pk,
            facts={"kind": version.kind, "version": version.number},
        )
    return version


def _version(plan: Plan, draft: Draft) -> NoticeVersion:
    before = notice_access.versions(plan.pk, draft.kind)
    now = timezone.now()
    texts = {
        code: notice_text.fill(
            draft.texts[code],
            code,
            plan=plan.name,
            phone=plan.phone,
            contact=draft.contact,
            effective=draft.effective,
        )
        for code in plan.languages
    }
    changes = {code: draft.changes[code] for code in plan.languages} if before else {}
    return NoticeVersion(
        plan=plan,
        kind=draft.kind,
        number=before[0].number + 1 if before else 1,
        texts=texts,
        changes=changes,
        published_at=now,
        published_on=plan.calendar.day(now),
        effective_on=draft.effective,
        in_force_from=max(now, _midnight(draft.effective, plan)),
        digest=_digest(draft.effective, texts, changes),
    )


def _midnight(day: date, plan: Plan) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(plan.time_zone))


def _digest(effective: date, texts: dict[str, str], changes: dict[str, str]) -> str:
    shown = {"effective": effective.isoformat(), "texts": texts, "changes": changes}
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()


def is_asked(user: User) -> bool:
    """Members are, from the page after the one on which the second step was passed: that one is not
    bound to its person yet.
    """
    members = {Role.MEMBER, Role.REPRESENTATIVE}
    return user.role in members and context.current().user_id == user.pk


def due(user: User, session: MutableMapping[str, Any]) -> list[Unseen]:
    """What a member has still to see: looked up once in a visit, and kept then
    that it was shown. It waits while nothing may be written.
    """
    if not is_asked(user):
        return []
    if SESSION_KEY not in session:
        if read_only.is_on():
            return []
        unseen = notice_access.unseen(user)
        note(user, unseen, NoticeSight.SHOWN)
        session[SESSION_KEY] = [_as_kept(one) for one in unseen]
    return [Unseen(*one) for one in session[SESSION_KEY]]


def _as_kept(version: NoticeVersion) -> Unseen:
    day = version.effective_on.isoformat() if version.is_to_come() else ""
    return Unseen(version.kind, version.number, day)


def seen(
    user: User,
    session: MutableMapping[str, Any],
    versions: Iterable[NoticeVersion],
    sight: NoticeSight,
) -> None:
    """They opened these, or said that they have seen them: they are not shown again."""
    found = list(versions)
    note(user, found, sight)
    done = {(one.kind, one.number) for one in found}
    if SESSION_KEY in session:
        left = [one for one in session[SESSION_KEY] if tuple(one[:2]) not in done]
        session[SESSION_KEY] = left


@transaction.atomic
def note(user: User, versions: Iterable[NoticeVersion], sight: NoticeSight) -> None:
    """Keep it, the first time, with a line in the trail. Nothing while nothing may be written."""
    if read_only.is_on():
        return
    for version in versions:
        row = NoticeSeen(
            id=uuid7(),
            plan_id=user.plan_id,
            user=user,
            version=version,
            sight=sight,
            at=timezone.now(),
        )
        # Told once, from two windows at once too.
        NoticeSeen.objects.bulk_create([row], ignore_conflicts=True)
        if not NoticeSeen.objects.filter(pk=row.pk).exists():
            continue
        # No look into a member's file: what they saw is everyone's.
        trail.record(
            "notice.shown"
            if sight == NoticeSight.SHOWN
            else "notice.read"
            if sight == NoticeSight.READ
            else "notice.confirmed",
            object_kind="notice",
            object_id=version.pk,
            facts={"kind": version.kind, "version": version.number},
        )
