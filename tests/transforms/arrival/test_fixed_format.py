"""Fixed width format: fields by their places; another layout is refused, not read askew."""

from typing import Any

import pytest

from transforms.arrival.fixed_format import decode_fixed
from transforms.arrival.limits import DecodeError

COLUMNS = {"columns": {"item": [1, 8], "qty": [9, 6], "lot": [15, 4]}}
RECORDS = {"records": {"10": {"number": [3, 5]}, "20": {"item": [3, 8], "qty": [11, 3]}}}


@pytest.mark.parametrize(
    ("story", "payload", "expected"),
    [
        ("a line", b"00000417     5L1\n", [{"#line": 1, "item": "00000417", "qty": "5", "lot": "L1"}]),
        ("zeros stay", b"00000417000005L1  ", [{"#line": 1, "item": "00000417", "qty": "000005", "lot": "L1"}]),
        ("blanks cut off its end", b"00000417000005", [{"#line": 1, "item": "00000417", "qty": "000005", "lot": ""}]),
        (
            "an unknown quantity is empty, not zero",
            b"00000417",
            [{"#line": 1, "item": "00000417", "qty": "", "lot": ""}],
        ),
        ("blank lines are none", b"\r\n\r\nA\r\n\x1a", [{"#line": 3, "item": "A", "qty": "", "lot": ""}]),
    ],
)
def test_a_table_is_read(story: str, payload: bytes, expected: list[dict[str, Any]]) -> None:
    assert decode_fixed(payload, COLUMNS) == [{"rows": expected}]


def test_lines_of_several_kinds_say_which_they_are() -> None:
    assert decode_fixed(b"head\n1000042\n20A       5\n", {**RECORDS, "skip_rows": 1}) == [
        {
            "rows": [
                {"#line": 2, "#record": "10", "number": "00042"},
                {"#line": 3, "#record": "20", "item": "A", "qty": "5"},
            ]
        }
    ]


def test_other_character_sets_are_counted_in_characters() -> None:
    options = {**COLUMNS, "encoding": "cp1252"}
    assert decode_fixed("M\xfcsli        5".encode("cp1252"), options)[0]["rows"][0]["item"] == "M\xfcsli"


@pytest.mark.parametrize(
    ("story", "payload", "options", "reason", "message"),
    [
        ("empty", b" \n", COLUMNS, "malformed_fixed", "the payload is empty"),
        ("too long", b"A" * 19, COLUMNS, "malformed_fixed", "line 1 has 19 characters, expected at most 18: 'AAAA"),
        (
            "unknown kind",
            b"1000042\n99",
            RECORDS,
            "malformed_fixed",
            "line 2 starts with '99', expected one of '10', '20'",
        ),
        ("no columns", b"A", {}, "malformed_fixed", "no columns are known, expected format_options.columns or records"),
        ("not text", b"\xff", COLUMNS, "not_text", "byte 0xff at position 0"),
    ],
)
def test_refused(story: str, payload: bytes, options: dict[str, Any], reason: str, message: str) -> None:
    with pytest.raises(DecodeError) as refused:
        decode_fixed(payload, options)
    assert refused.value.reason == reason
    assert refused.value.message.startswith(message)
