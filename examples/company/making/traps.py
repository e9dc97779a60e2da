"""Traps: good messages that come twice, disagree, name what nobody knows or look odd, with the outcome they must have.

The rule for all of them: one fact counts once, and what cannot be posted is never lost and says what is wrong with it.
"""

from datetime import timedelta

from making import catalog, channel_shapes, erp_shapes, wms_shapes, x12_shapes
from making.books import Place
from making.channel_shapes import MarketOrder, portal, portal_lines
from making.clock import at
from making.company import Company
from making.mailbag import Ending, dead, duplicate, parked, posted, pretty
from making.wms_shapes import Line, line


def set_all(company: Company) -> None:
    """Every trap."""
    _sent_twice(company)
    _conflict(company)
    _unknown(company)
    _odd_but_good(company)


def _sent_twice(company: Company) -> None:
    """The same message again: redelivered, under a new id, as an interchange, in the next spool."""
    order = company.web_order(1201, at("13:21:17"), [("TUMBLER-450", 2), ("APRON-GREY", 1)])
    again = channel_shapes.webhook("orders/create", order)
    company.bag.file("shop", "redelivery.json", at("13:52:00"), again, duplicate(2), "the same webhook delivered again")
    again = channel_shapes.webhook("orders/create", order, copy=1)
    trap = "the same order under a new webhook id"
    company.bag.file("shop", "redelivery_new_id.json", at("14:22:00"), again, duplicate(2), trap)
    order = MarketOrder("115-6600041-3300719", at("14:44:19"), (("WHISK-MINI", 1),))
    company.market_order(order)
    lines = [line("WHISK-MINI", 1, "inner")]
    reference = f"MKT-{order.number}"
    company.ship("NORTH3PL", at("16:18:00"), reference, lines)
    first = next(file for file, (sent, *_) in company.bag.files().items() if reference.encode() in sent.payload)
    data = company.bag.files()[first][0].payload
    name = first.rpartition("Z_")[2].replace(".edi", "_again.edi")
    company.bag.file("3pl-north", name, at("19:11:00"), data, duplicate(), "the same X12 interchange sent twice")
    moment = at("16:44:29")
    body = {"number": "SH-79001", "order": "WEB-1201", "lines": wms_shapes.east_lines([line("TUMBLER-450", 2)])}
    message = wms_shapes.east("SHIP_CONFIRMED", moment, "shipment", body)
    company.spool("wms-east", moment, message, posted())
    company.spool("wms-east", moment, message, duplicate(), received=at("18:00"), trap="repeated in the next spool")
    _shipped_aside(company, "EAST", "16:44:29", "WEB-1201", line("TUMBLER-450", 2))


def _shipped_aside(company: Company, location: str, clock: str, order: str, one: Line) -> None:
    """Enter in the books what a message written by hand says."""
    company.books.move(at(clock), Place(one.item, location, one.lot, one.disposition), -one.base_quantity)
    company.books.want(order, one.item, shipped=one.base_quantity)


def _conflict(company: Company) -> None:
    """One shipment number, two quantities: the first received stays."""
    order = company.web_order(1202, at("14:02:58"), [("SCALE-BASIC", 2)])
    assert order["order_number"] == 1202
    for quantity, endings, received, trap in (
        (2, posted(), None, ""),
        (1, dead("conflicting_duplicate"), at("22:00"), "the same key with another quantity: the first received stays"),
    ):
        message = wms_shapes.west_move("GI0009777", "GI", at("17:48:36"), "WEB-1202", [line("SCALE-BASIC", quantity)])
        company.spool("wms-west", at("17:48:36"), message, endings, received=received, trap=trap)
    _shipped_aside(company, "WEST", "17:48:36", "WEB-1202", line("SCALE-BASIC", 2))


