"""Quantities: numbers as sources write them in, exact decimals that look equal when they are equal out.

5   5.0   "5.000"   " 5 "   Decimal("5E+0")   ->   Decimal("5")
1E+2   ->   Decimal("100")
0.0000001   "1,000"   NaN   12.5 as a float   ->   QuantityError
"""

import re
from decimal import Context, Decimal, Inexact, InvalidOperation
from functools import lru_cache

PLACES_MAX = 6  # decimal places: a thousandth of a gram in kilograms
QUANTITY_MAX = 10**12  # below this everything is exact and fits every view
TEXT_CHARS_MAX = 40
REMEMBERED = 4_096  # texts; few numbers make most quantities, and parsing them again would cost time
SHOWN_BITS_MAX = 400  # Python refuses to write integers of many thousand digits

EXPECTED = f"a decimal number with at most {PLACES_MAX} decimal places"
EXPECTED_SIZE = f"a number below {QUANTITY_MAX:,}"

_EXACT = Context(prec=2 * TEXT_CHARS_MAX, traps=[Inexact, InvalidOperation])
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_SMALL = {number: Decimal(number) for number in range(1000)}


class QuantityError(ValueError):
    """What a source wrote as a quantity is none."""


def to_quantity(value: object) -> Decimal:
    """The exact quantity that text, an int or a Decimal states; QuantityError for anything else."""
    if value.__class__ is int and value in _SMALL:
        return _SMALL[value]  # type: ignore[index]
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise QuantityError(f"got {shown(value)}, expected {EXPECTED}")
    if isinstance(value, int) and abs(value) >= QUANTITY_MAX:
        raise QuantityError(f"got {shown(value)}, expected {EXPECTED_SIZE}")
    text = str(value).strip()
    try:
        return _parsed(text)
    except ValueError as error:
        raise QuantityError(f"got {shown(value)}, expected {error}") from None


@lru_cache(REMEMBERED)
def _parsed(text: str) -> Decimal:
    if len(text) > TEXT_CHARS_MAX or not _NUMBER.fullmatch(text):
        raise ValueError(EXPECTED)
    number = Decimal(text)
    if abs(number) >= QUANTITY_MAX:
        raise ValueError(EXPECTED_SIZE)
    if not number:
        return _SMALL[0]  # there is no negative zero in stock
    normal = number.normalize(_EXACT)
    exponent = int(normal.as_tuple().exponent)
    if exponent < -PLACES_MAX:
        raise ValueError(EXPECTED)
    return normal.quantize(Decimal(1), context=_EXACT) if exponent > 0 else normal


def shown(value: object) -> str:
    """A value as a message shows it, cut where it is long."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    if isinstance(value, int) and value.bit_length() > SHOWN_BITS_MAX:
        return "a number of more than a hundred digits"
    if isinstance(value, str):
        value = value[: TEXT_CHARS_MAX + 1]
    text = f"{value}" if isinstance(value, Decimal) else repr(value)
    return text if len(text) <= TEXT_CHARS_MAX else f"{text[:TEXT_CHARS_MAX]}…"
