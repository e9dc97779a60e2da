"""Parquet format: rows as they were written; what is damaged, or too much, is refused."""

import pytest

from tests.transforms.arrival.tables import READ, parquet
from transforms.arrival import parquet_format
from transforms.arrival.limits import DecodeError
from transforms.arrival.parquet_format import decode_parquet


@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "zstd"])
def test_rows_are_exact_and_unknown_stays_unknown(compression: str) -> None:
    assert decode_parquet(parquet(compression=compression), {}) == [{"rows": READ}]


@pytest.mark.parametrize(
    ("story", "payload", "message"),
    [
        ("no Parquet", b"Obj\x01", "starts with 4f626a01, expected a Parquet file"),
        ("cut off", parquet()[:-30], "the file is damaged or cut off: "),
        ("only its beginning", b"PAR1", "the file is damaged or cut off: "),
    ],
)
def test_refused(story: str, payload: bytes, message: str) -> None:
    with pytest.raises(DecodeError) as refused:
        decode_parquet(payload, {})
    assert refused.value.reason == "malformed_parquet"
    assert refused.value.message.startswith(message)


@pytest.mark.parametrize(
    ("limit", "value", "message"),
    [
        ("ROWS_MAX", 1, "the file has 2 rows, expected at most 1"),
        ("COLUMNS_MAX", 2, "the file has 3 columns, expected at most 2"),
        ("EXPANDED_BYTES_MAX", 10, "unpacked it has "),
    ],
)
def test_a_file_has_limits(limit: str, value: int, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    payload = parquet()
    monkeypatch.setattr(parquet_format, limit, value)
    with pytest.raises(DecodeError) as refused:
        decode_parquet(payload, {})
    assert refused.value.reason == "too_large"
    assert refused.value.message.startswith(message)
