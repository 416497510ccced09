"""Taking records in. A unit goes in whole, or nothing of it does."""

from phi_records.actions.ahead import knows_anyone, look_ahead
from phi_records.actions.intake import Ahead, Outcome
from phi_records.actions.units import BROKEN, import_unit

__all__ = ["BROKEN", "Ahead", "Outcome", "import_unit", "knows_anyone", "look_ahead"]
