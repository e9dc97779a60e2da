from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from schemas.master_files import LINE, Row, keyed, open_table, plain, read_table, read_tables
from schemas.yaml_files import SpecError

UNITS: dict[str, str | None] = {"item": None, "unit": None, "factor": None}


def cell(value: str) -> tuple[Row, list[str]]:
    problems: list[str] = []
    return Row("units.csv", 7, {"x": value}, problems), problems


@pytest.mark.parametrize(
    ("written", "number"),
    [("12", "12"), ("12.0", "12"), ("1E+2", "100"), ("0.50", "0.5"), ("0", "0"), ("0.00", "0"), ("-1.10", "-1.1")],
)
def test_equal_numbers_look_equal(written: str, number: str) -> None:
    assert str(plain(Decimal(written))) == number


@pytest.mark.parametrize("written", ["0", "-1", "twelve", "", "NaN", "Infinity", "1000001", "0.0000001"])
def test_a_factor_that_cannot_be_is_refused(written: str) -> None:
    row, problems = cell(written)
    row.factor("x")
    assert problems == [
        f"units.csv:7: bad x {written!r}, expected a number above 0, at most 1000000 with 6 decimals",
    ]


def test_a_factor_is_exact() -> None:
    row, problems = cell("0.000001")
    assert row.factor("x") == Decimal("0.000001")
    assert problems == []


@pytest.mark.parametrize(("written", "day"), [("2026-03-31", date(2026, 3, 31)), ("", None)])
def test_a_date_may_be_left_empty(written: str, day: date | None) -> None:
    row, problems = cell(written)
    assert row.day("x") == day
    assert problems == []


@pytest.mark.parametrize("written", ["31.3.2026", "2026-02-30", "soon"])
def test_another_date_is_refused(written: str) -> None:
    row, problems = cell(written)
    assert row.day("x") is None
    assert problems == [f"units.csv:7: x is {written!r}, expected a date such as 2026-03-31, or nothing"]


def test_yes_is_yes_and_nothing_else() -> None:
    row, problems = cell("true")
    assert row.flag("x") is False
    assert problems == ["units.csv:7: x is 'true', expected yes or no"]


def test_the_first_of_two_rows_with_one_key_stays() -> None:
    problems: list[str] = []
    rows = [Row("a.csv", line, {"k": "A", "v": str(line)}, problems) for line in (2, 5)]
    assert keyed(rows, lambda row: (row.text("k"), "B"), lambda row: row.text("v")) == {("A", "B"): "2"}
    assert problems == ["a.csv:5: duplicate 'A', 'B', first on line 2"]


def test_rows_from_python_have_the_lines_they_would_have_in_a_file() -> None:
    problems: list[str] = []
    open_table("item_units", [{"item": "A", "unit": "case"}, {"itm": "A"}], None, problems)
    assert problems == [
        "item_units.csv:2: factor is empty, expected a value",
        "item_units.csv:3: unknown column 'itm', expected item, unit, factor, effective_from, effective_to",
        "item_units.csv:3: item is empty, expected a value",
    ]


def test_columns_may_come_in_any_order_and_cells_may_hold_lines(tmp_path: Path) -> None:
    path = tmp_path / "item_units.csv"
    path.write_bytes('\ufefffactor,item,unit\r\n6, A ,"ca\r\nse"\r\n\r\n12,B,case\r\n'.encode())
    assert read_table(path, UNITS) == [
        {"factor": "6", "item": "A", "unit": "ca\r\nse", LINE: "2"},
        {"factor": "12", "item": "B", "unit": "case", LINE: "5"},
    ]


@pytest.mark.parametrize(
    ("story", "text", "message"),
    [
        ("a row is short", b"item,unit,factor\nA,case,6\nB,case\n", r":3: 2 cells, expected 3 as in the header"),
        ("a column is missing", b"item,unit\nA,case\n", r":1: columns item, unit; expected item, unit, factor"),
        ("a column is misspelt", b"item,unit,factor,fator\n", r":1: columns item, unit, factor, fator; expected"),
        ("a column comes twice", b"item,unit,factor,unit\n", r":1: columns .* each once"),
        ("the file is empty", b"", r":1: columns ; expected item, unit, factor"),
        ("a quote is left open", b'item,unit,factor\n"A,case,6\n', r"unexpected end of data, expected UTF-8 text"),
        ("it is not UTF-8", b"item,unit,factor\nA,caf\xe9,6\n", r"can't decode byte 0xe9"),
    ],
)
def test_a_file_is_refused_where(story: str, text: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "item_units.csv"
    path.write_bytes(text)
    with pytest.raises(SpecError, match=message):
        read_table(path, UNITS)


@pytest.mark.parametrize(
    ("story", "files", "message"),
    [
        ("a table is unknown", ["items", "locations", "lot"], r"lot\.csv:1: unknown table, expected one of items"),
        ("items are missing", ["locations"], r"items\.csv:1: there is no such file"),
        ("locations are missing", ["items"], r"locations\.csv:1: there is no such file"),
    ],
)
def test_a_folder_is_refused_where(story: str, files: list[str], message: str, tmp_path: Path) -> None:
    for name in files:
        (tmp_path / f"{name}.csv").write_text("item,base_unit\n" if name == "items" else "location\n")
    with pytest.raises(SpecError, match=message):
        read_tables(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="not a folder, expected one with items, item_units"):
        read_tables(tmp_path / "master")
