"""Partners: the samples of the smaller sources as they come on this day, with what each must become, added up by hand.

The payloads are those that lie beside the mappings, about other items than there: white mugs for blue ones, black for
white. Stock of these sites is sold by no channel; orders that come through these sources are, like all others.
"""

import re
from decimal import Decimal
from pathlib import Path

from making import catalog
from making.books import Place
from making.clock import at
from making.company import Company
from making.mailbag import IGNORED, Endings, compared, dead, duplicate, posted

SAMPLES = Path(__file__).resolve().parents[3] / "schemas" / "mappings"
WHITE, BLACK, BEANS, TAMPER = "MUG-WHITE", "MUG-BLACK", "GREEN-BEANS", "TAMPER-53"
CASE = catalog.pack(WHITE, "case")

# What a sample says, and what the day says instead: every code of an item by that of another.
INSTEAD = {
    "AZ-MUG-BLUE": catalog.seller_sku(WHITE),
    "AZ-MUG-WHITE": catalog.seller_sku(BLACK),
    "9107199254740993": str(catalog.variant(WHITE)),
    '"variant_id": null': f'"variant_id": {catalog.variant(BLACK)}',
    "9107199254740994": str(catalog.variant(BLACK)),
    "000000000000100010": catalog.material(WHITE),
    "000000000000100020": catalog.material(BLACK),
    "A2007": catalog.old_number(WHITE),
    "W19*07*1": "W19*55*1",  # the evening report was written without it, so the day adds it back
    "00614141000012": catalog.gtin(WHITE),
    "00614141000029": catalog.gtin(BLACK),
    "20614141000016": catalog.gtin(WHITE, 1),
    "10614141000019": catalog.gtin(WHITE, 1),
    "614141000012": catalog.upc(WHITE),
    "614141000029": catalog.upc(BLACK),
    "lgtin:0614141.000001": f"lgtin:0614141.0{catalog.gtin(BEANS)[8:13]}",
    "sgtin:0614141.000001": f"sgtin:0614141.0{catalog.gtin(WHITE)[8:13]}",
}
_SAID = re.compile("|".join(map(re.escape, sorted(INSTEAD, key=len, reverse=True))))


def report(company: Company) -> None:
    """Everything that they send."""
    _amazon(company)
    _shops(company)
    _retailers(company)
    _inside_sales(company)
    _hamburg(company)
    _chicago(company)
    _north(company)
    _apex(company)
    _dock(company)
    _erp_sites(company)
    _planning(company)


def _send(company: Company, sample: str, received: str, endings: Endings, trap: str = "") -> None:
    source, _, name = sample.partition("/")
    payload = (SAMPLES / source / "samples" / name).read_bytes().decode("latin-1")
    changed = _SAID.sub(lambda found: INSTEAD[found[0]], payload).encode("latin-1")
    company.bag.file(source, name, at(received), changed, endings, trap)


def _sample(sample: str) -> bytes:
    source, _, name = sample.partition("/")
    return (SAMPLES / source / "samples" / name).read_bytes()


def _move(company: Company, clock: str, location: str, item: str, quantity: float, **place: str) -> None:
    company.books.move(at(clock), Place(item, location, **place), Decimal(str(quantity)))


def _amazon(company: Company) -> None:
    order = "AMZ-114-0000417-2200519"
    company.order("marketplace", order, [(WHITE, 6)])
    _send(company, "amazon/order_unshipped.json", "14:06", posted(2), "two identical lines of one order both count")
    company.cancel("marketplace", order, [(WHITE, 4)])
    _send(company, "amazon/order_cancelled.json", "15:06", posted())
    company.order("marketplace", "AMZ-114-0000417-2200522", [(BLACK, 1)])
    _send(
        company, "amazon-orders/orders.txt", "17:00", [*duplicate(), *posted()], "notified before: the same sale again"
    )
    for n, name in enumerate(
        ("order_pending", "order_of_amazons_stock", "quantity_change", "listings_feed", "feed_finished")
    ):
        _send(company, f"amazon/{name}.json", f"17:{n + 10}", IGNORED)


