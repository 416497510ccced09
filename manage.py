#!/usr/bin/env python
import logging
import os
import select
import signal
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    try:
        " ".join(sys.argv).encode()
    except UnicodeEncodeError:
        sys.exit("What follows manage.py is not UTF-8 text.")
    shares = not (os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE"))
    if shares:
        from portal.base.embedded import share

        share()
    # Which connection of the pool failed how often is for a server's log.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import InternalError, OperationalError, ProgrammingError

    try:
        execute_from_command_line(sys.argv)
    except BrokenPipeError:
        if not nobody_reads():
            raise
        # As the shell says of a program that this ended: it is not done.
        sys.exit(128 + signal.SIGPIPE)
    except ImproperlyConfigured as wrong:
        sys.exit(str(wrong))
    except (KeyboardInterrupt, OperationalError) as failed:
        said = ending(failed, shares=shares)
        if said is None:
            raise
        sys.exit(said)
    # The second when a block that was open meanwhile had something to tidy up.
    except (ProgrammingError, InternalError):
        if anything_migrated():
            raise
        sys.exit(
            "The database isn't set up yet: run `make run` first, or on servers of your own "
            "`manage.py migrate --database owner`."
        )
    finally:
        nobody_reads()


def ending(failed: BaseException, *, shares: bool) -> str | int | None:
    """What to exit with: of a command that was stopped, also while the database was busy, of a full
    disk, and of a database that is away. None for what nobody foresaw."""
    from psycopg.errors import DiskFull

    if came_of(failed, KeyboardInterrupt):
        print("\nStopped. What was finished stays.", file=sys.stderr)
        return 128 + signal.SIGINT
    if came_of(failed, DiskFull):
        return "The database's disk is full. Make room, then run the same command again."
    if answers():
        return None
    told = disk_full() if shares else ""
    return told or "The database doesn't answer. Does its server run, and is DATABASE_URL right?"


def came_of(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error and not isinstance(error, kind):
        error = error.__cause__ or error.__context__
    return error is not None


def nobody_reads() -> bool:
    """Whether what we print to was closed, as `| head` does. Then nothing more goes there."""
    closed = [one for one in (sys.stdout, sys.stderr) if is_closed(one.fileno())]
    for one in closed:
        os.dup2(os.open(os.devnull, os.O_WRONLY), one.fileno())
    return bool(closed)


def is_closed(handle: int) -> bool:
    looking = select.poll()
    looking.register(handle, 0)
    return bool(looking.poll(0))


def disk_full() -> str:
    from portal.base.embedded import sharing

    return sharing.disk_full()


def answers() -> bool:
    from django.db import OperationalError, connection

    try:
        connection.ensure_connection()
    except OperationalError:
        return False
    return True


def anything_migrated() -> bool:
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    return MigrationRecorder(connection).has_table()


if __name__ == "__main__":
    main()
