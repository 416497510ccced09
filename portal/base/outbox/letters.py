"""What a mail says, by its kind. Apps above sign up their own kinds in `AppConfig.ready`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from portal.base.outbox.models import Mail


@dataclass(frozen=True)
class Letter:
    """The templates `emails/<name>_subject.txt` and `_body.txt`, and words of its own in them."""

    name: str
    words: dict[str, Any] = field(default_factory=dict)
    # Empty: the person's own address.
    to: str = ""


# Each is asked when its mail goes out. None: what it would tell of is past, so nothing goes.
Writer = Callable[[Mail, Any], Letter | None]
_writers: dict[str, Writer] = {}


def register(kind: str, writer: Writer) -> None:
    if _writers.get(kind, writer) is not writer:
        raise ValueError(f"A writer of {kind!r} is registered already.")
    _writers[kind] = writer


def letter_for(mail: Mail, person: Any) -> Letter | None:
    """Without a writer: something is there, and where to sign in. Nothing of what or whom from."""
    writer = _writers.get(mail.kind)
    return writer(mail, person) if writer else Letter("something_new")
