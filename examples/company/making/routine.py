"""Routine: an ordinary day drawn from a seed: orders in every channel, shipments, receipts, scans without effect."""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from making import catalog, channel_shapes, erp_shapes, wms_shapes
from making.books import Place
from making.channel_shapes import Lines, MarketOrder
from making.clock import at
from making.company import Company
from making.mailbag import posted
from making.opening import IN_NORTH, NOT_IN_WEST, OPENED_AT
from making.wms_shapes import Line, line

# Told elsewhere, or too scarce to be drawn by chance.
SCRIPTED = {"MUG-BLUE", "GRINDER-BURR", "GREEN-BEANS", "GRINDER-PRO", "SIPHON-5", "MOKA-3", "KETTLE-STD", *catalog.KITS}
GOOD_LOT = {
    ("BEANS-HOUSE", "EAST"): "H2601", ("BEANS-HOUSE", "WEST"): "H2601", ("BEANS-HOUSE", "NORTH3PL"): "H2601",
    ("BEANS-ESPRESSO", "EAST"): "E2601", ("BEANS-ESPRESSO", "WEST"): "E2601",
    ("BEANS-DECAF", "EAST"): "D2512", ("BEANS-DECAF", "WEST"): "D2512",
    ("BEANS-SINGLE", "EAST"): "S2602", ("BEANS-SINGLE", "WEST"): "S2512",
    ("TABS-CLEAN", "EAST"): "TC-0441", ("TABS-CLEAN", "NORTH3PL"): "TC-0441",
    ("TABS-DESCALE", "EAST"): "TD-1107", ("TABS-DESCALE", "WEST"): "TD-1107", ("TABS-DESCALE", "NORTH3PL"): "TD-1107",
    ("POWDER-CLEAN", "EAST"): "PC-220", ("POWDER-CLEAN", "WEST"): "PC-231",
    ("SYRUP-VANILLA", "EAST"): "V-8812", ("SYRUP-VANILLA", "WEST"): "V-8843", ("SYRUP-VANILLA", "NORTH3PL"): "V-8812",
}  # fmt: skip
WEB_ORDERS = 38
MARKET_ORDERS = 18


def trade(company: Company, rng: Random) -> None:
    """The whole ordinary day."""
    _buy(company, rng)
    _sell_on_web(company, rng)
    _sell_on_marketplace(company, rng)
    _sell_to_retailer(company, rng)
    _hum(company)


def ordinary(channel: str) -> list[str]:
    """What may be drawn for a channel."""
    return [
        product.item
        for product in catalog.PRODUCTS
        if product.item not in SCRIPTED and catalog.sell_unit(channel, product.item)
    ]


def moment(rng: Random, first: str, hours: int) -> datetime:
    """Some time of the day; never on the full minute, where counts are."""
    return at(first) + timedelta(minutes=rng.randrange(hours * 60), seconds=rng.randrange(1, 60))


def stocked(item: str, location: str) -> bool:
    """Whether a place has it at all."""
    if catalog.BY_ITEM[item].lot_controlled:
        return (item, location) in GOOD_LOT
    return location == "EAST" or (item not in NOT_IN_WEST if location == "WEST" else item in IN_NORTH)


def fulfil(company: Company, location: str, when: datetime, reference: str, channel: str, lines: Lines) -> list[Line]:
    """Ship a whole order, by the unit it was sold in; gives what was shipped."""
    shipped = [
        line(item, units, catalog.sell_unit(channel, item) or "", lot=GOOD_LOT.get((item, location), ""))
        for item, units in lines
    ]
    company.ship(location, when, reference, shipped)
    return shipped


def _pick(rng: Random, items: list[str], most: int) -> tuple[tuple[str, int], ...]:
    chosen = rng.sample(items, rng.choices((1, 2, 3), (5, 3, 1))[0])
    return tuple((item, rng.choices(range(1, most + 1), range(most, 0, -1))[0]) for item in chosen)


def _place(rng: Random, lines: Lines, places: tuple[str, ...]) -> str:
    fit = [place for place in places if all(stocked(item, place) for item, _ in lines)]
    return rng.choice(fit)


def _sell_on_web(company: Company, rng: Random) -> None:
    for n in range(WEB_ORDERS):
        when, lines = moment(rng, "12:00", 13), _pick(rng, ordinary("web"), 3)
        number = 1101 + n
        company.web_order(number, when, lines)
        if rng.random() < 0.6:
            later = when + timedelta(minutes=rng.randrange(40, 150), seconds=1)
            place = _place(rng, lines, ("EAST", "WEST"))
            shipped = fulfil(company, place, later, f"WEB-{number}", "web", lines)
            if rng.random() < 0.7:
                _walk(company, place, f"WEB-{number}", later, rng)
            if place == "EAST" and rng.random() < 0.6:
                company.erp_goods_issue("EAST", later + timedelta(minutes=4), f"WEB-{number}", shipped)


