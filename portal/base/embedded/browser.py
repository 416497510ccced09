import os
import shutil

from portal.base.embedded import packages

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ON_MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def find_chromium() -> str | None:
    if given := os.environ.get("CHROMIUM"):
        return given
    found = (shutil.which(name) for name in NAMES)
    return next((path for path in (*found, *filter(os.path.exists, ON_MAC)) if path), None)


def find_or_install_chromium() -> str | None:
    found = find_chromium()
    if found is None and packages.can_install():
        packages.install("chromium", "the browser tests")
    return found or find_chromium()