def _unknown(company: Company) -> None:
    """What master data does not know (yet): parked, and released when it does."""
    order = channel_shapes.web_order(1203, at("15:12:40"), [("TOWEL-BAR", 2), ("TOWEL-BAR", 1)])
    order["line_items"][1] |= {"variant_id": 9_107_199_254_749_999, "sku": "WEB-MUG-PINK"}
    company.order("web", "WEB-1203", [("TOWEL-BAR", 2)])
    message = channel_shapes.webhook("orders/create", order)
    trap = "one line of two is of a variant nobody listed: the other line goes on"
    company.spool("shop", at("15:12:40"), message, [*posted(), *parked("unknown_item")], trap=trap)
    notice = channel_shapes.market_notice(
        MarketOrder("116-1010101-5550001", at("16:33:03"), (("KNOCKBOX", 1),)), "Unshipped", at("16:33:03")
    )
    notice["payload"]["orderChange"]["summary"]["orderItems"][0]["sellerSku"] = "MP999-GONE"
    company.spool("marketplace", at("16:33:03"), notice, parked("unknown_item"), trap="an unknown seller SKU")
    body = {
        "number": "RC-59001",
        "purchaseOrder": "4500001099",
        "lines": wms_shapes.east_lines([line("KNOCKBOX", 2, "case")]),
    }
    message = wms_shapes.east("RECEIPT_CONFIRMED", at("15:41:11"), "receipt", body, site="E02")
    company.spool("wms-east", at("15:41:11"), message, parked("unknown_location"), trap="a site nobody mapped")
    message = wms_shapes.west_move("GR0007901", "GR", at("16:26:12"), "PO-88109", [line("WHISK-MINI", 3)])
    message["pos"][0]["me"] = "DSP"
    company.spool("wms-west", at("16:26:12"), message, parked("unknown_unit"), trap="a unit code nobody mapped")
    body = {
        "number": "RC-59002",
        "purchaseOrder": "4500001098",
        "lines": wms_shapes.east_lines([line("KETTLE-GOOSE", 3)]),
    }
    body["lines"][0]["uom"] = "IN"
    message = wms_shapes.east("RECEIPT_CONFIRMED", at("18:21:19"), "receipt", body)
    company.spool("wms-east", at("18:21:19"), message, parked("unknown_unit"), trap="this item has no inner")
    row = channel_shapes.retailer_row("6600129", "004", 1, "SIPHON-5", 1, at("18:45"), by_gtin=True)
    data = channel_shapes.retailer_file([row])
    company.bag.file(
        "edi-retailer",
        "orders_6600129.csv",
        at("18:49:00"),
        data,
        parked("unknown_listing"),
        "an item this chain does not list",
    )
    row = erp_shapes.goods_issue("4900000999", 1, line("KNOCKBOX", 1), "EAST", "WEB-1101", at("19:40:07"))
    trap = "a plant nobody mapped"
    company.erp_change(
        "goods_issue",
        "c",
        at("19:40:07"),
        None,
        {**row, "plant": "4000"},
        endings=parked("unknown_location"),
        trap=trap,
    )


def _odd_but_good(company: Company) -> None:
    """Oddities that change nothing: they must go through."""
    order = company.web_order(1205, at("16:21:24"), [("TIMER-KITCHEN", 1)], received=at("17:30"))
    paid = channel_shapes.webhook("orders/paid", order)
    trap = "the paid notice comes before the order"
    company.spool("shop", at("16:21:50"), paid, [Ending("ignored")], trap=trap)
    cancelled = [("TIMER-KITCHEN", 2)]
    order = company.web_order(1206, at("17:31:29"), cancelled)
    company.cancel_web_order(order, at("17:40:00") + timedelta(seconds=11), cancelled)
    paid = channel_shapes.webhook("orders/paid", order)
    trap = "a paid notice for an order that was cancelled"
    company.spool("shop", at("17:52:06"), paid, [Ending("ignored")], trap=trap)
    moment, lines = at("21:07:00"), [line("JAR-500", 2)]
    sold = MarketOrder("118-3030303-7770003", at("18:20:20"), (("JAR-500", 2),))
    company.market_order(sold)
    data = x12_shapes.interchange(
        984, at("21:52"), [x12_shapes.shipment("NS8992", f"MKT-{sold.number}", moment, lines)], newline="\r\n"
    )
    odd = b"\xef\xbb\xbf" + data.replace(b"GS*SW", b"GS*IN").replace(b"SE*10*", b"SE*19*")
    assert odd.count(b"SE*19*") == 1
    trap = "byte order mark, a group code that lies, a segment count that is wrong while the totals agree"
    company.bag.file("3pl-north", "945_000000984.edi", at("21:54:00"), odd, posted(), trap)
    _shipped_aside(company, "NORTH3PL", "21:07:00", f"MKT-{sold.number}", lines[0])
    order_ = {"number": "B2B-8006", "lines": portal_lines([line("MUG-GREEN", 1, "case")])}
    message = b"\xef\xbb\xbf" + pretty(portal("order.placed", at("21:25:35"), "order", order_))
    company.bag.file(
        "b2b-portal", "b2b-8006_placed.json", at("21:25:39"), message, posted(), "JSON after a byte order mark"
    )
    company.order("b2b", "B2B-8006", [("MUG-GREEN", 1)])
    assert catalog.sell_unit("b2b", "MUG-GREEN") == "case"