def _walk(company: Company, place: str, order: str, shipped: datetime, rng: Random) -> None:
    """The scans before a shipment."""
    picked = shipped - timedelta(minutes=rng.randrange(8, 35))
    if place == "EAST":
        kind = rng.choice(("PICK_DONE", "PACK_DONE"))
        company.chatter("wms-east", picked, wms_shapes.east(kind, picked, "task", {"number": f"TK-{order}"}))
    else:
        task = {"msg": "TASK", "id": f"TK{order}", "wh": "WST", "task": "PICK", "posted": wms_shapes.west_time(picked)}
        company.chatter("wms-west", picked, task)


def _sell_on_marketplace(company: Company, rng: Random) -> None:
    for n in range(MARKET_ORDERS):
        when = moment(rng, "12:00", 12)
        order = MarketOrder(market_number(n), when, _pick(rng, ordinary("marketplace"), 2))
        company.market_order(order)
        if rng.random() < 0.6:
            later = when + timedelta(minutes=rng.randrange(60, 170), seconds=2)
            place = _place(rng, order.lines, ("EAST", "WEST", "NORTH3PL"))
            fulfil(company, place, later, f"MKT-{order.number}", "marketplace", order.lines)


def market_number(n: int) -> str:
    """The n-th order number of the marketplace."""
    return f"{107 + n % 7}-{4470031 + 7919 * n:07d}-{2200519 + 104729 * n % 7000000:07d}"


def _sell_to_retailer(company: Company, rng: Random) -> None:
    items = [item for item in ordinary("retailer") if stocked(item, "NORTH3PL")]
    for n, clock in enumerate(("13:30", "17:30")):
        sent = at(clock)
        po, rows = f"66001{n + 1}0", []
        for store in ("004", "017"):
            lines = [(item, rng.randrange(1, 3)) for item in rng.sample(items, 3)]
            reference = f"RTL-{po}-{store}"
            company.order("retailer", reference, lines)
            rows += [
                channel_shapes.retailer_row(po, store, k, item, cases, sent)
                for k, (item, cases) in enumerate(lines, start=1)
            ]
            if store == "004":
                later = sent + timedelta(minutes=rng.randrange(100, 200), seconds=3)
                fulfil(company, "NORTH3PL", later, reference, "retailer", lines)
        data = channel_shapes.retailer_file(rows)
        company.bag.file("edi-retailer", f"orders_{po}.csv", sent + timedelta(minutes=9), data, posted(len(rows)))


def _buy(company: Company, rng: Random) -> None:
    """Purchase orders of the new ERP for EAST and NORTH3PL, and what came of them today."""
    items = [item for item in ordinary("web") if catalog.BY_ITEM[item].case > 1]
    for n in range(9):
        place = "NORTH3PL" if n in (4, 7) else "EAST"
        po = f"45000010{n + 11}"
        chosen = rng.sample([item for item in items if stocked(item, place)], rng.randrange(1, 4))
        lines = [line(item, rng.randrange(2, 7), "case") for item in chosen]
        changed_at = at("06:30") + timedelta(minutes=17 * n, seconds=11)
        for k, one in enumerate(lines, start=1):
            row = erp_shapes.po_line(po, k, one, place, f"2026-03-{4 + n:02d}" if n > 5 else "2026-03-02", changed_at)
            company.erp_change("po_line", "r" if n < 3 else "c", changed_at + timedelta(seconds=k), None, row)
        if n <= 5:
            here = [one._replace(lot=GOOD_LOT.get((one.item, place), "")) for one in lines]
            if n == 5:
                here = [one._replace(quantity=Decimal(1)) for one in here]  # the rest is still to come
            arrived = moment(rng, "13:00", 7)
            company.receive(place, arrived, po, here)
            if place == "EAST":
                stored = arrived + timedelta(minutes=rng.randrange(15, 50))
                body = {"number": f"PW-{po}"}
                company.chatter("wms-east", stored, wms_shapes.east("PUTAWAY_DONE", stored, "putaway", body))


def _hum(company: Company) -> None:
    """Signs of life, and some counts that found what was expected."""
    for hours in range(0, 24, 2):
        beat = OPENED_AT + timedelta(hours=hours, seconds=30)
        company.chatter("wms-east", beat, wms_shapes.east("HEARTBEAT", beat, "", {}))
    for hours in range(1, 24, 4):
        beat = OPENED_AT + timedelta(hours=hours, seconds=40)
        company.chatter("wms-west", beat, {"msg": "PING", "wh": "WST", "posted": wms_shapes.west_time(beat)})


def count_exactly(company: Company, location: str, clock: str, item: str, off: int = 0, lot: str = "") -> None:
    """Count one shelf; to be called when everything else has happened."""
    when = at(clock)
    found = company.books.on_hand(Place(item, location, lot), when) + off
    company.count(location, when, [line(item, f"{found:f}", lot=lot)])
