"""Mapping spec: what a mapping file may say, as data; `transforms.canonical.mapping_rules` makes it run.

A mapping belongs to one source. It names the messages that the source sends, how to tell them apart, and for each which
field becomes which field of a `ReportedEvent`. Nothing in it can run code: expressions are JMESPath, which only reads.
What parts of a file say to each other (names, time formats, keys) is checked in `mapping_checks`.
"""

import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from schemas.mapping_values import (
    Expression,
    KindField,
    QuantityField,
    Spec,
    Text,
    TextField,
    TimeField,
    Zone,
    as_list,
)

EACH_DEPTH_MAX = 2  # orders, and the lines of each
NAME_CHARS_MAX = 80
RESERVED = ("message", "line", "outer", "index", "envelope")  # what expressions see without a `let`

_NAME = re.compile(rf"[a-z0-9][a-z0-9_.-]{{,{NAME_CHARS_MAX - 1}}}")
_LET_NAME = re.compile(rf"[a-z][a-z0-9_]{{,{NAME_CHARS_MAX - 1}}}")


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


def _plain(value: Any) -> Any:
    """The same data without the lines that the YAML reader keeps in it."""
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list) else value


Name = Annotated[str, AfterValidator(_name)]
LetName = Annotated[str, AfterValidator(_let_name)]


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


class CompleteSpec(Spec):
    """That a message, with others of the same snapshot, tells all there is at some locations, as of one time."""

    snapshot: tuple[Expression, ...] = Field(min_length=1)  # names it; the same in all its messages
    locations: Expression | None = None  # a code or a list of them; without it, the one location of all lines
    lines: Expression | None = None  # how many there are in all its messages together
    total: Expression | None = None  # the sum of their quantities, as sent
    part: Expression | None = None  # which of its messages this is
    parts: Expression | None = None  # how many there are


class FailedSpec(Spec):
    """How a line of an answer says that it failed at the partner, and what the partner says about it."""

    when: Expression
    code: Annotated[tuple[Expression, ...], BeforeValidator(as_list)] = ()
    about: Annotated[tuple[Expression, ...], BeforeValidator(as_list)] = ()  # what names the line: document, listing
    message: Expression | None = None


class MessageSpec(Spec):
    """One message of the source: how to know it, and what becomes of it."""

    name: Name
    key_name: Name | None = None  # stands in transaction keys instead of the name
    when: Expression | None = None
    each: Annotated[tuple[Expression, ...], BeforeValidator(as_list), Field(max_length=EACH_DEPTH_MAX)] = ()
    let: dict[LetName, Expression] = Field(default_factory=dict)
    events: tuple[EventSpec, ...] = ()
    complete: CompleteSpec | None = None
    failed: FailedSpec | None = None  # lines that are dead letters in the partner's words, where an answer has some
    ignore: Text | None = None
    heartbeat: Text | None = None  # like ignore: all it says is that its source is alive

    @property
    def moves_nothing(self) -> str:
        """Why it moves no stock, as it is counted; "" where it does."""
        return self.ignore or self.heartbeat or ""

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        given = [name for name in ("events", "ignore", "heartbeat") if getattr(self, name)]
        if len(given) != 1:
            said = " and ".join(given) or "neither events nor ignore nor heartbeat"
            raise ValueError(f"message {self.name} has {said}, expected one of them")
        if self.complete is not None and (
            not self.events or {"snapshot"} != {k for e in self.events for k in e.kind.kinds()}
        ):
            raise ValueError(f"message {self.name} is complete, expected events of kind snapshot and no others")
        return self


class MappingSpec(Spec):
    """One mapping file."""

    source: Name
    owner: Text  # a team
    version: Annotated[int, Field(ge=1)]
    format: Text
    format_options: Annotated[dict[str, Any], AfterValidator(_plain)] = Field(default_factory=dict)
    key_space: Name | None = None
    timezone: Zone = "UTC"
    correlation_id: Expression | None = None
    messages: tuple[MessageSpec, ...] = Field(min_length=1)
