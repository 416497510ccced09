"""The virus scanner that tests of uploads talk to."""

import shutil

from portal.base.embedded import packages


def find_clamd() -> str | None:
    return shutil.which("clamd", path="/usr/sbin:/usr/local/sbin:/usr/bin:/opt/homebrew/sbin")


def find_or_install_clamd() -> str | None:
    found = find_clamd()
    if found is None and packages.can_install():
        packages.install("clamav-daemon", "the tests of uploads")
    return found or find_clamd()
