"""Programs that tests need and pip can't bring: from the system's packages, as root on Debian."""

import os
import subprocess
from pathlib import Path


def can_install() -> bool:
    return os.geteuid() == 0 and Path("/etc/debian_version").exists()


def install(package: str, what_for: str) -> bool:
    print(f"Installing {package} for {what_for} (a minute or two) ...", flush=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    steps = (["update", "-q"], ["install", "-qy", "--no-install-recommends", package])
    return all(
        subprocess.run(["apt-get", *step], env=env, check=False).returncode == 0 for step in steps
    )
