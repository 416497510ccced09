"""`make run` and `make reset`: one process that starts, watches and stops all the others."""

import os
import sys
import time
from contextlib import suppress

import psycopg

from portal.base.embedded import services
from portal.base.embedded.application import application_children, wait_for_web
from portal.base.embedded.build import build
from portal.base.embedded.instance import Instance
from portal.base.embedded.place import (
    Place,
    check_port_free,
    default_run_dir,
    external_servers,
    for_the_application,
    hold_mail_page,
    make_place,
    prepare_env,
    remove,
)
from portal.base.embedded.problems import (
    DISK_FULL,
    WAITS_FOR_ROOM,
    Problem,
    tells_of_full_disk,
)
from portal.base.embedded.processes import RUN_MARKER, Child, State, this_process
from portal.base.embedded.progress import step
from portal.base.embedded.signals import Stop, ignore, install_handlers
from portal.base.embedded.welcome import welcome

RESTARTS_ALLOWED = 5
RESTARTS_WITHIN = 60.0
ROOM_SECONDS = 3.0


def open_instance(place: Place) -> Instance:
    port = chosen_port()
    with place.locked():
        state = State.read(place.state_file)
        if state.supervised() and state.supervisor:
            raise Problem(
                f"It is running already, as process {state.supervisor.pid}: use it, or end it with "
                f"`kill {state.supervisor.pid}` first."
            )
        if holders := state.living_holders():
            raise Problem(
                f"Process {holders[0].pid} uses the database: wait until it ends, then try again."
            )
        if any(mark.alive() for mark in state.children.values()):
            with step("Ending what an earlier run left behind"):
                state.end_children(services.SERVERS)
        state.end_children(services.SERVERS)
        check_port_free(port)
        state.supervisor = this_process()
        state.write()
        own = not external_servers()
        mail_page = hold_mail_page(place)
        values = prepare_env(place, mail_page)
        given = {name: os.environ[name] for name in values if os.environ.get(name)}
        env = {**os.environ, **for_the_application({**values, **given})}
        env[RUN_MARKER] = str(place.run_dir)
        env.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
        instance = Instance(place, {**values, "PORT": str(port)}, env, mail_page)
        if own:
            with step("Starting Postgres and Valkey"):
                instance.children |= services.start(place, values, state)
        return instance


def chosen_port() -> int:
    given = os.environ.get("PORT") or "8000"
    if not given.isdecimal() or not 0 < int(given) < 65536:
        raise Problem(f"PORT must be a number from 1 to 65535, not {given!r}.")
    return int(given)


def run() -> int:
    install_handlers()
    place = make_place(default_run_dir())
    instance: Instance | None = None
    try:
        instance = open_instance(place)
        web, sink, *others = application_children(instance)
        # At once: another demo that starts now would choose the same ports.
        instance.add(sink)
        build(instance)
        with step("Starting the site"):
            instance.add(web)
            asking = instance.command("demo_accounts", "--json")
            wait_for_web(instance)
            for child in others:
                instance.add(child)
            accounts = instance.finish(asking)
        welcome(instance, accounts)
        watch(instance)
    except Stop:
        print("\nStopping ...", end=" ", flush=True)
    except (Problem, OSError, psycopg.Error) as problem:
        # Whatever went wrong first: it is this that can be mended.
        if place.full():
            raise Problem(DISK_FULL) from problem
        if isinstance(problem, psycopg.Error):
            raise Problem(f"The database can't be used: {problem}") from problem
        raise
    finally:
        ignore()
        if instance:
            close(instance)
    print("stopped.", flush=True)
    return 0


def close(instance: Instance) -> None:
    services.stop(instance.children)
    # On a full disk they stay written down, and are seen to be gone.
    with suppress(OSError), instance.place.locked():
        state = State.read(instance.place.state_file)
        state.children, state.supervisor, state.holders = {}, None, []
        state.write()


def watch(instance: Instance) -> None:
    """Starts again what ended. On a full disk it tries on, and what runs then is written down as
    soon as there is room: a command that took it for dead would end it.
    """
    told = behind = False
    while True:
        time.sleep(0.5)
        if behind:
            with suppress(OSError):
                instance.note()
                behind = False
        for child in tuple(instance.children.values()):
            if child.running():
                continue
            try:
                restart(instance, child, quiet=told)
                told = told and instance.place.full()
            except (Problem, OSError):
                behind = True
                if not (instance.place.full() or tells_of_full_disk(child.log_tail())):
                    raise
                if not told:
                    print(WAITS_FOR_ROOM, flush=True)
                told = True
                child.ends.clear()
                time.sleep(ROOM_SECONDS)


def restart(instance: Instance, child: Child, *, quiet: bool = False) -> None:
    now = time.monotonic()
    child.ends = [moment for moment in child.ends if now - moment < RESTARTS_WITHIN] + [now]
    if len(child.ends) > RESTARTS_ALLOWED:
        said = child.log_tail()
        if tells_of_full_disk(said):
            raise Problem(DISK_FULL)
        print(said, file=sys.stderr)
        raise Problem(f"{child.name} keeps ending, so everything was stopped: see {child.log}.")
    if not quiet:
        print(f"{child.name} ended by itself and is started again (log: {child.log}).", flush=True)
    child.stop()
    child.start()
    instance.note()
    if child.name in services.SERVERS:
        # Only this one: when both died at once, the other's turn comes next.
        services.wait({child.name: child}, instance.values)
        # A Postgres that had to be started twice has another number than the one written down.
        instance.note()


def reset() -> int:
    run_dir = default_run_dir()
    if not run_dir.exists():
        print("There is no demo data.")
        return 0
    if State.read(run_dir / "state.json").supervised():
        raise Problem("The demo is running: stop it with Ctrl-C first.")
    if holders := State.read(run_dir / "state.json").living_holders():
        raise Problem(
            f"Process {holders[0].pid} uses the database: wait until it ends, then try again."
        )
    asked = f"Delete the demo's data in {run_dir}? Type yes: "
    try:
        sure = input(asked).strip().lower() == "yes"
    except (EOFError, KeyboardInterrupt):
        print()
        sure = False
    if not sure:
        print("Nothing was deleted.")
        return 1
    State.read(run_dir / "state.json").end_children(services.SERVERS)
    remove(run_dir)
    print("Deleted. `make run` makes a new demo.")
    return 0
