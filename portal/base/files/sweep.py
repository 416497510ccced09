"""Orphans: files whose transaction was never committed, or whose removal was cut short. And lost
ones: rows whose file is gone."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import connection

from portal.base.files import blobs
from portal.base.logs import log

# Longer than any transaction runs: a large import binds its files when it ends.
GRACE_SECONDS = 24 * 60 * 60
AT_ONCE = 500
# Of the oldest, of the newest, and at random.
FEW = 200


@dataclass
class Swept:
    kept: int = 0
    orphans: int = 0
    unfinished: int = 0


def sweep() -> Swept:
    """Remove what we wrote and no row holds. Rows are never touched."""
    found, old = Swept(), _old_files(time.time() - GRACE_SECONDS)
    while batch := list(islice(old, AT_ONCE)):
        parts = [path for path in batch if path.suffix == ".part"]
        whole = {path.name: path for path in batch if path.suffix != ".part"}
        held = _held(list(whole))
        orphans = [path for name, path in whole.items() if name not in held]
        for path in [*parts, *orphans]:
            path.unlink(missing_ok=True)
        found.kept += len(held)
        found.orphans += len(orphans)
        found.unfinished += len(parts)
    if found.orphans or found.unfinished:
        log.warning("files_swept", count=found.orphans + found.unfinished)
    return found


def look_for_some() -> tuple[int, int]:
    """How many files that rows hold were looked for, and how many of these are not in place."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM portal_files_some(%s) AS name", [FEW])
        names = [name for (name,) in cursor.fetchall()]
    gone = [name for name in names if not os.path.exists(blobs.path_of(name))]
    # What was removed meanwhile is not lost.
    return len(names), len(_held(gone))


def _old_files(before: float) -> Iterator[Path]:
    root = Path(settings.FILES_ROOT)
    for folder in sorted(root.iterdir()) if root.exists() else []:
        if len(folder.name) != 2 or not folder.is_dir():
            continue
        with os.scandir(folder) as entries:
            for entry in entries:
                # What someone else put there is not ours to remove.
                ours = blobs.is_name(entry.name.removesuffix(".part"))
                if ours and entry.is_file(follow_symlinks=False) and entry.stat().st_mtime < before:
                    yield Path(entry.path)


def _held(names: list[str]) -> set[str]:
    """Of these names, those that a row holds. The function sees all members' rows, and says no
    more of them than that; the policy of the table shows scheduled work none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM portal_files_held(%s) AS name", [names])
        return {name for (name,) in cursor.fetchall()}
