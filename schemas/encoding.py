"""Encoding: records as compact bytes inside the pipeline and as JSON at its edges, and back without loss.

Bytes are msgpack, not pickle: they hold data only, so what somebody tampered with can be wrong but cannot run.
Decimals travel as their text, datetimes as msgpack timestamps (exact, always UTC).
"""

import json
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeVar

import msgpack
import zstandard

_DECIMAL_CODE = 1
_REMEMBERED = 4_096  # Decimals: nearly all quantities are few small numbers, and making each anew would cost time
_FAST = 1  # of zstd's levels: a fifth is left of groups of events, in a quarter of the time that zlib takes
_BUFFER_BYTES_KEPT = 1 << 20  # by a thread that packed something large, such as a snapshot

R = TypeVar("R", bound=NamedTuple)


def _to_ext(value: object) -> msgpack.ExtType:
    if isinstance(value, Decimal):
        return _decimal_ext(str(value))  # not by the Decimal itself: 5 and 5.0 are equal, and two texts
    expected = "text, bytes, 64-bit ints, Decimals and aware datetimes"
    raise TypeError(f"cannot encode {str(value)[:80]!r} ({type(value).__name__}): records hold {expected}")


@lru_cache(_REMEMBERED)
def _decimal_ext(text: str) -> msgpack.ExtType:
    return msgpack.ExtType(_DECIMAL_CODE, text.encode("ascii"))


@lru_cache(_REMEMBERED)
def _from_ext(code: int, data: bytes) -> object:
    if code == _DECIMAL_CODE:
        return Decimal(data.decode("ascii"))
    raise ValueError(f"unknown extension code {code}, expected {_DECIMAL_CODE}")


class _Packer(threading.local):
    """One packer for each thread, since making one takes as long as packing a record."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        self.pack = msgpack.Packer(default=_to_ext, datetime=True).pack


_PACKER = _Packer()


def pack(value: object) -> bytes:
    """Any nesting of records, tuples, lists, dicts, text, bytes, ints, Decimals and aware datetimes as bytes."""
    packed: bytes = _PACKER.pack(value)
    if len(packed) > _BUFFER_BYTES_KEPT:
        _PACKER.renew()
    return packed


# The reverse of `pack`, with records as plain tuples: `Record(*unpack(data))` gives one back.
unpack: Callable[[bytes], Any] = partial(
    msgpack.unpackb, ext_hook=_from_ext, use_list=False, timestamp=3, strict_map_key=False
)


class _Squeezer(threading.local):
    """One of each for each thread: they may not be shared."""

    def __init__(self) -> None:
        self.squeeze = zstandard.ZstdCompressor(level=_FAST).compress
        self.unsqueeze = zstandard.ZstdDecompressor().decompress


_SQUEEZER = _Squeezer()


def squeeze(data: bytes) -> bytes:
    """Bytes that have to wait in memory, as a fifth of them."""
    return _SQUEEZER.squeeze(data)


def unsqueeze(squeezed: bytes) -> bytes:
    """What `squeeze` made here; nothing from outside."""
    return _SQUEEZER.unsqueeze(squeezed)


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


def unsqueeze_if(data: bytes) -> bytes:
    """What `squeeze` was given, or the bytes themselves where it did not make them: state of an earlier version."""
    return unsqueeze(data) if data.startswith(zstandard.FRAME_HEADER) else data
