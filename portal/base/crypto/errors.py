class SealBroken(Exception):
    """A stored value or key was altered, moved, or never sealed. Nothing of it is shown."""


class KeyDestroyed(Exception):
    """The key of this value was destroyed on purpose; the value is gone for good."""


class KeyInUse(Exception):
    """A key may not be destroyed: a retention period, a hold or an open request stands."""
