"""What became of a file in a message: told to whoever sent it, and to those who wait for it."""

from uuid import UUID

from accounts.models import User
from messaging import rules
from messaging.models import FileNews, Message, Thread
from portal.base.outbox.announce import Kind, announce
from portal.base.registry import Scanned, scan_ends

MAILS = {FileNews.STOPPED: Kind.FILE_STOPPED, FileNews.READY: Kind.FILE_READY}


def register() -> None:
    scan_ends.sign_up(
        "messaging.files", scanned, "Of messages: to the sender, and after a long wait to readers."
    )


def scanned(end: Scanned) -> None:
    """What waits with a draft is shown beside it: whoever sends it then is told by `tell`."""
    news = rules.file_news(end.stopped, end.waited)
    posts = Message.objects.select_related("thread__member__user", "author")
    message = posts.filter(pk=end.about_id).first() if news else None
    if message is not None:
        tell(message, news)


def tell(message: Message, news: FileNews) -> None:
    """Inside the member's file. A stopped file is news for its side alone, a ready one for both."""
    team, both = message.from_team, news is FileNews.READY
    sides = {
        "file_news_for_team": team or both,
        "file_news_for_member": both or not team,
    }
    rows = Thread.objects.filter(pk=message.thread_id)
    for side in (name for name, tells in sides.items() if tells):
        # That one was stopped is not covered by another that can be opened.
        rows.exclude(**{side: FileNews.STOPPED}).update(**{side: news})
    for person_id in _people(message, both):
        announce(
            plan_id=message.plan_id,
            recipient_id=person_id,
            kind=MAILS[news],
            event_id=message.pk,
        )


def _people(message: Message, both: bool) -> set[UUID]:
    """Of the team, who reads is whoever answers."""
    people = {message.author_id}
    if both and message.from_team:
        reader: User | None = getattr(message.thread.member, "user", None)
        people |= {reader.pk} if reader else set()
    elif both and message.thread.owner_id:
        people.add(message.thread.owner_id)
    return people
