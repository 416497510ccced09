"""Taking records in. A unit goes in whole, or nothing of it does."""

from phi_records.actions.ahead import knows_anyone, mixed_in
from phi_records.actions.intake import Outcome
from phi_records.actions.units import BROKEN, import_unit

__all__ = ["BROKEN", "Outcome", "import_unit", "knows_anyone", "mixed_in"]
