from collections.abc import Iterator

import pytest
from django.db import connections


@pytest.fixture
def owner(commits: str) -> Iterator[str]:
    """The owner's connection, at the test's own database."""
    connection = connections["owner"]
    connection.close()
    shared = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = commits
    yield commits
    connection.close()
    connection.settings_dict["NAME"] = shared
