"""CSV format: rows with their names and lines, or the line where the table breaks."""

import csv
import io
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.arrival import csv_format
from transforms.arrival.csv_format import decode_csv, decode_tsv
from transforms.arrival.limits import COLUMNS_MAX, DecodeError


@pytest.mark.parametrize(
    ("story", "payload", "options", "rows"),
    [
        ("leading zeros stay", b"item,qty\n00417,5\n", {}, [{"#line": 2, "item": "00417", "qty": "5"}]),
        ("an empty value is empty text", b"item,qty\nA,\n", {}, [{"#line": 2, "item": "A", "qty": ""}]),
        ("without a last line end", b"a\n1", {}, [{"#line": 2, "a": "1"}]),
        ("Windows lines", b"a,b\r\n1,2\r\n", {}, [{"#line": 2, "a": "1", "b": "2"}]),
        ("old Macintosh lines", b"a,b\r1,2\r", {}, [{"#line": 2, "a": "1", "b": "2"}]),
        ("a byte order mark", b"\xef\xbb\xbfa,b\n1,2\n", {}, [{"#line": 2, "a": "1", "b": "2"}]),
        ("blank lines are no rows", b"a,b\n\n1,2\n , \n,\n3,4\n", {}, [
            {"#line": 3, "a": "1", "b": "2"},
            {"#line": 6, "a": "3", "b": "4"},
        ]),
        ("spaces around values", b"a , b\n 1 ,2 \n", {}, [{"#line": 2, "a": "1", "b": "2"}]),
        ("quoted separators", b'a,b\n"1,5","x ""y"""\n', {}, [{"#line": 2, "a": "1,5", "b": 'x "y"'}]),
        ("a row is known by its first line", b'a,b\n"1\n1",2\n3,4\n', {}, [
            {"#line": 2, "a": "1\n1", "b": "2"},
            {"#line": 4, "a": "3", "b": "4"},
        ]),
        ("semicolons", b"a;b\n1,5;2\n", {"delimiter": ";"}, [{"#line": 2, "a": "1,5", "b": "2"}]),
        ("a file without header", b"A,5\n", {"header": ["item", "qty"]}, [{"#line": 1, "item": "A", "qty": "5"}]),
        ("lines above the header", b"Stock list\nof Monday\na,b\n1,2\n", {"skip_rows": 2}, [
            {"#line": 4, "a": "1", "b": "2"},
        ]),
        ("an agreed encoding", b"a\ncaf\xe9\n", {"encoding": "latin-1"}, [{"#line": 2, "a": "caf\xe9"}]),
        ("quotes that are inches", b'a,b\n"5 in,2\n', {"quote": ""}, [{"#line": 2, "a": '"5 in', "b": "2"}]),
        ("a column without a name", b"a,,b\n1,2,3\n", {}, [{"#line": 2, "a": "1", "column_2": "2", "b": "3"}]),
        ("a header and nothing else", b"a,b\n", {}, []),
    ],
)  # fmt: skip
def test_the_rows_are(story: str, payload: bytes, options: Mapping[str, Any], rows: list[Any]) -> None:
    assert decode_csv(payload, options) == [{"rows": rows}]


def test_tsv_is_separated_by_tabs() -> None:
    assert decode_tsv(b"a\tb\n1,5\t2\n", {}) == [{"rows": [{"#line": 2, "a": "1,5", "b": "2"}]}]


@pytest.mark.parametrize(
    ("payload", "options", "reason", "message"),
    [
        (b"", {}, "malformed_csv", "the payload is empty, expected a header"),
        (b"\n \n", {}, "malformed_csv", "the payload is empty, expected a header"),
        (b"a,b\n1,2\n3\n", {}, "malformed_csv", "line 3 has 1 values, expected 2 as in the header: \"['3']\""),
        (b"a,b\n1,2,3\n", {}, "malformed_csv", "line 2 has 3 values, expected 2 as in the header: \"['1', '2', '3']\""),
        (b"a,b\n1\n", {"header": ["x", "y", "z"]}, "malformed_csv", "line 1 has 2 values, expected 3"),
        (b"a,b,a\n1,2,3\n", {}, "malformed_csv", "line 1 names the column 'a' twice"),
        (b'a,b\n1,2\n"3,4\n', {}, "malformed_csv", "unexpected end of data, in or after line 3"),
        (b'a,b\n"1"x,2\n', {}, "malformed_csv", "',' expected after '\"', in or after line 2"),
        (b"x," * COLUMNS_MAX + b"x\n", {}, "malformed_csv", "line 1 has 1001 columns, expected at most 1000"),
        (b'a,b\n"' + b"x" * 200_000 + b"\n1,2\n", {}, "too_large", "field larger than field limit (131072); a quote"),
        (b"PK\x03\x04\0\0", {}, "not_text", "a NUL character on line 1, expected utf-8 text"),
        (b"a\ncaf\xe9\n", {}, "not_text", "byte 0xe9 at position 5 (line 2) is not utf-8"),
    ],
)
def test_refused(payload: bytes, options: Mapping[str, Any], reason: str, message: str) -> None:
    with pytest.raises(DecodeError) as refused:
        decode_csv(payload, options)
    assert refused.value.reason == reason
    assert refused.value.message.startswith(message)


def test_rows_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_format, "ROWS_MAX", 3)
    assert len(decode_csv(b"a\n1\n2\n3\n", {})[0]["rows"]) == 3
    with pytest.raises(DecodeError, match="more than 3 rows") as refused:
        decode_csv(b"a\n1\n2\n3\n4\n", {})
    assert refused.value.reason == "too_large"


cells = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8)


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(st.lists(cells, min_size=3, max_size=3), max_size=5), delimiter=st.sampled_from(",;\t|"))
def test_whatever_is_written_as_csv_is_read_the_same(rows: list[list[str]], delimiter: str) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter).writerows([["a", "b", "c"], *rows])
    (document,) = decode_csv(written.getvalue().encode(), {"delimiter": delimiter})
    assert [[row["a"], row["b"], row["c"]] for row in document["rows"]] == rows
