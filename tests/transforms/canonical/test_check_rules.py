from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.records import CLAIM_KINDS, KINDS, Kind, ReportedEvent, StockEvent
from tests.schemas.small_company import GIFT, company
from tests.transforms.canonical.reported import NOON, ordered, reported
from transforms.canonical.check_kinds import Problem
from transforms.canonical.check_rules import check_event
from transforms.reasons import REASONS

MASTER = company()
MILK = {"item_code": "MILK", "lot": "L1"}


def test_an_event_keeps_all_that_its_source_said() -> None:
    said = ReportedEvent(
        transaction_key="wms-east:move:9",
        kind="transfer_shipped",
        item_code="04012345000016",
        quantity=Decimal(2),
        unit_code="CA",
        occurred_at=NOON,
        source="wms-east",
        message_id="wms-east/x.jsonl#7",
        correlation_id="c-1",
        received_at=NOON + timedelta(minutes=5),
        mapping_version="wms-east/move@3",
        event_index=4,
        location_code="DC1",
        lot="dropped, since mugs have no lots",
        disposition="quarantine",
        to_location_code="WEST",
        to_disposition="sellable",
        channel="web",
        document_type="move",
        document="D1",
        document_line="2",
        order_reference="TO-1",
        sequence=77,
        expected_at=NOON + timedelta(days=1),
        expires_at=NOON + timedelta(days=2),
    )
    assert check_event(said, MASTER) == StockEvent(
        transaction_key="wms-east:move:9",
        kind="transfer_shipped",
        item="MUG",
        quantity=Decimal(12),
        occurred_at=datetime(2026, 3, 2, 12, tzinfo=UTC),
        source="wms-east",
        message_id="wms-east/x.jsonl#7",
        correlation_id="c-1",
        received_at=datetime(2026, 3, 2, 12, 5, tzinfo=UTC),
        mapping_version="wms-east/move@3",
        original_quantity=Decimal(2),
        original_unit="CA",
        event_index=4,
        location="EAST",
        lot="",
        disposition="quarantine",
        to_location="WEST",
        to_disposition="sellable",
        channel="web",
        document_type="move",
        document="D1",
        document_line="2",
        order_reference="TO-1",
        sequence=77,
        expected_at=datetime(2026, 3, 3, 12, tzinfo=UTC),
        expires_at=datetime(2026, 3, 4, 12, tzinfo=UTC),
        components=(),
        schema_version=1,
    )


@pytest.mark.parametrize(
    ("story", "event", "expected"),
    [
        ("goods on a shelf are for sale", reported("receipt"), {"disposition": "sellable", "location": "EAST"}),
        ("what is shipped was for sale", reported("shipment"), {"disposition": "sellable"}),
        ("what is counted is for sale", reported("count"), {"disposition": "sellable"}),
        ("what comes back is held", reported("return_received"), {"disposition": "returns_hold"}),
        (
            "what came back broken stays out",
            reported("return_received", disposition="quarantine"),
            {"disposition": "quarantine"},
        ),
        ("an order is of no disposition", ordered(), {"disposition": "", "location": ""}),
        (
            "a supply is of no disposition",
            reported("inbound_announced", location_code=""),
            {"disposition": "", "location": ""},
        ),
        ("a channel's own id", ordered(item_code="W-MUG"), {"item": "MUG", "channel": "web"}),
        ("a code of all sources", ordered(item_code="04012345000016"), {"item": "MUG"}),
        ("a lot is kept where lots count", reported("receipt", **MILK), {"item": "MILK", "lot": "L1"}),
        ("a claim needs no lot", ordered("reservation_released", item_code="MILK"), {"lot": ""}),
        ("a supply needs no lot", reported("inbound_announced", item_code="MILK"), {"lot": ""}),
        (
            "another's count needs no lot",
            reported("count", item_code="MILK", source="erp-docs", location_code="EAST"),
            {"lot": ""},
        ),
        ("a cancelled order may be unlisted", ordered("reservation_cancelled", item_code="MILK"), {"item": "MILK"}),
        ("a prebuilt kit is an item", reported("receipt", item_code="HAMPER"), {"item": "HAMPER"}),
        ("a kit made to order can be ordered", ordered(item_code="W-GIFT"), {"item": "GIFT"}),
        ("a kit made to order can be shipped", reported("shipment", item_code="GIFT"), {"item": "GIFT"}),
        ("an order without a channel", ordered(channel="", item_code="MUG"), {"channel": "", "item": "MUG"}),
        ("a clock ten minutes fast", reported(occurred_at=NOON + timedelta(minutes=10)), {"quantity": Decimal(2)}),
    ],
)
def test_accepted(story: str, event: ReportedEvent, expected: dict[str, Any]) -> None:
    checked = check_event(event, MASTER)
    assert isinstance(checked, StockEvent), checked
    assert {name: getattr(checked, name) for name in expected} == expected


