"""WMS shapes: what happened in, the JSON that the eastern and the western warehouse system write of it out."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from making import catalog
from making.clock import DAY, LOS_ANGELES, NEW_YORK

EAST_UNITS = {"each": "EA", "inner": "IN", "case": "CA", "pallet": "PL", "kilogram": "KG", "sack": "SA"}
WEST_UNITS = {"each": "ST", "inner": "PK", "case": "KAR", "pallet": "PAL", "kilogram": "KGM", "sack": "SAC"}
EAST_STATUS = {
    "sellable": "AVAIL", "quality_hold": "QC", "quarantine": "QUAR", "damaged": "DMG", "returns_hold": "RET",
}  # fmt: skip
WEST_STOCK = {"sellable": "F", "quality_hold": "Q", "quarantine": "S", "damaged": "D"}


class Line(NamedTuple):
    """One line of any document, in our own words."""

    item: str
    quantity: Decimal
    unit: str
    lot: str = ""
    disposition: str = "sellable"
    to_disposition: str = ""

    @property
    def base_quantity(self) -> Decimal:
        """The quantity in base units."""
        return self.quantity * catalog.pack(self.item, self.unit)


def line(item: str, quantity: float | str, unit: str = "", lot: str = "", **status: str) -> Line:
    """A line; no unit means the item's base unit."""
    return Line(item, Decimal(str(quantity)), unit or catalog.BY_ITEM[item].base_unit, lot, **status)


def token(*parts: object) -> str:
    """An id that looks drawn and is not: the same for the same parts."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"


def number(quantity: Decimal) -> int | float:
    """A quantity as JSON writes it: 24, or 12.5."""
    return int(quantity) if quantity == quantity.to_integral_value() else float(quantity)


def east(kind: str, at: datetime, part: str, body: dict[str, Any], site: str = "E01") -> dict[str, Any]:
    """One event of the eastern system; its sequence grows with time."""
    sequence = 40_000_000 + int((at - DAY).total_seconds())
    event = {
        "eventId": f"E{sequence}",
        "seq": sequence,
        "traceId": token("wms-east", kind, at, body.get("number", "")),
        "type": kind,
        "site": site,
        "occurredAt": at.astimezone(NEW_YORK).isoformat(),
    }
    return {**event, part: body} if part else event


def east_lines(lines: Sequence[Line], quantity: str = "qty") -> list[dict[str, Any]]:
    """Lines as the eastern system writes them; what a line is counted in depends on the document."""
    rows = []
    for n, one in enumerate(lines, start=1):
        row = {
            "line": n,
            "sku": one.item,
            quantity: number(one.quantity),
            "uom": EAST_UNITS[one.unit],
            "lot": one.lot or None,
            "status": EAST_STATUS[one.disposition],
        }
        if one.to_disposition:
            row["toStatus"] = EAST_STATUS[one.to_disposition]
        rows.append(row)
    return rows


def west_time(at: datetime) -> str:
    """Local time without a zone."""
    return at.astimezone(LOS_ANGELES).strftime("%Y-%m-%d %H:%M:%S")


def west_move(id_: str, code: str, at: datetime, ref: str, lines: Sequence[Line], partner: str = "") -> dict[str, Any]:
    """One movement of the western system."""
    head = {"msg": "MOVE", "id": id_, "wh": "WST", "code": code, "posted": west_time(at), "ref": ref}
    return {**head, **({"partner": partner} if partner else {}), "pos": west_lines(lines)}


def west_block(id_: str, at: datetime, lines: Sequence[Line]) -> dict[str, Any]:
    """Stock that changes its type."""
    return {"msg": "BLOCK", "id": id_, "wh": "WST", "posted": west_time(at), "pos": west_lines(lines)}


def west_count(id_: str, at: datetime, lines: Sequence[Line]) -> dict[str, Any]:
    """What was counted."""
    return {"msg": "COUNT", "id": id_, "wh": "WST", "posted": west_time(at), "pos": west_lines(lines)}


def west_stock(list_: str, page: int, pages: int, at: datetime, rows: list[dict[str, str]]) -> dict[str, Any]:
    """One page of the nightly list."""
    head = {"msg": "STOCK", "list": list_, "page": page, "pages": pages, "wh": "WST", "taken": west_time(at)}
    return {**head, "pos": rows}


def west_lines(lines: Sequence[Line]) -> list[dict[str, str]]:
    """Lines as the western system writes them: everything is text, quantities have three decimals."""
    rows = []
    for n, one in enumerate(lines, start=1):
        row = {
            "n": str(n * 10),
            "art": catalog.article(one.item),
            "qty": f"{one.quantity:.3f}",
            "me": WEST_UNITS[one.unit],
            "batch": one.lot,
            "st": WEST_STOCK[one.disposition],
        }
        if one.to_disposition:
            row["st_new"] = WEST_STOCK[one.to_disposition]
        rows.append(row)
    return rows
