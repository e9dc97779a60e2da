"""Master files: a folder of CSV tables in, rows with line numbers out, and cells read with messages that say where.

A table is UTF-8 with a header. Columns may come in any order, and one that `TABLES` gives a default may be left out. An
unknown file or column is an error, since it is nearly always a misspelt one that would be silently without effect.
"""

import csv
from collections.abc import Callable, Container, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypeVar

from schemas.yaml_files import SpecError

EFFECTIVE_FROM, EFFECTIVE_TO = "effective_from", "effective_to"
_DATES: dict[str, str | None] = {EFFECTIVE_FROM: "", EFFECTIVE_TO: ""}

# Table -> column -> default; None marks a column that must be there and filled.
TABLES: dict[str, dict[str, str | None]] = {
    "items": {"item": None, "description": "", "base_unit": None, "lot_controlled": "no", "divisible": "no"},
    "item_units": {"item": None, "unit": None, "factor": None, **_DATES},
    "unit_codes": {"code": None, "unit": None, **_DATES},
    "item_codes": {"source": None, "code": None, "item": None, **_DATES},
    "locations": {"location": None, "name": "", "kind": "warehouse", "timezone": "UTC"},
    "location_codes": {"source": None, "code": None, "location": None, **_DATES},
    "dispositions": {"disposition": None, "meaning": ""},
    "channels": {"channel": None, "name": "", "kind": ""},
    "listings": {"channel": None, "listing": None, "item": None, "sell_unit": "", **_DATES},
    "lots": {"item": None, "lot": None, "expires_on": "", "status": "released"},
    "ownership": {"location": None, "facts": None, "source": None, **_DATES},
    "epochs": {"source": None, "epoch": None, "from": None},
    "approvals": {"source": None, "snapshot": None, "by": None, "at": None, "why": ""},
    "governance": {"table": None, "owner": None},
}
REQUIRED_TABLES = ("items", "locations")
BOMS_FILE = "boms.yaml"
LINE = "#line"  # the key under which a row carries its line; no column can have this name
FILE = "#file"  # and its file, where it is not that of its table
FACTOR_MAX = Decimal(1_000_000)  # a pallet holds thousands; more is a misplaced decimal point
FACTOR_DECIMALS_MAX = 6  # as many as a quantity may have

CsvRow = Mapping[str, str]
K = TypeVar("K")
V = TypeVar("V")


class Row:
    """One row of a table: cells as typed values; what is wrong with them goes to `problems` instead of being raised."""

    __slots__ = ("_cells", "_file", "_problems", "line")

    def __init__(self, file: str, line: int, cells: CsvRow, problems: list[str]) -> None:
        self._file = file
        self._cells = cells
        self._problems = problems
        self.line = line

    def problem(self, message: str) -> None:
        """Note that this row is wrong, and go on."""
        self._problems.append(f"{self._file}:{self.line}: {message}")

    def text(self, column: str) -> str:
        """The cell, which was checked to be there when the table was opened."""
        return self._cells[column]

    def is_dated(self) -> bool:
        """Whether it holds for a time only."""
        return bool(self._cells.get(EFFECTIVE_FROM) or self._cells.get(EFFECTIVE_TO))

    def flag(self, column: str) -> bool:
        """A yes or no."""
        return self.choice(column, ("yes", "no")) == "yes"

    def choice(self, column: str, allowed: Sequence[str]) -> str:
        """One of a few words."""
        value = self._cells[column]
        if value not in allowed:
            self.problem(f"{column} is {value!r}, expected {' or '.join(allowed)}")
        return value

    def known(self, column: str, names: Container[str], defined_in: str) -> str:
        """A name that another table defines."""
        value = self._cells[column]
        if value not in names:
            self.problem(f"unknown {column} {value!r}, expected one that {defined_in} defines")
        return value

    def factor(self, column: str) -> Decimal:
        """A positive number of base units."""
        value = self._cells[column]
        try:
            factor = Decimal(value)
        except InvalidOperation:
            factor = Decimal("NaN")
        if not (factor.is_finite() and 0 < factor <= FACTOR_MAX and _decimals(factor) <= FACTOR_DECIMALS_MAX):
            expected = f"a number above 0, at most {FACTOR_MAX} with {FACTOR_DECIMALS_MAX} decimals"
            self.problem(f"bad {column} {value!r}, expected {expected}")
            return Decimal(1)
        return plain(factor)

    def day(self, column: str) -> date | None:
        """An ISO date, or None for an empty cell."""
        value = self._cells[column]
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            self.problem(f"{column} is {value!r}, expected a date such as 2026-03-31, or nothing")
            return None


