"""Mapping values: what a mapping file may say about one field; `mapping_spec` says about which.

A bare expression stands for `{from: expression}`; only a kind is written as it is.

    line.qty                                              where the value is, in JMESPath
    {value: sellable}                                     the value itself
    {from: line.status, values: {A: sellable, Q: quality_hold}, default: quarantine}
    {join: [message.order, line.no], with: "-"}           nothing if a part is
    {first: [line.sku, line.gtin]}                        the first that is not empty
    {from: line.qty, negate_when: "line.sign == '-'"}     a quantity
    {from: line.at, format: "%Y%m%d%H%M", timezone: UTC}  a time
"""

import re
from functools import cache
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from schemas.expression_syntax import parse_expression
from schemas.records import KINDS

FORMATS_MAX = 4  # of one time

_CONSTANT_QUANTITY = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?")


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


def _character(text: str) -> str:
    if len(text) != 1:
        raise ValueError(f"got {text!r}, expected one character")
    return text


def _number_as_text(value: Any) -> Any:
    return str(value) if type(value) is int else value


def as_list(value: Any) -> Any:
    """One text stands for a list of one."""
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

    @model_validator(mode="after")
    def _changes_what_is_read(self) -> Self:
        changes = self.strip_prefix or self.strip_left or self.digits_only or self.upper
        if self.value is not None and (changes or self.values is not None or self.default is not None):
            raise ValueError("value given with changes to it, expected it alone")
        return self


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

    def kinds(self) -> list[str]:
        """Every kind that the field can lead to."""
        named = {self.value, self.default, *(self.values or {}).values()}
        return sorted(kind for kind in named if kind is not None)


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
        if self.value is not None and not _CONSTANT_QUANTITY.fullmatch(self.value):
            raise ValueError(f"value {self.value!r}, expected a number such as 1 or 0.5")
        if self.group == self.decimal:
            raise ValueError(f"group and decimal are both {self.decimal!r}, expected different characters")
        return self


class TimeValue(Origin):
    """A time: ISO 8601, or the first of some formats that fits, or counted from 1970."""

    format: Annotated[tuple[Text, ...], BeforeValidator(as_list), Field(max_length=FORMATS_MAX)] = ()
    timezone: Zone | None = None
    epoch: Literal["s", "ms", "us"] | None = None
    whole_seconds: bool = False  # parts of a second are left away, where another report of the fact has none

    @model_validator(mode="after")
    def _is_unambiguous(self) -> Self:
        if self.epoch is not None and (self.format or self.timezone):
            raise ValueError("epoch given with format or timezone, expected it alone")
        if self.value is not None:
            raise ValueError("value given, expected a time that the message tells")
        return self


TextField = Annotated[TextValue, BeforeValidator(_as_from)]
KindField = Annotated[KindValue, BeforeValidator(_as_value)]
QuantityField = Annotated[QuantityValue, BeforeValidator(_as_from)]
TimeField = Annotated[TimeValue, BeforeValidator(_as_from)]
