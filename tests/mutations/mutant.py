"""One guard taken out: in the source as it is read, or in the database that a test works on."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType


@dataclass(frozen=True)
class Mutant:
    """`old` becomes `new` in the source of `module`, then `more` follows at its end."""

    name: str
    # Files and folders of tests that should notice, the likeliest first.
    tests: tuple[str, ...]
    module: str = ""
    old: str = ""
    new: str = ""
    more: str = ""
    # Done by the owner to the database that each of these tests gets a copy of.
    sql: str = ""


def take_out(mutant: Mutant) -> None:
    """Before the module is imported: whoever imports it then finds the guard gone."""
    if mutant.module in sys.modules:
        raise ImportError(f"{mutant.module} was imported too early to be changed.")
    sys.meta_path.insert(0, _Finder(mutant))


class _Finder(MetaPathFinder):
    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != self.mutant.module:
            return None
        found = PathFinder.find_spec(name, path)
        if found and found.origin:
            found.loader = _Changed(name, found.origin, self.mutant)
        return found


class _Changed(SourceFileLoader):
    def __init__(self, name: str, path: str, mutant: Mutant) -> None:
        super().__init__(name, path)
        self.mutant = mutant

    def get_code(self, fullname: str) -> CodeType:
        """Never what Python keeps of the unchanged source."""
        source = self.get_data(self.path).decode()
        if self.mutant.old:
            if source.count(self.mutant.old) != 1:
                raise ImportError(f"{fullname} does not hold this once: {self.mutant.old}")
            source = source.replace(self.mutant.old, self.mutant.new)
        return compile(f"{source}\n{self.mutant.more}\n", self.path, "exec")
