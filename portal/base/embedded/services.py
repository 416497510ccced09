import psycopg

from portal.base.embedded import postgres, valkey
from portal.base.embedded.place import Place
from portal.base.embedded.problems import Problem
from portal.base.embedded.processes import Child, State

SERVERS = ("valkey", "postgres")


def start(
    place: Place, values: dict[str, str], state: State, *, durable: bool = True
) -> dict[str, Child]:
    """Postgres and Valkey, each written down as soon as it exists so that no orphan is unknown."""
    started: dict[str, Child] = {}
    try:
        data = postgres.make_cluster(place, password=values["POSTGRES_PASSWORD"])
        for child in (
            valkey.process(
                place,
                port=int(values["VALKEY_PORT"]),
                password=values["VALKEY_PASSWORD"],
                durable=durable,
            ),
            postgres.process(
                place,
                port=int(values["POSTGRES_PORT"]),
                data=data,
                settings={} if durable else postgres.UNSAFE_BUT_FAST,
            ),
        ):
            started[child.name] = child
            state.children[child.name] = child.start()
            state.write()
        wait(started, values)
        postgres.make_roles(
            port=int(values["POSTGRES_PORT"]),
            password=values["POSTGRES_PASSWORD"],
            owner_password=values["OWNER_PASSWORD"],
            app_password=values["APP_PASSWORD"],
        )
        # A Postgres that had to be started twice has another number than the one written down.
        state.children = {name: child.mark for name, child in started.items()}
        state.write()
    except BaseException as error:
        stop(started)
        if isinstance(error, psycopg.Error):
            raise Problem(postgres.why("Postgres could not be set up", str(error))) from error
        raise
    return started


def wait(children: dict[str, Child], values: dict[str, str]) -> None:
    if "postgres" in children:
        postgres.wait_until_ready(
            children["postgres"],
            port=int(values["POSTGRES_PORT"]),
            password=values["POSTGRES_PASSWORD"],
        )
    if "valkey" in children:
        valkey.wait_until_ready(
            children["valkey"], port=int(values["VALKEY_PORT"]), password=values["VALKEY_PASSWORD"]
        )


def stop(children: dict[str, Child]) -> None:
    """What uses the servers first, all of it at once; then the servers."""
    for group in (
        [child for name, child in children.items() if name not in SERVERS],
        [children[name] for name in SERVERS if name in children],
    ):
        for child in group:
            child.ask_to_stop()
        for child in group:
            child.stop()
