"""Mapping spec: what a mapping file may say, as data; `transforms.canonical.mapping_rules` makes it run.

A mapping belongs to one source. It names the messages that the source sends, how to tell them apart, and for each which
field becomes which field of a `ReportedEvent`. Nothing in it can run code: expressions are JMESPath, which only reads.
"""

from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from schemas.records import KINDS

EACH_DEPTH_MAX = 2  # orders, and the lines of each
RESERVED = frozenset({"message", "line", "outer", "index", "envelope", "field", "key"})  # what expressions see already


def _expression(text: str) -> str:
    try:
        jmespath.compile(text)
    except JMESPathError as error:
        problem = str(error).splitlines()[0]
        raise ValueError(f"{text!r} is not an expression ({problem}), expected JMESPath") from error
    return text


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"unknown time zone {name!r}, expected a name such as America/New_York or UTC")
    return str(ZoneInfo(name))


def _kind(name: str) -> str:
    if name not in KINDS:
        raise ValueError(f"unknown kind {name!r}, expected one of {', '.join(sorted(KINDS))}")
    return name


def _let_name(name: str) -> str:
    if name in RESERVED:
        raise ValueError(f"{name!r} is taken, expected another name than {', '.join(sorted(RESERVED))}")
    return name


Expression = Annotated[str, Field(min_length=1), AfterValidator(_expression)]
Zone = Annotated[str, AfterValidator(_zone)]
KindName = Annotated[str, AfterValidator(_kind)]
Text = Annotated[str, Field(min_length=1)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$", max_length=80)]
LetName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$"), AfterValidator(_let_name)]


class Spec(BaseModel):
    """What every part of the file shares: nothing unknown, nothing changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Value(Spec):
    """Where one field comes from: exactly one of `from`, `value`, `join` and `first`, then what is done to it."""

    from_: Expression | None = Field(default=None, alias="from")
    value: str | int | None = None
    join: tuple[Expression, ...] | None = Field(default=None, min_length=1)
    with_: str = Field(default="", alias="with")
    first: tuple[Expression, ...] | None = Field(default=None, min_length=1)
    values: dict[str, str] | None = None  # what the source writes -> what we write
    default: str | None = None
    strip_prefix: str = ""
    strip_left: str = ""  # these characters are taken off the left: "0" for padded numbers
    upper: bool = False
    digits_only: bool = False

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        given = [
            name
            for name in ("from", "value", "join", "first")
            if getattr(self, name.replace("from", "from_")) is not None
        ]
        if len(given) != 1:
            raise ValueError(f"{' and '.join(given) or 'none of them'} given, expected one of from, value, join, first")
        return self


class QuantityValue(Value):
    """A quantity; its sign may be turned, where a source writes what left as positive."""

    negate: bool = False
    negate_when: Expression | None = None
    absolute: bool = False


class TimeValue(Value):
    """A time: ISO 8601, or of a named format, or counted from 1970."""

    format: Text | None = None
    timezone: Zone | None = None
    epoch: Literal["s", "ms", "us"] | None = None


class KindValue(Value):
    """A kind told by a field of the message; every value must lead to a kind."""

    values: dict[str, KindName]
    default: KindName | None = None


def _from_text(value: Any) -> Any:
    return {"from": value} if isinstance(value, str) else value


Origin = Annotated[Value, BeforeValidator(_from_text)]
QuantityOrigin = Annotated[QuantityValue, BeforeValidator(_from_text)]
TimeOrigin = Annotated[TimeValue, BeforeValidator(_from_text)]


class EventSpec(Spec):
    """One event template: which expression fills which field."""

    when: Expression | None = None
    kind: KindName | KindValue
    transaction_key: tuple[Expression, ...] = Field(min_length=1)
    item: Origin
    quantity: QuantityOrigin
    occurred_at: TimeOrigin
    unit: Origin | None = None
    location: Origin | None = None
    lot: Origin | None = None
    disposition: Origin | None = None
    to_location: Origin | None = None
    to_disposition: Origin | None = None
    channel: Origin | None = None
    document_type: Origin | None = None
    document: Origin | None = None
    document_line: Origin | None = None
    order_reference: Origin | None = None
    sequence: Origin | None = None
    expected_at: TimeOrigin | None = None
    expires_at: TimeOrigin | None = None


def _each(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class MessageSpec(Spec):
    """One message of the source: how to know it, and what becomes of it."""

    name: Name
    when: Expression | None = None
    key_name: Name | None = None  # stands in transaction keys instead of the name
    each: Annotated[tuple[Expression, ...], BeforeValidator(_each), Field(max_length=EACH_DEPTH_MAX)] = ()
    let: dict[LetName, Expression] = {}
    events: tuple[EventSpec, ...] = ()
    ignore: Text | None = None

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        if bool(self.events) == bool(self.ignore):
            raise ValueError(
                f"message {self.name} has {'both' if self.ignore else 'neither'}, expected events or ignore"
            )
        return self


class MappingSpec(Spec):
    """One mapping file."""

    source: Name
    owner: Text  # a team
    version: Annotated[int, Field(ge=1)]
    format: Text
    format_options: dict[str, Any] = {}
    key_space: Name | None = None
    timezone: Zone = "UTC"
    correlation_id: Expression | None = None
    messages: tuple[MessageSpec, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_messages_once(self) -> Self:
        names = [message.name for message in self.messages]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"messages named twice: {', '.join(twice)}, expected each name once")
        return self
