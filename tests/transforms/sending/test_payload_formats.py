"""Every format carries what it is given as a value, however hostile it is."""

import csv
import io
import json
from decimal import Decimal
from typing import Any

import pytest
import xmltodict
from hypothesis import given
from hypothesis import strategies as st

from transforms.sending.payload_formats import PAYLOAD_BYTES_MAX, PayloadError, encode, plain_number

HOSTILE = ['"}{', "</sku><sku>", "&amp;<!--", "a,b\r\nc", "\u2028", "'; DROP TABLE", "${x}", "{{x}}"]


@pytest.mark.parametrize("value", HOSTILE)
def test_json_xml_and_csv_give_back_what_they_were_given(value: str) -> None:
    assert json.loads(encode("json", {"sku": value}, {})) == {"sku": value}
    assert json.loads(encode("jsonl", [{"sku": value}], {})) == {"sku": value}
    assert xmltodict.parse(encode("xml", {"a": {"@b": value, "c": [value, "2"]}}, {}), strip_whitespace=False) == {
        "a": {"@b": value, "c": [value.replace("\r\n", "\n"), "2"]}
    }
    rows = list(csv.reader(io.StringIO(encode("csv", [{"sku": value}], {"columns": ["sku"]}).decode(), newline="")))
    assert rows == [["sku"], [value]]


@pytest.mark.parametrize("value", ["=1+1", "+1", "@SUM(A1)", "-1+cmd", "\t=1", " =1", "=cmd|'/C calc'!A0", "\r=1"])
def test_no_cell_is_computed_by_a_spreadsheet(value: str) -> None:
    data = encode("csv", [{"sku": value, "n": Decimal("-1.5")}], {"columns": ["sku", "n"]}).decode()
    rows = list(csv.reader(io.StringIO(data, newline="")))
    assert rows[1] == [f"'{value}", "-1.5"]


@given(st.text(max_size=30))
def test_any_text_stays_one_cell_and_never_begins_a_formula(value: str) -> None:
    try:
        data = encode("csv", [{"a": value, "b": "x"}], {"columns": ["a", "b"]}).decode("utf-8", "surrogatepass")
    except (PayloadError, UnicodeEncodeError):
        return
    _, (cell, last) = list(csv.reader(io.StringIO(data, newline="")))
    assert last == "x"
    assert cell in (value, f"'{value}")


@pytest.mark.parametrize(
    ("form", "payload", "options"),
    [
        ("xml", {"a": "\x00"}, {}),
        ("xml", {"a b": "x"}, {}),
        ("csv", [{"a": "\0"}], {"columns": ["a"]}),
        ("json", "x" * (PAYLOAD_BYTES_MAX + 1), {}),
    ],
)
def test_what_a_format_cannot_carry_is_refused(form: str, payload: Any, options: dict[str, Any]) -> None:
    with pytest.raises(PayloadError):
        encode(form, payload, options)


def test_whole_quantities_are_numbers_and_others_exact_text() -> None:
    assert plain_number({"a": [Decimal("5.000"), Decimal("0.1"), Decimal(10**20)]}) == {"a": [5, "0.1", 10**20]}
