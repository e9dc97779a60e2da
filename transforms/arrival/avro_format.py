"""Avro format: an object container file in, one document with all its rows out.

    {"rows": [{"#row": 1, "item": "00417", "qty": Decimal("5.000"), "at": "2026-03-02T09:15:00+00:00"}, ...]}

Rows have the fields of the writer's schema; decimals are exact, doubles are the shortest decimal that reads back, times
are ISO 8601 text, bytes and fixed are hexadecimal. fastavro decodes; the container is read here, since its blocks may
unpack to more than any memory holds, and schemas are looked at first: one that refers to itself nests without end, and
of types that take no bytes a few bytes could claim any number.

Source: Apache Avro 1.12 specification, object container files.
"""

import datetime as dt
import zlib
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from io import BytesIO
from typing import Any
from uuid import UUID

import fastavro
from fastavro.schema import SchemaParseException, UnknownType

from transforms.arrival.json_format import parse_json
from transforms.arrival.limits import (
    COLUMNS_MAX,
    PAYLOAD_BYTES_MAX,
    ROWS_MAX,
    DecodeError,
    Document,
    excerpt,
)
from transforms.arrival.packed_payloads import EXPANDED_BYTES_MAX

MAGIC = b"Obj\x01"
SYNC_BYTES = 16
META_ENTRIES_MAX = 100
SCHEMA_DEPTH_MAX = 16
BLOCK_BYTES_MAX = 4 * 1024 * 1024  # unpacked; writers close a block after some ten thousand
_RAW_DEFLATE_BITS = -15

# What fastavro raises for bytes that do not follow their schema.
_DATA_ERRORS = (ValueError, EOFError, LookupError, TypeError, ArithmeticError, MemoryError, AttributeError)


def decode_avro(payload: bytes, _options: Mapping[str, Any]) -> list[Document]:
    """The one document of a file. Raises `DecodeError`."""
    source = BytesIO(payload)
    if source.read(len(MAGIC)) != MAGIC:
        raise _malformed(f"starts with {payload[:4].hex()}, expected an Avro object container file")
    meta = _read_meta(source)
    schema = _parsed(meta.get("avro.schema", b""))
    codec = meta.get("avro.codec", b"null").decode("ascii", "replace")
    if codec not in ("null", "deflate"):
        raise _malformed(f"the codec is {excerpt(codec)}, expected null or deflate")
    sync = source.read(SYNC_BYTES)
    rows: list[Document] = []
    for count, block in _blocks(source, codec, sync):
        if len(rows) + count > ROWS_MAX:
            raise DecodeError("too_large", f"more than {ROWS_MAX} rows")
        rows += _rows(BytesIO(block), count, schema, len(rows))
    return [{"rows": rows}]


def _rows(block: BytesIO, count: int, schema: Any, before: int) -> Iterator[Document]:
    for number in range(before + 1, before + count + 1):
        try:
            row = fastavro.schemaless_reader(block, schema, None)
        except _DATA_ERRORS as error:
            raise _malformed(f"row {number} does not follow the schema: {excerpt(str(error))}") from None
        if not isinstance(row, dict):
            raise _malformed(f"row {number} is {excerpt(str(row))}, expected a record")
        yield {"#row": number, **plain(row)}


def _read_meta(source: BytesIO) -> dict[str, bytes]:
    meta: dict[str, bytes] = {}
    while count := _long(source):
        if count < 0:
            count = -count
            _long(source)  # the size of the block in bytes
        if len(meta) + count > META_ENTRIES_MAX:
            raise _malformed(f"the header has more than {META_ENTRIES_MAX} entries")
        for _ in range(count):
            name = _bytes(source).decode("utf-8", "replace")
            meta[name] = _bytes(source)
    return meta


def _blocks(source: BytesIO, codec: str, sync: bytes) -> Iterator[tuple[int, bytes]]:
    left = EXPANDED_BYTES_MAX
    while source.read(1):
        source.seek(-1, 1)
        count = _long(source)
        block = _bytes(source)
        if count < 0:
            raise _malformed(f"a block has {count} rows")
        if codec == "deflate":
            block = _inflated(block, min(left, BLOCK_BYTES_MAX))
        left -= len(block)
        if len(block) > BLOCK_BYTES_MAX or left < 0:
            raise DecodeError("too_large", f"a block has {len(block)} bytes, expected at most {BLOCK_BYTES_MAX}")
        if source.read(SYNC_BYTES) != sync:
            raise DecodeError("envelope_mismatch", "cut off: a block does not end with the marker of the file")
        yield count, block


