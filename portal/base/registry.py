"""The one place where a lower floor reaches a higher one: apps sign up in `AppConfig.ready`."""

from collections.abc import Callable
from uuid import UUID

# Each guard answers why a key holder must not be shredded, or None. Any reason forbids it.
shred_guards: dict[str, Callable[[UUID], str | None]] = {}


def register_shred_guard(name: str, guard: Callable[[UUID], str | None]) -> None:
    if name in shred_guards and shred_guards[name] is not guard:
        raise ValueError(f"A shred guard named {name!r} is registered already.")
    shred_guards[name] = guard
