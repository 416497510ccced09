import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FrameType

from portal.base.embedded import services
from portal.base.embedded.place import (
    CHECKOUT,
    Place,
    check_port_free,
    default_run_dir,
    external_servers,
    for_the_application,
    make_place,
    prepare_env,
    remove,
)
from portal.base.embedded.problems import Problem
from portal.base.embedded.processes import RUN_MARKER, Child, State, kill_group, this_process

READY_WITHIN = 60.0
RESTARTS_ALLOWED = 5
RESTARTS_WITHIN = 60.0


class Stop(BaseException):
    """INT or TERM arrived. Not an Exception, so that no handler on the way swallows it."""


def on_signal(number: int, frame: FrameType | None) -> None:
    # From here on a second Ctrl-C must not cut the stopping short and leave children behind.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Stop


def install_handlers() -> None:
    """Set by hand: a shell's background job starts with INT ignored and would stay deaf."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)


@contextlib.contextmanager
def step(what: str) -> Iterator[None]:
    print(f"{what} ...", end=" ", flush=True)
    begun = time.monotonic()
    try:
        yield
    except BaseException:
        print(flush=True)
        raise
    print(f"done in {time.monotonic() - begun:.1f} s", flush=True)


@dataclass
class Instance:
    place: Place
    values: dict[str, str]
    state: State
    env: dict[str, str]
    own_servers: bool
    children: dict[str, Child] = field(default_factory=dict)

    def add(self, child: Child) -> None:
        self.children[child.name] = child
        self.state.children[child.name] = child.start()
        self.state.write()


def has_command(name: str) -> bool:
    patterns = (f"*/management/commands/{name}.py", f"portal/*/management/commands/{name}.py")
    return any(any(CHECKOUT.glob(pattern)) for pattern in patterns)


def command(
    instance: Instance, *arguments: str, name: str = "manage", owner: bool = False
) -> "subprocess.Popen[bytes]":
    log = (instance.place.logs / f"{name}.log").open("wb")
    with log:
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=CHECKOUT,
            env=instance.env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def finish(instance: Instance, running: "subprocess.Popen[bytes]", name: str) -> str:
    """Wait for a command; when we are stopped meanwhile, it goes first."""
    try:
        code = running.wait()
    except BaseException:
        kill_group(running.pid)
        running.wait()
        raise
    output = (instance.place.logs / f"{name}.log").read_text(errors="replace")
    if code != 0:
        if "No space left" in output:
            raise Problem("The disk is full: free some space, then try again.")
        print("\n" + output, file=sys.stderr)
        raise Problem(f"`manage.py {name}` failed; what it said is above.")
    return output


def application_children(instance: Instance) -> list[Child]:
    python, place = sys.executable, instance.place
    values = instance.values

    def child(name: str, *argv: str, grace: float = 2.0) -> Child:
        log = place.logs / f"{name}.log"
        return Child(name, [python, "-m", *argv], instance.env, log, CHECKOUT, grace=grace)

    celery = ("celery", "-A", "portal.celery")
    return [
        child(
            "sink",
            "portal.base.embedded.smtp_sink",
            f"--folder={place.run_dir / 'mail'}",
            f"--smtp-port={values['SMTP_PORT']}",
            f"--page-port={values['MAIL_PAGE_PORT']}",
            grace=0.5,
        ),
        child(
            "web",
            "gunicorn",
            "portal.wsgi:application",
            f"--bind=127.0.0.1:{values['PORT']}",
            "--worker-class=gthread",
            "--workers=2",
            "--threads=4",
            "--graceful-timeout=2",
            "--no-control-socket",
        ),
        child("worker", *celery, "worker", "--concurrency=2", "--loglevel=WARNING"),
        child(
            "beat", *celery, "beat", f"--schedule={place.run_dir / 'beat'}", "--pidfile=", grace=0.5
        ),
    ]


def wait_for_web(instance: Instance) -> None:
    web, port = instance.children["web"], int(instance.values["PORT"])
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until:
        if not web.running():
            print("\n" + web.log_tail(), file=sys.stderr)
            raise Problem(f"The web server ended at once: see {web.log}.")
        with contextlib.suppress(OSError, http.client.HTTPException):
            asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            with contextlib.closing(asked):
                asked.request("GET", "/livez", headers={"Host": f"localhost:{port}"})
                if asked.getresponse().status < 500:
                    return
        time.sleep(0.1)
    raise Problem(f"The web server isn't ready after {READY_WITHIN:.0f} s: see {web.log}.")


def build(instance: Instance) -> None:
    collecting = command(instance, "collectstatic", "--noinput", name="collectstatic")
    try:
        with step("Bringing the database up to date"):
            migrating = command(
                instance, "migrate", "--database", "owner", "--noinput", name="migrate"
            )
            finish(instance, migrating, "migrate")
        with step("Collecting static files"):
            finish(instance, collecting, "collectstatic")
    finally:
        if collecting.poll() is None:
            kill_group(collecting.pid)
            collecting.wait()
    # Written after the seed is whole, so that a start cut short seeds again.
    seeded = instance.place.run_dir / "seeded"
    if has_command("demo_seed") and not seeded.exists():
        with step("Making the demo's plans and people"):
            finish(instance, command(instance, "demo_seed", name="demo_seed"), "demo_seed")
        seeded.touch()


def accounts_table(output: str) -> str:
    columns = ("plan", "role", "user_id", "password", "totp_secret", "url")
    try:
        found = json.loads(output[output.index("[") :])
        rows = [[str(account.get(name) or "") for name in columns] for account in found]
    except (ValueError, AttributeError):
        return ""
    heads = ["Plan", "Role", "User ID", "Password", "Code from (authenticator key)", "Address"]
    widths = [max(len(row[place]) for row in [heads, *rows]) for place in range(len(heads))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [heads, ["-" * width for width in widths], *rows]
    )


def open_instance(place: Place) -> Instance:
    with place.locked():
        state = State.read(place.state_file)
        if state.supervised() and state.supervisor:
            raise Problem(f"It is running already, as process {state.supervisor.pid}.")
        if holders := state.living_holders():
            raise Problem(
                f"Process {holders[0].pid} uses the database: wait until it ends, then try again."
            )
        state.end_children(services.STOP_ORDER)
        check_port_free(chosen_port())
        state.supervisor = this_process()
        state.write()
        own = not external_servers()
        values = prepare_env(place)
        given = {name: os.environ[name] for name in values if os.environ.get(name)}
        env = {**os.environ, **for_the_application({**values, **given})}
        env[RUN_MARKER] = str(place.run_dir)
        env.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
        instance = Instance(place, {**values, "PORT": env["PORT"]}, state, env, own)
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
        build(instance)
        with step("Starting the site"):
            asking = (
                command(instance, "demo_accounts", "--json", name="demo_accounts")
                if has_command("demo_accounts")
                else None
            )
            sink, web, *background = application_children(instance)
            instance.add(sink)
            instance.add(web)
            wait_for_web(instance)
            for child in background:
                instance.add(child)
        announce(instance, finish(instance, asking, "demo_accounts") if asking else "")
        watch(instance)
    except Stop:
        print("\nStopping ...", end=" ", flush=True)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if instance:
            close(instance)
    print("stopped.", flush=True)
    return 0


def close(instance: Instance) -> None:
    services.stop(instance.children)
    with instance.place.locked():
        state = State.read(instance.place.state_file)
        state.children, state.supervisor, state.holders = {}, None, []
        state.write()


def announce(instance: Instance, accounts: str) -> None:
    if table := accounts_table(accounts):
        print(f"\n{table}")
    print(f"\nMail that was sent: http://localhost:{instance.values['MAIL_PAGE_PORT']}")
    print(f"Logs: {instance.place.logs}")
    print(f"Ready at http://localhost:{instance.values['PORT']}  (Ctrl-C stops it)", flush=True)


def watch(instance: Instance) -> None:
    while True:
        time.sleep(0.5)
        for child in tuple(instance.children.values()):
            if not child.running():
                restart(instance, child)


def restart(instance: Instance, child: Child) -> None:
    now = time.monotonic()
    child.ends = [moment for moment in child.ends if now - moment < RESTARTS_WITHIN] + [now]
    if len(child.ends) > RESTARTS_ALLOWED:
        print(child.log_tail(), file=sys.stderr)
        raise Problem(f"{child.name} keeps ending, so everything was stopped: see {child.log}.")
    print(f"{child.name} ended by itself and is started again (log: {child.log}).", flush=True)
    child.stop()
    with instance.place.locked():
        child.start()
        if child.name in ("postgres", "valkey"):
            # Only this one: when both died at once, the other's turn comes next.
            services.wait({child.name: child}, instance.values)
        # A command that shares the services may have written to the file in the meantime.
        instance.state = State.read(instance.place.state_file)
        instance.state.children = {name: one.mark for name, one in instance.children.items()}
        instance.state.write()


def reset() -> int:
    run_dir = default_run_dir()
    if not run_dir.exists():
        print("There is no demo data.")
        return 0
    if State.read(run_dir / "state.json").supervised():
        raise Problem("The demo is running: stop it with Ctrl-C first.")
    asked = f"Delete the demo's data in {run_dir}? Type yes: "
    try:
        sure = input(asked).strip().lower() == "yes"
    except EOFError:
        sure = False
    if not sure:
        print("Nothing was deleted.")
        return 1
    State.read(run_dir / "state.json").end_children(services.STOP_ORDER)
    remove(run_dir)
    print("Deleted. `make run` makes a new demo.")
    return 0