def plain(number: Decimal) -> Decimal:
    """The same number without trailing zeros and without an exponent, so that equal numbers look equal."""
    whole = number.to_integral_value()
    return whole.quantize(Decimal(1)) if number == whole else number.normalize()


def _decimals(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def keyed(rows: Sequence[Row], key: Callable[[Row], K], value: Callable[[Row], V]) -> dict[K, V]:
    """The rows by their key; a second row with a key that was there before is a problem of that row."""
    found: dict[K, V] = {}
    lines: dict[K, int] = {}
    for row in rows:
        name = key(row)
        if name in found:
            shown = ", ".join(map(repr, name)) if isinstance(name, tuple) else repr(name)
            row.problem(f"duplicate {shown}, first on line {lines[name]}{', expected one at a time' * row.is_dated()}")
            continue
        lines[name] = row.line
        found[name] = value(row)
    return found


def open_table(name: str, rows: Sequence[CsvRow], folder: Path | None, problems: list[str]) -> list[Row]:
    """The rows of one table with defaults filled in; a row that lacks or adds a column is a problem."""
    columns = TABLES[name]
    file = str(folder / f"{name}.csv") if folder else f"{name}.csv"
    opened = []
    for number, cells in enumerate(rows, start=2):  # the header is line 1
        full = {column: cells.get(column, default) or default for column, default in columns.items()}
        row = Row(cells.get(FILE, file), int(cells.get(LINE, number)), {c: v or "" for c, v in full.items()}, problems)
        if unknown := cells.keys() - columns.keys() - {LINE, FILE}:
            row.problem(f"unknown column {min(unknown)!r}, expected {', '.join(columns)}")
        if empty := [column for column, cell in full.items() if cell is None]:
            row.problem(f"{empty[0]} is empty, expected a value")
            continue
        opened.append(row)
    return opened


def read_tables(folder: Path) -> dict[str, list[dict[str, str]]]:
    """All tables of a folder, each row with its line under `LINE`; SpecError for what is not such a folder."""
    if not folder.is_dir():
        raise SpecError(f"{folder}: not a folder, expected one with {', '.join(TABLES)} as .csv and {BOMS_FILE}")
    files = {path.stem: path for path in sorted(folder.glob("*.csv"))}
    if unknown := files.keys() - TABLES.keys():
        raise SpecError(f"{files[min(unknown)]}:1: unknown table, expected one of {', '.join(TABLES)}")
    for name in REQUIRED_TABLES:
        if name not in files:
            raise SpecError(f"{folder / name}.csv:1: there is no such file, and nothing works without it")
    return {name: read_table(path, TABLES[name]) for name, path in files.items()}


def read_table(path: Path, columns: Mapping[str, str | None]) -> list[dict[str, str]]:
    """The rows of one CSV file as text by column, each with its line."""
    rows: list[dict[str, str]] = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        try:
            header = _header(path, next(reader, []), columns)
            line = reader.line_num + 1
            for cells in reader:
                if len(cells) == len(header):
                    rows.append({**{c: v.strip() for c, v in zip(header, cells, strict=True)}, LINE: str(line)})
                elif cells:
                    raise SpecError(f"{path}:{line}: {len(cells)} cells, expected {len(header)} as in the header")
                line = reader.line_num + 1
        except (csv.Error, UnicodeDecodeError) as error:
            raise SpecError(f"{path}:{reader.line_num + 1}: {error}, expected UTF-8 text with commas") from error
    return rows


def _header(path: Path, cells: Sequence[str], columns: Mapping[str, str | None]) -> list[str]:
    header = [cell.strip() for cell in cells]
    required = [column for column, default in columns.items() if default is None]
    missing = [column for column in required if column not in header]
    unknown = [column for column in header if column not in columns]
    if missing or unknown or len(set(header)) != len(header):
        raise SpecError(f"{path}:1: columns {', '.join(header)}; expected {', '.join(columns)}, each once")
    return header
