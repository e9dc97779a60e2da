"""Fields: how a mapping fills one field in, a function from the context of an event to the field's value out.

A field that cannot be filled raises `FieldError` with its reason code; `event_templates` adds which one it was.
"""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from unicodedata import category
from zoneinfo import ZoneInfo

from schemas.mapping_values import KindValue, Origin, QuantityValue, TextValue, TimeValue
from transforms.canonical.expressions import Context, Read, compile_read, compile_test
from transforms.canonical.quantities import QuantityError, shown, to_quantity
from transforms.canonical.times import TimeError, to_time

TEXT_CHARS_MAX = 500  # longer than any id or code; a field that holds more holds something else
INTEGER_BITS_MAX = 3 * TEXT_CHARS_MAX  # Python refuses to write integers of many thousand digits
SEQUENCE_DIGITS_MAX = 18  # what fits 64 bits
VALUES_SHOWN_MAX = 12

_SEQUENCE_END = 10**SEQUENCE_DIGITS_MAX
TIMES_REMEMBERED = 512  # of each field: the lines of one message share their times

ReadText = Callable[[Context], str]


class FieldError(ValueError):
    """A field that cannot be filled: the reason code and what was found instead of what was expected."""

    def __init__(self, reason: str, found: str) -> None:
        super().__init__(found)
        self.reason = reason


def origin(value: Origin) -> Read:
    """Reads what a field starts from, before anything is done to it."""
    if value.value is not None:
        constant = value.value
        return lambda _context: constant
    reads = [compile_read(text) for text in value.expressions()]
    if value.first is not None:
        return lambda context: next((found for read in reads if not is_blank(found := read(context))), None)
    if value.join is not None:
        separator = value.with_ or ""
        return lambda context: _joined([to_text(read(context)) for read in reads], separator)
    return reads[0]


def is_blank(found: Any) -> bool:
    """Whether a source said nothing: null, or text of blanks, as CSV and XML write it. Zero is something."""
    return found is None or (found.__class__ is str and not found.strip())


def _joined(parts: list[str], separator: str) -> str | None:
    return separator.join(parts) if all(parts) else None  # half a reference is none


def to_text(value: Any) -> str:
    """A scalar as text without blanks around it; "" for null."""
    text: str
    if value.__class__ is str:
        text = value.strip()
    elif value is None:
        return ""
    elif isinstance(value, int) and not isinstance(value, bool):
        if value.bit_length() > INTEGER_BITS_MAX:
            expected = f"expected text or a number of at most {TEXT_CHARS_MAX} digits"
            raise FieldError("bad_value", f"got {shown(value)}, {expected}")
        text = str(value)
    elif isinstance(value, Decimal):
        text = f"{value:f}"
    else:
        raise FieldError("bad_value", f"got {shown(value)}, expected text or a number")
    return text if len(text) <= TEXT_CHARS_MAX and text.isprintable() else _printable(text)


def _printable(text: str) -> str:
    """Text of a bearable length with every line break and odd blank in it as one blank."""
    if len(text) > TEXT_CHARS_MAX:
        raise FieldError("bad_value", f"got {len(text)} characters, expected at most {TEXT_CHARS_MAX}")
    text = " ".join(text.split())
    control = next((letter for letter in text if category(letter) in ("Cc", "Cs")), None)
    if control is not None:
        raise FieldError("bad_value", f"got {shown(text)}, expected text without the character U+{ord(control):04X}")
    return text


def text_field(value: TextValue, *, is_required: bool = False) -> ReadText:
    """Reads a text field, "" where there is nothing."""
    read = origin(value)
    if not (_is_changed(value) or is_required):
        return lambda context: to_text(read(context))
    is_respelt = _is_respelt(value)
    plain = {} if is_respelt else value.values or {}
    direct = {said: meant for said, meant in plain.items() if meant and _is_clean(said)}

    def read_changed(context: Context) -> str:
        found = read(context)
        if found.__class__ is str and found in direct:
            return direct[found]
        text = to_text(found)
        if text and is_respelt:
            text = _respelt(value, text)
        if value.values is not None or not text:
            text = _translated(value, text)
        if is_required and not text:
            raise FieldError("missing_field", "got nothing, expected a value")
        return text

    return read_changed


def stands_as_it_is(value: TextValue) -> bool:
    """Whether a text field is what one expression reads, with nothing done to it but what `to_text` does."""
    return value.from_ is not None and not _is_changed(value)


def _is_changed(value: TextValue) -> bool:
    return _is_respelt(value) or value.values is not None or value.default is not None


