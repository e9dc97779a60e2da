"""Traps of real payloads, each by name: what they must not do to a figure, through the whole front of the flow."""

import gzip
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from schemas.records import Envelope, ReportedEvent
from tests.transforms.arrival import edi
from tests.transforms.arrival.test_epcis_format import SEVEN
from transforms.arrival.envelope_rules import stable_id
from transforms.arrival.format_table import DecodeError, decode, format_of_name
from transforms.canonical.mapping_rules import Mapped, load_mappings

FOLDER = Path(__file__).parents[1] / "schemas" / "mappings"
MAPPINGS = load_mappings(FOLDER)
RECEIVED_AT = datetime(2026, 3, 3, tzinfo=UTC)


def mapped(source: str, payload: bytes | dict[str, Any], form: str = "") -> list[Mapped]:
    """What every document of a message becomes."""
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    mapping = MAPPINGS[source]
    form = form or mapping.format
    envelope = Envelope(source, form, RECEIVED_AT, "m", stable_id(source, data), {}, data)
    return [mapping.run(document, envelope) for document in decode(form, data, mapping.format_options)]


def events(source: str, payload: bytes | dict[str, Any], form: str = "") -> list[ReportedEvent]:
    """Its events; nothing of it may be refused."""
    results = mapped(source, payload, form)
    assert [one for result in results for one in result.rejections] == []
    return [event for result in results for event in result.events]


def reasons(source: str, payload: bytes | dict[str, Any]) -> list[str]:
    return [one.reason for result in mapped(source, payload) for one in result.rejections]


def sample(source: str, name: str) -> list[ReportedEvent]:
    return events(
        source, (FOLDER / source / "samples" / name).read_bytes(), format_of_name(name, MAPPINGS[source].format)
    )


def keys(found: Sequence[ReportedEvent]) -> list[str]:
    return [event.transaction_key for event in found]


SHIPMENT = (
    "W06*F*WEB-1101*20260302*NS8991",
    "N1*WH*NORTH*91*NLOG7",
    "G62*11*20260302*W*1315",
    "LX*1",
    "W12*CC*5*5**EA**UK*00614141000326",
    "N9*LI*1",
    "W03*5",
)
WHOLE = edi.interchange(edi.transaction_set("945", SHIPMENT))


@pytest.mark.parametrize(
    ("story", "payload"),
    [
        ("a byte order mark before ISA", b"\xef\xbb\xbf" + WHOLE),
        ("ISA without its padding", WHOLE.replace(b"          ", b"").replace(b"EXAMPLECO      ", b"EXAMPLECO")),
        ("a terminator of two characters", WHOLE.replace(b"~\n", b"~~")),
        ("the end of the line ends segments", WHOLE.replace(b"~\n", b"\r\n")),
        ("other separators", WHOLE.replace(b"*", b"|").replace(b"~", b"!")),
        ("a group code that lies", WHOLE.replace(b"GS*SW*", b"GS*PO*")),
        ("packed with gzip", gzip.compress(WHOLE)),
    ],
)
def test_a_shipment_is_the_same_with(story: str, payload: bytes) -> None:
    assert [event._replace(correlation_id="") for event in events("3pl-north", payload)] == [
        event._replace(correlation_id="") for event in events("3pl-north", WHOLE)
    ]
    assert keys(events("3pl-north", payload)) == ["3pl-north:shipment:NS8991:1"]


def test_separators_that_clash_are_refused() -> None:
    with pytest.raises(DecodeError, match="separates elements and ends segments too"):
        decode("x12", WHOLE.replace(b"~\n", b"*\n"))


def test_a_wrong_segment_count_is_told_from_a_cut_by_the_totals() -> None:
    miscounted = edi.interchange(edi.transaction_set("945", SHIPMENT, count=40))
    assert "the totals agree" in decode("x12", miscounted)[0]["notes"][0]
    cut = edi.interchange(edi.transaction_set("945", [*SHIPMENT[:3], SHIPMENT[-1]], count=40))
    with pytest.raises(DecodeError, match="cut off or altered") as refused:
        decode("x12", cut)
    assert refused.value.reason == "envelope_mismatch"


def test_one_document_number_for_42_stores_is_42_orders() -> None:
    found = sample("retailer-x12", "order_of_42_stores.edi")
    assert len(set(keys(found))) == 42
    assert len({event.order_reference for event in found}) == 42
    assert sum(event.quantity for event in found) == 903


def test_two_orders_in_one_notice_with_identical_lines_both_count() -> None:
    found = sample("retailer-x12", "ship_notice_of_two_orders.edi")
    assert [(event.order_reference, event.item_code, event.quantity) for event in found] == [
        ("4500001015", "614141000012", 4),
        ("4500001016", "614141000012", 4),
    ]
    assert len(set(keys(found))) == 2


def test_available_null_is_not_zero() -> None:
    stock = {"requestId": "r", "asOf": "2026-03-02T23:00:00Z", "stock": [{"site": "A", "gtin": "1", "available": None}]}
    (event,) = events("3pl-api", stock)
    assert (event.kind, event.quantity) == ("unknown_count", 0)


def test_an_id_above_2_to_the_53_is_itself() -> None:
    assert sample("bigcommerce", "order_awaiting_fulfilment.json")[0].item_code == "9107199254740993"


