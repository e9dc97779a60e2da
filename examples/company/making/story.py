"""Story: the part of the day that is told by hand: the blue mug's, the trade customers', purchases, returns, the rush.

The project's README follows the blue mug line by line; change nothing about it here without counting it again there.
"""

from datetime import datetime, timedelta

from making import catalog, channel_shapes
from making.backstage import announce
from making.channel_shapes import MarketOrder, Row, portal, portal_lines
from making.clock import at
from making.company import Company
from making.mailbag import IGNORED, Ending, duplicate, posted
from making.wms_shapes import Line, line

RUSH_ITEM = "GRINDER-BURR"
RUSH_WEB_ORDERS = 40
RUSH_MARKET_ORDERS = 20
MUG_MARKET_ORDER = MarketOrder("112-4470031-2200519", at("14:05:30"), (("MUG-BLUE", 4),))


def tell(company: Company) -> None:
    """Everything, in no particular order: the mailbag sorts it."""
    _blue_mug(company)
    _rush(company)
    _sets(company)
    _trade_holds(company)
    _trade_orders(company)
    _several_stores(company)
    _two_encodings(company)


def _blue_mug(company: Company) -> None:
    company.web_order(1001, at("13:10:20"), [("MUG-BLUE", 3)])
    announce(company, "4500001001", at("06:02:05"), "EAST", line("MUG-BLUE", 2, "case"), "r")
    company.receive("EAST", at("13:40:15"), "4500001001", [line("MUG-BLUE", 2, "case")])
    company.market_order(MUG_MARKET_ORDER)
    company.web_order(1002, at("14:20:45"), [("KIT-POUROVER", 2)])
    company.ship(
        "EAST", at("14:50:10"), "WEB-1001", [line("MUG-BLUE", 3)],
        received=at("17:30"), trap="late: shipped before the 15:00 count, reported after it",
    )  # fmt: skip
    company.count("EAST", at("15:00"), [line("MUG-BLUE", 163)])
    order = company.web_order(
        1003, at("15:30:05"), [("MUG-BLUE", 5)], received=at("16:30"), trap="the order arrives after its cancellation"
    )
    company.cancel_web_order(order, at("15:50:40"), [("MUG-BLUE", 5)])
    company.send_transfer(
        "TO-901", at("16:30:20"), "W01", [line("MUG-BLUE", 1, "case"), line("SCALE-TIMER", 2, "case")]
    )
    company.ship("WEST", at("17:15:35"), f"MKT-{MUG_MARKET_ORDER.number}", [line("MUG-BLUE", 4)])
    company.receive_transfer("TO-901", at("20:30:25"), [line("MUG-BLUE", 1, "case"), line("SCALE-TIMER", 2, "case")])
    company.return_goods(
        "RMA-501", "WEB-0988", at("18:00:10"), [("MUG-BLUE", 3, "")],
        at("19:00:50"), [("MUG-BLUE", 2, "", "A"), ("MUG-BLUE", 1, "", "C")],
    )  # fmt: skip
    company.web_order(1004, at("21:30:55"), [("KIT-STARTER", 1)])


def _rush(company: Company) -> None:
    """Sixty orders in ten minutes for fifty-two grinders: channels sold from figures that were minutes old."""
    for n in range(RUSH_WEB_ORDERS):
        company.web_order(2001 + n, at("19:00:01") + timedelta(seconds=14 * n), [(RUSH_ITEM, 1)])
    for n in range(RUSH_MARKET_ORDERS):
        number = f"119-{7700001 + 37 * n:07d}-{3100007 + 911 * n:07d}"
        company.market_order(MarketOrder(number, at("19:00:05") + timedelta(seconds=29 * n), ((RUSH_ITEM, 1),)))


