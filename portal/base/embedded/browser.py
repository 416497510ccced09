import os
import shutil
import subprocess
from pathlib import Path

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
    return find_chromium() or (install() if can_install() else None)


def can_install() -> bool:
    return os.geteuid() == 0 and Path("/etc/debian_version").exists()


def install() -> str | None:
    print("Installing Chromium for the browser tests (a minute or two) ...", flush=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-q"], ["install", "-qy", "--no-install-recommends", "chromium"]):
        if subprocess.run(["apt-get", *arguments], env=env, check=False).returncode != 0:
            return None
    return find_chromium()
