"""Who may read which conversation. Reading is decided, bound to one member's file, and recorded."""

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, F, Model, OuterRef, Q, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import check_role, members_file, own_member
from accounts.models import Member, Role, TeamAssignment, TeamSeat, User
from consents import access as consents_access
from consents import opening_access
from consents.models import Opening
from consents.rules import Act, Category, Fact, Item, Purpose
from messaging import attachments
from messaging.attachments import Attached
from messaging.letters import WAITS
from messaging.models import Draft, FileNews, Message, Thread, ThreadState
from portal.base.audit import trail
from portal.base.clock.shown import moment
from portal.base.crypto import keyring
from portal.base.files.download import Download
from portal.base.letters.models import Letter
from portal.base.letters.queue import letters_about
from portal.base.outbox.announce import Kind, mails_about
from portal.base.outbox.models import Mail

PAGE = 25
Row = TypeVar("Row", bound=Model)
MESSAGES = (Item(Category.MESSAGES),)
NEW_TO_MEMBER = Q(unread_by_member=True) | ~Q(file_news_for_member="")
TEAM_ROLES = frozenset({Role.CARE_WORKER, Role.SUPERVISOR})


class View(StrEnum):
    MINE = "mine"
    UNASSIGNED = "unassigned"
    TEAM = "team"
    WAITING = "waiting"
    ALL = "all"
    # Of members whose messages are open to this person with a reason, from outside their teams.
    OUTSIDE = "opened"


@dataclass(frozen=True)
class OpenThread:
    thread: Thread
    messages: list[Message]
    draft: Draft | None
    mails: dict[UUID, Mail]
    letters: dict[UUID, Letter]
    files: dict[UUID, list[Attached]]
    # By which someone outside the team reads it, and does nothing more.
    opening: Opening | None = None

    @property
    def draft_files(self) -> list[Attached]:
        return self.files.get(self.draft.pk, []) if self.draft else []


def purpose_of(by: User, act: Act) -> Purpose:
    reads_own = by.role == Role.MEMBER and act == Act.VIEW
    return Purpose.OWN_ACCESS if reads_own else Purpose.CARE_MESSAGE


@contextmanager
def file_for(by: User, member_id: UUID, act: Act, purpose: Purpose | None = None) -> Iterator[None]:
    """Decide, then bind the member's file: message bodies can be read and written inside alone.

    Raises PermissionDenied with a sentence for people.
    """
    purpose = purpose or purpose_of(by, act)
    decision = consents_access.require(
        by=by, act=act, purpose=purpose, items=MESSAGES, member_id=member_id
    )
    with members_file(member_id, consents_access.grounds(purpose, decision)):
        yield


def visible_to(user: User) -> QuerySet[Thread]:
    """A member's own; for staff those of their teams, while the team cares for the member."""
    threads = Thread.objects.filter(plan_id=user.plan_id)
    if user.role == Role.MEMBER and user.member_id is not None:
        return threads.filter(member_id=user.member_id)
    if user.role in TEAM_ROLES:
        seats = TeamSeat.objects.current().filter(user=user).values("team")
        caring = TeamAssignment.objects.current().filter(
            team=OuterRef("team"), member=OuterRef("member")
        )
        return threads.filter(Exists(caring), team__in=seats)
    return threads.none()


def opened_outside(user: User) -> QuerySet[Thread]:
    """Of members whose messages this person may read for now, because they said why."""
    threads = Thread.objects.filter(plan_id=user.plan_id)
    if user.role not in TEAM_ROLES:
        return threads.none()
    return threads.filter(member_id__in=opening_access.members_opened(user))


def find(user: User, thread_id: UUID) -> Thread:
    """A thread to act on, not yet opened. Raises Http404 for one that isn't theirs; Refused for
    staff of care teams, who may read with a reason what another team has, and no more;
    PermissionDenied for roles that have no threads.
    """
    check_role(user, Role.MEMBER, *TEAM_ROLES)
    found = visible_to(user).select_related("plan", "team", "owner").filter(pk=thread_id).first()
    if found is None:
        _refuse_other_teams(user, thread_id)
        raise Http404
    return found


