"""Debezium format: one database change as JSON in, what happened to the row out.

    {"op": "c|r|u|d|tombstone", "before": {...} | None, "after": {...} | None, "source": {...}, "ts_ms": 1772457300000}

The connector's {"schema": ..., "payload": ...} wrapper is taken off. A tombstone (no value at all, written after a
delete for the sake of log compaction) says nothing new about stock; it becomes a document of its own, so that a mapping
can ignore it by name. Decimals must come as text (decimal.handling.mode=string): the connector's default writes them as
base64 of the unscaled integer, which looks like text, sometimes like a number, and is neither.
"""

from collections.abc import Mapping
from typing import Any

from transforms.arrival.json_format import parse_json
from transforms.arrival.limits import DecodeError, Document, excerpt

ROWS_OF = {  # which sides of the row an operation must bring
    "c": ("after",),
    "r": ("after",),
    "u": ("after",),
    "d": ("before",),
}
ENCODED_DECIMAL = b"org.apache.kafka.connect.data.Decimal"


def decode_debezium(payload: bytes, _options: Mapping[str, Any]) -> list[Document]:
    """The one change of a message. Raises `DecodeError`."""
    change = parse_json(payload) if payload else None
    if type(change) is dict and change.keys() == {"schema", "payload"}:
        if change["schema"] is not None and ENCODED_DECIMAL in payload:
            raise _malformed("decimals are base64 here; set decimal.handling.mode=string in the connector")
        change = change["payload"]
    if change is None:
        return [{"op": "tombstone", "before": None, "after": None, "source": {}, "ts_ms": None}]
    if type(change) is not dict:
        raise _malformed("the payload is not an object")
    return [_checked(change)]


def _checked(change: dict[str, Any]) -> Document:
    operation = change.get("op")
    if not isinstance(operation, str) or operation not in ROWS_OF:
        found = f"op is {excerpt(str(operation))}" if "op" in change else f"no op among {_names(change)}"
        raise _malformed(f"{found}, expected c, r, u or d")
    for side in ("before", "after", "source"):
        if not isinstance(change.get(side), dict | None):
            raise _malformed(f"{side} is {excerpt(str(change[side]))}, expected an object or null")
    for side in ROWS_OF[operation]:
        if not change.get(side):
            raise _malformed(f"op {operation} without the row's {side}")
    moment = change.get("ts_ms")
    if moment is not None and type(moment) is not int:
        raise _malformed(f"ts_ms is {excerpt(str(moment))}, expected milliseconds since 1970")
    return {
        "op": operation,
        "before": change.get("before"),
        "after": change.get("after"),
        "source": change.get("source") or {},
        "ts_ms": moment,
    }


def _names(change: dict[str, Any]) -> str:
    return excerpt(", ".join(sorted(change))) if change else "no fields"


def _malformed(message: str) -> DecodeError:
    return DecodeError("malformed_change", message)
