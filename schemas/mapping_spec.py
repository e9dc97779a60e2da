"""Mapping spec: what a mapping file may say, as data; `transforms.canonical.mapping_rules` makes it run.

A mapping belongs to one source. It names the messages that the source sends, how to tell them apart, and for each which
field becomes which field of a `ReportedEvent`. Nothing in it can run code: expressions are JMESPath, which only reads.
What parts of a file say to each other (names, time formats, keys) is checked in `mapping_checks`.
"""

import re
from functools import cache
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from schemas.expression_syntax import parse_expression
from schemas.records import KINDS

EACH_DEPTH_MAX = 2  # orders, and the lines of each
FORMATS_MAX = 4  # of one time
NAME_CHARS_MAX = 80
RESERVED = ("message", "line", "outer", "index", "envelope")  # what expressions see without a `let`

_NAME = re.compile(rf"[a-z0-9][a-z0-9_.-]{{,{NAME_CHARS_MAX - 1}}}")
_LET_NAME = re.compile(rf"[a-z][a-z0-9_]{{,{NAME_CHARS_MAX - 1}}}")


def _expression(text: str) -> str:
    parse_expression(text)
    return text


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(name: str) -> str:
    if name not in _zones():
        raise ValueError(f"unknown time zone {name!r}, expected a name such as America/New_York or UTC")
    return name


def _kind(name: str) -> str:
    if name not in KINDS:
        raise ValueError(f"unknown kind {name!r}, expected one of {', '.join(sorted(KINDS))}")
    return name


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"name {name!r}, expected small letters, digits and _ . - after the first")
    return name


def _let_name(name: str) -> str:
    if not _LET_NAME.fullmatch(name):
        raise ValueError(f"name {name!r}, expected small letters, digits and _ after the first")
    if name in RESERVED:
        raise ValueError(f"{name!r} is taken, expected another name than {', '.join(RESERVED)}")
    return name


def _character(text: str) -> str:
    if len(text) != 1:
        raise ValueError(f"got {text!r}, expected one character")
    return text


def _plain(value: Any) -> Any:
    """The same data without the lines that the YAML reader keeps in it."""
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list) else value


def _number_as_text(value: Any) -> Any:
    return str(value) if type(value) is int else value


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _as_from(value: Any) -> Any:
    return {"from": value} if isinstance(value, str) else value


def _as_value(value: Any) -> Any:
    return {"value": value} if isinstance(value, str) else value


Expression = Annotated[str, AfterValidator(_expression)]
Zone = Annotated[str, AfterValidator(_zone)]
KindName = Annotated[str, AfterValidator(_kind)]
Text = Annotated[str, Field(min_length=1)]
Character = Annotated[str, AfterValidator(_character)]
Name = Annotated[str, AfterValidator(_name)]
LetName = Annotated[str, AfterValidator(_let_name)]


