"""Company: the warehouses, and everything that can happen in its channels, its returns desk and its ERP."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from making import catalog, channel_shapes, erp_shapes, wms_shapes
from making.books import Place
from making.channel_shapes import Lines, MarketOrder
from making.clock import NEW_YORK
from making.erp_shapes import Row
from making.mailbag import Endings, compared, posted
from making.warehouses import Warehouses
from making.wms_shapes import Line


class Company(Warehouses):
    """All of it: `books` has what is true, `bag` what was said."""

    def order(self, channel: str, reference: str, lines: Lines) -> None:
        """A channel sold: so many sell units of each item."""
        self.books.channels[reference] = channel
        for item, units in lines:
            unit = catalog.sell_unit(channel, item)
            assert unit is not None, (channel, item)
            quantity = units * catalog.pack(item, unit)
            for part, each in catalog.COMPONENTS.get(item, {item: Decimal(1)}).items():
                self.books.want(reference, part, recorded=quantity * each)

    def cancel(self, channel: str, reference: str, lines: Lines) -> None:
        """A channel gives it back."""
        for item, units in lines:
            unit = catalog.sell_unit(channel, item)
            assert unit is not None
            for part, each in catalog.COMPONENTS.get(item, {item: Decimal(1)}).items():
                self.books.want(reference, part, cancelled=units * catalog.pack(item, unit) * each)

    def web_order(
        self, number: int, moment: datetime, lines: Lines, *, received: datetime | None = None, trap: str = ""
    ) -> dict[str, Any]:
        """An order in the shop; gives the order as the shop tells it."""
        self.order("web", f"WEB-{number}", lines)
        order = channel_shapes.web_order(number, moment, lines)
        self.spool(
            "shop",
            moment,
            channel_shapes.webhook("orders/create", order),
            posted(len(lines)),
            received=received,
            trap=trap,
        )
        return order

    def cancel_web_order(
        self, order: dict[str, Any], moment: datetime, lines: Lines, *, received: datetime | None = None, trap: str = ""
    ) -> None:
        """The whole order is cancelled."""
        self.cancel("web", f"WEB-{order['order_number']}", lines)
        data = {**order, "cancelled_at": moment.astimezone(NEW_YORK).isoformat()}
        self.spool(
            "shop",
            moment,
            channel_shapes.webhook("orders/cancelled", data),
            posted(len(lines)),
            received=received,
            trap=trap,
        )

    def market_order(
        self, order: MarketOrder, *, notice: bool = True, received: datetime | None = None, trap: str = ""
    ) -> None:
        """An order on the marketplace; without a notice only the report will tell."""
        self.order("marketplace", f"MKT-{order.number}", order.lines)
        if notice:
            message = channel_shapes.market_notice(order, "Unshipped", order.at)
            self.spool("marketplace", order.at, message, posted(len(order.lines)), received=received, trap=trap)

    def cancel_market_order(
        self, order: MarketOrder, moment: datetime, *, received: datetime | None = None, trap: str = ""
    ) -> None:
        """The buyer or the marketplace cancels."""
        self.cancel("marketplace", f"MKT-{order.number}", order.lines)
        message = channel_shapes.market_notice(order, "Canceled", moment)
        self.spool("marketplace", moment, message, posted(len(order.lines)), received=received, trap=trap)

    def return_goods(
        self,
        rma: str,
        order: str,
        moment: datetime,
        pieces: Sequence[tuple[str, int, str]],
        inspected: datetime | None,
        grades: Sequence[tuple[str, int, str, str]] = (),
    ) -> None:
        """A parcel comes back to EAST, and later, perhaps, is inspected."""
        data = channel_shapes.returned("received", rma, order, moment, [(*piece, "") for piece in pieces])
        self.bag.file("returns", f"{rma}_received.json", moment + timedelta(minutes=3), data, posted(len(pieces)))
        for item, quantity, lot in pieces:
            self.books.move(moment, Place(item, "EAST", lot, "returns_hold"), Decimal(quantity))
        if inspected is None:
            return
        data = channel_shapes.returned("inspected", rma, order, inspected, grades)
        self.bag.file("returns", f"{rma}_inspected.json", inspected + timedelta(minutes=2), data, posted(len(grades)))
        for item, quantity, lot, grade in grades:
            to = "sellable" if grade == "A" else "damaged"
            line = wms_shapes.line(item, quantity, lot=lot, disposition="returns_hold", to_disposition=to)
            self._redispose("EAST", inspected, line)

    def erp_change(
        self,
        table: str,
        op: str,
        moment: datetime,
        before: Row | None,
        after: Row | None,
        *,
        endings: Endings = (),
        received: datetime | None = None,
        trap: str = "",
    ) -> None:
        """One changed row of the new ERP."""
        message = erp_shapes.change(table, op, moment, before, after)
        endings = endings or posted(2 if op == "u" else 1)
        self.spool("erp-db", moment, message, endings, received=received, trap=trap)

    def erp_goods_issue(
        self, location: str, moment: datetime, order: str, lines: Sequence[Line], trap: str = ""
    ) -> None:
        """The ERP's own word on a shipment: compared with the warehouse's."""
        document = str(self.number("goods issue", 4_900_000_101))
        for n, line in enumerate(lines, start=1):
            row = erp_shapes.goods_issue(document, n, line, location, order, moment)
            self.erp_change("goods_issue", "c", moment, None, row, endings=compared(), trap=trap)
