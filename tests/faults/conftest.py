import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portal.base.embedded import postgres
from portal.base.embedded.place import make_place
from tests.faults.house import House, People, house_of, settle_in
from tests.faults.servers import pointed, with_our_tables
from tests.faults.small_disk import Disk, mounted


@pytest.fixture
def house(
    own_database: str, second_place: Path, tmp_path: Path, django_db_blocker: Any
) -> Iterator[House]:
    with django_db_blocker.unblock(), house_of(tmp_path, own_database) as made:
        yield made


@pytest.fixture
def people(house: House) -> People:
    return settle_in()


@pytest.fixture
def files_disk(files_root: Path) -> Iterator[Disk]:
    """Room for a few sealed files, and no more."""
    with mounted(files_root, 1) as disk:
        yield disk


@pytest.fixture
def data_disk() -> Iterator[Disk]:
    """What a Postgres of the test's own keeps its data on."""
    folder = Path(tempfile.mkdtemp(prefix="portal-disk-"))
    folder.chmod(0o711)
    make_place(folder)
    with mounted(folder / "postgres", 160) as disk:
        yield disk


@pytest.fixture
def own_server(data_disk: Disk, django_db_blocker: Any) -> Iterator[postgres.Running]:
    """Durable, as no other server of the tests; with our tables, and the test itself in it."""
    little = {"max_wal_size": "48MB", "min_wal_size": "32MB"}
    with (
        postgres.running(settings=little, folder=data_disk.folder.parent) as running,
        django_db_blocker.unblock(),
        with_our_tables(running),
        pointed("default", running.url()),
    ):
        yield running


@pytest.fixture
def small_house(own_server: postgres.Running, tmp_path: Path) -> Iterator[House]:
    url = own_server.url()
    with house_of(tmp_path, "portal", database_url=url) as made:
        yield made
