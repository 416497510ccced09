import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.embedded.demo import Demo


@pytest.fixture
def demo() -> Iterator[Demo]:
    if sys.platform != "linux":
        pytest.skip("what is left behind is looked for in /proc")
    # Where the servers' own user can get to, too.
    with tempfile.TemporaryDirectory(prefix="portal-demo-") as folder:
        Path(folder).chmod(0o755)
        made = Demo(Path(folder) / "run")
        yield made
        made.clean_up()