def _sets(company: Company) -> None:
    """The roasting set leaves WEST under its own name, and part of an order is refunded before it ships."""
    company.web_order(1005, at("14:41:12"), [("KIT-ROAST", 2)])
    company.ship("WEST", at("18:22:31"), "WEB-1005", [line("KIT-ROAST", 2)])
    order = company.web_order(1006, at("15:05:33"), [("CANISTER-VAC", 3), ("BRUSH-GRINDER", 1)])
    company.cancel("web", "WEB-1006", [("CANISTER-VAC", 1)])
    refund = channel_shapes.web_refund(order, at("16:11:09"), [(0, 1, "cancel")])
    company.spool("shop", at("16:11:09"), channel_shapes.webhook("refunds/create", refund), IGNORED)
    updated = channel_shapes.webhook("orders/updated", {**order, "refunds": [refund]})
    trap = "a refund names its order by id only; the order's update tells it with the number"
    company.spool("shop", at("16:11:10"), updated, posted(), trap=trap)
    company.ship("EAST", at("18:40:08"), "WEB-1006", [line("CANISTER-VAC", 2), line("BRUSH-GRINDER", 1)])
    refund = {**channel_shapes.web_refund(order, at("23:20:09"), [(1, 1, "return")])}
    refund["id"] += 1
    company.spool("shop", at("23:20:09"), channel_shapes.webhook("refunds/create", refund), IGNORED)
    for n, clock in enumerate(("14:00:10", "17:00:10", "20:00:10")):
        level = {
            "id": 808_950_810 + n,
            "inventory_item_id": catalog.variant("MUG-BLUE"),
            "available": [89, None, 87][n],
        }
        company.spool("shop", at(clock), channel_shapes.webhook("inventory_levels/update", level), IGNORED)
    product = {"id": 88_001, "title": "Stoneware mug 350 ml, blue", "status": "active"}
    company.spool("shop", at("14:15:44"), channel_shapes.webhook("products/update", product), IGNORED)


def _hold(
    company: Company, number: str, moment: datetime, lines: list[Line], until: str, endings: list[Ending]
) -> None:
    body = {"number": number, "customer": f"T-{int(number[4:]) * 31 % 9000}", "validUntil": until}
    _portal(company, "reservation.requested", moment, "reservation", {**body, "lines": portal_lines(lines)}, endings)


def _portal(
    company: Company, event: str, moment: datetime, part: str, body: Row, endings: list[Ending], trap: str = ""
) -> None:
    message = portal(event, moment, part, body)
    name = f"{body['number']}_{event.split('.')[1]}.json".lower()
    company.bag.file("b2b-portal", name, moment + timedelta(seconds=4), message, endings, trap)


def _trade_holds(company: Company) -> None:
    """Requests that can be refused. All are clear-cut: there is plenty all day, or there never was.

    None is still open at the end of the day: whether it was granted when it came would show in the last figures.
    """
    _hold(company, "B2B-7001", at("13:20:14"), [line("TUMBLER-450", 10, "case")], "2026-03-02T18:00:00Z", posted())
    lines = [line("MUG-WHITE", 6, "case"), line("PITCHER-600", 2, "case")]
    _hold(company, "B2B-7002", at("13:45:51"), lines, "2026-03-04T17:00:00Z", posted(2))
    body = {"number": "B2B-7002", "shipFrom": "east-dc", "lines": portal_lines(lines)}
    _portal(company, "reservation.confirmed", at("15:40:33"), "reservation", body, posted(4))
    company.order("b2b", "B2B-7002", [("MUG-WHITE", 6), ("PITCHER-600", 2)])
    company.ship("EAST", at("19:45:27"), "B2B-7002", [line("MUG-WHITE", 4, "case"), line("PITCHER-600", 2, "case")])
    _hold(company, "B2B-7003", at("15:15:10"), [line("MOKA-3", 100_000)], "2026-03-09T17:00:00Z", posted())
    lines = [line("CUP-CAPP", 1, "case")]
    _hold(company, "B2B-7004", at("14:10:29"), lines, "2026-03-05T17:00:00Z", posted())
    body = {"number": "B2B-7004", "lines": portal_lines(lines)}
    _portal(company, "reservation.released", at("17:20:02"), "reservation", body, posted())
    _hold(company, "B2B-7005", at("16:05:38"), [line("KIT-ROAST", 5)], "2026-03-06T17:00:00Z", posted())
    body = {"number": "B2B-7005", "lines": portal_lines([line("KIT-ROAST", 5)])}
    _portal(company, "reservation.confirmed", at("17:10:26"), "reservation", body, posted())
    company.order("b2b", "B2B-7005", [("KIT-ROAST", 5)])