PARKED: list[Any] = [
    (
        "an item nobody knows",
        reported(item_code="X-1"),
        "unknown_item",
        "item_code",
        "item:wms-east:X-1",
        "unknown item 'X-1' from wms-east, expected one of its 3 mapped codes",
    ),
    (
        "a listing of another channel",
        ordered(item_code="B-MUG"),
        "unknown_item",
        "item_code",
        "item:shop:B-MUG",
        "unknown item 'B-MUG' from shop, expected one of its 2 mapped codes",
    ),
    (
        "a location nobody knows",
        reported(location_code="WH-9"),
        "unknown_location",
        "location_code",
        "location:wms-east:WH-9",
        "unknown location 'WH-9' from wms-east, expected one of its 1 mapped codes",
    ),
    (
        "a source without codes",
        ordered(location_code="DC1"),
        "unknown_location",
        "location_code",
        "location:shop:DC1",
        "unknown location 'DC1' from shop, expected one of our own locations, as it has no mapped codes",
    ),
    (
        "a destination nobody knows",
        reported("transfer_shipped", to_location_code="WH-9"),
        "unknown_location",
        "to_location_code",
        "location:wms-east:WH-9",
        "unknown location 'WH-9' from wms-east, expected one of its 1 mapped codes",
    ),
    (
        "a channel nobody knows",
        ordered(channel="kiosk", item_code="MUG"),
        "unknown_channel",
        "channel",
        "channel:kiosk",
        "unknown channel 'kiosk' from shop, expected one of b2b, web",
    ),
    (
        "an order of what is not listed",
        ordered(item_code="MILK"),
        "unknown_listing",
        "item_code",
        "listing:web:MILK",
        "no listing of MILK on channel 'web', ordered as 'MILK' by shop, expected one in listings.csv",
    ),
    (
        "a request of what is not listed",
        ordered("reservation_requested", item_code="MILK"),
        "unknown_listing",
        "item_code",
        "listing:web:MILK",
        "no listing of MILK on channel 'web', ordered as 'MILK' by shop, expected one in listings.csv",
    ),
    (
        "a unit nobody knows",
        reported(unit_code="XX"),
        "unknown_unit",
        "unit_code",
        "unit:XX",
        "unknown unit 'XX' from wms-east, expected one of 8 known codes",
    ),
]


@pytest.mark.parametrize(("story", "event", "reason", "field", "missing_key", "message"), PARKED)
def test_parked_until_master_data_knows(
    story: str, event: ReportedEvent, reason: str, field: str, missing_key: str, message: str
) -> None:
    assert check_event(event, MASTER) == Problem(reason, field, message, missing_key, "parked")


