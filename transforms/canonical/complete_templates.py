"""Complete templates: what a mapping says of a complete snapshot in, what one message announces of it out."""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from schemas.mapping_spec import MappingSpec, MessageSpec
from transforms.canonical import fields
from transforms.canonical.expressions import Context, ExpressionError, Read, compile_read
from transforms.canonical.fields import FieldError, to_text
from transforms.canonical.quantities import QuantityError, to_quantity

LOCATIONS_MAX = 1_000  # of one snapshot


class Announced(NamedTuple):
    """What a message says of the complete snapshot that it is a part of."""

    snapshot: str  # a key like those of transactions
    location_codes: tuple[str, ...]
    occurred_at: datetime
    part: str
    parts: int | None
    lines: int | None
    total: Decimal | None


class CompleteTemplate:
    """The `complete` section of one message, compiled."""

    def __init__(self, message: MessageSpec, mapping: MappingSpec) -> None:
        complete, event = message.complete, message.events[0]
        assert complete is not None
        self._prefix = f"{mapping.key_space or mapping.source}:{message.key_name or message.name}:"
        self._snapshot = [compile_read(text) for text in complete.snapshot]
        self._read_time = fields.time_field(event.occurred_at, mapping.timezone, is_required=True)
        self._locations = compile_read(complete.locations) if complete.locations else None
        self._location = fields.text_field(event.location, is_required=True) if event.location else None
        self._rest = {name: _read(getattr(complete, name)) for name in ("part", "parts", "lines", "total")}

    def announced(self, context: Context) -> Announced:
        """What the message says; FieldError or ExpressionError where it cannot be read."""
        names = [to_text(read(context)) for read in self._snapshot]
        if "" in names:
            raise FieldError("missing_key", "complete: got nothing for a part of snapshot, expected what names it")
        found: Any = self._locations(context) if self._locations else self._location and self._location(context)
        codes = [to_text(one) for one in (found if isinstance(found, list) else [found])]
        occurred_at = self._read_time(context)
        assert occurred_at is not None  # it is required
        part, parts, lines, total = (read and read(context) for read in self._rest.values())
        return Announced(
            snapshot=self._prefix + ":".join(text.replace("%", "%25").replace(":", "%3A") for text in names),
            location_codes=tuple(sorted({code for code in codes if code}))[:LOCATIONS_MAX],
            occurred_at=occurred_at,
            part=to_text(part),
            parts=_whole(parts, "parts"),
            lines=_whole(lines, "lines"),
            total=_total(total),
        )


def _read(text: str | None) -> Read | None:
    return compile_read(text) if text else None


def _total(value: Any) -> Decimal | None:
    try:
        return None if value in (None, "") else to_quantity(value)
    except QuantityError as error:
        raise ExpressionError(f"complete: total: {error}") from None


def _whole(value: Any, name: str) -> int | None:
    text = to_text(value)
    if not text:
        return None
    if not text.isdecimal():
        raise ExpressionError(f"complete: {name} is {text[:40]!r}, expected a whole number")
    return int(text)