def _refuse_other_teams(user: User, thread_id: UUID) -> None:
    threads = Thread.objects.filter(plan_id=user.plan_id, pk=thread_id)
    if user.role not in TEAM_ROLES or not (other := threads.first()):
        return
    # On another of the member's teams they may act there alone.
    consents_access.require(
        by=user,
        act=Act.ANSWER_MESSAGE,
        purpose=Purpose.CARE_MESSAGE,
        items=MESSAGES,
        member_id=other.member_id,
        without=frozenset({Fact.ON_THE_MEMBERS_TEAM}),
    )


def _find_to_read(user: User, thread_id: UUID) -> tuple[Thread, Purpose]:
    """As `find`; and for staff of care teams, with a reason, what another team of the plan has.

    Raises Refused, with the page where they can say why, before they did.
    """
    heads = Thread.objects.select_related("plan", "team", "owner")
    found = heads.filter(pk=thread_id, plan_id=user.plan_id).first()
    if found is None or user.role not in TEAM_ROLES:
        return find(user, thread_id), purpose_of(user, Act.VIEW)
    if visible_to(user).filter(pk=thread_id).exists():
        return found, Purpose.CARE_MESSAGE
    try:
        with file_for(user, found.member_id, Act.VIEW, Purpose.OUTSIDE_TEAM):
            return found, Purpose.OUTSIDE_TEAM
    except consents_access.Refused as refused:
        refused.way_on = reverse("messaging:thread-why", args=[found.pk])
        raise


def why_page_of(user: User, thread_id: UUID) -> tuple[UUID, bool]:
    """Whose conversation it is, to say why it must be opened, and whether that is needed.

    Raises Http404 for what the plan doesn't have.
    """
    check_team_role(user)
    found = Thread.objects.filter(pk=thread_id, plan_id=user.plan_id).first()
    if found is None:
        raise Http404
    return found.member_id, not visible_to(user).filter(pk=thread_id).exists()


# The member


def threads_of(user: User, number: str | int = 1) -> "Page[Thread]":
    member = own_member(user)
    with file_for(user, member.pk, Act.VIEW):
        threads = visible_to(user).select_related("plan", "team").order_by("-last_message_at", "pk")
        page = _page(threads, number)
        keyring.prefetch([member.record_holder_id])
        trail.record("threads.listed", member_id=member.pk, facts={"count": len(page.object_list)})
    return page


def own_threads(user: User, ids: Collection[UUID]) -> dict[UUID, Thread]:
    """By the ids that lines of the trail name: a thread's own, or that of a message in it.

    Asked for with those lines, which have a line of their own.
    """
    member = own_member(user)
    with file_for(user, member.pk, Act.VIEW):
        keyring.prefetch([member.record_holder_id])
        posts = Message.objects.filter(member_id=member.pk, pk__in=ids).select_related("thread")
        own = visible_to(user).filter(pk__in=ids)
        return {post.pk: post.thread for post in posts} | {thread.pk: thread for thread in own}


def unread_count(user: User) -> int:
    return visible_to(user).filter(NEW_TO_MEMBER).count()


def needs_of(user: User) -> list[dict[str, str]]:
    """What waits for the member on the home page: teams that answered, no words of theirs."""
    unread = visible_to(user).filter(NEW_TO_MEMBER).select_related("team")
    member = own_member(user)
    with file_for(user, member.pk, Act.VIEW):
        newest = list(unread.order_by("-last_message_at")[:5])
        if newest:
            trail.record("threads.listed", member_id=member.pk, facts={"count": len(newest)})
        return [need for thread in newest for need in _needs(thread)]


def _needs(thread: Thread) -> Iterator[dict[str, str]]:
    page, team = reverse("messaging:thread-detail", args=[thread.pk]), {"team": thread.team.name}
    if thread.file_news_for_member:
        stopped = thread.file_news_for_member == FileNews.STOPPED
        title = _("A file that you sent was stopped") if stopped else _("A file is ready")
        text = _("In your messages with %(team)s") % team
        yield {"icon": "clip", "title": title, "text": text, "href": page}
    if thread.unread_by_member:
        title, text = _("New answer from %(team)s") % team, moment(thread.last_message_at)
        yield {"icon": "message", "title": title, "text": text, "href": page}