REFUSED: list[Any] = [
    (
        "stock that is nowhere",
        reported("receipt", location_code=""),
        "missing_location",
        "location_code",
        "receipt from wms-east has no location_code, expected a location",
    ),
    (
        "a transfer from nowhere",
        reported("transfer_shipped", location_code=""),
        "missing_location",
        "location_code",
        "transfer_shipped from wms-east has no location_code, expected a location",
    ),
    (
        "an order without a number",
        ordered(order_reference=""),
        "missing_order_reference",
        "order_reference",
        "order_recorded from shop has no order_reference, expected the reference of its order",
    ),
    (
        "a transfer without a number",
        reported("transfer_received", order_reference=""),
        "missing_order_reference",
        "order_reference",
        "transfer_received from wms-east has no order_reference, expected the reference of its order",
    ),
    (
        "a supply without a number",
        reported("inbound_announced", order_reference=""),
        "missing_order_reference",
        "order_reference",
        "inbound_announced from wms-east has no order_reference, expected the reference of its order",
    ),
    (
        "milk of any lot",
        reported("receipt", item_code="MILK"),
        "missing_lot",
        "lot",
        "receipt from wms-east has no lot, expected a lot, since MILK is lot controlled",
    ),
    (
        "milk that comes back without its lot",
        reported("return_received", item_code="MILK"),
        "missing_lot",
        "lot",
        "return_received from wms-east has no lot, expected a lot, since MILK is lot controlled",
    ),
    (
        "what has not happened yet",
        reported(occurred_at=NOON + timedelta(minutes=10, seconds=1)),
        "future_time",
        "occurred_at",
        (
            "shipment from wms-east has occurred_at 2026-03-02T12:10:01+00:00, expected at most 0:10:00"
            " after its receipt at 2026-03-02T12:00:00+00:00"
        ),
    ),
    (
        "a condition nobody knows",
        reported(disposition="dusty"),
        "unknown_disposition",
        "disposition",
        "unknown disposition 'dusty' in shipment from wms-east, expected one of quarantine, returns_hold, sellable",
    ),
    (
        "an order in a condition nobody knows",
        ordered(disposition="dusty"),
        "unknown_disposition",
        "disposition",
        "unknown disposition 'dusty' in order_recorded from shop, expected one of quarantine, returns_hold, sellable",
    ),
    (
        "a change to nothing",
        reported("disposition_changed", disposition="sellable"),
        "unknown_disposition",
        "to_disposition",
        (
            "unknown to_disposition '' in disposition_changed from wms-east, expected one of quarantine,"
            " returns_hold, sellable"
        ),
    ),
    (
        "a change from nothing",
        reported("disposition_changed", to_disposition="sellable"),
        "unknown_disposition",
        "disposition",
        (
            "unknown disposition '' in disposition_changed from wms-east, expected one of quarantine,"
            " returns_hold, sellable"
        ),
    ),
    (
        "returned goods straight on the shelf",
        reported("return_received", disposition="sellable"),
        "unknown_disposition",
        "disposition",
        (
            "return_received from wms-east into disposition 'sellable', expected a"
            " hold: returned goods are for sale after a disposition_changed"
        ),
    ),
    (
        "stock of what is made to order",
        reported("receipt", item_code="GIFT"),
        "kit_has_no_stock",
        "item_code",
        "receipt of GIFT from wms-east, expected its components: it is assembled on demand",
    ),
    (
        "supply of what is made to order",
        reported("inbound_announced", item_code="GIFT"),
        "kit_has_no_stock",
        "item_code",
        "inbound_announced of GIFT from wms-east, expected its components: it is assembled on demand",
    ),
    (
        "a kit before its first day",
        ordered(item_code="W-GIFT", occurred_at=datetime(2025, 12, 31, tzinfo=UTC)),
        "no_components",
        "item_code",
        (
            "order_recorded of kit GIFT from shop occurred_at 2025-12-31T00:00:00+00:00,"
            " expected a bill of materials in effect then"
        ),
    ),
    (
        "a negative shipment",
        reported(quantity="-1"),
        "negative_quantity",
        "quantity",
        "quantity '-1' in shipment from wms-east, expected 0 or more; only adjustments may take away",
    ),
    (
        "a shipment of nothing",
        reported(quantity="0"),
        "absurd_quantity",
        "quantity",
        "quantity '0' in shipment from wms-east, expected a quantity other than 0; only counts may say 0",
    ),
    (
        "half a mug",
        reported(quantity="0.5"),
        "fractional_quantity",
        "quantity",
        "quantity '0.5' in shipment from wms-east, expected whole each of MUG, got 0.5",
    ),
]


@pytest.mark.parametrize(("story", "event", "reason", "field", "message"), REFUSED)
def test_refused(story: str, event: ReportedEvent, reason: str, field: str, message: str) -> None:
    assert check_event(event, MASTER) == Problem(reason, field, message, "", "dead_letter")


@pytest.mark.parametrize(
    ("kind", "accepted"), [("order_recorded", True), ("reservation_requested", False), ("reservation_cancelled", True)]
)
def test_a_policy_decides_about_requests_and_not_about_what_is_sold(kind: Kind, accepted: bool) -> None:
    checked = check_event(ordered(kind), MASTER, lambda channel, item: (channel, item) != ("web", "MUG"))
    expected = Problem(
        "channel_ineligible",
        "channel",
        "MUG requested on web by shop, expected an item that its policy lets it sell",
    )
    assert isinstance(checked, StockEvent) if accepted else checked == expected


def test_a_request_is_accepted_when_the_policy_lets_it_be_or_is_not_asked() -> None:
    request = ordered("reservation_requested")
    assert isinstance(check_event(request, MASTER), StockEvent)
    assert isinstance(check_event(request, MASTER, lambda channel, _: channel == "web"), StockEvent)


@pytest.mark.parametrize(
    ("story", "kits", "accepted"),
    [
        ("a kit that was prebuilt before it was made to order", [{"effective_from": "2026-04-01"}, "prebuilt"], True),
        ("a kit that is made to order now", [{}], False),
        ("a kit whose bill has ended", [{"effective_to": "2026-02-01"}], False),
    ],
)
def test_stock_of_a_kit(story: str, kits: list[Any], accepted: bool) -> None:
    prebuilt = {**GIFT, "assembly": "prebuilt", "effective_to": "2026-04-01"}
    boms = [prebuilt if kit == "prebuilt" else {**GIFT, **kit} for kit in kits]
    checked = check_event(reported("receipt", item_code="GIFT"), company(boms=boms))
    assert isinstance(checked, StockEvent) is accepted