def _shops(company: Company) -> None:
    company.order("web", "BC-173331", [(WHITE, 2), (BLACK, 1)])
    _send(company, "bigcommerce/order_awaiting_fulfilment.json", "14:11", posted(2))
    company.cancel("web", "BC-173331", [(BLACK, 1)])
    _send(company, "bigcommerce/refund_unshipped.json", "15:31", posted())
    company.cancel("web", "BC-173331", [(WHITE, 2)])
    _send(company, "bigcommerce/order_cancelled.json", "16:01", posted())
    hooks = (
        "order_pending",
        "refund_shipped",
        "inventory_hook",
        "inventory_by_order_hook",
        "product_hook",
        "order_hook",
    )
    for n, name in enumerate(hooks):
        _send(company, f"bigcommerce/{name}.json", f"18:{n + 10}", IGNORED)
    _send(company, "shop/inventory_levels.json", "16:20", IGNORED)
    _send(company, "shop/order_fulfilled.json", "17:40", IGNORED)
    company.order("marketplace", "KAUF-K-9001", [(WHITE, 2), (BLACK, 1)])
    company.cancel("marketplace", "KAUF-K-9001", [(BLACK, 1)])
    _send(company, "market-feed/orders.csv", "14:30", posted(3))


def _retailers(company: Company) -> None:
    isa = "ISA*00*          *00*          *01*006922827      *ZZ*EXAMPLECO      *260302*1315*U*00401*000000981*0*P*>"
    body = [
        "BEG*00*SA*6600140**20260302",
        f"PO1*1*2*CA***UK*{catalog.gtin(WHITE, 1)}",
        "SDQ*CA*92*0001*1*0042*1",
        "CTT*1",
    ]
    segments = [isa, "GS*PO*006922827*EXAMPLECO*20260302*1315*981*X*004010", "ST*850*0001", *body, "SE*6*0001"]
    data = "".join(f"{segment}~\n" for segment in [*segments, "GE*1*981", "IEA*1*000000981"]).encode()
    for store in ("0001", "0042"):
        company.order("retailer", f"RTL-6600140-{store}", [(WHITE, 1)])
    trap = "one order number for several stores: an order of each"
    company.bag.file("retailer-x12", "850_000000981.edi", at("18:20"), data, posted(2), trap)
    order = "RTL-6600141-0017"
    company.order("retailer", order, [(WHITE, 2)])
    company.books.want(order, BLACK, recorded=Decimal(3), cancelled=Decimal(3))
    _send(company, "retailer-x12/order.edi", "18:21", posted(2))
    company.cancel("retailer", order, [(WHITE, 1)])
    company.books.want(order, WHITE, recorded=Decimal(4))
    _send(company, "retailer-x12/order_change.edi", "18:40", posted(3))
    _send(
        company,
        "retailer-x12/ship_notice_of_two_orders.edi",
        "19:20",
        posted(2),
        "identical lines of two orders both count",
    )
    for store in ("0003", "0009"):
        company.order("retailer", f"RTL-7700140-{store}", [(WHITE, 1)])
    _send(company, "retailer-edifact/order_of_stores.edi", "09:20", posted(2))
    company.books.channels["RTL-7700141-4098765000038"] = "retailer"
    company.books.want("RTL-7700141-4098765000038", WHITE, recorded=Decimal(6))
    company.books.want("RTL-7700141-4098765000038", BLACK, recorded=Decimal(2))
    _send(company, "retailer-edifact/order.edi", "09:25", posted(2))
    _send(company, "retailer-edifact/sell_through.edi", "06:10", IGNORED)
    _send(company, "retailer-x12/sell_through.edi", "19:40", IGNORED)
    _send(company, "retailer-x12/acknowledgment.edi", "19:41", IGNORED)


def _inside_sales(company: Company) -> None:
    order = "TEL-00070011"
    company.order("b2b", order, [(WHITE, 2)])
    company.books.want(order, BLACK, recorded=Decimal(12), cancelled=Decimal(12))
    _send(company, "inside-sales/orders.txt", "16:30", posted(3))


