from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.house import House, People, house_of, settle_in


@pytest.fixture
def house(
    own_database: str, second_place: Path, tmp_path: Path, django_db_blocker: Any
) -> Iterator[House]:
    with django_db_blocker.unblock(), house_of(tmp_path, own_database) as made:
        yield made


@pytest.fixture
def people(house: House) -> People:
    return settle_in()