def test_where_everybody_owns_lots_are_needed_from_everybody() -> None:
    count = reported("count", item_code="MILK", source="erp-docs", location_code="EAST")
    checked = check_event(count, company(ownership=[]))
    assert isinstance(checked, Problem)
    assert checked.reason == "missing_lot"


def test_every_reason_of_this_stage_has_an_example_here() -> None:
    shown = {example[2] for example in PARKED + REFUSED} | {"channel_ineligible"}
    assert shown == {code for code, reason in REASONS.items() if reason.stage == "check"}


names = st.sampled_from(["", "M-1", "MUG", "MILK", "GIFT", "W-MUG", "EAST", "DC1", "WH-9", "web", "kiosk", "EA", "XX"])


@given(
    st.builds(
        reported,
        kind=st.sampled_from(sorted(KINDS)),
        quantity=st.decimals(-(10**12), 10**12, places=6).map(str),
        item_code=names,
        unit_code=names,
        location_code=names,
        to_location_code=names,
        disposition=st.sampled_from(["", "sellable", "quarantine", "dusty"]),
        to_disposition=st.sampled_from(["", "sellable", "dusty"]),
        channel=st.sampled_from(["", "web", "b2b", "kiosk"]),
        lot=st.sampled_from(["", "L1"]),
        order_reference=st.sampled_from(["", "SO-1"]),
        occurred_at=st.sampled_from([NOON, NOON + timedelta(days=1), datetime(2020, 1, 1, tzinfo=UTC)]),
    )
)
def test_what_passes_is_valid_and_what_does_not_says_why(event: ReportedEvent) -> None:
    checked = check_event(event, MASTER)
    if isinstance(checked, Problem):
        reason = REASONS[checked.reason]
        assert (reason.stage, reason.outcome) == ("check", checked.outcome)
        assert bool(checked.missing_key) is (checked.outcome == "parked")
        assert checked.field in ReportedEvent._fields
        assert event.source in checked.message
        return
    assert checked.item in MASTER.items
    assert checked.location in {"", *MASTER.locations}
    assert checked.location or checked.kind in CLAIM_KINDS | {"inbound_announced", "inbound_cancelled"}
    assert abs(checked.quantity) <= 10_000_000
    assert checked.quantity >= 0 or checked.kind == "adjustment"
    assert bool(checked.lot) <= MASTER.items[checked.item].lot_controlled


def test_a_source_that_was_reset_begins_its_keys_anew() -> None:
    epochs = [
        {"source": "wms-east", "epoch": "restored", "from": "2026-03-02T12:00:00Z"},
        {"source": "wms-east", "epoch": "again", "from": "2026-03-03T07:00:00-05:00"},
    ]
    master = company(epochs=epochs)

    def key(**fields: Any) -> str:
        checked = check_event(reported(**fields), master)
        assert isinstance(checked, StockEvent)
        return checked.transaction_key

    late = {"received_at": NOON + timedelta(days=2)}
    assert key(occurred_at=NOON - timedelta(seconds=1), **late) == "K1"  # a late delivery of what was before
    assert key(occurred_at=NOON) == "K1@restored"
    assert key(occurred_at=NOON + timedelta(days=1), **late) == "K1@again"
    assert key(source="erp-db", item_code="MUG", location_code="EAST") == "K1"


def test_an_event_is_checked_against_what_was_in_force_when_it_occurred() -> None:
    """Whenever it comes: a code, a unit and a location that changed their meaning at eleven."""
    at = "2026-03-02T11:00:00Z"
    code = {"source": "wms-east", "code": "X"}
    master = company(
        item_codes=[{**code, "item": "MUG", "effective_to": at}, {**code, "item": "BEANS", "effective_from": at}],
        location_codes=[{"source": "wms-east", "code": "DC9", "location": "WEST", "effective_from": at}],
    )
    eleven = datetime(2026, 3, 2, 11, tzinfo=UTC)
    before = reported(item_code="X", location_code="EAST", occurred_at=eleven - timedelta(seconds=1))
    assert check_event(before, master).item == "MUG"  # type: ignore[union-attr]
    found = check_event(before._replace(occurred_at=eleven), master)
    assert found.item == "BEANS"  # type: ignore[union-attr]
    early = check_event(before._replace(location_code="DC9"), master)
    assert isinstance(early, Problem)
    assert early.missing_key == "location:wms-east:DC9"
    later = check_event(before._replace(location_code="DC9", occurred_at=eleven), master)
    assert later.location == "WEST"  # type: ignore[union-attr]