def _inflated(block: bytes, left: int) -> bytes:
    inflater = zlib.decompressobj(_RAW_DEFLATE_BITS)
    try:
        content = inflater.decompress(block, left + 1)
    except zlib.error as error:
        raise _malformed(f"a block is damaged: {error}") from None
    if len(content) > left:
        raise DecodeError("too_large", f"unpacked a block has more than {left} bytes, expected no more")
    return content


def _long(source: BytesIO) -> int:
    value = shift = 0
    while True:
        byte = source.read(1)
        if not byte or shift > 63:
            raise _malformed("cut off: the file ends inside a number" if not byte else "a number is too long")
        value |= (byte[0] & 0x7F) << shift
        shift += 7
        if byte[0] < 0x80:
            return (value >> 1) ^ -(value & 1)


def _bytes(source: BytesIO) -> bytes:
    size = _long(source)
    content = source.read(size) if 0 <= size <= PAYLOAD_BYTES_MAX else b""
    if size < 0 or len(content) < size:
        raise DecodeError("envelope_mismatch", "cut off: the file ends inside a block")
    return content


def _parsed(text: bytes) -> Any:
    schema = parse_json(text) if text else None
    if not isinstance(schema, dict) or schema.get("type") != "record":
        raise _malformed("the schema is no record, expected one")
    _check(schema, frozenset(), 1)
    try:
        return fastavro.parse_schema(schema)
    except (SchemaParseException, UnknownType, *_DATA_ERRORS) as error:
        raise _malformed(f"the schema cannot be read: {excerpt(str(error))}") from None


def _check(schema: Any, above: frozenset[str], depth: int) -> None:
    """No type inside itself, and none that takes no bytes: of those, few bytes could claim any number."""
    if depth > SCHEMA_DEPTH_MAX:
        raise DecodeError("too_deep", f"types of the schema are nested more than {SCHEMA_DEPTH_MAX} deep")
    if isinstance(schema, list):
        for inner in schema:
            if inner != "null":  # which branch it is takes a byte
                _check(inner, above, depth + 1)
    elif isinstance(schema, dict):
        _check_complex(schema, above, depth)
    elif schema == "null":
        raise _malformed("a type takes no bytes: null, expected it only beside others")
    elif isinstance(schema, str) and schema.rpartition(".")[2] in above:
        raise _malformed(f"the type {excerpt(schema)} is inside itself")


def _check_complex(schema: dict[str, Any], above: frozenset[str], depth: int) -> None:
    kind = schema.get("type")
    if kind == "array":
        _check(schema.get("items"), above, depth + 1)
    elif kind == "map":
        _check(schema.get("values"), above, depth + 1)
    elif kind in ("record", "error"):
        _check_fields(schema, above | {str(schema.get("name")).rpartition(".")[2]}, depth)
    elif kind == "fixed" and schema.get("size") == 0:
        raise _malformed("a type takes no bytes: fixed of size 0, expected at least 1")
    else:
        _check(kind, above, depth + 1)


def _check_fields(schema: dict[str, Any], above: frozenset[str], depth: int) -> None:
    fields = schema.get("fields")
    if not isinstance(fields, list) or not 0 < len(fields) <= COLUMNS_MAX:
        raise _malformed(f"a record has no list of 1 to {COLUMNS_MAX} fields")
    for field in fields:
        _check(field.get("type") if isinstance(field, dict) else field, above, depth + 1)


def plain(value: Any) -> Any:
    """A value of Python as JSON would have it: exact numbers, times as text."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return _exact(value) if isinstance(value, float | Decimal) else _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bytes | bytearray):
        return bytes(value).hex()
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return str(value) if isinstance(value, UUID | dt.timedelta) else excerpt(str(value))


def _exact(value: float | Decimal) -> Decimal:
    try:
        number = value if isinstance(value, Decimal) else Decimal(repr(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise DecodeError("not_a_number", f"{value} is no quantity, expected a number or null")
    return number


def _malformed(message: str) -> DecodeError:
    return DecodeError("malformed_avro", message)