def get_receipt(user: User, message_id: UUID) -> tuple[Message, list[Attached]]:
    """A message that this person sent, and what went with it."""
    member = own_member(user)
    with file_for(user, member.pk, Act.VIEW):
        sent = Message.objects.select_related("plan", "thread__team")
        found = sent.filter(pk=message_id, author=user, member_id=member.pk).first()
        if found is None:
            raise Http404
        trail.record(
            "message.opened", member_id=member.pk, object_kind="message", object_id=found.pk
        )
        return found, attachments.of([found.pk]).get(found.pk, [])


# Either side


def get_thread(user: User, thread_id: UUID) -> OpenThread:
    """Open a conversation and put it on record. What may not be seen is not found.

    Raises Refused for staff who must say first why they read what another team has.
    """
    thread, purpose = _find_to_read(user, thread_id)
    with file_for(user, thread.member_id, Act.VIEW, purpose):
        outside = purpose is Purpose.OUTSIDE_TEAM
        opening = opening_access.opening_of(user, thread.member_id) if outside else None
        posts = _messages(thread).select_related("author")
        messages = list(posts.order_by("sent_at", "pk"))
        answers = [post.pk for post in messages if post.from_team]
        draft = _draft(user, thread.member_id, thread)
        opened = OpenThread(
            thread,
            messages,
            draft,
            mails_about(Kind.MESSAGE_ANSWERED, answers),
            letters_about(WAITS, answers),
            attachments.of([*(post.pk for post in messages), *([draft.pk] if draft else [])]),
            opening,
        )
        authors = [post.author.holder_id for post in opened.messages]
        keyring.prefetch([thread.record_holder_id, *authors])
        trail.record(
            "thread.opened",
            member_id=thread.member_id,
            object_kind="thread",
            object_id=thread.pk,
            facts={"count": len(opened.messages), **_said(opening)},
        )
    return opened


def _said(opening: Opening | None) -> dict[str, str | int]:
    return {"reason_code": opening.reason} if opening else {}


def get_file(user: User, thread_id: UUID, file_id: UUID) -> Download:
    """A file of a message. Raises Http404, or PermissionDenied before it is known to be safe."""
    thread, purpose = _find_to_read(user, thread_id)
    with file_for(user, thread.member_id, Act.VIEW, purpose):
        posts = _messages(thread).values_list("pk", flat=True)
        groups = attachments.of(list(posts)).values()
        found = next((one for group in groups for one in group if one.file.pk == file_id), None)
        if found is None:
            raise Http404
        attachments.require_open(found)
        outside = purpose is Purpose.OUTSIDE_TEAM
        trail.record(
            "file.opened",
            member_id=thread.member_id,
            object_kind="file",
            object_id=file_id,
            facts=_said(opening_access.opening_of(user, thread.member_id) if outside else None),
        )
        return attachments.download(found)


def files_of_draft(user: User, member_id: UUID, draft: Draft | None) -> list[Attached]:
    if draft is None:
        return []
    with file_for(user, member_id, Act.VIEW):
        return attachments.of([draft.pk]).get(draft.pk, [])


def message_of(user: User, thread: Thread, message_id: UUID) -> Message:
    """A message of a conversation that this person may see, inside its member's file."""
    found = _messages(find(user, thread.pk)).filter(pk=message_id).first()
    if found is None:
        raise Http404
    return found


def _messages(thread: Thread) -> QuerySet[Message]:
    return Message.objects.filter(thread=thread, member_id=thread.member_id)


def get_draft(user: User) -> Draft | None:
    """The member's words for a new message, not sent yet."""
    member = own_member(user)
    with file_for(user, member.pk, Act.WRITE_MESSAGE):
        found = _draft(user, member.pk, None)
        if found:
            trail.record(
                "draft.opened", member_id=member.pk, object_kind="draft", object_id=found.pk
            )
    return found


def _draft(user: User, member_id: UUID, thread: Thread | None) -> Draft | None:
    return _drafts(user, member_id).filter(thread=thread).first()


def _drafts(user: User, member_id: UUID) -> QuerySet[Draft]:
    """Only what this person wrote: nobody reads the drafts of others."""
    drafts = Draft.objects.select_related("plan", "team", "thread")
    return drafts.filter(author=user, member_id=member_id)


