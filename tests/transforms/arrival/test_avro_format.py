"""Avro format: rows as they were written; schemas and blocks that grow without end are refused."""

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tests.transforms.arrival.tables import READ, avro
from transforms.arrival import avro_format
from transforms.arrival.avro_format import decode_avro, plain
from transforms.arrival.limits import DecodeError


@pytest.mark.parametrize("codec", ["null", "deflate"])
def test_rows_are_exact_and_unknown_stays_unknown(codec: str) -> None:
    assert decode_avro(avro(codec=codec), {}) == [{"rows": READ}]


def test_a_file_without_rows_has_none() -> None:
    assert decode_avro(avro([]), {}) == [{"rows": []}]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.1, Decimal("0.1")),
        (9007199254740993, 9007199254740993),
        (b"\x01\xff", "01ff"),
        (dt.date(2026, 3, 2), "2026-03-02"),
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        ([(1, None)], [[1, None]]),
        (True, True),
    ],
)
def test_a_value_is_as_json_would_have_it(value: Any, expected: Any) -> None:
    assert plain(value) == expected


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(DecodeError, match="nan is no quantity") as refused:
        plain(float("nan"))
    assert refused.value.reason == "not_a_number"


def schema(*fields: Any) -> dict[str, Any]:
    return {"type": "record", "name": "R", "fields": [{"name": f"f{n}", "type": one} for n, one in enumerate(fields)]}


NOTHING = {"type": "array", "items": "null"}
EMPTY = {"type": "array", "items": {"type": "record", "name": "E", "fields": []}}
ITSELF = ["null", "R"]


@pytest.mark.parametrize(
    ("story", "payload", "reason", "message"),
    [
        ("no Avro", b"PAR1", "malformed_avro", "starts with 50415231, expected an Avro object container file"),
        ("cut in the header", avro()[:9], "envelope_mismatch", "cut off: the file ends inside a block"),
        ("cut in a block", avro()[:-20], "envelope_mismatch", "cut off: "),
        ("a size beyond anything", avro()[:5] + b"\xfe" * 9 + b"\x01", "envelope_mismatch", "cut off: "),
        ("another marker", avro()[:-1] + b"x", "envelope_mismatch", "cut off: a block does not end with the marker"),
        (
            "nothing without end",
            avro([{"f0": []}], schema(NOTHING)),
            "malformed_avro",
            "a type takes no bytes: null",
        ),
        ("empty ones without end", avro([{"f0": []}], schema(EMPTY)), "malformed_avro", "a record has no list of 1 to"),
        ("inside itself", avro([{"f0": None}], schema(ITSELF)), "malformed_avro", "the type 'R' is inside itself"),
        (
            "another codec",
            avro().replace(b"avro.codec\x08null", b"avro.codec\x08lzma"),
            "malformed_avro",
            "the codec is",
        ),
    ],
)
def test_refused(story: str, payload: bytes, reason: str, message: str) -> None:
    with pytest.raises(DecodeError) as refused:
        decode_avro(payload, {})
    assert refused.value.reason == reason
    assert refused.value.message.startswith(message)


def test_a_bomb_stops_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avro_format, "EXPANDED_BYTES_MAX", 1000)
    with pytest.raises(DecodeError, match="unpacked a block has more than 1000 bytes"):
        decode_avro(avro([{"f0": "0" * 2000}], schema("string"), codec="deflate"), {})


def test_rows_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avro_format, "ROWS_MAX", 1)
    with pytest.raises(DecodeError, match="more than 1 rows"):
        decode_avro(avro(), {})
