"""CSV format: a table in text in, one document with all its rows out, every value still text.

    item;qty        {"rows": [{"#line": 2, "item": "00417", "qty": "5"},
    00417;5                   {"#line": 3, "item": "00418", "qty": ""}]}
    00418;

`#line` is where the row starts in the file. Spaces around names and values are dropped, blank lines skipped. A row that
is shorter or longer than the header means that a separator got lost or slipped into a value: from there on columns may
be shifted, so the file is refused whole, with the number of the line.

Options: `delimiter` (","), `quote` ('"'; empty for files in which quotes are plain characters), `encoding` ("utf-8"),
`header` (the names, where the file has none), `skip_rows` (lines above the header).
"""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from transforms.arrival.limits import COLUMNS_MAX, ROWS_MAX, DecodeError, Document, excerpt, text_of

Row = tuple[int, list[str]]  # with the line it starts on


def decode_csv(payload: bytes, options: Mapping[str, Any]) -> list[Document]:
    """The one document of a table. Raises `DecodeError`."""
    text = text_of(payload, options.get("encoding", "utf-8"))
    rows = _rows(text, options)
    try:
        header = options.get("header") or _header(rows)
        return [{"rows": [_named(header, row) for row in rows]}]
    except csv.Error as error:
        if "field larger" in str(error):
            raise DecodeError("too_large", f"{error}; a quote that is never closed does this") from None
        raise DecodeError("malformed_csv", f"{error}, in or after line {_line_of(text, options)}") from None


def decode_tsv(payload: bytes, options: Mapping[str, Any]) -> list[Document]:
    """As `decode_csv`, separated by tabs unless the options say otherwise."""
    return decode_csv(payload, {"delimiter": "\t", **options})


def _reader(text: str, options: Mapping[str, Any]) -> Any:
    quote = options.get("quote", '"')
    return csv.reader(
        io.StringIO(text, newline=""),
        delimiter=options.get("delimiter", ","),
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        strict=True,
    )


def _rows(text: str, options: Mapping[str, Any]) -> Iterator[Row]:
    reader = _reader(text, options)
    skip_rows = options.get("skip_rows", 0)
    line = 1
    for count, values in enumerate(reader):
        if count > ROWS_MAX:
            raise DecodeError("too_large", f"more than {ROWS_MAX} rows")
        stripped = [value.strip() for value in values]
        if line > skip_rows and any(stripped):
            yield line, stripped
        line = reader.line_num + 1


def _header(rows: Iterator[Row]) -> list[str]:
    line, names = next(rows, (0, []))
    if not names:
        raise DecodeError("malformed_csv", "the payload is empty, expected a header")
    if len(names) > COLUMNS_MAX:
        raise DecodeError("malformed_csv", f"line {line} has {len(names)} columns, expected at most {COLUMNS_MAX}")
    names = [name or f"column_{number}" for number, name in enumerate(names, start=1)]
    for name in names:
        if names.count(name) > 1:
            raise DecodeError("malformed_csv", f"line {line} names the column {excerpt(name)} twice")
    return names


def _named(header: list[str], row: Row) -> dict[str, Any]:
    line, values = row
    if len(values) != len(header):
        message = (
            f"line {line} has {len(values)} values, expected {len(header)} as in the header: {excerpt(str(values))}"
        )
        raise DecodeError("malformed_csv", message)
    fields: dict[str, Any] = {"#line": line}
    fields.update(zip(header, values, strict=True))
    return fields


def _line_of(text: str, options: Mapping[str, Any]) -> int:
    """The line before which the reader stopped; it does not say so itself."""
    reader = _reader(text, options)
    line = 1
    try:
        for _ in reader:
            line = reader.line_num + 1
    except csv.Error:
        pass
    return line
