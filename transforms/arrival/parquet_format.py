"""Parquet format: a Parquet file in, one document with all its rows out, as `avro_format` writes rows.

pyarrow reads. What the file says of itself is looked at first: rows, columns and unpacked size have limits, and rows
are taken in batches, so that a small file that claims billions is refused before they are made.

Source: Apache Parquet format 2.
"""

from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

import pyarrow as pa
from pyarrow import parquet as pq

from transforms.arrival.avro_format import plain
from transforms.arrival.limits import COLUMNS_MAX, PAYLOAD_BYTES_MAX, ROWS_MAX, DecodeError, Document, excerpt
from transforms.arrival.packed_payloads import EXPANDED_BYTES_MAX

BATCH_ROWS = 10_000
THRIFT_ENTRIES_MAX = 1_000_000  # of one list in the footer
MAGIC = b"PAR1"

# What pyarrow raises for damaged files, and what Python makes of values that are no values (dates of the year 70,000).
_ERRORS = (pa.ArrowException, OSError, ValueError, LookupError, TypeError, ArithmeticError, MemoryError)


def decode_parquet(payload: bytes, _options: Mapping[str, Any]) -> list[Document]:
    """The one document of a file. Raises `DecodeError`."""
    if not payload.startswith(MAGIC):
        raise _malformed(f"starts with {payload[:4].hex()}, expected a Parquet file")
    try:
        file = pq.ParquetFile(
            BytesIO(payload), thrift_string_size_limit=PAYLOAD_BYTES_MAX, thrift_container_size_limit=THRIFT_ENTRIES_MAX
        )
        _check(file.metadata)
        return [{"rows": list(_rows(file))}]
    except _ERRORS as error:
        raise _malformed(f"the file is damaged or cut off: {excerpt(str(error))}") from None


def _check(metadata: Any) -> None:
    if metadata.num_rows > ROWS_MAX:
        raise DecodeError("too_large", f"the file has {metadata.num_rows} rows, expected at most {ROWS_MAX}")
    if metadata.num_columns > COLUMNS_MAX:
        raise DecodeError("too_large", f"the file has {metadata.num_columns} columns, expected at most {COLUMNS_MAX}")
    size = sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))
    if size > EXPANDED_BYTES_MAX or size < 0:
        raise DecodeError("too_large", f"unpacked it has {size} bytes, expected at most {EXPANDED_BYTES_MAX}")


def _rows(file: Any) -> Iterator[Document]:
    number = 0
    for batch in file.iter_batches(batch_size=BATCH_ROWS, use_threads=False):
        for row in batch.to_pylist():
            number += 1
            if number > ROWS_MAX:
                raise DecodeError("too_large", f"more than {ROWS_MAX} rows")
            yield {"#row": number, **plain(row)}


def _malformed(message: str) -> DecodeError:
    return DecodeError("malformed_parquet", message)
