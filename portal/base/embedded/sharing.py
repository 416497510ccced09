import atexit
import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from portal.base.embedded.problems import Problem, sentence_for

if TYPE_CHECKING:
    from portal.base.embedded.place import Place
    from portal.base.embedded.processes import Mark


def share() -> None:
    """Give a command that runs by hand the running instance, or one for as long as it lasts."""
    try:
        attach()
    except Problem as problem:
        sys.exit(str(problem))
    except OSError as error:
        sys.exit(sentence_for(error))


def disk_full() -> str:
    """The sentence for it, if the database that stands in the folder of the demo has no room."""
    from portal.base.embedded import place as places
    from portal.base.embedded.problems import DISK_FULL

    run_dir = places.default_run_dir()
    if places.external_servers() or not run_dir.exists():
        return ""
    return DISK_FULL if places.make_place(run_dir).full() else ""


def attach() -> None:
    # Imported late: in production DATABASE_URL is set and none of this is needed.
    from portal.base.embedded import place as places
    from portal.base.embedded import services
    from portal.base.embedded.processes import State, this_process

    if places.external_servers():
        return
    place = places.make_place(places.default_run_dir())
    me = this_process()
    with place.locked():
        state = State.read(place.state_file)
        ours = [state.children.get(name) for name in ("postgres", "valkey")]
        if not all(mark and mark.alive() for mark in ours):
            state.end_children(services.SERVERS)
            services.start(place, places.prepare_env(place), state)
        state.holders = [*state.living_holders(), me]
        state.write()
    for name, value in places.for_the_application(places.read_env(place.env_file)).items():
        os.environ.setdefault(name, value)

    atexit.register(let_go, place, me)
    for number in (signal.SIGTERM, signal.SIGHUP):
        # By default these end a process without a word to anyone.
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, lambda number, _frame: sys.exit(128 + number))


def let_go(place: "Place", me: "Mark") -> None:
    from portal.base.embedded import services
    from portal.base.embedded.processes import State

    # A forked child inherits this hook, but it never was the holder.
    if os.getpid() != me.pid:
        return
    # A full disk was told already. Who reads the state next sees that this one is gone.
    with suppress(OSError), place.locked():
        state = State.read(place.state_file)
        state.holders = [holder for holder in state.living_holders() if holder != me]
        with suppress(OSError):
            state.write()
        if not state.holders and not state.supervised():
            state.end_children(services.SERVERS)
