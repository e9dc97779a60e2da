"""Bad messages: what cannot be read, and what can be read and cannot be, each with the reason of its refusal."""

import json
from typing import Any

from making import channel_shapes, erp_shapes, wms_shapes, x12_shapes
from making.channel_shapes import MarketOrder, portal, portal_lines
from making.clock import at
from making.company import Company
from making.mailbag import compact, dead, pretty
from making.wms_shapes import Line, line


def send_all(company: Company) -> None:
    """Every one of them."""
    _unreadable_json(company)
    _unreadable_edi(company)
    _unreadable_files(company)
    _impossible_values(company)
    _impossible_things(company)


def _unreadable_json(company: Company) -> None:
    order = channel_shapes.web_order(1204, at("16:50:31"), [("KNOCKBOX", 1)])
    cut = pretty(channel_shapes.webhook("orders/create", order))[:-120]
    _bad(company, "shop", "order_cut_off.json", "16:58:00", cut, "malformed_json", "JSON that ends in the middle")
    body = {
        "number": "RC-59003",
        "purchaseOrder": "4500001097",
        "lines": wms_shapes.east_lines([line("KNOCKBOX", 1, "case")]),
    }
    text = pretty(wms_shapes.east("RECEIPT_CONFIRMED", at("14:11:21"), "receipt", body)).decode()
    twice = text.replace('"qty": 1,', '"qty": 1, "qty": 10,').encode()
    _bad(
        company, "wms-east", "receipt_key_twice.json", "14:31:00", twice, "duplicate_json_key", "a key twice: 1 or 10?"
    )
    message = wms_shapes.west_move("GR0007902", "GR", at("15:02:44"), "PO-88101", [line("KNOCKBOX", 1, "case")])
    nan = compact(message).replace(b'"1.000"', b"NaN")
    company.spool("wms-west", at("15:02:44"), nan, dead("not_a_number"), trap="NaN is no quantity (and no JSON)")
    data = channel_shapes.returned("received", "RMA-506", "WEB-0993", at("17:14:01"), [("KNOCKBOX", 1, "", "")])
    data["note"] = "carton damaged, café label"
    latin = json.dumps(data, ensure_ascii=False, indent=2).encode("latin-1")
    _bad(company, "returns", "RMA-506_received.json", "17:16:00", latin, "not_text", "Latin-1 where UTF-8 was agreed")
    change = erp_shapes.change("po_line", "c", at("13:33:08"), None, {"po_number": "4500001096", "line_no": 10})
    del change["op"]
    trap = "a change row that does not say what changed"
    company.spool("erp-db", at("13:33:08"), change, dead("malformed_change"), trap=trap)


def _bad(company: Company, source: str, name: str, clock: str, payload: object, reason: str, trap: str) -> None:
    company.bag.file(source, name, at(clock), payload, dead(reason), trap)


def _unreadable_edi(company: Company) -> None:
    moment = at("17:30:00")
    one = x12_shapes.shipment("NS8991", "WEB-1101", moment, [line("TOWEL-BAR", 1), line("JAR-500", 1)])
    whole = x12_shapes.interchange(981, moment, [one])
    cut = whole[: whole.index(b"LX*2")]
    _bad(company, "3pl-north", "945_000000981.edi", "18:17:00", cut, "envelope_mismatch", "cut off: no SE, GE, IEA")
    status = x12_shapes.Set("214", ["B10*NS8991*WEB-1101*GRND", "LX*1", "AT7*AF*NS***20260302*1130"])
    data = x12_shapes.interchange(982, moment, [status])
    _bad(
        company,
        "3pl-north",
        "214_000000982.edi",
        "18:18:00",
        data,
        "unsupported_set",
        "a carrier status: not our trade",
    )
    page = b"<html><body>502 Bad Gateway</body></html>\n"
    _bad(company, "3pl-north", "945_000000983.edi", "18:19:00", page, "malformed_x12", "an error page instead of EDI")


def _unreadable_files(company: Company) -> None:
    bomb = (
        '<?xml version="1.0"?>\n<!DOCTYPE PurchaseOrder [\n <!ENTITY a "0000000000">\n'
        + "".join(f' <!ENTITY {b} "{f"&{a};" * 10}">\n' for a, b in zip("abcde", "bcdef", strict=True))
        + ']>\n<PurchaseOrder number="&f;" revision="1"/>\n'
    )
    _bad(
        company,
        "erp-docs",
        "purchase_order_bomb.xml",
        "15:55:00",
        bomb.encode(),
        "forbidden_xml",
        "entities in entities",
    )
    torn = erp_shapes.purchase_order(
        "PO-88110", 1, at("16:01:00"), "WEST", [(line("KNOCKBOX", 1, "case"), "2026-03-20")]
    )
    torn = torn.replace(b"</po:Lines>", b"</po:Line>")
    _bad(
        company, "erp-docs", "purchase_order_PO-88110.xml", "16:03:00", torn, "malformed_xml", "a tag closed by another"
    )
    rows = [channel_shapes.retailer_row("6600130", "004", n, "TOWEL-BAR", 1, at("19:15")) for n in (1, 2, 3)]
    rows[1] = rows[1][:6]
    data = channel_shapes.retailer_file(rows)
    trap = "one row is short: the file is refused whole"
    _bad(company, "edi-retailer", "orders_6600130.csv", "19:19:00", data, "malformed_csv", trap)
    sale = {"till": 3, "sku": "MUG-WHITE", "quantity": 2, "at": "2026-03-02T12:02:00-05:00"}
    _bad(company, "pop-up-store", "sale.json", "17:05:00", sale, "unknown_source", "a source without a mapping")


