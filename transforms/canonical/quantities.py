"""Quantities: numbers as sources write them in, exact decimals that look equal when they are equal out."""

from decimal import Decimal, InvalidOperation

PLACES_MAX = 6  # decimal places: a thousandth of a gram in kilograms
QUANTITY_MAX = Decimal(10) ** 12  # below this everything is exact and fits every view
TEXT_CHARS_MAX = 40

EXPECTED = f"a decimal number with at most {PLACES_MAX} decimal places, below {QUANTITY_MAX:,.0f}"

_SMALL = {str(number): Decimal(number) for number in range(1000)}  # most quantities; parsing them again would cost time


class QuantityError(ValueError):
    """What a source wrote as a quantity is none."""


def to_quantity(value: object) -> Decimal:
    """The exact quantity that text, an int or a Decimal states; QuantityError for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise QuantityError(f"got {_shown(value)}, expected {EXPECTED}")
    text = str(value).strip()
    small = _SMALL.get(text)
    if small is not None:
        return small
    if len(text) > TEXT_CHARS_MAX:
        raise QuantityError(f"got {len(text)} characters, expected {EXPECTED}")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise QuantityError(f"got {_shown(value)}, expected {EXPECTED}") from None
    if not number.is_finite() or "_" in text or abs(number) >= QUANTITY_MAX:
        raise QuantityError(f"got {_shown(value)}, expected {EXPECTED}")
    return _normal(number, value)


def _normal(number: Decimal, value: object) -> Decimal:
    whole = number.to_integral_value()
    if number == whole:
        return whole.quantize(Decimal(1)) + 0  # + 0: there is no negative zero in stock
    normal = number.normalize()
    if -int(normal.as_tuple().exponent) > PLACES_MAX:
        raise QuantityError(f"got {_shown(value)}, expected {EXPECTED}")
    return normal


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= TEXT_CHARS_MAX else f"{text[:TEXT_CHARS_MAX]}…"