class Spec(BaseModel):
    """What every part of the file shares: nothing unknown, nothing changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Origin(Spec):
    """What a field starts from: exactly one of `from`, `value`, `join` and `first`."""

    from_: Expression | None = Field(default=None, alias="from")
    value: str | None = None
    join: tuple[Expression, ...] | None = Field(default=None, min_length=1)
    with_: str | None = Field(default=None, alias="with")  # stands between what is joined
    first: tuple[Expression, ...] | None = Field(default=None, min_length=1)  # the first that is not empty

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        origins = {"from": self.from_, "value": self.value, "join": self.join, "first": self.first}
        given = [name for name, origin in origins.items() if origin is not None]
        if len(given) != 1:
            raise ValueError(f"{' and '.join(given) or 'nothing'} given, expected one of from, value, join, first")
        if self.with_ is not None and self.join is None:
            raise ValueError("with is given, expected join beside it")
        return self

    def expressions(self) -> tuple[str, ...]:
        """Every expression that the field reads."""
        return (self.from_,) if self.from_ else self.join or self.first or ()


class TextValue(Origin):
    """Text: what is done to it, in this order, where it is not empty."""

    strip_prefix: str = ""
    strip_left: Character | None = None  # "0" for padded numbers; the last character stays
    digits_only: bool = False
    upper: bool = False
    values: dict[str, str] | None = None  # what the source writes -> what we write
    default: str | None = None  # instead of a value that is empty or not among `values`


class KindValue(TextValue):
    """A kind: written in the mapping, or told by a field of which every value leads to a kind."""

    value: KindName | None = None
    values: dict[str, KindName] | None = None
    default: KindName | None = None

    @model_validator(mode="after")
    def _leads_to_kinds(self) -> Self:
        if self.value is None and self.values is None:
            raise ValueError("no values given, expected values that lead to kinds")
        return self


class QuantityValue(Origin):
    """A quantity; its sign may be turned, where a source writes what left as positive."""

    value: Annotated[str | None, BeforeValidator(_number_as_text)] = None
    decimal: Character = "."
    group: Character | None = None  # between thousands
    absolute: bool = False
    negate: bool = False
    negate_when: Expression | None = None

    @model_validator(mode="after")
    def _is_unambiguous(self) -> Self:
        if self.negate and self.negate_when is not None:
            raise ValueError("negate and negate_when given, expected one of them")
        if self.group == self.decimal:
            raise ValueError(f"group and decimal are both {self.decimal!r}, expected different characters")
        return self


class TimeValue(Origin):
    """A time: ISO 8601, or the first of some formats that fits, or counted from 1970."""

    format: Annotated[tuple[Text, ...], BeforeValidator(_as_list), Field(max_length=FORMATS_MAX)] = ()
    timezone: Zone | None = None
    epoch: Literal["s", "ms", "us"] | None = None

    @model_validator(mode="after")
    def _is_unambiguous(self) -> Self:
        if self.epoch is not None and (self.format or self.timezone):
            raise ValueError("epoch given with format or timezone, expected it alone")
        return self


TextField = Annotated[TextValue, BeforeValidator(_as_from)]
KindField = Annotated[KindValue, BeforeValidator(_as_value)]
QuantityField = Annotated[QuantityValue, BeforeValidator(_as_from)]
TimeField = Annotated[TimeValue, BeforeValidator(_as_from)]


class EventSpec(Spec):
    """One event template: which expression fills which field."""

    when: Expression | None = None
    transaction_key: tuple[Expression, ...] = Field(min_length=1)
    kind: KindField
    item: TextField
    quantity: QuantityField
    unit: TextField | None = None
    occurred_at: TimeField
    location: TextField | None = None
    lot: TextField | None = None
    disposition: TextField | None = None
    to_location: TextField | None = None
    to_disposition: TextField | None = None
    channel: TextField | None = None
    document_type: TextField | None = None
    document: TextField | None = None
    document_line: TextField | None = None
    order_reference: TextField | None = None
    sequence: TextField | None = None
    expected_at: TimeField | None = None
    expires_at: TimeField | None = None


class MessageSpec(Spec):
    """One message of the source: how to know it, and what becomes of it."""

    name: Name
    key_name: Name | None = None  # stands in transaction keys instead of the name
    when: Expression | None = None
    each: Annotated[tuple[Expression, ...], BeforeValidator(_as_list), Field(max_length=EACH_DEPTH_MAX)] = ()
    let: dict[LetName, Expression] = {}
    events: tuple[EventSpec, ...] = ()
    ignore: Text | None = None

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        if bool(self.events) == bool(self.ignore):
            given = "events and ignore" if self.ignore else "neither events nor ignore"
            raise ValueError(f"message {self.name} has {given}, expected one of them")
        return self


class MappingSpec(Spec):
    """One mapping file."""

    source: Name
    owner: Text  # a team
    version: Annotated[int, Field(ge=1)]
    format: Text
    format_options: Annotated[dict[str, Any], AfterValidator(_plain)] = {}
    key_space: Name | None = None
    timezone: Zone = "UTC"
    correlation_id: Expression | None = None
    messages: tuple[MessageSpec, ...] = Field(min_length=1)
