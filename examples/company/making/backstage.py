"""Backstage: what happens that no customer sees: purchases in two ERPs, losses, holds, transfers, returns."""

from datetime import datetime, timedelta

from making import catalog, erp_shapes
from making.channel_shapes import MarketOrder, Row
from making.clock import at
from making.company import Company
from making.mailbag import IGNORED, compared, duplicate, posted
from making.wms_shapes import Line, line


def run(company: Company) -> None:
    """Everything, in no particular order: the mailbag sorts it."""
    _new_erp(company)
    _old_erp(company)
    _inside_the_warehouses(company)
    _returns(company)


def _new_erp(company: Company) -> None:
    """A purchase that changes, one that is withdrawn, one that is read twice, and one that is not its to tell."""
    row = announce(company, "4500001002", at("12:10:09"), "EAST", line("KETTLE-GOOSE", 4, "case"))
    changed = {**row, "quantity": 6, "delivery_date": "2026-03-11", "changed_at": row["changed_at"] + 8_100_000_000}
    company.erp_change("po_line", "u", at("14:25:09"), row, changed)
    row = announce(company, "4500001003", at("12:16:43"), "EAST", line("SIPHON-5", 3, "case"))
    company.erp_change("po_line", "d", at("15:52:18"), row, None)
    company.bag.line("erp-db", "changes", at("16:00"), at("15:52:19"), b"null", IGNORED)
    row = erp_shapes.po_line("4500001004", 1, line("GREEN-BEANS", 20, "sack"), "EAST", "2026-03-16", at("06:03:40"))
    company.erp_change("po_line", "r", at("06:03:40"), None, row)
    trap = "the connector started again and read the row once more"
    company.erp_change("po_line", "r", at("18:01:02"), None, row, endings=duplicate(), trap=trap)
    trap = "not the owner of WEST's inbound: compared"
    row = erp_shapes.po_line("PO-88102", 1, line("PRESS-1000", 5, "case"), "WEST", "2026-03-05", at("13:00:31"))
    company.erp_change("po_line", "c", at("13:00:31"), None, row, endings=compared(), trap=trap)
    for n, clock in enumerate(("12:30:00", "20:30:00")):
        price = {"condition": 7001 + n, "material": catalog.material("MUG-BLUE"), "amount": "11.90"}
        company.erp_change("price_condition", "c", at(clock), None, price, endings=IGNORED)
    trap = "the ERP says 3 were shipped, the warehouse says 2: a discrepancy"
    company.erp_goods_issue("EAST", at("18:44:08"), "WEB-1006", [line("CANISTER-VAC", 3)], trap)


def _old_erp(company: Company) -> None:
    """The old ERP buys for WEST. Its 417 and 00417 are two tampers."""
    orders = {
        "PO-88101": ("12:05:00", "2026-03-02", [line("TAMPER-58", 2, "case"), line("TAMPER-53", 1, "case")]),
        "PO-88102": ("12:21:00", "2026-03-05", [line("PRESS-1000", 5, "case")]),
        "PO-88103": ("12:44:00", "2026-03-12", [line("KETTLE-STD", 6, "case"), line("MUG-GREEN", 3, "case")]),
        "PO-88104": ("13:17:00", "2026-03-02", [line("SYRUP-VANILLA", 10, "case")]),
    }
    for po, (clock, due, lines) in orders.items():
        data = erp_shapes.purchase_order(po, 1, at(clock), "WEST", [(one, due) for one in lines])
        received = at(clock) + timedelta(minutes=2)
        company.bag.file("erp-docs", f"purchase_order_{po}.xml", received, data, posted(len(lines)))
    data = erp_shapes.purchase_order_cancelled("PO-88103", at("18:08:00"), "WEST", [line("KETTLE-STD", 6, "case")])
    company.bag.file("erp-docs", "cancellation_PO-88103.xml", at("18:10:00"), data, posted())
    company.receive("WEST", at("17:05:21"), "PO-88101", [line("TAMPER-58", 2, "case"), line("TAMPER-53", 1, "case")])
    trap = "late: the western system was down for four hours"
    company.receive(
        "WEST", at("18:15:44"), "PO-88104", [line("SYRUP-VANILLA", 10, "case", lot="V-8843")],
        received=at("23:59"), trap=trap,
    )  # fmt: skip


