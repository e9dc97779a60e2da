"""ERP shapes: purchase orders, goods issues, adjustments and stock in, change rows, XML and CSV of the two ERPs out."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from making import catalog
from making.channel_shapes import written
from making.clock import NEW_YORK
from making.wms_shapes import Line, number

PLANTS = {"EAST": "1000", "WEST": "2000", "NORTH3PL": "3000"}
SITES = {"EAST": "DC-E", "WEST": "DC-W"}
UNITS = {"each": "C62", "case": "CT", "pallet": "PX", "inner": "IP", "kilogram": "KGM", "sack": "SA"}
STOCK_TYPES = {"sellable": "F", "quality_hold": "Q", "damaged": "S", "returns_hold": "R"}

Row = dict[str, Any]


def po_line(po: str, n: int, line: Line, location: str, due: str, changed_at: datetime) -> Row:
    """One row of the new ERP's purchase order lines; times in microseconds."""
    return {
        "po_number": po,
        "line_no": n * 10,
        "material": catalog.material(line.item),
        "quantity": number(line.quantity),
        "uom": UNITS[line.unit],
        "plant": PLANTS[location],
        "delivery_date": due,
        "changed_at": _micros(changed_at),
    }


def goods_issue(document: str, n: int, line: Line, location: str, order: str, at: datetime) -> Row:
    """One row of the new ERP's goods issues; times in microseconds."""
    return {
        "document_no": document,
        "line_no": n,
        "material": catalog.material(line.item),
        "quantity": number(line.quantity),
        "uom": UNITS[line.unit],
        "plant": PLANTS[location],
        "batch": line.lot or None,
        "sales_order": order,
        "posted_at": _micros(at),
    }


def change(table: str, op: str, at: datetime, before: Row | None, after: Row | None) -> Row:
    """One change of a row at `at`; the log's position grows with time."""
    milliseconds = _micros(at) // 1000
    source = {"connector": "postgresql", "db": "erp", "schema": "mm", "table": table}
    source |= {"lsn": 24_000_000_000 + milliseconds % 86_400_000 * 16, "ts_ms": milliseconds}
    return {"before": before, "after": after, "source": source, "op": op, "ts_ms": milliseconds + 240}


def _micros(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000


def purchase_order(po: str, revision: int, at: datetime, location: str, lines: Sequence[tuple[Line, str]]) -> bytes:
    """The old ERP's purchase order; each line with the date it is due."""
    rows = "".join(_xml_line(n, line, f"<DeliveryDate>{due}</DeliveryDate>") for n, (line, due) in enumerate(lines, 1))
    return _document(
        f'<po:PurchaseOrder xmlns:po="urn:example:legacy:purchasing" number="{po}" revision="{revision}">\n'
        f"  <po:IssuedAt>{_local(at)}</po:IssuedAt>\n  <po:ShipTo>{SITES[location]}</po:ShipTo>\n"
        f"  <po:Lines>\n{_prefixed(rows)}  </po:Lines>\n</po:PurchaseOrder>\n"
    )


def purchase_order_cancelled(po: str, at: datetime, location: str, lines: Sequence[Line]) -> bytes:
    """Lines that will not come."""
    rows = "".join(_xml_line(n, line, "") for n, line in enumerate(lines, 1))
    return _document(
        f'<PurchaseOrderCancellation number="{po}">\n  <CancelledAt>{_local(at)}</CancelledAt>\n'
        f"  <ShipTo>{SITES[location]}</ShipTo>\n  <Lines>\n{rows}  </Lines>\n</PurchaseOrderCancellation>\n"
    )


def stock_adjustment(
    document: str, warehouse_reference: str, at: datetime, location: str, reason: str, line: Line
) -> bytes:
    """The old ERP's copy of what a warehouse adjusted; a negative line is an issue."""
    direction = "issue" if line.quantity < 0 else "receipt"
    batch = f"<Batch>{line.lot}</Batch>" if line.lot else ""
    row = _xml_line(1, line._replace(quantity=abs(line.quantity)), f"{batch}<Direction>{direction}</Direction>")
    return _document(
        f'<StockAdjustment number="{document}">\n'
        f"  <WarehouseReference>{warehouse_reference}</WarehouseReference>\n  <PostedAt>{_local(at)}</PostedAt>\n"
        f"  <Site>{SITES[location]}</Site>\n  <Reason>{escape(reason)}</Reason>\n"
        f"  <Lines>\n{row}  </Lines>\n</StockAdjustment>\n"
    )


STOCK_COLUMNS = ["RUN", "PLANT", "MATERIAL", "BATCH", "STOCK_TYPE", "QUANTITY", "UOM", "AS_OF"]


def stock_list(run: str, at: datetime, rows: Iterable[tuple[str, Line]]) -> bytes:
    """The nightly list: location and line (with lot and disposition) for each position."""
    as_of = at.astimezone(NEW_YORK).strftime("%Y-%m-%d %H:%M:%S")
    cells = [
        [
            run, PLANTS[location], catalog.material(line.item), line.lot, STOCK_TYPES[line.disposition],
            f"{line.quantity:.3f}", UNITS[line.unit], as_of,
        ]
        for location, line in rows
    ]  # fmt: skip
    return written([STOCK_COLUMNS, *cells], ";")


def _xml_line(n: int, line: Line, more: str) -> str:
    number_ = f"<Material>{catalog.old_number(line.item)}</Material>"
    quantity = f'<Quantity unit="{UNITS[line.unit]}">{line.quantity:f}</Quantity>'
    return f'    <Line no="{n}">{number_}{quantity}{more}</Line>\n'


def _prefixed(rows: str) -> str:
    return rows.replace("</", "\0").replace("<", "<po:").replace("\0", "</po:")


def _document(body: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'.encode()


def _local(at: datetime) -> str:
    return at.astimezone(NEW_YORK).isoformat()