def _is_respelt(value: TextValue) -> bool:
    return bool(value.strip_prefix or value.strip_left or value.digits_only or value.upper)


def _is_clean(text: str) -> bool:
    return bool(text) and text == text.strip() and text.isprintable() and len(text) <= TEXT_CHARS_MAX


def _respelt(value: TextValue, text: str) -> str:
    text = text.removeprefix(value.strip_prefix)
    if value.strip_left:
        text = text.lstrip(value.strip_left) or text[-1:]
    if value.digits_only:
        text = "".join(letter for letter in text if letter in "0123456789")
    return text.upper() if value.upper else text


def _translated(value: TextValue, text: str) -> str:
    known = value.default if value.values is None else value.values.get(text, value.default)
    if known is None and text:
        raise FieldError("unmapped_value", f"got {shown(text)}, expected one of {_some(list(value.values or ()))}")
    return known or ""


def _some(names: list[str]) -> str:
    more = f" and {len(names) - VALUES_SHOWN_MAX} more" if len(names) > VALUES_SHOWN_MAX else ""
    return ", ".join(map(repr, names[:VALUES_SHOWN_MAX])) + more


def kind_field(value: KindValue) -> ReadText:
    """Reads the kind, which every event has."""
    return text_field(value, is_required=True)


def quantity_field(value: QuantityValue) -> Callable[[Context], Decimal]:
    """Reads a quantity exactly; nothing and null are not zero."""
    read = origin(value)
    is_turned = (lambda _context: True) if value.negate else compile_test(value.negate_when)
    point = None if value.decimal == "." and value.group is None else _pointing(value.decimal, value.group)

    def read_quantity(context: Context) -> Decimal:
        found = read(context)
        if found.__class__ is not int and is_blank(found):
            raise FieldError("missing_quantity", "got nothing, expected a quantity: unknown is not zero")
        try:
            quantity = to_quantity(found if point is None or found.__class__ is not str else point(found))
        except QuantityError as error:
            raise FieldError("bad_quantity", str(error)) from None
        if value.absolute:
            quantity = abs(quantity)
        return -quantity if is_turned is not None and is_turned(context) else quantity

    return read_quantity


def _pointing(decimal: str, group: str | None) -> Callable[[str], str]:
    """Turns text with a source's own decimal and group characters into what everybody else writes."""
    between = re.escape(group or "")
    grouped = re.compile(rf"\s*[+-]?\d{{1,3}}(?:{between}\d{{3}})*(?:{re.escape(decimal)}\d*)?\s*", re.ASCII)

    def point(text: str) -> str:
        if group is not None and group in text.strip():
            if not grouped.fullmatch(text):
                raise QuantityError(f"got {shown(text)}, expected {group!r} between groups of three digits")
            text = text.replace(group, "")
        if decimal != "." and "." in text:
            raise QuantityError(f"got {shown(text)}, expected a number with {decimal!r} before its decimals")
        return text.replace(decimal, ".")

    return point


def time_field(value: TimeValue, timezone: str, *, is_required: bool = False) -> Callable[[Context], datetime | None]:
    """Reads a time in the zone of the field, else in that of the source; None where there is none."""
    read = origin(value)
    zone = ZoneInfo(value.timezone or timezone)
    formats, epoch = value.format, value.epoch

    known: dict[str, datetime] = {}

    def read_time(context: Context) -> datetime | None:
        found = read(context)
        if found.__class__ is str and (again := known.get(found)) is not None:
            return again
        if is_blank(found):
            if is_required:
                raise FieldError("missing_field", "got nothing, expected a time")
            return None
        try:
            moment = to_time(found, zone, formats, epoch)
        except TimeError as error:
            raise FieldError("bad_time", str(error)) from None
        if value.whole_seconds:
            moment = moment.replace(microsecond=0)
        if found.__class__ is str:
            if len(known) >= TIMES_REMEMBERED:
                known.clear()
            known[found] = moment
        return moment

    return read_time


def sequence_field(value: TextValue) -> Callable[[Context], int | None]:
    """Reads the source's own sequence number, None where there is none."""
    read, read_text = origin(value), text_field(value)
    is_plain = stands_as_it_is(value)

    def read_sequence(context: Context) -> int | None:
        if is_plain:
            found = read(context)
            if found.__class__ is int and 0 <= found < _SEQUENCE_END:
                return found  # type: ignore[no-any-return]
        text = read_text(context)
        if not text:
            return None
        if not (text.isascii() and text.isdecimal() and len(text) <= SEQUENCE_DIGITS_MAX):
            raise FieldError("bad_value", f"got {shown(text)}, expected a whole number of at most 18 digits")
        return int(text)

    return read_sequence
