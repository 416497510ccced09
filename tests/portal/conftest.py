"""What systemd's units keep from web."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def second_place_shut(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """As `InaccessiblePaths` does, for root too."""
    shut, exists = Path(settings.LOG_ANCHOR_PATH).parent, Path.exists

    def look(place: Path, **how: Any) -> bool:
        if place.is_relative_to(shut):
            raise PermissionError
        return exists(place, **how)

    monkeypatch.setattr(Path, "exists", look)
