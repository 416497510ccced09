from datetime import datetime
from uuid import UUID


class SealBroken(Exception):
    """A stored value or key was altered, moved, or never sealed. Nothing of it is shown."""


class KeyDestroyed(Exception):
    """The key of this value was destroyed on purpose; the value is gone for good."""

    def __init__(self, holder_id: UUID, at: datetime) -> None:
        super().__init__(f"The key of holder {holder_id} was destroyed.")
        self.holder_id, self.at = holder_id, at


class WrongPurpose(Exception):
    """This value serves one purpose alone, and whoever acts now acts for another, or says none."""


class KeyInUse(Exception):
    """A key may not be destroyed: a retention period, a hold or an open request stands."""