def _trade_orders(company: Company) -> None:
    orders = {
        "B2B-8001": ("13:02:44", [line("CUP-ESP", 1, "case"), line("SAUCER-15", 1, "case")]),
        "B2B-8002": ("14:33:18", [line("GREEN-BEANS", "12.5"), line("JAR-1000", 1, "case")]),
        "B2B-8003": ("16:47:07", [line("BEANS-ESPRESSO", 2, "case")]),
        "B2B-8004": ("17:58:52", [line("TOWEL-BAR", 1, "case")]),
        "B2B-8005": ("20:14:36", [line("GREEN-BEANS", "0.1")]),
    }
    for number, (clock, lines) in orders.items():
        body = {"number": number, "lines": portal_lines(lines)}
        _portal(company, "order.placed", at(clock), "order", body, posted(len(lines)))
        company.books.channels[number] = "b2b"
        for one in lines:
            company.books.want(number, one.item, recorded=one.base_quantity)
    body = {"number": "B2B-8004", "lines": portal_lines(orders["B2B-8004"][1])}
    _portal(company, "order.cancelled", at("19:03:19"), "order", body, posted())
    company.cancel("b2b", "B2B-8004", [("TOWEL-BAR", 1)])
    company.ship("EAST", at("17:36:28"), "B2B-8001", orders["B2B-8001"][1])
    company.ship("EAST", at("18:50:41"), "B2B-8002", [line("GREEN-BEANS", "12.5"), line("JAR-1000", 1, "case")])
    company.ship("WEST", at("22:31:13"), "B2B-8003", [line("BEANS-ESPRESSO", 2, "case", lot="E2601")])
    quote = {"number": "Q-551", "lines": portal_lines([line("GRINDER-PRO", 2, "case")])}
    _portal(company, "quote.created", at("18:12:00"), "quote", quote, list(IGNORED))


def _several_stores(company: Company) -> None:
    """One order number for three stores with the same lines: three orders, and all of them count."""
    sent, rows = at("21:00:00"), []
    for store in ("004", "017", "031"):
        lines = [("MUG-BLUE", 1)] if store == "017" else [("MUG-BLACK", 1)]
        company.order("retailer", f"RTL-6600123-{store}", lines)
        rows += [channel_shapes.retailer_row("6600123", store, 1, item, n, sent) for item, n in lines]
    rows.append(channel_shapes.retailer_row("6600123", "031", 1, "MUG-BLACK", 1, sent, "CANCEL"))
    company.cancel("retailer", "RTL-6600123-031", [("MUG-BLACK", 1)])
    data = channel_shapes.retailer_file(rows)
    company.bag.file("edi-retailer", "orders_6600123.csv", at("21:04:00"), data, posted(4))
    company.bag.file(
        "edi-retailer",
        "orders_6600123_resent.csv",
        at("22:40:00"),
        data,
        duplicate(4),
        "the same file under another name",
    )


def _two_encodings(company: Company) -> None:
    """Three orders are notified and reported, one is only reported, one is pending, one is shipped."""
    orders = [
        MarketOrder(
            f"108-{5500101 + 13 * n:07d}-{1200043 + 17 * n:07d}", at("15:20:21") + timedelta(minutes=9 * n), lines
        )
        for n, lines in enumerate(
            [
                (("THERMOMETER", 2),),
                (("SPOON-SCOOP", 2), ("SPOON-SCOOP", 2)),  # two identical lines: both count
                (("PAPER-V1", 3),),
                (("JAR-1000", 1),),
                (("TIMER-KITCHEN", 1),),
            ]
        )
    ]
    for order in orders[:3]:
        company.market_order(order)
    company.market_order(orders[3], notice=False)
    pending = channel_shapes.market_notice(orders[4], "Pending", orders[4].at)
    company.spool("marketplace", orders[4].at, pending, IGNORED)
    statuses = ["Unshipped", "Unshipped", "Unshipped", "Unshipped", "Pending"]
    report = channel_shapes.market_report(zip(orders, statuses, strict=True))
    company.bag.file(
        "marketplace-report", "orders.txt", at("17:05:00"), report, [*duplicate(4), *posted()],
        "a second encoding of orders that were notified; the last line was not",
    )  # fmt: skip
    again = channel_shapes.market_notice(orders[0], "Shipped", at("18:30:26"))
    trap = "a later status of the same order says the same sale again"
    company.ship("EAST", at("18:29:33"), f"MKT-{orders[0].number}", [line("THERMOMETER", 2)])
    company.spool("marketplace", at("18:30:26"), again, duplicate(), trap=trap)
    cancelled = MarketOrder("113-9900417-6100223", at("16:10:11"), (("WHISK-MINI", 2),))
    company.market_order(cancelled)
    company.cancel_market_order(cancelled, at("18:05:48"))
    for n, clock in enumerate(("15:45:30", "19:45:30")):
        told = {"notificationType": "LISTING_QUANTITY_CHANGE", "sellerSku": catalog.seller_sku("MUG-BLUE")}
        told |= {"quantity": 50 + n, "notificationMetadata": {"notificationId": f"lq-{n}"}}
        company.spool("marketplace", at(clock), told, IGNORED)
