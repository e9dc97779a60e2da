"""Tables: the same few rows as Avro and Parquet files, for tests to read and to break."""

import datetime as dt
from decimal import Decimal
from io import BytesIO
from typing import Any

import fastavro
import pyarrow as pa
from pyarrow import parquet as pq

SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "Stock",
    "fields": [
        {"name": "item", "type": "string"},
        {"name": "qty", "type": ["null", {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 3}]},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    ],
}
AT = dt.datetime(2026, 3, 2, 9, 15, tzinfo=dt.UTC)
ROWS = [{"item": "00417", "qty": Decimal("0.100"), "at": AT}, {"item": "00418", "qty": None, "at": AT}]
READ = [
    {"#row": 1, "item": "00417", "qty": Decimal("0.100"), "at": "2026-03-02T09:15:00+00:00"},
    {"#row": 2, "item": "00418", "qty": None, "at": "2026-03-02T09:15:00+00:00"},
]


def avro(rows: Any = ROWS, schema: Any = SCHEMA, codec: str = "null") -> bytes:
    target = BytesIO()
    fastavro.writer(target, schema, rows, codec=codec, sync_marker=b"0123456789abcdef")
    return target.getvalue()


def parquet(rows: Any = ROWS, **options: Any) -> bytes:
    target = BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows)), target, **options)
    return target.getvalue()
