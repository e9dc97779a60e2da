"""Channel shapes: orders, holds and returns in, what shop, marketplace, portal, retailer and returns desk write out."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from making import catalog
from making.clock import NEW_YORK
from making.wms_shapes import Line, number, token

UNITS = {"each": "EA", "case": "CS", "kilogram": "KG"}
Lines = Sequence[tuple[str, int]]  # (item, how many sell units)
Row = dict[str, Any]


def zulu(at: datetime) -> str:
    """UTC with a Z."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def web_order(order_number: int, at: datetime, lines: Lines) -> dict[str, Any]:
    """The shop's order; ids above 2^53."""
    order_id = 9_207_199_254_000_000 + order_number * 1_001
    items = [
        {
            "id": order_id * 10 + n,
            "variant_id": catalog.variant(item),
            "sku": f"WEB-{item}",
            "quantity": quantity,
            "fulfillable_quantity": quantity,
        }
        for n, (item, quantity) in enumerate(lines, start=1)
    ]
    return {
        "id": order_id,
        "order_number": order_number,
        "created_at": at.astimezone(NEW_YORK).isoformat(),
        "cancelled_at": None,
        "financial_status": "paid",
        "line_items": items,
    }


def webhook(topic: str, data: dict[str, Any], copy: int = 0) -> dict[str, Any]:
    """One delivery; a new copy has a new id of its own and says the same."""
    return {"webhook_id": token("webhook", topic, data["id"], copy), "topic": topic, "data": data}


def web_refund(order: dict[str, Any], at: datetime, picked: Iterable[tuple[int, int, str]]) -> dict[str, Any]:
    """A refund of lines of an order: (index of the line, how many, restock type). It has no order number."""
    refund_id = order["id"] + 500
    lines = [
        {
            "id": refund_id * 10 + n,
            "line_item_id": order["line_items"][index]["id"],
            "quantity": quantity,
            "restock_type": restock_type,
            "location_id": None if restock_type == "no_restock" else 487_838_322,
            "line_item": {"variant_id": order["line_items"][index]["variant_id"]},
        }
        for n, (index, quantity, restock_type) in enumerate(picked, start=1)
    ]
    return {
        "id": refund_id,
        "order_id": order["id"],
        "created_at": at.astimezone(NEW_YORK).isoformat(),
        "refund_line_items": lines,
    }


class MarketOrder(NamedTuple):
    """An order of the marketplace; lines are in sell units."""

    number: str
    at: datetime
    lines: tuple[tuple[str, int], ...]

    def item_id(self, n: int) -> str:
        """The marketplace's id of the n-th line."""
        return f"{int(self.number.replace('-', '')) * 7 % 10**12:012d}{n:02d}"


def market_notice(order: MarketOrder, status: str, at: datetime) -> dict[str, Any]:
    """A notification that an order changed."""
    items = [
        {
            "orderItemId": order.item_id(n),
            "sellerSku": catalog.seller_sku(item),
            "quantityOrdered": quantity,
            "quantityShipped": 0,
        }
        for n, (item, quantity) in enumerate(order.lines, start=1)
    ]
    return {
        "notificationVersion": "1.0",
        "notificationType": "ORDER_CHANGE",
        "eventTime": zulu(at),
        "payload": {
            "orderChange": {
                "marketplaceOrderId": order.number,
                "trigger": {"timeOfOrderChange": zulu(at), "reason": status},
                "summary": {"orderStatus": status, "purchaseDate": zulu(order.at), "orderItems": items},
            }
        },
        "notificationMetadata": {"notificationId": token("notice", order.number, status)},
    }


REPORT_COLUMNS = ["order-id", "order-item-id", "purchase-date", "order-status", "sku", "quantity-purchased", "currency"]


def market_report(orders: Iterable[tuple[MarketOrder, str]]) -> bytes:
    """The flat file of orders: tabs, one row for each line."""
    rows = [
        [order.number, order.item_id(n), zulu(order.at), status, catalog.seller_sku(item), str(quantity), "USD"]
        for order, status in orders
        for n, (item, quantity) in enumerate(order.lines, start=1)
    ]
    return written([REPORT_COLUMNS, *rows], "\t")


def portal(event: str, at: datetime, part: str, body: dict[str, Any]) -> dict[str, Any]:
    """One event of the trade portal."""
    return {"event": event, "requestId": token("portal", event, body["number"]), "at": zulu(at), part: body}


def portal_lines(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Lines by catalogue number."""
    return [
        {
            "no": n,
            "article": catalog.catalogue_number(line.item),
            "quantity": number(line.quantity),
            "unit": UNITS[line.unit],
        }
        for n, line in enumerate(lines, start=1)
    ]


RETAILER_COLUMNS = [
    "action", "po_number", "store", "po_line", "item_number", "gtin", "quantity", "uom", "sent_at", "deliver_on",
]  # fmt: skip


def retailer_row(
    po: str, store: str, n: int, item: str, cases: int, at: datetime, action: str = "NEW", *, by_gtin: bool = False
) -> list[str]:
    """One line of the chain's order for one store; lines ordered by bar code leave the item number empty."""
    names = ["", catalog.gtin(item, 1)] if by_gtin else [catalog.retailer_number(item), catalog.gtin(item, 1)]
    sent = at.astimezone(NEW_YORK).strftime("%Y-%m-%d %H:%M")
    return [action, po, store, str(n), *names, str(cases), "CS", sent, "2026-03-05"]


def retailer_file(rows: Iterable[list[str]]) -> bytes:
    """The gateway's file."""
    return written([RETAILER_COLUMNS, *rows], ",")


def written(rows: Iterable[Sequence[str]], delimiter: str) -> bytes:
    """Rows as CSV."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def returned(
    step: str, rma: str, order: str, at: datetime, pieces: Iterable[tuple[str, int, str, str]]
) -> dict[str, Any]:
    """One step of a return: (item, quantity, lot, grade) for each piece; nothing is graded before inspection."""
    rows = []
    for n, (item, quantity, lot, grade) in enumerate(pieces, start=1):
        row = {"n": n, "barcode": catalog.upc(item), "quantity": quantity, "lot": lot or None}
        rows.append({**row, "grade": grade} if grade else row)
    return {
        "step": step,
        "rma": rma,
        "case": token("rma", rma, step),
        "order": order,
        "desk": "RD-EAST",
        "at": at.astimezone(NEW_YORK).isoformat(),
        "pieces": rows,
    }
