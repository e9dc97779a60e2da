"""Event templates: one template of a mapping in, a function from the context of a line to a reported event out.

The columns of an event are read into a row. What reads only the message, not its line, is read once for all lines; what
the mapping itself says is in the row from the start. Nothing is written down along the way about which column is being
read: when one cannot be filled, `problem` reads them again in order and tells which.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from schemas.expression_syntax import names_read, parse_expression
from schemas.mapping_checks import OF_LINE
from schemas.mapping_spec import EventSpec
from schemas.mapping_values import KindValue, Origin, QuantityValue, TextValue, TimeValue
from schemas.records import COUNT_KINDS, ReportedEvent
from transforms.canonical import fields
from transforms.canonical.expressions import (
    Context,
    ExpressionError,
    Read,
    compile_read,
    compile_test,
    path_of,
    read_path,
)
from transforms.canonical.fields import TEXT_CHARS_MAX, FieldError, to_text

COLUMNS = {"item": "item_code", "unit": "unit_code", "location": "location_code", "to_location": "to_location_code"}
ORIGIN = slice(ReportedEvent._fields.index("source"), ReportedEvent._fields.index("mapping_version") + 1)
KEY, KIND, ITEM, QUANTITY, INDEX = map(
    ReportedEvent._fields.index, ("transaction_key", "kind", "item_code", "quantity", "event_index")
)
UNKNOWN, ZERO = "unknown_count", Decimal(0)

Row = list[Any]
Origins = tuple[str, str, str, datetime, str]  # source, message_id, correlation_id, received_at, mapping_version


class Problem(NamedTuple):
    """Why a line makes no event."""

    reason: str
    message: str  # which field, what was found, what was expected
    transaction_key: str  # "" where that is what cannot be made


class _Field(NamedTuple):
    name: str
    column: int  # of a `ReportedEvent`
    read: Read
    shown: str  # the expressions it reads, for messages
    is_constant: bool  # said by the mapping itself
    is_shared: bool  # the same for every line of a message
    path: tuple[str, ...] = ()  # of a text that stands as it is: the names that lead to it


class _Reads:
    """How some fields of a row are filled: plain texts from the object that holds them, every other field by itself."""

    def __init__(self, fields: list[_Field]) -> None:
        texts = [field for field in fields if field.path]
        parents = dict.fromkeys(field.path[:-1] for field in texts)
        self.texts = [
            (read_path(parent), [(one.column, one.path[-1]) for one in texts if one.path[:-1] == parent])
            for parent in parents
        ]
        self.others = [(field.column, field.read) for field in fields if not field.path]

    def fill(self, row: Row, context: Context) -> None:
        """Put what is read into the row, where texts are empty before."""
        for read, columns in self.texts:
            holder = read(context)
            if holder.__class__ is dict:
                for column, name in columns:
                    found = holder.get(name)
                    if found.__class__ is str and len(found) <= TEXT_CHARS_MAX and found.isprintable():
                        row[column] = found.strip()  # as `to_text` does, which costs a call
                    elif found is not None:
                        row[column] = to_text(found)
        for column, read in self.others:
            row[column] = read(context)


class EventTemplate:
    """One event template, compiled."""

    def __init__(self, spec: EventSpec, key_prefix: str, timezone: str) -> None:
        self.applies = compile_test(spec.when)
        named = [(name, getattr(spec, name)) for name in EventSpec.model_fields]
        filled = [_compiled(name, value, timezone) for name, value in named if isinstance(value, Origin)]
        key = _key_field(spec, key_prefix)
        self._fields = [key, *filled]
        columns = {field.shown: field.column for field in filled if field.path}
        self._key_columns = [columns[text] for text in spec.transaction_key if text in columns]
        self._join_key = _key_joiner(key_prefix, spec.transaction_key)
        stands_in_event = len(self._key_columns) == len(spec.transaction_key)  # every part of it, under its own name
        read = filled if stands_in_event else self._fields
        if COUNT_KINDS & set(spec.kind.kinds()):
            read = [_known_or_not(field) if field.column == QUANTITY else field for field in read]
        self._shared = _Reads([field for field in read if field.is_shared])
        self._own = _Reads([field for field in read if not (field.is_shared or field.is_constant)])
        self._blank = [ReportedEvent._field_defaults.get(name, "") for name in ReportedEvent._fields]
        for field in self._fields:
            if field.is_constant:
                self._blank[field.column] = field.read({})

    def row(self, context: Context, origins: Origins) -> Row | None:
        """What all lines of a message have in common; None if a part of it cannot be read."""
        row = self._blank.copy()
        row[ORIGIN] = origins
        try:
            self._shared.fill(row, context)
        except (FieldError, ExpressionError):
            return None
        return row

    def event(self, context: Context, row: Row | None, event_index: int) -> ReportedEvent | Problem:
        """The event of a line, or why there is none."""
        if row is None:
            return self.problem(context)
        row = row.copy()
        try:
            self._own.fill(row, context)
            if not row[KEY]:
                row[KEY] = self._join_key([row[column] for column in self._key_columns])
        except (FieldError, ExpressionError):
            return self.problem(context)
        if not row[ITEM]:
            return self.problem(context)
        if row[QUANTITY] is None:
            if row[KIND] not in COUNT_KINDS:
                return self.problem(context)
            row[KIND], row[QUANTITY] = UNKNOWN, ZERO  # no figure is no zero: it is not known how much there is
        row[INDEX] = event_index
        return ReportedEvent._make(row)

    def event_of_message(self, context: Context, origins: Origins, event_index: int) -> ReportedEvent | None:
        """The event of a message without lines; None where `event` would say why there is none."""
        row = self.row(context, origins)
        if row is None:
            return None
        try:
            self._own.fill(row, context)
            if not row[KEY]:
                row[KEY] = self._join_key([row[column] for column in self._key_columns])
        except (FieldError, ExpressionError):
            return None
        row[INDEX] = event_index
        return ReportedEvent._make(row) if row[ITEM] else None

    def problem(self, context: Context) -> Problem:
        """The first field that cannot be filled."""
        key = ""
        for field in self._fields:
            try:
                found = field.read(context)
            except (FieldError, ExpressionError) as error:
                where = f"field {field.name} ({field.shown})" if field.shown else f"field {field.name}"
                return Problem(getattr(error, "reason", "bad_value"), f"{where}: {error}", key)
            key = key or found
        raise AssertionError("no field has a problem")


def _known_or_not(field: _Field) -> _Field:
    """The quantity of a count: None where the source says nothing. Of anything else that is a problem."""

    def read(context: Context) -> Decimal | None:
        try:
            return field.read(context)  # type: ignore[no-any-return]
        except FieldError as error:
            if error.reason == "missing_quantity":
                return None
            raise

    return field._replace(read=read)


def _column(name: str) -> int:
    return ReportedEvent._fields.index(COLUMNS.get(name, name))


def _compiled(name: str, value: Origin, timezone: str) -> _Field:
    texts = value.expressions()
    turned = value.negate_when if isinstance(value, QuantityValue) else None
    read = _names(*texts, *([turned] if turned else []))
    constant = value.value is not None and not turned
    return _Field(
        name=name,
        column=_column(name),
        read=_reader(name, value, timezone),
        shown=", ".join(texts),
        is_constant=constant,
        is_shared=not constant and not read & OF_LINE,
        path=path_of(texts[0]) if _is_plain_text(name, value) else (),
    )


def _is_plain_text(name: str, value: Origin) -> bool:
    return isinstance(value, TextValue) and name != "sequence" and fields.stands_as_it_is(value)


def _names(*texts: str) -> set[str]:
    return {name for text in texts for name in names_read(parse_expression(text))}


def _reader(name: str, value: Origin, timezone: str) -> Read:
    if isinstance(value, TimeValue):
        return fields.time_field(value, timezone, is_required=name == "occurred_at")
    if isinstance(value, QuantityValue):
        return fields.quantity_field(value)
    if isinstance(value, KindValue):
        return fields.kind_field(value)
    assert isinstance(value, TextValue)
    return fields.sequence_field(value) if name == "sequence" else fields.text_field(value, is_required=name == "item")


def _key_field(spec: EventSpec, prefix: str) -> _Field:
    name = "transaction_key"
    reads = [compile_read(text) for text in spec.transaction_key]
    join = _key_joiner(prefix, spec.transaction_key)
    shared = not _names(*spec.transaction_key) & OF_LINE

    def read_key(context: Context) -> str:
        return join([to_text(read(context)) for read in reads])

    (first, *others) = reads

    def read_short_key(context: Context) -> str:
        text = to_text(first(context))
        return join([text]) if not text or ":" in text or "%" in text else prefix + text

    read = read_key if others else read_short_key
    return _Field(name, _column(name), read, shown="", is_constant=False, is_shared=shared)


def _key_joiner(prefix: str, parts: Sequence[str]) -> Callable[[list[str]], str]:
    separators = len(parts) - 1

    def join(texts: list[str]) -> str:
        if "" in texts:
            missing = parts[texts.index("")]
            raise FieldError("missing_key", f"got nothing at {missing}, expected a part of what names the event")
        key = ":".join(texts)
        if key.count(":") != separators or "%" in key:
            key = ":".join(text.replace("%", "%25").replace(":", "%3A") for text in texts)  # a:b, c is not a, b:c
        return prefix + key

    return join
