import base64
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import secrets
import shutil
import socket
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from portal.base.embedded.problems import Problem

CHECKOUT = Path(__file__).resolve().parents[3]
EXTERNAL = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")
ROOM_NEEDED = 300 * 2**20
# For a command or a later start, which adds little to the data that is there.
RESERVE = 30 * 2**20
NO_ROOM = 20 * 2**20
# The one that people type is the same on most machines; for the others any will do.
PORTS = {"POSTGRES_PORT": 0, "VALKEY_PORT": 0, "SMTP_PORT": 0, "MAIL_PAGE_PORT": 8025}
# A test's database is a copy of a thousand files: in memory that takes a tenth of the time. Where
# containers have this folder it is far too small, and then the disk serves.
MEMORY = Path("/dev/shm")  # noqa: S108
MEMORY_NEEDED = 4 * 2**30
UNPRIVILEGED = ("nobody", "postgres", "daemon")


@dataclass(frozen=True)
class Place:
    """Where an instance lives: its own folder, and one its servers can reach."""

    run_dir: Path
    served: Path
    user: str | None

    @property
    def env_file(self) -> Path:
        return self.run_dir / "env"

    @property
    def state_file(self) -> Path:
        return self.run_dir / "state.json"

    @property
    def logs(self) -> Path:
        return self.run_dir / "log"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        with (self.run_dir / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def full(self) -> bool:
        folders = {self.run_dir, self.served}
        return any(shutil.disk_usage(folder).free < NO_ROOM for folder in folders)

    def private_folder(self, name: str) -> Path:
        folder = self.served / name
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.user:
            shutil.chown(folder, self.user, group_of(self.user))
        return folder


def default_run_dir() -> Path:
    return Path(os.environ.get("RUN_DIR") or CHECKOUT / ".run").resolve()


def make_place(run_dir: Path) -> Place:
    run_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
    check_room(run_dir)
    for name in ("log", "mail", "files", "static", "anchor"):
        (run_dir / name).mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() != 0:
        return Place(run_dir, run_dir, None)
    return Place(run_dir, served_folder(run_dir), unprivileged_user())


def check_room(run_dir: Path) -> None:
    needed = RESERVE if has_data(run_dir) else ROOM_NEEDED
    if shutil.disk_usage(run_dir).free < needed:
        room = f"{needed // 2**20} MB"
        raise Problem(f"The disk that holds {run_dir} is full: free {room}, then try again.")


def has_data(run_dir: Path) -> bool:
    """Whether a first start came so far that what it needed the room for is there."""
    return any((folder / "postgres/data").exists() for folder in (run_dir, outside_folder(run_dir)))


def unprivileged_user() -> str:
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in UNPRIVILEGED:
        if name in known:
            return name
    raise Problem("Postgres can't run as root, and this system has no other user to run it as.")


def group_of(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid


def reachable(path: Path) -> bool:
    return all(step.stat().st_mode & stat.S_IXOTH for step in (path, *path.parents))


def outside_folder(run_dir: Path) -> Path:
    name = hashlib.sha256(str(run_dir).encode()).hexdigest()[:16]
    return Path("/var/tmp") / f"member-portal-{name}"  # noqa: S108


def served_folder(run_dir: Path) -> Path:
    if reachable(run_dir):
        return run_dir
    folder = outside_folder(run_dir)
    folder.mkdir(mode=0o711, exist_ok=True)
    # Anyone may write beside it, so a folder or link that somebody else put there is refused.
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise Problem(f"{folder} belongs to somebody else: remove it, then try again.")
    folder.chmod(0o711)
    return folder


def keep_in_memory(place: Place, name: str) -> None:
    """For what may be lost with the machine; where there is no room, it stays on the disk."""
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < MEMORY_NEEDED:
        return
    folder = memory_folder(place.run_dir)
    # One that is there already is somebody else's.
    folder.mkdir(mode=0o700)
    (place.served / name).symlink_to(folder)


def memory_folder(run_dir: Path) -> Path:
    return MEMORY / outside_folder(run_dir).name


def remove(run_dir: Path) -> None:
    for folder in (memory_folder(run_dir), outside_folder(run_dir), run_dir):
        shutil.rmtree(folder, ignore_errors=True)


def package_folder(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise Problem(
            f"{name} isn't installed: use `make run`, or set DATABASE_URL, DATABASE_OWNER_URL "
            "and REDIS_URL to servers of your own."
        )
    return Path(spec.origin).parent


def reachable_copy(source: Path, place: Place) -> Path:
    """The source itself, or a copy under the served folder when its user can't reach it."""
    if place.user is None or reachable(source.resolve()):
        return source
    target = place.served / "programs" / source.relative_to(source.parents[1])
    if not target.exists():
        fresh = target.with_name(target.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(source, fresh, symlinks=True)
        for folder in (place.served / "programs", target.parent):
            folder.chmod(0o755)
        fresh.replace(target)
    return target


def free_port(preferred: int = 0) -> int:
    with hold_port(preferred) as held:
        return port_of(held)


def hold_port(preferred: int = 0) -> socket.socket:
    """A socket that listens on this port or, where that is taken, on another."""
    for port in (preferred, 0) if preferred else (0,):
        held = socket.socket()
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            held.bind(("127.0.0.1", port))
            # Two sockets may be bound to one port, as long as none of them listens.
            held.listen()
        except OSError:
            held.close()
        else:
            return held
    raise Problem("No free port is left on this machine.")


def port_of(held: socket.socket) -> int:
    return int(held.getsockname()[1])


def check_port_free(port: int) -> None:
    taken = f"Port {port} is taken: try `PORT={port + 1000 if port < 64000 else 9000} make run`."
    # Browsers ask localhost by IPv6 first, and some systems let two servers bind one port.
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with contextlib.suppress(OSError), socket.socket(family) as probe:
            probe.settimeout(1)
            if probe.connect_ex((address, port)) == 0:
                raise Problem(taken)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError as error:
            raise Problem(f"Port {port} is reserved: try `PORT=9000 make run`.") from error
        except OSError as error:
            raise Problem(taken) from error


def read_env(path: Path) -> dict[str, str]:
    lines = path.read_text().splitlines() if path.exists() else []
    return dict(line.split("=", 1) for line in lines if "=" in line)


def write_env(path: Path, values: dict[str, str]) -> None:
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w") as out:
        out.writelines(f"{key}={value}\n" for key, value in values.items())
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)


def key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def external_servers() -> bool:
    given = [name for name in EXTERNAL if os.environ.get(name)]
    if given and len(given) < len(EXTERNAL):
        missing = ", ".join(name for name in EXTERNAL if name not in given)
        raise Problem(f"{given[0]} is set, so {missing} must be set too (or none of them).")
    return bool(given)


def password() -> str:
    return secrets.token_urlsafe(48)


SECRETS = {
    "SECRET_KEY": password,
    "KEY_RING": key,
    "BLIND_KEY": key,
    "LOG_SIGNING_KEY": key,
    "POSTGRES_PASSWORD": password,
    "OWNER_PASSWORD": password,
    "APP_PASSWORD": password,
    "VALKEY_PASSWORD": password,
}


def hold_mail_page(place: Place) -> socket.socket:
    """For the process that shows the mail: all demos ask for the same port, maybe at once."""
    usual = PORTS["MAIL_PAGE_PORT"]
    return hold_port(int(read_env(place.env_file).get("MAIL_PAGE_PORT", usual)))


def prepare_env(place: Place, mail_page: socket.socket | None = None) -> dict[str, str]:
    """Secrets are made once and kept; addresses follow the free ports of this start."""
    old = read_env(place.env_file)
    if not old and (place.served / "postgres" / "data").exists():
        raise Problem(
            f"{place.env_file} with its keys is gone, so the data can't be read: `make reset`."
        )
    secret = {name: old.get(name) or make() for name, make in SECRETS.items()}
    ports = {name: str(free_port(int(old.get(name, usual)))) for name, usual in PORTS.items()}
    if mail_page:
        ports["MAIL_PAGE_PORT"] = str(port_of(mail_page))
    postgres = f"127.0.0.1:{ports['POSTGRES_PORT']}/portal"
    values = {
        **secret,
        **ports,
        "DATABASE_URL": f"postgres://portal_app:{secret['APP_PASSWORD']}@{postgres}",
        "DATABASE_OWNER_URL": f"postgres://portal_owner:{secret['OWNER_PASSWORD']}@{postgres}",
        "REDIS_URL": f"redis://:{secret['VALKEY_PASSWORD']}@127.0.0.1:{ports['VALKEY_PORT']}/0",
        "EMAIL_URL": f"smtp://127.0.0.1:{ports['SMTP_PORT']}",
        "LOG_ANCHOR_PATH": str(place.run_dir / "anchor" / "roots.jsonl"),
        "STATIC_ROOT": str(place.run_dir / "static"),
        "FILES_ROOT": str(place.run_dir / "files"),
        "TRUSTED_PROXIES": "0",
        "BASE_DOMAIN": "localhost",
        "PUBLIC_SCHEME": "http",
        "PORT": os.environ.get("PORT") or "8000",
        "DEMO": "1",
        "DEBUG": "0",
    }
    write_env(place.env_file, values)
    return values


OURS_ALONE = ("POSTGRES_PASSWORD", "OWNER_PASSWORD", "APP_PASSWORD", "VALKEY_PASSWORD")


def for_the_application(values: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if name not in OURS_ALONE}
