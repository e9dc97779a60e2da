"""Warehouses: everything that can happen to stock in, each entered in the books and written to whoever reports it.

Times are when a thing happened. When its message arrives is its system's habit (the eastern warehouse empties its spool
every hour, the western every two, the shop every half) unless `received` says that this one came late.
"""

import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from making import catalog, wms_shapes, x12_shapes
from making.books import Books, Place
from making.clock import DAY
from making.mailbag import IGNORED, Endings, Mailbag, posted
from making.wms_shapes import Line

SPOOL_MINUTES = {"wms-east": 60, "wms-west": 120, "shop": 30, "marketplace": 60, "erp-db": 120}
SPOOL_NAMES = {
    "wms-east": "events", "wms-west": "messages", "erp-db": "changes",
    "shop": "webhooks", "marketplace": "notifications",
}  # fmt: skip
EDI_DELAY = timedelta(minutes=47)  # the 3PL gathers what it has and sends it later


def spooled(source: str, moment: datetime) -> datetime:
    """When the spool with this moment in it arrives."""
    step = timedelta(minutes=SPOOL_MINUTES[source])
    return DAY + ((moment - DAY) // step + 1) * step


class Warehouses:
    """The books and the mailbag, kept together."""

    def __init__(self) -> None:
        self.books = Books()
        self.bag = Mailbag()
        self._numbers: dict[str, Iterator[int]] = {}

    def number(self, kind: str, first: int) -> int:
        """The next number of a kind of document."""
        return next(self._numbers.setdefault(kind, itertools.count(first)))

    def spool(
        self,
        source: str,
        moment: datetime,
        message: object,
        endings: Endings,
        *,
        received: datetime | None = None,
        trap: str = "",
    ) -> None:
        """One message into a spool."""
        self.bag.line(source, SPOOL_NAMES[source], received or spooled(source, moment), moment, message, endings, trap)

    def receive(
        self,
        location: str,
        moment: datetime,
        order: str,
        lines: Sequence[Line],
        *,
        received: datetime | None = None,
        trap: str = "",
    ) -> None:
        """Goods of a purchase order arrive."""
        for line in lines:
            self.books.move(moment, Place(line.item, location, line.lot, line.disposition), line.base_quantity)
        if location == "EAST":
            number = f"RC-{self.number('receipt east', 50011)}"
            body = {"number": number, "purchaseOrder": order, "lines": wms_shapes.east_lines(lines)}
            message = wms_shapes.east("RECEIPT_CONFIRMED", moment, "receipt", body)
            self.spool("wms-east", moment, message, posted(len(lines)), received=received, trap=trap)
        elif location == "WEST":
            number = f"GR{self.number('receipt west', 7301):07d}"
            message = wms_shapes.west_move(number, "GR", moment, order, lines)
            self.spool("wms-west", moment, message, posted(len(lines)), received=received, trap=trap)
        else:
            number = f"NR{self.number('receipt north', 2201)}"
            self.edi(
                moment, [x12_shapes.receipt(number, order, moment, lines)], len(lines), received=received, trap=trap
            )

    def ship(
        self,
        location: str,
        moment: datetime,
        order: str,
        lines: Sequence[Line],
        *,
        received: datetime | None = None,
        trap: str = "",
    ) -> None:
        """Goods of a sales order leave; a kit leaves as its components, whatever the paper says."""
        for line in lines:
            for item, each in catalog.COMPONENTS.get(line.item, {line.item: Decimal(1)}).items():
                quantity = line.base_quantity * each
                self.books.move(moment, Place(item, location, line.lot), -quantity)
                self.books.want(order, item, shipped=quantity)
        if location == "EAST":
            number = f"SH-{self.number('shipment east', 70001)}"
            body = {"number": number, "order": order, "lines": wms_shapes.east_lines(lines)}
            message = wms_shapes.east("SHIP_CONFIRMED", moment, "shipment", body)
            self.spool("wms-east", moment, message, posted(len(lines)), received=received, trap=trap)
        elif location == "WEST":
            number = f"GI{self.number('shipment west', 9101):07d}"
            message = wms_shapes.west_move(number, "GI", moment, order, lines)
            self.spool("wms-west", moment, message, posted(len(lines)), received=received, trap=trap)
        else:
            number = f"NS{self.number('shipment north', 8801)}"
            self.edi(
                moment, [x12_shapes.shipment(number, order, moment, lines)], len(lines), received=received, trap=trap
            )

    def edi(
        self,
        moment: datetime,
        sets: Sequence[x12_shapes.Set],
        events: int,
        *,
        received: datetime | None = None,
        trap: str = "",
    ) -> bytes:
        """One interchange from the 3PL."""
        received = received or moment + EDI_DELAY
        control = self.number("interchange", 417)
        data = x12_shapes.interchange(control, received - timedelta(minutes=2), sets)
        name = f"{sets[0].set}_{control:09d}.edi"
        return self.bag.file("3pl-north", name, received, data, posted(events), trap)

    def count(
        self,
        location: str,
        moment: datetime,
        lines: Sequence[Line],
        *,
        received: datetime | None = None,
        trap: str = "",
    ) -> None:
        """Somebody counted; what they found is what is there."""
        for line in lines:
            self.books.count(moment, Place(line.item, location, line.lot, line.disposition), line.base_quantity)
        if location == "EAST":
            body = {
                "number": f"CC-{self.number('count east', 301)}", "lines": wms_shapes.east_lines(lines, "counted"),
            }  # fmt: skip
            message = wms_shapes.east("CYCLE_COUNTED", moment, "count", body)
            self.spool("wms-east", moment, message, posted(len(lines)), received=received, trap=trap)
        else:
            message = wms_shapes.west_count(f"CN{self.number('count west', 611):07d}", moment, lines)
            self.spool("wms-west", moment, message, posted(len(lines)), received=received, trap=trap)

    def adjust(self, location: str, moment: datetime, reason: str, line: Line) -> str:
        """Stock is lost or found; gives the warehouse's number of it."""
        self.books.move(moment, Place(line.item, location, line.lot, line.disposition), line.base_quantity)
        gone = line.quantity < 0
        plain = line._replace(quantity=abs(line.quantity))
        if location == "EAST":
            number = f"AD-{self.number('adjustment east', 1201)}"
            body = {"number": number, "reason": reason, "direction": "OUT" if gone else "IN"}
            body |= {"lines": wms_shapes.east_lines([plain])}
            message = wms_shapes.east("STOCK_ADJUSTED", moment, "adjustment", body)
            self.spool("wms-east", moment, message, posted())
        else:
            number = f"IA{self.number('adjustment west', 411):07d}"
            message = wms_shapes.west_move(number, "IA-" if gone else "IA+", moment, number, [plain])
            self.spool("wms-west", moment, message, posted())
        return number

    def change_status(
        self, location: str, moment: datetime, line: Line, *, received: datetime | None = None, trap: str = ""
    ) -> None:
        """Stock is held, released or found broken."""
        self._redispose(location, moment, line)
        if location == "EAST":
            number = f"ST-{self.number('status east', 88)}"
            body = {"number": number, "lines": wms_shapes.east_lines([line])}
            message = wms_shapes.east("STATUS_CHANGED", moment, "statusChange", body)
            self.spool("wms-east", moment, message, posted(), received=received, trap=trap)
        else:
            message = wms_shapes.west_block(f"BL{self.number('status west', 31):07d}", moment, [line])
            self.spool("wms-west", moment, message, posted(), received=received, trap=trap)

    def _redispose(self, location: str, moment: datetime, line: Line) -> None:
        place = Place(line.item, location, line.lot, line.disposition)
        self.books.move(moment, place, -line.base_quantity)
        self.books.move(moment, place._replace(disposition=line.to_disposition), line.base_quantity)

    def send_transfer(self, number: str, moment: datetime, to: str, lines: Sequence[Line]) -> None:
        """Goods leave EAST for another of our places."""
        for line in lines:
            self.books.move(moment, Place(line.item, "EAST", line.lot), -line.base_quantity)
        body = {"number": number, "from": "E01", "to": to, "lines": wms_shapes.east_lines(lines)}
        message = wms_shapes.east("TRANSFER_SHIPPED", moment, "transfer", body)
        self.spool("wms-east", moment, message, posted(len(lines)))

    def receive_transfer(self, number: str, moment: datetime, lines: Sequence[Line]) -> None:
        """Goods from EAST arrive at WEST."""
        for line in lines:
            self.books.move(moment, Place(line.item, "WEST", line.lot), line.base_quantity)
        id_ = f"TI{self.number('transfer west', 51):07d}"
        message = wms_shapes.west_move(id_, "TI", moment, number, lines, partner="EST")
        self.spool("wms-west", moment, message, posted(len(lines)))

    def chatter(self, source: str, moment: datetime, message: object) -> None:
        """A message without effect on stock."""
        self.spool(source, moment, message, IGNORED)
