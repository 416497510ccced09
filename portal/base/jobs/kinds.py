"""What each kind of job does. Apps above sign up their own kinds in `AppConfig.ready`."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from portal.base.jobs.models import Job


class Refused(Exception):
    """The person who asked may no longer have this. Nothing of the step is kept."""

    def __init__(self, reason_code: str) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code


@dataclass(frozen=True)
class Kind:
    name: str
    # Binds the person who asked, with the rights they have now, and gives them. Raises Refused.
    acting: Callable[[Job], AbstractContextManager[Any]]
    # Does the next part for that person, in its own transaction, and moves `done`, `total` and
    # `cursor`. True when that was the last one. Seconds at most: a longer one outlives its lease.
    step: Callable[[Job, Any], bool]


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    if _kinds.get(kind.name, kind) is not kind:
        raise ValueError(f"A kind of job named {kind.name!r} is registered already.")
    _kinds[kind.name] = kind


def kind_of(job: Job) -> Kind:
    return _kinds[job.kind]