def drafts_of(user: User, number: str | int = 1) -> "Page[Draft]":
    """What this member wrote and did not send, the latest first."""
    member = own_member(user)
    with file_for(user, member.pk, Act.VIEW):
        page = _page(_drafts(user, member.pk).order_by("-saved_at", "pk"), number)
        keyring.prefetch([member.record_holder_id])
        if count := len(page.object_list):
            trail.record("drafts.listed", member_id=member.pk, facts={"count": count})
    return page


def get_own_draft(user: User, draft_id: UUID) -> Draft:
    member = own_member(user)
    with file_for(user, member.pk, Act.VIEW):
        found = _drafts(user, member.pk).filter(pk=draft_id).first()
        if found is None:
            raise Http404
        trail.record("draft.opened", member_id=member.pk, object_kind="draft", object_id=found.pk)
    return found


# The team

_VIEWS: dict[View, Q] = {
    View.TEAM: Q(state=ThreadState.WAITING),
    View.WAITING: Q(state=ThreadState.ANSWERED),
    View.ALL: Q(),
    View.OUTSIDE: Q(),
}


def _in_view(user: User, view: View) -> Q:
    if view is View.MINE:
        return Q(state=ThreadState.WAITING, owner=user)
    if view is View.UNASSIGNED:
        return Q(state=ThreadState.WAITING, owner=None)
    return _VIEWS[view]


def check_team_role(user: User) -> None:
    check_role(user, *TEAM_ROLES)


def team_threads(user: User, view: View, number: str | int = 1) -> "Page[Thread]":
    """A page of the inbox, first due first, decided and recorded for each member on it."""
    check_team_role(user)
    there = opened_outside(user) if view is View.OUTSIDE else visible_to(user)
    threads = there.filter(_in_view(user, view))
    threads = threads.select_related("plan", "team", "owner", "member")
    page = _page(threads.order_by(F("answer_by").asc(nulls_last=True), "-last_message_at"), number)
    _record_rows(user, view, page)
    keyring.prefetch(holder for thread in page.object_list for holder in _holders(thread))
    return page


def _record_rows(user: User, view: View, page: "Page[Thread]") -> None:
    """A row names a member and shows what the message is about: a look into that file."""
    purpose = Purpose.OUTSIDE_TEAM if view is View.OUTSIDE else Purpose.CARE_MESSAGE
    decisions = consents_access.decide_each(
        by=user,
        act=Act.VIEW,
        purpose=purpose,
        items=MESSAGES,
        member_ids={row.member_id for row in page.object_list},
    )
    page.object_list = [row for row in page.object_list if decisions[row.member_id].permitted]
    counts = Counter((decisions[row.member_id].basis, row.member_id) for row in page.object_list)
    if not counts:
        trail.record("inbox.opened", purpose=purpose, facts={"kind": view.value, "count": 0})
    for basis in {basis for basis, _member in counts}:
        facts: dict[UUID, dict[str, str | int]] = {
            m: {"kind": view.value, "count": n, "decision": decisions[m].told}
            for (b, m), n in counts.items()
            if b == basis
        }
        trail.record_each("inbox.opened", facts, purpose=purpose, basis=basis)


def _holders(thread: Thread) -> list[UUID | None]:
    owner = thread.owner.holder_id if thread.owner else None
    return [thread.record_holder_id, thread.member.privacy_holder_id, owner]


def view_counts(user: User) -> dict[View, int]:
    """How many are in each view; those opened from outside the team only while there are any."""
    own = [view for view in View if view is not View.OUTSIDE]
    counts: dict[str, Any] = visible_to(user).aggregate(
        **{view.value: Count("pk", filter=_in_view(user, view)) for view in own}
    )
    found = {view: int(counts[view.value]) for view in own}
    members = opening_access.members_opened(user)
    return found | ({View.OUTSIDE: opened_outside(user).count()} if members else {})


def member_of(user: User, thread: Thread, opening: Opening | None = None) -> Member:
    """The person beside the conversation that this staff member opened."""
    check_team_role(user)
    purpose = Purpose.OUTSIDE_TEAM if opening else Purpose.CARE_MESSAGE
    with file_for(user, thread.member_id, Act.VIEW, purpose):
        return Member.objects.get(pk=thread.member_id, plan_id=user.plan_id)


def _page(rows: QuerySet[Row], number: str | int) -> "Page[Row]":
    page = Paginator(rows, PAGE).get_page(number)
    page.object_list = list(page.object_list)
    return page
