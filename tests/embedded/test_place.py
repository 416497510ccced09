"""Where the servers of tests keep what may be lost."""

import shutil

import pytest

from portal.base.embedded import place as places
from portal.base.embedded.place import keep_in_memory, make_place, remove


@pytest.fixture
def place(tmp_path, monkeypatch):
    memory = tmp_path / "memory"
    memory.mkdir()
    monkeypatch.setattr(places, "MEMORY", memory)
    monkeypatch.setattr(places, "MEMORY_NEEDED", shutil.disk_usage(memory).free // 2)
    made = make_place(tmp_path / "run")
    yield made
    remove(made.run_dir)


def test_what_is_kept_in_memory_goes_with_its_place(place):
    keep_in_memory(place, "postgres")
    (place.private_folder("postgres") / "data").write_text("a")
    (kept,) = places.MEMORY.iterdir()
    assert (kept / "data").read_text() == "a"
    remove(place.run_dir)
    assert not list(places.MEMORY.iterdir())
    assert not place.run_dir.exists()


def test_where_memory_is_small_the_disk_serves(place, monkeypatch):
    monkeypatch.setattr(places, "MEMORY_NEEDED", 2**60)
    keep_in_memory(place, "postgres")
    assert not list(places.MEMORY.iterdir())
    assert not place.private_folder("postgres").is_symlink()


def test_a_folder_that_somebody_else_put_there_is_not_used(place):
    places.memory_folder(place.run_dir).mkdir()
    with pytest.raises(FileExistsError):
        keep_in_memory(place, "postgres")
