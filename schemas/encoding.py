"""Encoding: records as compact bytes inside the pipeline and as JSON at its edges, and back without loss.

Bytes are msgpack, not pickle: they hold data only, so what somebody tampered with can be wrong but cannot run.
Decimals travel as their text, datetimes as msgpack timestamps (exact, always UTC).
"""

import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

import msgpack

_DECIMAL_CODE = 1

R = TypeVar("R", bound=NamedTuple)


def _to_ext(value: object) -> msgpack.ExtType:
    if isinstance(value, Decimal):
        return msgpack.ExtType(_DECIMAL_CODE, str(value).encode("ascii"))
    expected = "text, bytes, 64-bit ints, Decimals and aware datetimes"
    raise TypeError(f"cannot encode {str(value)[:80]!r} ({type(value).__name__}): records hold {expected}")


def _from_ext(code: int, data: bytes) -> object:
    if code == _DECIMAL_CODE:
        return Decimal(data.decode("ascii"))
    raise ValueError(f"unknown extension code {code}, expected {_DECIMAL_CODE}")


def pack(value: object) -> bytes:
    """Any nesting of records, tuples, lists, dicts, text, bytes, ints, Decimals and aware datetimes as bytes."""
    return msgpack.packb(value, default=_to_ext, datetime=True)  # type: ignore[no-any-return]


def unpack(data: bytes) -> Any:
    """The reverse of `pack`, with records as plain tuples: `Record(*unpack(data))` gives one back."""
    return msgpack.unpackb(data, ext_hook=_from_ext, use_list=False, timestamp=3, strict_map_key=False)


def to_json_value(value: object) -> object:
    """One field as JSON holds it: Decimals and times as text, so that nothing is rounded."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="backslashreplace")
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: to_json_value(part) for name, part in value._asdict().items()}
    if isinstance(value, list | tuple):
        return [to_json_value(part) for part in value]
    return value


def to_json(record: NamedTuple) -> str:
    """A record as one line of JSON with its field names."""
    return json.dumps(to_json_value(record), ensure_ascii=False)


def unpack_many(record_type: type[R], data: bytes) -> list[R]:
    """A packed sequence of records of one type."""
    rows: Iterable[Iterable[Any]] = unpack(data)
    return [record_type(*row) for row in rows]