def _hamburg(company: Company) -> None:
    _move(company, "10:40", "HAMBURG", WHITE, 70)
    _move(company, "10:40", "HAMBURG", WHITE, 2, disposition="quality_hold")
    _move(company, "10:40", "HAMBURG", BLACK, 20)
    _send(company, "3pl-edifact/receipt.edi", "10:50", posted(3))
    _move(company, "11:55", "HAMBURG", WHITE, -2 * CASE)
    _move(company, "11:55", "HAMBURG", BLACK, -10)
    _send(company, "3pl-edifact/despatch.edi", "12:20", posted(3))
    _send(company, "3pl-edifact/inventory.edi", "22:10", posted(3))
    _send(company, "3pl-edifact/despatch_cancelled.edi", "12:30", IGNORED)
    _send(company, "3pl-edifact/order.edi", "11:10", IGNORED)


def _chicago(company: Company) -> None:
    _move(company, "15:15", "CHICAGO", WHITE, 2 * CASE)
    _move(company, "16:40", "CHICAGO", WHITE, -3)
    _move(company, "17:05", "CHICAGO", WHITE, -1)
    _move(company, "17:05", "CHICAGO", WHITE, 1, disposition="damaged")
    _send(company, "3pl-csv/movements.csv", "17:30", posted(4))
    _send(company, "3pl-csv/stock.csv", "24:05", posted(2))


def _north(company: Company) -> None:
    _move(company, "19:40", "NORTH3PL", WHITE, -1)
    _move(company, "19:40", "NORTH3PL", WHITE, 1)
    _send(company, "3pl-north/947_adjustment.edi", "20:25", posted(2))


def _apex(company: Company) -> None:
    _move(company, "15:30", "APEX", WHITE, CASE)
    _move(company, "16:00", "APEX", WHITE, -3)
    endings = [*posted(), *dead("failed_line"), *posted()]
    _send(
        company, "3pl-api/batch_with_one_failure.json", "16:10", endings, "one line of three failed; the others count"
    )
    _move(company, "17:00:00", "APEX", WHITE, -2)
    _send(company, "3pl-api/movements_page.json", "17:15", posted())
    _send(company, "3pl-api/stock.json", "23:05", posted(), "a site that is not counted yet is not zero")
    _send(company, "3pl-api/no_movements.json", "17:20", IGNORED)


def _dock(company: Company) -> None:
    _move(company, "15:00", "DOCK", WHITE, 2)
    _send(company, "3pl-epcis/receiving.xml", "15:05", posted())
    _send(
        company,
        "3pl-epcis/receiving_again.jsonld",
        "15:10",
        duplicate(),
        "the same event as JSON, in another time zone",
    )
    _move(company, "15:00", "DOCK", WHITE, -2)
    _send(company, "3pl-epcis/receiving_declared_wrong.jsonld", "18:05", posted(), "an event declared wrong later")
    _move(company, "16:00", "DOCK", BEANS, 2.5)
    _move(company, "20:00", "DOCK", BEANS, -0.1)
    _send(company, "3pl-epcis/shipping.jsonld", "20:05", posted(2))
    _send(company, "3pl-epcis/packing.jsonld", "19:05", IGNORED)


def _erp_sites(company: Company) -> None:
    _move(company, "13:50", "OUTLET", WHITE, 2 * CASE)
    _move(company, "14:55", "OUTLET", WHITE, -3)
    _move(company, "16:05", "OUTLET", WHITE, -2)
    _send(company, "erp-odata/goods_movements.json", "16:30", posted(3))
    _send(company, "erp-odata/purchase_orders.json", "12:10", posted(2))
    _send(company, "erp-odata/empty_page.json", "17:30", IGNORED)
    _move(company, "14:55", "SHOWROOM", TAMPER, 12)
    _move(company, "14:55", "SHOWROOM", TAMPER, -4)
    _send(company, "erp-soap/goods_movement.xml", "15:00", posted(2))
    _send(company, "erp-soap/inbound_delivery.xml", "15:10", posted())
    _send(company, "erp-soap/ping.xml", "15:20", IGNORED)


def _planning(company: Company) -> None:
    _send(company, "demand-planning/safety_stock.csv", "06:30", IGNORED)
    _send(company, "demand-planning/forecast.csv", "06:31", IGNORED)
    _send(company, "planning-forecast/forecast.parquet", "06:32", IGNORED)
    trap = "not the owner: compared, and every row agrees"
    company.bag.file("data-lake", "stock.avro", at("05:20", day=3), _sample("data-lake/stock.avro"), compared(3), trap)
