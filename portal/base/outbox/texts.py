"""What a mail says, by its kind. Apps above sign up their own kinds in `AppConfig.ready`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from portal.base.outbox.models import Mail


@dataclass(frozen=True)
class MailText:
    """The templates `emails/<name>_subject.txt` and `_body.txt`, and words of its own in them."""

    name: str
    words: dict[str, Any] = field(default_factory=dict)
    # Empty: the person's own address.
    to: str = ""


# Each is asked when its mail goes out. None: what it would tell of is past, so nothing goes.
Writer = Callable[[Mail, Any], MailText | None]
_writers: dict[str, Writer] = {}


def register(kind: str, writer: Writer) -> None:
    if _writers.get(kind, writer) is not writer:
        raise ValueError(f"A writer of {kind!r} is registered already.")
    _writers[kind] = writer


# What is told on paper where no mail reaches the person.
OnPaper = Callable[[Mail], None]
_on_paper: dict[str, OnPaper] = {}


def register_on_paper(kind: str, write: OnPaper) -> None:
    if _on_paper.get(kind, write) is not write:
        raise ValueError(f"A paper letter for {kind!r} is registered already.")
    _on_paper[kind] = write


def tell_on_paper(mail: Mail) -> None:
    """A mail that was given up. Kinds without a paper letter stay as they are."""
    if write := _on_paper.get(mail.kind):
        write(mail)


def text_for(mail: Mail, person: Any) -> MailText | None:
    """Without a writer: something is there, and where to sign in. Nothing of what or whom from."""
    writer = _writers.get(mail.kind)
    return writer(mail, person) if writer else MailText("something_new")
