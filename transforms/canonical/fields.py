"""Fields: how a mapping fills one field in, a function from the context of an event to the field's value out.

A field that cannot be filled raises `FieldError` with its reason code; `mapping_rules` adds where it happened.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from schemas.mapping_spec import KindValue, QuantityValue, TimeValue, Value
from transforms.canonical.expressions import Context, Read, compile_read, compile_test
from transforms.canonical.quantities import QuantityError, to_quantity
from transforms.canonical.times import TimeError, to_time

TEXT_CHARS_MAX = 500  # longer than any id or code; a field that holds more holds something else

ReadText = Callable[[Context], str]


class FieldError(ValueError):
    """A field that cannot be filled: the reason code and what was found instead of what was expected."""

    def __init__(self, reason: str, found: str) -> None:
        super().__init__(found)
        self.reason = reason


def origin(value: Value) -> Read:
    """Reads what a value starts from, before anything is done to it."""
    if value.from_ is not None:
        return compile_read(value.from_)
    if value.value is not None:
        constant = str(value.value)
        return lambda _context: constant
    reads = [compile_read(text) for text in value.join or value.first or ()]
    if value.first is not None:
        return lambda context: next((found for read in reads if (found := read(context)) is not None), None)
    return lambda context: _joined([to_text(read(context)) for read in reads], value.with_)


def _joined(parts: list[str], separator: str) -> str | None:
    return separator.join(parts) if all(parts) else None  # half a reference is none


def to_text(value: Any) -> str:
    """A scalar as text without blanks around it; "" for null."""
    if value.__class__ is str:
        text: str = value.strip()
    elif value is None:
        return ""
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        text = str(value)
    else:
        raise FieldError("bad_value", f"got {_shown(value)}, expected text or a number")
    if len(text) > TEXT_CHARS_MAX:
        raise FieldError("bad_value", f"got {len(text)} characters, expected at most {TEXT_CHARS_MAX}")
    return text


def text_field(value: Value | None) -> ReadText | None:
    """Reads a text field; None where the mapping does not name it."""
    if value is None:
        return None
    read = origin(value)
    if value.value is not None and value.values is None:
        constant = str(value.value)
        return lambda _context: constant
    if not (
        value.values or value.default or value.strip_prefix or value.strip_left or value.upper or value.digits_only
    ):
        return lambda context: to_text(read(context))
    return lambda context: _changed(value, to_text(read(context)))


def _changed(value: Value, text: str) -> str:
    text = text.removeprefix(value.strip_prefix)
    if value.strip_left:
        text = text.lstrip(value.strip_left) or text[-1:]
    if value.upper:
        text = text.upper()
    if value.digits_only:
        text = "".join(filter(str.isdigit, text))
    if value.values is not None:
        known = value.values.get(text, value.default)
        if known is None and text:
            raise FieldError("unmapped_value", f"got {text!r}, expected one of {', '.join(map(repr, value.values))}")
        return known or ""
    return text or value.default or ""


def kind_field(kind: str | KindValue) -> ReadText:
    """Reads the kind: fixed, or told by a field whose every value is mapped."""
    if isinstance(kind, str):
        return lambda _context: kind
    read = text_field(kind)
    assert read is not None

    def read_kind(context: Context) -> str:
        found = read(context)
        if not found:
            raise FieldError("missing_field", "got nothing, expected a value that tells the kind")
        return found

    return read_kind


def quantity_field(value: QuantityValue) -> Callable[[Context], Decimal]:
    """Reads a quantity exactly; nothing and null are not zero."""
    read = origin(value)
    turned = compile_test(value.negate_when)

    def read_quantity(context: Context) -> Decimal:
        found = read(context)
        if found is None or found == "":
            raise FieldError("missing_quantity", "got nothing, expected a quantity: unknown is not zero")
        try:
            quantity = to_quantity(found)
        except QuantityError as error:
            raise FieldError("bad_quantity", str(error)) from None
        if value.absolute:
            quantity = abs(quantity)
        return -quantity if value.negate or (turned is not None and turned(context)) else quantity

    return read_quantity


def time_field(value: TimeValue, timezone: str) -> Callable[[Context], datetime | None]:
    """Reads a time in the zone of the field or of the source; None where there is none."""
    read = origin(value)
    zone = ZoneInfo(value.timezone or timezone)
    convert = lru_cache(maxsize=512)(_to_moment)  # the lines of one message share their times

    def read_time(context: Context) -> datetime | None:
        found = read(context)
        if found is None or found == "":
            return None
        if not isinstance(found, str | int | Decimal):
            raise FieldError("bad_time", f"got {_shown(found)}, expected a time")
        return convert(found, zone, value.format, value.epoch)

    return read_time


def _to_moment(found: object, zone: ZoneInfo, form: str | None, epoch: str | None) -> datetime:
    try:
        return to_time(found, zone, form, epoch)
    except TimeError as error:
        raise FieldError("bad_time", str(error)) from None


def sequence_field(value: Value | None) -> Callable[[Context], int | None] | None:
    """Reads the source's own sequence number; None where the mapping does not name it."""
    read = text_field(value)
    if read is None:
        return None

    def read_sequence(context: Context) -> int | None:
        text = read(context)
        if not text:
            return None
        if not text.isdecimal() or len(text) > 18:
            raise FieldError("bad_value", f"got {text!r}, expected a whole number of at most 18 digits")
        return int(text)

    return read_sequence


def _shown(value: Any) -> str:
    return f"a {type(value).__name__}" if isinstance(value, dict | list) else repr(value)[:80]
