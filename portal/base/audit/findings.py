"""What a check of the trail found."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class Fault:
    """The first thing found wrong: which row or seal, and how."""

    kind: str  # altered, deleted, reordered, forged, seal or second place
    row_id: UUID | None
    seal: int
    sentence: str


@dataclass
class Report:
    fault: Fault | None = None
    rows: int = 0
    seals: int = 0
    dropped: int = 0
    unsealed: int = 0
    lost: tuple[int, int] | None = None
    misdated: int = 0
    first_misdated: UUID | None = None
    latest: datetime | None = None
