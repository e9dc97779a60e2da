"""Master plain: the tables of master data without our classes, as they are packed, and back."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from schemas.master_records import Bom, BomLine, Channel, Item, Listing, Location, Lot


def plain_tables(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Tables by name as `encoding.pack` takes them: dates, which it does not know, as their ordinals."""
    lots: Mapping[Any, Lot] = tables["lots"]
    ends = {key: lot.expires_on and lot.expires_on.toordinal() for key, lot in lots.items()}
    return {**tables, "lots": {key: (lot.item, lot.lot, ends[key], lot.status) for key, lot in lots.items()}}


def records_of(plain: Mapping[str, Any]) -> dict[str, Any]:
    """The reverse of `plain_tables`, of tables whose records have become tuples."""
    return {name: _with_records(name, table) for name, table in plain.items()}


def _with_records(name: str, table: Any) -> Any:
    make = _MAKERS.get(name)
    return table if make is None else {key: make(row) for key, row in table.items()}


def _lot(row: tuple[Any, ...]) -> Lot:
    item, lot, expires_on, status = row
    return Lot(item, lot, expires_on and date.fromordinal(expires_on), status)


def _boms(rows: tuple[tuple[Any, ...], ...]) -> tuple[Bom, ...]:
    return tuple(Bom._make((*row[:-1], tuple(map(BomLine._make, row[-1])))) for row in rows)


_MAKERS: dict[str, Callable[[Any], Any]] = {
    "items": Item._make,
    "locations": Location._make,
    "channels": Channel._make,
    "listings": Listing._make,
    "listings_of": lambda rows: tuple(map(Listing._make, rows)),
    "lots": _lot,
    "boms": _boms,
}
