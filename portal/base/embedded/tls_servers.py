"""Servers that speak TLS, for the tests of it: those that come with pip speak none."""

import glob
import shutil
from pathlib import Path

from portal.base.embedded import packages

POSTGRES = "/usr/lib/postgresql/*/bin"
REDIS = ("valkey-server", "redis-server")
NO_POSTGRES = "NO POSTGRES WITH TLS WAS FOUND: install postgresql, as its tests are skipped."
NO_REDIS = "NO REDIS WITH TLS WAS FOUND: install redis-server, as its tests are skipped."


def find_postgres() -> Path | None:
    """Its programs. Not installed by us: that takes long, and makes a cluster that runs."""
    found = sorted(path for path in glob.glob(POSTGRES) if Path(path, "initdb").exists())
    return Path(found[-1]) if found else None


def find_redis() -> str | None:
    return next(filter(None, map(shutil.which, REDIS)), None)


def find_or_install_redis() -> str | None:
    found = find_redis()
    if found is None and packages.can_install():
        packages.install("redis-server", "the tests of TLS")
    return found or find_redis()
