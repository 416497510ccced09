"""The one place where a lower floor reaches a higher one: apps sign up in `AppConfig.ready`."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from portal.base.clock.levels import Due

# Each guard answers why a key holder must not be shredded, or None. Any reason forbids it.
shred_guards: dict[str, Callable[[UUID], str | None]] = {}


def register_shred_guard(name: str, guard: Callable[[UUID], str | None]) -> None:
    if name in shred_guards and shred_guards[name] is not guard:
        raise ValueError(f"A shred guard named {name!r} is registered already.")
    shred_guards[name] = guard


# Each hold answers whose lines of a year of the trail must be copied out before it is dropped.
log_holds: dict[str, Callable[[int], Iterable[UUID]]] = {}


def register_log_hold(name: str, hold: Callable[[int], Iterable[UUID]]) -> None:
    if name in log_holds and log_holds[name] is not hold:
        raise ValueError(f"A hold on the trail named {name!r} is registered already.")
    log_holds[name] = hold


# What, beside the values that a holder seals, goes with its key: keyed marks made from them.
shred_erasers: dict[str, Callable[[UUID], None]] = {}


def register_shred_eraser(name: str, eraser: Callable[[UUID], None]) -> None:
    if name in shred_erasers and shred_erasers[name] is not eraser:
        raise ValueError(f"A shred eraser named {name!r} is registered already.")
    shred_erasers[name] = eraser


# Each list answers what someone must do by a day that is near or past, in all plans.
due_lists: dict[str, Callable[[datetime], Iterable[Due]]] = {}


def register_due_list(name: str, due_list: Callable[[datetime], Iterable[Due]]) -> None:
    if name in due_lists and due_lists[name] is not due_list:
        raise ValueError(f"A due list named {name!r} is registered already.")
    due_lists[name] = due_list


class Thing(NamedTuple):
    """What a line of the trail is about, as the member knows it."""

    title: str
    page: str


Finder = Callable[[Any, Collection[UUID]], dict[UUID, Thing]]
# Each finds those of these ids that are things of this member's own.
thing_finders: dict[str, Finder] = {}


def register_thing_finder(name: str, finder: Finder) -> None:
    if name in thing_finders and thing_finders[name] is not finder:
        raise ValueError(f"A finder named {name!r} is registered already.")
    thing_finders[name] = finder
