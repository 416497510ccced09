"""What a check answers: what is wrong and what to do, or nothing.

What operators also see as a page is said in their language; a command says it in English.
"""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    LOOK = "look"  # something will go wrong soon, or was forgotten
    WRONG = "wrong"


class Found(NamedTuple):
    says: str
    level: Level = Level.WRONG


Check = Callable[[], Iterator[Found]]