def test_a_key_that_comes_twice_is_refused() -> None:
    with pytest.raises(DecodeError) as refused:
        decode("json", b'{"available": 5, "available": 0}')
    assert refused.value.reason == "duplicate_json_key"


def test_leading_zeros_of_a_material_number_stay() -> None:
    assert sample("erp-odata", "goods_movements.json")[0].item_code == "000000000000100010"
    assert sample("erp-soap", "goods_movement.xml")[0].item_code == "00417"


def test_a_tenth_of_a_kilogram_is_exactly_that() -> None:
    assert [(event.quantity, event.unit_code) for event in sample("3pl-epcis", "shipping.jsonld")] == [
        (Decimal("2.5"), "KGM"),
        (Decimal("0.1"), "KGM"),
    ]


def test_a_paid_notice_for_a_cancelled_order_brings_nothing_back() -> None:
    paid = {"webhook_id": "w", "topic": "orders/paid", "data": {"id": 1, "cancelled_at": "2026-03-02T10:00:00Z"}}
    assert events("shop", paid) == []


def test_a_refund_that_names_its_order_by_id_only_is_told_by_the_order_itself() -> None:
    assert sample("shop", "refund_by_id.json") == []
    (told,) = sample("shop", "order_with_refunds.json")
    assert (told.kind, told.order_reference, told.quantity) == ("reservation_cancelled", "WEB-1001", 1)
    assert told.transaction_key == "shop:refund_unshipped:9207199255003503:92071992550035032"


def test_an_order_as_the_gateway_keeps_it_is_the_order_that_a_connector_wraps() -> None:
    body = (FOLDER / "shop" / "samples" / "order_from_the_gateway.json").read_bytes()
    envelope = Envelope("shop", "json", RECEIVED_AT, "m", "c", {"ce-type": "shop.orders/create"}, body)
    found = MAPPINGS["shop"].run(decode("json", body, {})[0], envelope).events
    assert keys(found) == keys(sample("shop", "order_ids_above_2_53.json"))
    assert [event.order_reference for event in found] == ["WEB-1001", "WEB-1001"]


def test_an_order_status_that_nobody_listed_is_told() -> None:
    told = {"OrderChangeNotification": {"Summary": {"OrderStatus": "Teleported"}}}
    assert reasons("amazon", {"NotificationType": "ORDER_CHANGE", "Payload": told}) == ["no_mapping_matches"]


@pytest.mark.parametrize("story", SEVEN)
def test_seven_encodings_of_one_event_are_one_fact(story: str) -> None:
    found = {event._replace(correlation_id="") for event in events("3pl-epcis", SEVEN[story])}
    assert found == {event._replace(correlation_id="") for event in events("3pl-epcis", SEVEN["JSON"])}


def test_the_same_event_as_xml_and_json_has_the_same_key_and_content() -> None:
    first, second = sample("3pl-epcis", "receiving.xml"), sample("3pl-epcis", "receiving_again.jsonld")
    assert [event._replace(correlation_id="") for event in first] == [
        event._replace(correlation_id="") for event in second
    ]


def test_an_event_declared_wrong_is_taken_back_by_an_event_of_its_own() -> None:
    (first,), (back,) = sample("3pl-epcis", "receiving.xml"), sample("3pl-epcis", "receiving_declared_wrong.jsonld")
    assert first.transaction_key != back.transaction_key
    assert (back.kind, back.quantity, back.occurred_at) == ("adjustment", -first.quantity, first.occurred_at)


def test_a_release_character_that_swallows_the_next_segment_is_noticed() -> None:
    whole = (FOLDER / "3pl-edifact" / "samples" / "despatch.edi").read_bytes()
    assert len(events("3pl-edifact", whole)) == 3
    for broken in (whole.replace(b"++CT'\nLIN+1", b"++CT?'\nLIN+1"), whole.replace(b"Laden'\nCPS", b"Laden?'CPS")):
        assert broken != whole
        with pytest.raises(DecodeError, match="a release character") as refused:
            decode("edifact", broken)
        assert refused.value.reason == "envelope_mismatch"


def test_a_207_with_one_failure_inside_counts_what_succeeded_and_tells_what_failed() -> None:
    payload = (FOLDER / "3pl-api" / "samples" / "batch_with_one_failure.json").read_bytes()
    (batch,) = mapped("3pl-api", payload)
    assert keys(batch.events) == ["3pl-api:batch:S-71", "3pl-api:batch:R-72"]
    words = "409 already_closed (shipment, S-70, 00614141000012): shipment S-70 is closed"
    (failed,) = batch.rejections
    assert (failed.event_index, failed.reason) == (1, "failed_line")
    assert failed.message == f"3pl-api/batch: line 2 failed at the partner, {words}"


def test_an_interchange_sent_twice_gives_the_same_facts_again() -> None:
    twice = events("3pl-north", WHOLE + WHOLE)
    assert len(twice) == 2
    assert twice[0]._replace(event_index=0) == twice[1]._replace(event_index=0)


def test_a_webhook_and_a_poll_of_the_same_sale_are_one_fact() -> None:
    notified = sample("amazon", "order_unshipped.json")[0]
    (reported, _) = sample("amazon-orders", "orders.txt")
    said = (
        "transaction_key",
        "kind",
        "item_code",
        "quantity",
        "unit_code",
        "occurred_at",
        "order_reference",
        "channel",
    )
    assert [getattr(notified, name) for name in said] == [getattr(reported, name) for name in said]
