"""JSON that keeps what it was given: numbers to the last digit, and a mark on keys given twice.

FHIR counts trailing zeros (6.40 is not 6.4), which floats lose, so fractions are Decimals here.
"""

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

TWICE = "\x00twice"
"""Key that marks an object in which a key stood twice. No real key can hold a NUL."""

_MOST_DIGITS = 4300
_NUMBER = re.compile(r'"\\u0000number([^"]+)"')


def loads(text: str) -> Any:
    return _DECODER.decode(text)


def loads_ours(text: str) -> Any:
    """Of text that `dumps` wrote: no key can stand twice in it, so none is looked for."""
    return _OUR_DECODER.decode(text)


def scan(text: str, at: int) -> tuple[Any, int]:
    """The value that starts there, and where it ends."""
    return _DECODER.raw_decode(text, at)


class Encoder(json.JSONEncoder):
    """For a JSONField."""

    def encode(self, o: Any) -> str:
        return dumps(o)


class Decoder(json.JSONDecoder):
    """For a JSONField."""

    def decode(self, s: str, *_args: Any) -> Any:
        return loads_ours(s)


def dumps(value: Any) -> str:
    """Compact JSON. A Decimal passes through the fast encoder as a marked string."""
    text = _ENCODER.encode(value)
    return _NUMBER.sub(r"\1", text) if "\\u0000number" in text else text


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        found[TWICE] = "\x00"
    return found


def _fraction(text: str) -> Decimal:
    """One of more digits than are taken is told from others when it is checked."""
    try:
        return Decimal(text if len(text) <= _MOST_DIGITS else "NaN")
    except InvalidOperation:
        return Decimal("NaN")


def _whole(text: str) -> int | Decimal:
    """Python refuses to read an int of thousands of digits."""
    try:
        return int(text)
    except ValueError:
        return _fraction(text)


def _mark(value: object) -> str:
    if isinstance(value, Decimal) and value.is_finite():
        return f"\x00number{value}"
    raise TypeError(f"{type(value).__name__} is not JSON")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# What was read from JSON is a tree: no circles to look for.
_ENCODER = json.JSONEncoder(default=_mark, separators=(",", ":"), check_circular=False)
_OUR_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant)
_DECODER = json.JSONDecoder(
    parse_float=_fraction,
    parse_int=_whole,
    parse_constant=_refuse_constant,
    object_pairs_hook=_pairs,
)