def _impossible_values(company: Company) -> None:
    """Messages that are well written and say something that cannot be."""
    _east_receipt(
        company, "14:55:05", "59004", line("KNOCKBOX", 1, "case"), {"qty": None}, "missing_quantity", "null is not zero"
    )
    _west_receipt(company, "15:33:21", "7903", "-4.000", "negative_quantity", "a receipt of less than nothing")
    _west_receipt(
        company, "18:05:42", "7904", "614141000326", "absurd_quantity", "a bar code scanned into the quantity"
    )
    _west_receipt(company, "19:15:13", "7905", "1.200,000", "bad_quantity", "a number as written elsewhere")
    _east_receipt(
        company, "16:07:44", "59005", line("KETTLE-GOOSE", 1), {"qty": 2.5}, "fractional_quantity", "half a kettle"
    )
    _east_receipt(
        company, "17:19:26", "59006", line("KNOCKBOX", 1), {"status": "ZZ"}, "unmapped_value", "an unmapped status"
    )
    _east_receipt(
        company, "18:33:58", "59007", line("BEANS-HOUSE", 1, "case"), {}, "missing_lot", "beans without a lot"
    )
    notice = channel_shapes.market_notice(
        MarketOrder("117-2020202-6660002", at("20:10:10"), (("KNOCKBOX", 1),)), "Unshipped", at("20:10:10")
    )
    notice["payload"]["orderChange"]["summary"]["orderItems"][0]["quantityOrdered"] = None
    trap = "an order that does not say how many"
    company.spool("marketplace", at("20:10:10"), notice, dead("missing_quantity"), trap=trap)
    body = {
        "number": "RC-59008",
        "purchaseOrder": "4500001090",
        "lines": wms_shapes.east_lines([line("KNOCKBOX", 1, "case")]),
    }
    message = wms_shapes.east("RECEIPT_CONFIRMED", at("20:02:18"), "receipt", body)
    message["occurredAt"] = "2026-12-03T15:02:18-05:00"
    trap = "day and month changed places: received in December"
    company.spool("wms-east", at("20:02:18"), message, dead("future_time"), trap=trap)
    message = wms_shapes.west_move("GR0007906", "GR", at("20:44:32"), "PO-88101", [line("KNOCKBOX", 1)])
    message["posted"] = "2026-02-30 12:44:32"
    company.spool("wms-west", at("20:44:32"), message, dead("bad_time"), trap="30 February")


def _east_receipt(
    company: Company, clock: str, number: str, one: Line, wrong: dict[str, Any], reason: str, trap: str
) -> None:
    lines = wms_shapes.east_lines([one])
    lines[0] |= wrong
    body = {"number": f"RC-{number}", "purchaseOrder": "4500001095", "lines": lines}
    message = wms_shapes.east("RECEIPT_CONFIRMED", at(clock), "receipt", body)
    company.spool("wms-east", at(clock), message, dead(reason), trap=trap)


def _west_receipt(company: Company, clock: str, number: str, quantity: str, reason: str, trap: str) -> None:
    message = wms_shapes.west_move(f"GR000{number}", "GR", at(clock), "PO-88101", [line("KNOCKBOX", 1)])
    message["pos"][0]["qty"] = quantity
    company.spool("wms-west", at(clock), message, dead(reason), trap=trap)


def _impossible_things(company: Company) -> None:
    """What no rule covers, or a rule forbids."""
    plan = wms_shapes.east("WAVE_PLANNED", at("13:05:50"), "wave", {"number": "WV-12"})
    trap = "a new kind of event that no mapping knows"
    company.spool("wms-east", at("13:05:50"), plan, dead("no_mapping_matches"), trap=trap)
    data = channel_shapes.returned("received", "RMA-507", "WEB-0977", at("18:58:20"), [("KIT-POUROVER", 1, "", "")])
    trap = "a whole set comes back, but a set has no stock: its pieces must be named"
    _bad(company, "returns", "RMA-507_received.json", "19:01:00", data, "kit_has_no_stock", trap)
    body = {
        "number": "B2B-7006",
        "validUntil": "2026-03-05T17:00:00Z",
        "lines": portal_lines([line("SIPHON-5", 1, "case")]),
    }
    message = portal("reservation.requested", at("17:08:08"), "reservation", body)
    trap = "the policy keeps this item from trade customers"
    _bad(company, "b2b-portal", "b2b-7006_requested.json", "17:08:12", message, "channel_ineligible", trap)
    body = {
        "number": "B2B-7007",
        "validUntil": "2026-03-05T17:00:00Z",
        "lines": portal_lines([line("CUP-ESP", 1, "case")]),
    }
    message = portal("reservation.requested", at("18:08:08"), "reservation", body)
    message["reservation"]["number"] = None
    trap = "no number to know it by: a retry could not be told from a second request"
    _bad(company, "b2b-portal", "no_number_requested.json", "18:08:12", message, "missing_key", trap)