def _inside_the_warehouses(company: Company) -> None:
    lost = [
        ("EAST", "15:25:17", "BREAKAGE", line("GLASS-LATTE", -2)),
        ("EAST", "19:20:48", "FOUND", line("JAR-1000", 3)),
        ("WEST", "20:05:29", "SHRINKAGE", line("PITCHER-350", -1)),
        ("EAST", "21:12:06", "SCRAP", line("SYRUP-VANILLA", -4, lot="V-8812")),
    ]
    for n, (location, clock, reason, one) in enumerate(lost):
        number = company.adjust(location, at(clock), reason, one)
        data = erp_shapes.stock_adjustment(f"SA-{3301 + n}", number, at(clock), location, reason, one)
        received = at(clock) + timedelta(minutes=20)
        company.bag.file("erp-docs", f"stock_adjustment_SA-{3301 + n}.xml", received, data, compared())
    company.change_status(
        "EAST", at("16:20:22"), line("CUP-ESP", 12, disposition="quality_hold", to_disposition="sellable")
    )
    company.change_status("EAST", at("18:40:37"), line("BEANS-SINGLE", 24, lot="S2602", to_disposition="quality_hold"))
    company.change_status("EAST", at("15:10:55"), line("PRESS-1000", 6, to_disposition="quality_hold"))
    company.change_status("WEST", at("19:35:14"), line("THERMOMETER", 5, to_disposition="damaged"))
    company.send_transfer("TO-902", at("18:10:46"), "N01", [line("PAPER-V2", 10, "case")])  # on the road at midnight
    late = MarketOrder("114-3310047-9055102", at("17:41:02"), (("TOWEL-BAR", 4),))
    company.market_order(late)
    company.ship(
        "NORTH3PL", at("20:15:00"), f"MKT-{late.number}", [line("TOWEL-BAR", 4)],
        received=at("02:40", day=3), trap="late: arrives after the evening's stock report, which includes it",
    )  # fmt: skip
    early = MarketOrder("114-3310088-9055377", at("16:02:39"), (("TRAY-SERVE", 1),))
    company.market_order(early, received=at("20:59"), trap="the order arrives after its shipment")
    company.ship("EAST", at("17:44:53"), f"MKT-{early.number}", [line("TRAY-SERVE", 1)])


def _returns(company: Company) -> None:
    company.return_goods(
        "RMA-502", "WEB-0971", at("14:22:05"), [("KETTLE-GOOSE", 1, "")], at("15:33:47"), [("KETTLE-GOOSE", 1, "", "A")]
    )
    company.return_goods(
        "RMA-503", "WEB-0990", at("16:31:18"), [("BEANS-HOUSE", 1, "H2601")],
        at("17:02:54"), [("BEANS-HOUSE", 1, "H2601", "C")],
    )  # fmt: skip
    company.return_goods("RMA-504", "MKT-107-1122001-7733002", at("21:40:12"), [("TOWEL-BAR", 2, "")], None)
    label = {"step": "label_printed", "rma": "RMA-505", "case": "label-505", "at": "2026-03-02T11:10:00-05:00"}
    company.bag.file("returns", "RMA-505_label.json", at("16:10:03"), label, IGNORED)


def announce(company: Company, po: str, moment: datetime, location: str, one: Line, op: str = "c") -> Row:
    """A purchase order of the new ERP with one line; gives the row."""
    row = erp_shapes.po_line(po, 1, one, location, "2026-03-02", moment)
    company.erp_change("po_line", op, moment, None, row)
    return row
