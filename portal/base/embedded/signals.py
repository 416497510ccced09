"""INT, TERM and HUP, taken by hand: a shell's background job starts with INT ignored."""

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop(BaseException):
    """A signal arrived. Not an Exception, so that no handler on the way swallows it."""


class _Held:
    deep = False
    arrived = False


def install_handlers() -> None:
    for number in STOPPING:
        signal.signal(number, on_signal)


def ignore() -> None:
    """A second Ctrl-C must not cut the stopping short and leave children behind."""
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)


def on_signal(number: int, frame: FrameType | None) -> None:
    ignore()
    if _Held.deep:
        _Held.arrived = True
        return
    raise Stop


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """A child that is being started is not lost between its birth and our noting it."""
    _Held.deep = True
    try:
        yield
    finally:
        _Held.deep = False
    if _Held.arrived:
        _Held.arrived = False
        raise Stop
