"""Fixed width format: lines whose fields stand at fixed places in, one document with all its rows out, all text.

    columns: {item: [1, 8], qty: [9, 6]}          00000417000005      {"rows": [{"#line": 1, "item": "00000417", ...

`columns` gives for each field its first place, counted from 1, and its number of characters. Where a file has several
kinds of lines, `records` gives the columns of each by what the line starts with, and the row says its kind:

    records: {"10": {number: [3, 10]}, "20": {item: [3, 8], qty: [11, 6]}}        {"#line": 1, "#record": "10", ...}

A line may be short where blanks were cut off its end: a field of nothing is empty. A line longer than its columns, or
one that starts with nothing known, means that the layout is another: the file is refused whole, with the line.
Further options: `encoding` ("utf-8"), `skip_rows` (lines above the first).
"""

from collections.abc import Mapping
from typing import Any

from transforms.arrival.limits import ROWS_MAX, DecodeError, Document, excerpt, text_of

Columns = Mapping[str, tuple[int, int]]


def decode_fixed(payload: bytes, options: Mapping[str, Any]) -> list[Document]:
    """The one document of a table. Raises `DecodeError`."""
    text = text_of(payload, options.get("encoding", "utf-8")).rstrip("\x1a")
    records: Mapping[str, Columns] = options.get("records") or {"": options.get("columns", {})}
    if not any(records.values()):
        raise DecodeError("malformed_fixed", "no columns are known, expected format_options.columns or records")
    ends = {name: max(start + chars - 1 for start, chars in columns.values()) for name, columns in records.items()}
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        if number <= options.get("skip_rows", 0) or not line.strip():
            continue
        if len(rows) >= ROWS_MAX:
            raise DecodeError("too_large", f"more than {ROWS_MAX} rows")
        name = _record(line, number, records)
        if len(line.rstrip()) > ends[name]:
            message = f"line {number} has {len(line.rstrip())} characters, expected at most {ends[name]}"
            raise DecodeError("malformed_fixed", f"{message}: {excerpt(line)}")
        rows.append(_row(line, number, name, records[name]))
    if not rows:
        raise DecodeError("malformed_fixed", "the payload is empty")
    return [{"rows": rows}]


def _record(line: str, number: int, records: Mapping[str, Columns]) -> str:
    for name in records:
        if line.startswith(name):
            return name
    known = ", ".join(map(repr, records))
    raise DecodeError("malformed_fixed", f"line {number} starts with {excerpt(line)}, expected one of {known}")


def _row(line: str, number: int, name: str, columns: Columns) -> dict[str, Any]:
    row: dict[str, Any] = {"#line": number}
    if name:
        row["#record"] = name
    for field, (start, chars) in columns.items():
        row[field] = line[start - 1 : start - 1 + chars].strip()
    return row
