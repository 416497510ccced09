"""Gives each process of a test run the servers that were started for it alone.

A plugin and no conftest: settings are read before any conftest is.
"""

import json
import os

LANES = json.loads(os.environ.get("TEST_LANES", "[]"))

if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    os.environ.update(LANES[int(worker.removeprefix("gw"))])
